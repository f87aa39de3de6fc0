-- The indexes of the parts of texts that exist, each on the grams of an entity's searched members.

CREATE TABLE text_index (
    entity text COLLATE "C" PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY,
    paths text[] NOT NULL
);
