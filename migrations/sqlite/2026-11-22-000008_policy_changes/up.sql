CREATE TABLE policy_changes (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  at TIMESTAMP NOT NULL,
  operator TEXT NOT NULL,
  field TEXT NOT NULL,
  old_value TEXT NOT NULL,
  new_value TEXT NOT NULL,
  version BIGINT NOT NULL
);
CREATE INDEX policy_changes_version ON policy_changes (version, id);
