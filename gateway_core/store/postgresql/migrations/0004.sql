-- What was in force of a bundle before its last installation, and before that.

CREATE TABLE earlier (
    bundle text COLLATE "C" NOT NULL,
    number bigint GENERATED ALWAYS AS IDENTITY,
    record text COLLATE "C" NOT NULL,
    artifacts text COLLATE "C" NOT NULL,
    PRIMARY KEY (bundle, number)
);
