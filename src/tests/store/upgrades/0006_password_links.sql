-- A link that was used, and one that nobody opened.
INSERT INTO password_links (token_hash, user_id, made_by, made_at, expires_at, ended_at, ended_how)
VALUES
    ('l1', 'u1', 'emergency', 1750000000000, 1750086400000, 1750000001000, 'used'),
    ('l2', 'u1', 'emergency', 1750000002000, 1750086402000, NULL, NULL);
