-- Which streams a user reaches; '*' is all of them.
ALTER TABLE users ADD COLUMN scope TEXT NOT NULL DEFAULT '*';
-- The account for emergencies: its use is announced to everybody.
ALTER TABLE users ADD COLUMN is_break_glass BIGINT NOT NULL DEFAULT 0;

-- From where a session was signed in: for the person who looks at the own sessions.
ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN user_agent TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN is_break_glass BIGINT NOT NULL DEFAULT 0;
CREATE INDEX sessions_in_emergencies ON sessions (signed_in_at) WHERE is_break_glass <> 0;

-- Failed sign-ins, by account and by network: what a restart or many other names must not make forgotten.
CREATE TABLE sign_in_failures (
    subject TEXT NOT NULL PRIMARY KEY,
    failures BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    -- Until then no attempt is looked at.
    wait_until BIGINT NOT NULL
);

-- The chain is read by time as well.
CREATE INDEX audit_by_time ON audit (at);
