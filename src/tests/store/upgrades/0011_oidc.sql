-- A person of the company's provider, with a session, a sign-in under way, and a logout that was accepted.
INSERT INTO users (id, name, folded_name, role, password_hash, is_demo, created_at, issuer, subject)
VALUES ('u3', 'mira', 'mira', 'viewer', NULL, 0, 1750000000000, 'https://sign-in.example', 'subject-1');
INSERT INTO sessions (id_hash, user_id, created_at, signed_in_at, last_human_at, rights_until, provider_session_hash)
VALUES ('s3', 'u3', 1750000000000, 1750000000000, 1750000000000, 1750003600000, 'p1');
INSERT INTO provider_sign_ins
    (state_hash, browser_hash, nonce, verifier, purpose, session_hash, next, begun_at)
VALUES ('st1', 'b1', 'n', 'v', 'sign-in', '', '/streams', 1750000000000);
INSERT INTO provider_logouts (id_hash, expires_at) VALUES ('o1', 1750000120000);
