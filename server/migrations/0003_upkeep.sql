-- How far the time has come that old things are thrown away by. It never runs ahead of the clock, and follows a clock
-- that has jumped only slowly: see worker/housekeeping.rs.
CREATE TABLE upkeep (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  reached  INTEGER NOT NULL
) STRICT;
