-- What people and instances have agreed about a target: whether its background reads are paused.
CREATE TABLE targets (
    -- ACCOUNT/REGION as configured.
    id TEXT PRIMARY KEY,
    paused_at BIGINT NOT NULL,
    paused_by TEXT NOT NULL
);
