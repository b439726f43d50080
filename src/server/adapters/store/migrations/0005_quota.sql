-- What was sent in the last 24 h, of all streams: the sums against AWS's 25 a day.
CREATE INDEX changes_sent_at ON changes (sent_at);
