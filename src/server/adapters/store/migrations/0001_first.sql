-- The first schema. Rules for every later one: TEXT ids of our own making, BIGINT milliseconds since 1970 UTC,
-- hex TEXT hashes, no identity, boolean, blob or JSON columns, so that SQLite and Postgres read the same SQL.

-- One row gives every commit its place in the order; locked by the transaction that takes a number.
CREATE TABLE counters (
    name TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counters (name, value) VALUES ('rev', 0);

CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    -- The name without case: what is unique and what sign-in looks for.
    folded_name TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    -- PHC string; NULL for users who cannot sign in with a password (the demo's).
    password_hash TEXT,
    is_demo BIGINT NOT NULL,
    disabled_at BIGINT,
    created_at BIGINT NOT NULL
);

CREATE TABLE sessions (
    -- SHA-256 of the id: reading the database does not give a session away.
    id_hash TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    signed_in_at BIGINT NOT NULL,
    last_human_at BIGINT NOT NULL,
    sudo_until BIGINT,
    revoked_at BIGINT
);
CREATE INDEX sessions_by_user ON sessions (user_id);

-- What was typed into a form that had a mistake; kept 15 minutes, never a password.
CREATE TABLE drafts (
    id TEXT NOT NULL,
    -- Empty for the forms of people who are not signed in.
    user_id TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (id, user_id)
);

-- The inventory: the last state read of every stream.
CREATE TABLE streams (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    rev BIGINT NOT NULL,
    -- When AWS's list stopped naming it; such rows are kept for a day so that browsers hear of it.
    gone_at BIGINT,
    body TEXT NOT NULL,
    PRIMARY KEY (account, region, name)
);

-- The journal: one row per requested change, committed before AWS is called.
CREATE TABLE changes (
    id TEXT NOT NULL PRIMARY KEY,
    rev BIGINT NOT NULL,
    user_id TEXT NOT NULL,
    -- From the form: the same form sent twice is one change.
    request_id TEXT NOT NULL,
    -- SHA-256 of what the form asked for: the same request_id with other values is refused.
    form_hash TEXT NOT NULL,
    arn TEXT NOT NULL,
    requested_at BIGINT NOT NULL,
    sent_at BIGINT,
    ended_at BIGINT,
    body TEXT NOT NULL
);
CREATE UNIQUE INDEX one_change_per_request ON changes (user_id, request_id);
CREATE UNIQUE INDEX one_active_change_per_stream ON changes (arn) WHERE ended_at IS NULL;
CREATE INDEX changes_by_time ON changes (requested_at);
CREATE INDEX changes_by_rev ON changes (rev);
CREATE INDEX changes_by_stream ON changes (arn, requested_at);

-- Who did what, when, why, from where, with what result. Each row's hash covers the one before it.
CREATE TABLE audit (
    seq BIGINT NOT NULL PRIMARY KEY,
    prev_hash TEXT NOT NULL,
    hash TEXT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    reason TEXT NOT NULL,
    before_state TEXT NOT NULL,
    after_state TEXT NOT NULL,
    aws_request_id TEXT NOT NULL,
    result TEXT NOT NULL
);
