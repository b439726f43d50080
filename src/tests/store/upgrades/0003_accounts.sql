-- A user for emergencies who reaches some streams, with a session and failed sign-ins.
INSERT INTO users (id, name, folded_name, role, password_hash, is_demo, created_at, scope, is_break_glass)
VALUES ('u2', 'emergency', 'emergency', 'admin', 'a hash', 0, 1750000000000, '111122223333/eu-west-1/*', 1);
INSERT INTO sessions (id_hash, user_id, created_at, signed_in_at, last_human_at, address, user_agent, is_break_glass)
VALUES ('s2', 'u2', 1750000000000, 1750000000000, 1750000000000, '203.0.113.9', 'a browser', 1);
INSERT INTO sign_in_failures (subject, failures, last_at, wait_until)
VALUES ('name emergency', 5, 1750000000000, 1750000001000);
