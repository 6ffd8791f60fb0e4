CREATE TABLE users (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  user_id TEXT NOT NULL,
  user_id_key TEXT NOT NULL UNIQUE,
  last_name TEXT NOT NULL,
  last_name_key TEXT NOT NULL,
  first_name TEXT NOT NULL,
  first_name_key TEXT NOT NULL,
  email TEXT NOT NULL,
  email_key TEXT NOT NULL,
  mobile TEXT NOT NULL,
  container_id BIGINT NOT NULL REFERENCES containers(id),
  custom1 TEXT NOT NULL,
  custom2 TEXT NOT NULL,
  custom3 TEXT NOT NULL,
  disabled_at TIMESTAMP,
  created_at TIMESTAMP NOT NULL,
  version BIGINT NOT NULL
);
CREATE INDEX users_last_name ON users (last_name_key, first_name_key, id);
CREATE INDEX users_first_name ON users (first_name_key, id);
CREATE INDEX users_email ON users (email_key, id);
CREATE INDEX users_container ON users (container_id, user_id_key);
CREATE INDEX users_enabled ON users (user_id_key) WHERE disabled_at IS NULL;
CREATE INDEX users_disabled ON users (user_id_key) WHERE disabled_at IS NOT NULL;
