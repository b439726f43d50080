-- A pause that knows no end.
INSERT INTO targets (id, paused_at, paused_by) VALUES ('444455556666/eu-west-1', 1750000000000, 'operator');
