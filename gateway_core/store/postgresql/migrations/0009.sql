-- Of which indexes many objects have the same value (see IndexSpec).
ALTER TABLE index_spec ADD COLUMN few boolean NOT NULL DEFAULT false;
