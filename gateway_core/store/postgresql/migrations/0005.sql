-- The members whose values no two objects of an entity may share, and which object has which value.
-- Writers keep the claims of every row here; they refuse what another object has for those that are ready.

CREATE TABLE unique_spec (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entity text COLLATE "C" NOT NULL,
    path text COLLATE "C" NOT NULL,
    folded boolean NOT NULL,
    ready boolean NOT NULL,
    UNIQUE (entity, path)
);

CREATE TABLE claim (
    tenant text COLLATE "C" NOT NULL,
    spec bigint NOT NULL,
    value text COLLATE "C" NOT NULL,
    object text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, spec, value)
);
CREATE INDEX claim_object ON claim (tenant, object);
