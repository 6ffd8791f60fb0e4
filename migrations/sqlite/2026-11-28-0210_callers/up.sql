-- Lost phones (PRODUCT.md §11): what the policy allows, the temporary codes, and what came of checking callers.
CREATE TABLE lost_phone_policy (
  id BIGINT NOT NULL PRIMARY KEY,
  temporary_codes BOOLEAN NOT NULL,
  longest_hours BIGINT NOT NULL,
  most_uses BIGINT NOT NULL,
  checked_caller BOOLEAN NOT NULL,
  version BIGINT NOT NULL
);
INSERT INTO lost_phone_policy (id, temporary_codes, longest_hours, most_uses, checked_caller, version)
  VALUES (1, FALSE, 24, 20, TRUE, 1);
CREATE TABLE lost_phone_changes (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  at TIMESTAMP NOT NULL,
  operator TEXT NOT NULL,
  field TEXT NOT NULL,
  old_value TEXT NOT NULL,
  new_value TEXT NOT NULL,
  version BIGINT NOT NULL
);
-- Ten digits that are accepted for a while; only a keyed hash of them is kept.
CREATE TABLE temporary_codes (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  user_id BIGINT NOT NULL REFERENCES users(id),
  code_hash BLOB NOT NULL,
  given_at TIMESTAMP NOT NULL,
  given_by TEXT NOT NULL,
  ends_at TIMESTAMP NOT NULL,
  most_uses BIGINT NOT NULL,
  uses BIGINT NOT NULL,
  wrong BIGINT NOT NULL,
  last_used_at TIMESTAMP,
  ended_at TIMESTAMP,
  ended_why TEXT NOT NULL
);
CREATE INDEX temporary_codes_user ON temporary_codes (user_id, id);
-- Six digits that went to the address on file, to be read out.
CREATE TABLE call_backs (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  user_id BIGINT NOT NULL REFERENCES users(id),
  code_hash BLOB NOT NULL,
  sent_at TIMESTAMP NOT NULL,
  sent_by TEXT NOT NULL,
  ends_at TIMESTAMP NOT NULL,
  tries BIGINT NOT NULL,
  ended_at TIMESTAMP
);
CREATE INDEX call_backs_user ON call_backs (user_id, id);
CREATE TABLE caller_checks (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  user_id BIGINT NOT NULL REFERENCES users(id),
  at TIMESTAMP NOT NULL,
  operator TEXT NOT NULL,
  passed BOOLEAN NOT NULL,
  how TEXT NOT NULL
);
CREATE INDEX caller_checks_user ON caller_checks (user_id, id);
