-- What was in force of a bundle before its last installation, and before that.

CREATE TABLE earlier (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    bundle TEXT NOT NULL,
    record TEXT NOT NULL,
    artifacts TEXT NOT NULL
);
CREATE INDEX earlier_bundle ON earlier (bundle, number);
