-- By which master key what is sealed here opens: its id, and a value that only this key opens.
CREATE TABLE master_keys (
  id TEXT NOT NULL PRIMARY KEY,
  check_value BLOB NOT NULL,
  created_at TIMESTAMP NOT NULL
);
