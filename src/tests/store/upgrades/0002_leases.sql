-- The instance that worked on the changes is gone.
UPDATE changes SET owner = 'gone', lease_until = 1750000010000, fence = 1;
