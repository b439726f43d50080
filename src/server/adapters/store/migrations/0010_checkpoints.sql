-- The last checkpoint of each checkpoint file, so that the loss of a file shows.
CREATE TABLE checkpoint_files (
    -- The host's name and the file's path.
    name TEXT NOT NULL PRIMARY KEY,
    -- How many lines it has, and the SHA-256 of the last one.
    lines BIGINT NOT NULL,
    last_hash TEXT NOT NULL,
    written_at BIGINT NOT NULL,
    -- The key that signed it, the acknowledgement after which it was written, and the instance that wrote it.
    public_key TEXT NOT NULL,
    begun_after TEXT NOT NULL,
    instance TEXT NOT NULL
);

-- What was found when the audit chain didn't match its checkpoints. The newest counts: until it is acknowledged,
-- nothing is changed.
CREATE TABLE chain_alarms (
    number BIGINT NOT NULL PRIMARY KEY,
    found_at BIGINT NOT NULL,
    finding TEXT NOT NULL,
    acknowledged_at BIGINT,
    acknowledged_by TEXT NOT NULL DEFAULT '',
    reason TEXT NOT NULL DEFAULT '',
    -- Made with a key outside the database: nobody acknowledges an alarm by writing to this table.
    mac TEXT NOT NULL DEFAULT ''
);

-- Made with a key outside the database over what is to be sent; empty in rows of earlier versions.
ALTER TABLE changes ADD COLUMN intent_mac TEXT NOT NULL DEFAULT '';
