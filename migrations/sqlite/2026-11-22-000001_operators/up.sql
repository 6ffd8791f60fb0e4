CREATE TABLE containers (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL UNIQUE,
  created_at TIMESTAMP NOT NULL
);
CREATE TABLE roles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL UNIQUE,
  built_in BOOLEAN NOT NULL,
  permissions TEXT NOT NULL
);
INSERT INTO roles (name, name_key, built_in, permissions) VALUES
  ('Operator', 'operator', 1, ''),
  ('Provisioning manager', 'provisioning manager', 1, ''),
  ('Help desk', 'help desk', 1, ''),
  ('Auditor', 'auditor', 1, '');
CREATE TABLE operators (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  user_id TEXT NOT NULL,
  user_id_key TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  email TEXT,
  role_id BIGINT NOT NULL REFERENCES roles(id),
  all_containers BOOLEAN NOT NULL,
  password_hash TEXT NOT NULL,
  must_change_password BOOLEAN NOT NULL,
  second_factor BLOB,
  second_factor_pending BLOB,
  second_factor_last_step BIGINT,
  suspended_at TIMESTAMP,
  created_at TIMESTAMP NOT NULL,
  last_sign_in_at TIMESTAMP
);
CREATE TABLE operator_containers (
  operator_id BIGINT NOT NULL REFERENCES operators(id),
  container_id BIGINT NOT NULL REFERENCES containers(id),
  PRIMARY KEY (operator_id, container_id)
);
CREATE TABLE sessions (
  key_hash BLOB NOT NULL PRIMARY KEY,
  operator_id BIGINT REFERENCES operators(id),
  state TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  seen_at TIMESTAMP NOT NULL,
  address TEXT NOT NULL,
  agent TEXT NOT NULL
);
CREATE INDEX sessions_operator ON sessions (operator_id);
CREATE INDEX sessions_seen ON sessions (seen_at);
CREATE TABLE sign_in_throttle (
  bucket TEXT NOT NULL PRIMARY KEY,
  failures BIGINT NOT NULL,
  last_failure_at TIMESTAMP NOT NULL,
  blocked_until TIMESTAMP NOT NULL
);
CREATE INDEX sign_in_throttle_last ON sign_in_throttle (last_failure_at);
CREATE TABLE auth_nodes (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL UNIQUE,
  key_hash BLOB NOT NULL UNIQUE,
  created_at TIMESTAMP NOT NULL,
  disabled_at TIMESTAMP,
  last_used_at TIMESTAMP
);
CREATE TABLE check_throttle (
  bucket TEXT NOT NULL PRIMARY KEY,
  failures BIGINT NOT NULL,
  since TIMESTAMP NOT NULL
);
CREATE INDEX check_throttle_since ON check_throttle (since);
