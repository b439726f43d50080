-- People who sign in with the company's provider. A person is a subject of an issuer; local accounts have neither.
ALTER TABLE users ADD COLUMN issuer TEXT;
ALTER TABLE users ADD COLUMN subject TEXT;
-- Since when the provider has had no rights for the person.
ALTER TABLE users ADD COLUMN rights_ended_at BIGINT;
CREATE UNIQUE INDEX users_by_subject ON users (issuer, subject);

-- Until when a session has the rights that the provider gave; NULL for local accounts.
ALTER TABLE sessions ADD COLUMN rights_until BIGINT;
-- SHA-256 of the provider's own session, for logouts that it announces.
ALTER TABLE sessions ADD COLUMN provider_session_hash TEXT;
CREATE INDEX sessions_by_provider_session ON sessions (provider_session_hash);

-- Sign-ins at the provider that are under way: any instance may take the browser that comes back.
CREATE TABLE provider_sign_ins (
    -- SHA-256 of the state in the address.
    state_hash TEXT NOT NULL PRIMARY KEY,
    -- SHA-256 of the cookie of the browser that began it.
    browser_hash TEXT NOT NULL,
    nonce TEXT NOT NULL,
    verifier TEXT NOT NULL,
    -- 'sign-in', 'renewal' or 'confirmation'; the latter two are of a session.
    purpose TEXT NOT NULL,
    session_hash TEXT NOT NULL,
    next TEXT NOT NULL,
    begun_at BIGINT NOT NULL
);
CREATE INDEX provider_sign_ins_by_time ON provider_sign_ins (begun_at);

-- Logout tokens that were accepted: each counts once.
CREATE TABLE provider_logouts (
    -- SHA-256 of the token's id.
    id_hash TEXT NOT NULL PRIMARY KEY,
    -- SHA-256 of the provider's own session, if the token names it: a sign-in under way there begins none here.
    provider_session_hash TEXT,
    expires_at BIGINT NOT NULL
);
CREATE INDEX provider_logouts_by_session ON provider_logouts (provider_session_hash);
