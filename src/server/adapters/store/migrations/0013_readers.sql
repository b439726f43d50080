-- Which instance reads a target in the background, and what it found: the others show that.
CREATE TABLE target_readers (
    -- The target's id, as in the table of targets.
    id TEXT NOT NULL PRIMARY KEY,
    -- The instance, and until when it reads without another sign of life, by the database's clock.
    owner TEXT NOT NULL,
    lease_until BIGINT NOT NULL,
    -- The revision of what it found.
    rev BIGINT NOT NULL,
    -- Empty before it has found anything.
    findings TEXT NOT NULL
);

-- The instances that run on this database, and which streams people view there.
CREATE TABLE instances (
    id TEXT NOT NULL PRIMARY KEY,
    seen_at BIGINT NOT NULL,
    viewed TEXT NOT NULL
);

-- What KMS said about the keys that streams use or still need: only the reader of their target asks.
CREATE TABLE key_looks (
    -- The target's id.
    target TEXT NOT NULL,
    key_id TEXT NOT NULL,
    rev BIGINT NOT NULL,
    looked_at BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (target, key_id)
);
CREATE INDEX key_looks_by_rev ON key_looks (rev);

-- The instance that wrote a row, for the others; empty where there are no others, who would need the index.
ALTER TABLE streams ADD COLUMN writer TEXT NOT NULL DEFAULT '';
CREATE INDEX streams_by_rev ON streams (rev) WHERE writer <> '';
