-- The large numbers of the Snapshot for each scope in which operators work at present: counted once a minute, and not each
-- time that somebody looks.
CREATE TABLE snapshot_numbers (
  scope TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  counted_at TIMESTAMP NOT NULL,
  numbers TEXT COLLATE "C" NOT NULL
);
