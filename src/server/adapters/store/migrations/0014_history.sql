-- The history of the database in which a change was recorded: of Postgres, the cluster and its timeline. A failover or
-- a restore begins another one, which may lack that the change was sent. Empty where it isn't known.
ALTER TABLE changes ADD COLUMN history TEXT NOT NULL DEFAULT '';
