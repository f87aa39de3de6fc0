-- Every version that an object had, with who wrote it, and the objects that were removed.

ALTER TABLE object ADD COLUMN author TEXT;

CREATE TABLE history (
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
    author TEXT,
    data TEXT NOT NULL,
    ended TEXT NOT NULL,
    ended_by TEXT,
    removed INTEGER NOT NULL
);
CREATE INDEX history_object ON history (tenant, id, seq);
CREATE INDEX history_ended ON history (ended);
CREATE INDEX history_removed ON history (tenant, entity, seq) WHERE removed = 1;
