-- Objects, their relations, and the configuration they live under.
-- The tenant is the first column of every key of an object: it is what data may be distributed by.
-- Text is compared by code point everywhere ("C").

CREATE TABLE object (
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
    data text COLLATE "C" NOT NULL,  -- as written: the order of members and the form of numbers stay
    doc jsonb NOT NULL,              -- the same for conditions, which read it five times as fast
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX object_page ON object (tenant, entity, seq);
CREATE INDEX object_owner ON object (tenant, entity, owner, seq) WHERE owner IS NOT NULL;

CREATE TABLE link (
    tenant text COLLATE "C" NOT NULL,
    source text COLLATE "C" NOT NULL,
    property text COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    target text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, source, property, position, target)
);
CREATE INDEX link_target ON link (tenant, target, property);

-- Plans rest on statistics; a store that grows fast gets them anew sooner than by default.
ALTER TABLE object SET (autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE link SET (autovacuum_analyze_scale_factor = 0.02);

-- How many objects there are, so that an unfiltered total counts no rows. Each connection adds to a
-- slot of its own, so that writers do not wait for one another; the total is the sum.
CREATE TABLE counter (
    tenant text COLLATE "C" NOT NULL,
    entity text COLLATE "C" NOT NULL,
    slot bigint NOT NULL,
    total bigint NOT NULL,
    PRIMARY KEY (tenant, entity, slot)
) WITH (fillfactor = 50);

-- The indexes that exist: on an expression, or, for paths through arrays, as rows of term. Writers
-- keep the terms of every row here; readers trust those that are ready.
CREATE TABLE index_spec (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entity text COLLATE "C" NOT NULL,
    path text COLLATE "C" NOT NULL,
    many boolean NOT NULL,
    ready boolean NOT NULL,
    UNIQUE (entity, path)
);

CREATE TABLE term (
    tenant text COLLATE "C" NOT NULL,
    spec bigint NOT NULL,
    value text COLLATE "C" NOT NULL,
    object bigint NOT NULL,
    PRIMARY KEY (tenant, spec, value, object)
);
CREATE INDEX term_object ON term (tenant, object);
ALTER TABLE term SET (autovacuum_analyze_scale_factor = 0.02);

CREATE TABLE sequence (
    tenant text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    value bigint NOT NULL,
    PRIMARY KEY (tenant, name)
) WITH (fillfactor = 50);

CREATE TABLE installation (
    bundle text COLLATE "C" PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY,
    record text NOT NULL
);

CREATE TABLE artifact (
    bundle text COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    kind text NOT NULL,
    reference text NOT NULL,
    version text NOT NULL,
    path text NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (bundle, position)
);

CREATE TABLE application (
    name text COLLATE "C" PRIMARY KEY,
    client_id text NOT NULL,
    key_hash text,
    secret text,
    scopes text NOT NULL,
    created text NOT NULL,
    reference text
);

-- Counters of change: of the configuration, and of the set of indexes.
CREATE TABLE revision (
    name text COLLATE "C" PRIMARY KEY,
    value bigint NOT NULL
);
INSERT INTO revision (name, value) VALUES ('configuration', 0), ('indexes', 0);

-- What a member is found by in an index: numbers (and booleans, as 0 and 1) before text, each in
-- its order. Text is cut, because an entry of an index is small; a double is written so that its
-- text is in the order of its value. NULL for what is no scalar.
CREATE FUNCTION member_key(v jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE jsonb_typeof(v)
        WHEN 'string' THEN left('s' || (v #>> '{}'), 201)
        WHEN 'number' THEN CASE
            WHEN v::float8 < 0 THEN
                'm' || translate(encode(float8send(v::float8), 'hex'), '0123456789abcdef', 'fedcba9876543210')
            ELSE 'p' || encode(float8send(v::float8 + 0.0), 'hex') END
        WHEN 'boolean' THEN 'p' || encode(float8send(CASE WHEN v::boolean THEN 1.0 ELSE 0.0 END), 'hex')
    END
$$;

-- What a member is ordered by: as member_key, but whole; integers beyond a double's 53 bits are
-- told apart by their digits.
CREATE FUNCTION sort_key(v jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE jsonb_typeof(v)
        WHEN 'string' THEN 's' || (v #>> '{}')
        WHEN 'number' THEN member_key(v) || CASE
            WHEN abs(v::numeric) < 9007199254740992 OR abs(v::numeric) > 18446744073709551616 THEN ''
            WHEN v::numeric > 0 THEN lpad(trunc(v::numeric)::text, 20, '0')
            ELSE translate(lpad(trunc(-v::numeric)::text, 20, '0'), '0123456789', '9876543210') END
        ELSE member_key(v)
    END
$$;
