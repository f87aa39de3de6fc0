-- Every version that an object had, with who wrote it, and the objects that were removed.

ALTER TABLE object ADD COLUMN author text COLLATE "C";

CREATE TABLE history (
    tenant text COLLATE "C" NOT NULL,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    entity text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    created text COLLATE "C" NOT NULL,
    modified text COLLATE "C" NOT NULL,
    owner text COLLATE "C",
    owner_name text COLLATE "C",
    application text COLLATE "C",
    author text COLLATE "C",
    data text COLLATE "C" NOT NULL,
    doc jsonb NOT NULL,
    ended text COLLATE "C" NOT NULL,
    ended_by text COLLATE "C",
    removed bigint NOT NULL,
    PRIMARY KEY (tenant, id, seq)
);
CREATE INDEX history_ended ON history (ended);
CREATE INDEX history_removed ON history (tenant, entity, seq) WHERE removed = 1;
