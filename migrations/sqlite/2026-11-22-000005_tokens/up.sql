CREATE TABLE tokens (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  serial TEXT NOT NULL,
  serial_key TEXT NOT NULL UNIQUE,
  authentication_type TEXT NOT NULL,
  moving_factor TEXT NOT NULL,
  algorithm TEXT NOT NULL,
  digits BIGINT NOT NULL,
  period BIGINT NOT NULL,
  seed BLOB NOT NULL,
  state TEXT NOT NULL,
  container_id BIGINT REFERENCES containers(id),
  user_id BIGINT REFERENCES users(id),
  next_counter BIGINT NOT NULL,
  drift BIGINT NOT NULL,
  failures BIGINT NOT NULL,
  resync_counter BIGINT,
  created_at TIMESTAMP NOT NULL,
  bound_at TIMESTAMP,
  first_used_at TIMESTAMP,
  last_used_at TIMESTAMP,
  state_reason TEXT NOT NULL
);
CREATE INDEX tokens_user ON tokens (user_id, authentication_type);
CREATE INDEX tokens_state ON tokens (state, serial_key);
CREATE INDEX tokens_stock ON tokens (authentication_type, state, serial_key);
