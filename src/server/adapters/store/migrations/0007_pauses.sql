-- When the pause of a target ends by itself; 0 for pauses of versions that knew no end.
ALTER TABLE targets ADD COLUMN paused_until BIGINT NOT NULL DEFAULT 0;
