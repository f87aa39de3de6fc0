-- What happened, and what is owed to those who are told of it.

-- The number is the largest one plus one, and the latest event is never forgotten: numbers only grow.
CREATE TABLE event (
    seq INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    entity TEXT NOT NULL,
    object TEXT NOT NULL,
    version INTEGER NOT NULL,
    time TEXT NOT NULL,
    application TEXT,
    action TEXT NOT NULL,
    data TEXT,
    key TEXT,
    depth INTEGER NOT NULL
);
CREATE UNIQUE INDEX event_key ON event (tenant, key) WHERE key IS NOT NULL;

CREATE TABLE delivery (
    consumer TEXT NOT NULL,
    event INTEGER NOT NULL,
    lane TEXT NOT NULL,
    id TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    due TEXT NOT NULL,
    error TEXT NOT NULL,
    PRIMARY KEY (consumer, event)
) WITHOUT ROWID;
CREATE INDEX delivery_lane ON delivery (consumer, lane, event, due);
CREATE INDEX delivery_due ON delivery (due);

CREATE TABLE dead_letter (
    consumer TEXT NOT NULL,
    event INTEGER NOT NULL,
    lane TEXT NOT NULL,
    id TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    due TEXT NOT NULL,
    error TEXT NOT NULL,
    PRIMARY KEY (event, consumer)
) WITHOUT ROWID;

-- Up to which number events were handed out.
CREATE TABLE handed_out (
    number INTEGER NOT NULL
);
INSERT INTO handed_out (number) VALUES (0);

-- Who does what only one process may do; until is in seconds since 1970.
CREATE TABLE lease (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    until REAL NOT NULL
) WITHOUT ROWID;
