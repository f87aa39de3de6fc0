-- The indexes that serve orders only: by a date-time, or by what the register knows itself.

CREATE TABLE order_index (
    entity TEXT NOT NULL,
    path TEXT NOT NULL,
    PRIMARY KEY (entity, path)
) WITHOUT ROWID;
