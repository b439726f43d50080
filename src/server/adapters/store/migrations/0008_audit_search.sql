-- The chain is searched from the newest event back: by time, and by number among events of the same time.
CREATE INDEX audit_by_time_and_number ON audit (at, seq);
DROP INDEX audit_by_time;
