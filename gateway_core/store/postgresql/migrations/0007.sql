-- The indexes that serve orders only: by a date-time, or by what the register knows itself.

CREATE TABLE order_index (
    entity text COLLATE "C" NOT NULL,
    path text COLLATE "C" NOT NULL,
    PRIMARY KEY (entity, path)
);
