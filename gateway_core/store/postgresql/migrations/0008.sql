-- What happened, and what is owed to those who are told of it.

-- An event is open until it was handed out: numbers are given out before changes are committed, so that
-- one that is smaller than others may appear later. Of one object a later change has the higher number:
-- it is given out while the object is locked.
CREATE TABLE event (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    entity text COLLATE "C" NOT NULL,
    object text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    time text COLLATE "C" NOT NULL,
    application text COLLATE "C",
    action text COLLATE "C" NOT NULL,
    data text,
    key text COLLATE "C",
    depth bigint NOT NULL,
    open boolean NOT NULL DEFAULT true
);
CREATE INDEX event_open ON event (seq) WHERE open;
CREATE UNIQUE INDEX event_key ON event (tenant, key) WHERE key IS NOT NULL;

CREATE TABLE delivery (
    consumer text COLLATE "C" NOT NULL,
    event bigint NOT NULL,
    lane text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    attempts bigint NOT NULL,
    due text COLLATE "C" NOT NULL,
    error text NOT NULL,
    PRIMARY KEY (consumer, event)
);
CREATE INDEX delivery_lane ON delivery (consumer, lane, event, due);
CREATE INDEX delivery_due ON delivery (due);

CREATE TABLE dead_letter (
    consumer text COLLATE "C" NOT NULL,
    event bigint NOT NULL,
    lane text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    attempts bigint NOT NULL,
    due text COLLATE "C" NOT NULL,
    error text NOT NULL,
    PRIMARY KEY (event, consumer)
);

-- Who does what only one process may do, by the clock of the database.
CREATE TABLE lease (
    name text COLLATE "C" PRIMARY KEY,
    holder text COLLATE "C" NOT NULL,
    until timestamptz NOT NULL
);
