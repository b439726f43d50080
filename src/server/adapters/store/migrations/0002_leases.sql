-- Which instance works on a change, until when by the database's clock, and a number that grows whenever it passes on.
ALTER TABLE changes ADD COLUMN owner TEXT NOT NULL DEFAULT '';
ALTER TABLE changes ADD COLUMN lease_until BIGINT NOT NULL DEFAULT 0;
ALTER TABLE changes ADD COLUMN fence BIGINT NOT NULL DEFAULT 0;
