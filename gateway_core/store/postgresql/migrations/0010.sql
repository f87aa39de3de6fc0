-- What work that is done again and again remembers (see marks).
CREATE TABLE mark (
    owner text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    value text NOT NULL,
    PRIMARY KEY (owner, name)
);
