-- The members whose values no two objects of an entity may share, and which object has which value.

CREATE TABLE unique_spec (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    entity TEXT NOT NULL,
    path TEXT NOT NULL,
    folded INTEGER NOT NULL,
    UNIQUE (entity, path)
);

CREATE TABLE claim (
    tenant TEXT NOT NULL,
    spec INTEGER NOT NULL,
    value TEXT NOT NULL,
    object TEXT NOT NULL,
    PRIMARY KEY (tenant, spec, value)
) WITHOUT ROWID;
CREATE INDEX claim_object ON claim (tenant, object);
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('claim', 'claim', '1000000 500000 100000 1'),
    ('claim', 'claim_object', '1000000 500000 2');
