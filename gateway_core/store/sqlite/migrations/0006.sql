-- The indexes of the parts of texts: each is a table text_<number> of FTS5. While one is made, built is
-- the number of the last object that it has. The others have all objects up to the number that is
-- the revision 'searched': those behind it are few, and are compared one by one.

CREATE TABLE text_index (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    entity TEXT NOT NULL UNIQUE,
    paths TEXT NOT NULL,
    built INTEGER
);
INSERT INTO revision (name, value) VALUES ('searched', 0);
