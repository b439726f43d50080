-- A pause with an end.
INSERT INTO targets (id, paused_at, paused_by, paused_until)
VALUES ('444455556666/eu-central-1', 1750000000000, 'operator', 1750000900000);
