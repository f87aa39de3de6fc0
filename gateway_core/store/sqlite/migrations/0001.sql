-- Objects, their relations, and the configuration they live under.
-- The tenant is the first column of every key.

CREATE TABLE object (
    seq INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    entity TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created TEXT NOT NULL,
    modified TEXT NOT NULL,
    owner TEXT,
    owner_name TEXT,
    application TEXT,
    data TEXT NOT NULL
);
CREATE UNIQUE INDEX object_identity ON object (tenant, id);
CREATE INDEX object_page ON object (tenant, entity, seq);
CREATE INDEX object_owner ON object (tenant, entity, owner, seq) WHERE owner IS NOT NULL;

CREATE TABLE link (
    tenant TEXT NOT NULL,
    source TEXT NOT NULL,
    property TEXT NOT NULL,
    position INTEGER NOT NULL,
    target TEXT NOT NULL,
    PRIMARY KEY (tenant, source, property, position, target)
) WITHOUT ROWID;
CREATE INDEX link_target ON link (tenant, target, property);

-- How many objects there are, so that an unfiltered total counts no rows.
CREATE TABLE counter (
    tenant TEXT NOT NULL,
    entity TEXT NOT NULL,
    total INTEGER NOT NULL,
    PRIMARY KEY (tenant, entity)
) WITHOUT ROWID;

-- The indexes that exist: on an expression, or, for paths through arrays, as rows of term.
CREATE TABLE index_spec (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    entity TEXT NOT NULL,
    path TEXT NOT NULL,
    many INTEGER NOT NULL,
    UNIQUE (entity, path)
);

CREATE TABLE term (
    tenant TEXT NOT NULL,
    spec INTEGER NOT NULL,
    value TEXT NOT NULL,
    object INTEGER NOT NULL,
    PRIMARY KEY (tenant, spec, value, object)
) WITHOUT ROWID;
CREATE INDEX term_object ON term (object);

CREATE TABLE sequence (
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (tenant, name)
) WITHOUT ROWID;

CREATE TABLE installation (
    number INTEGER PRIMARY KEY,
    bundle TEXT NOT NULL UNIQUE,
    record TEXT NOT NULL
);

CREATE TABLE artifact (
    bundle TEXT NOT NULL,
    position INTEGER NOT NULL,
    kind TEXT NOT NULL,
    reference TEXT NOT NULL,
    version TEXT NOT NULL,
    path TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (bundle, position)
) WITHOUT ROWID;

CREATE TABLE application (
    name TEXT PRIMARY KEY,
    client_id TEXT NOT NULL,
    key_hash TEXT,
    secret TEXT,
    scopes TEXT NOT NULL,
    created TEXT NOT NULL,
    reference TEXT
);

-- Counters of change: of the configuration, and of the set of indexes.
CREATE TABLE revision (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO revision (name, value) VALUES ('configuration', 0), ('indexes', 0);

-- Plans shall not depend on whether somebody once ran ANALYZE: the planner gets the shape of a
-- large store, in which a condition on an index is worth more than reading a whole entity.
ANALYZE;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('object', 'object_identity', '1000000 500000 1'),
    ('object', 'object_page', '1000000 500000 100000 1'),
    ('object', 'object_owner', '1000000 500000 100000 1000 1'),
    ('link', 'link', '2000000 1000000 4 2 1 1'),
    ('link', 'link_target', '2000000 1000000 8 4'),
    ('term', 'term', '1000000 500000 100000 2 1'),
    ('term', 'term_object', '1000000 3');
