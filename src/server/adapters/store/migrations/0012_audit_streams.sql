-- How far the audit chain was streamed, for each place that it was ever streamed to.
CREATE TABLE audit_streams (
    -- SHA-256 of the place, whose address may hold a secret.
    id TEXT NOT NULL PRIMARY KEY,
    -- The last row that arrived; 0 and empty before the first.
    last_seq BIGINT NOT NULL,
    last_hash TEXT NOT NULL,
    -- The instance that streams, and until when it does so without another sign of life.
    owner TEXT NOT NULL,
    lease_until BIGINT NOT NULL
);
