-- One-time links with which people set their own passwords. The token itself is never stored.
CREATE TABLE password_links (
    -- SHA-256 of the token: reading the database opens no link.
    token_hash TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    -- When and how it ended before it expired: 'used' or 'revoked'.
    ended_at BIGINT,
    ended_how TEXT,
    -- When somebody last opened it after its end.
    refused_at BIGINT
);
CREATE UNIQUE INDEX one_password_link_per_user ON password_links (user_id) WHERE ended_at IS NULL;
