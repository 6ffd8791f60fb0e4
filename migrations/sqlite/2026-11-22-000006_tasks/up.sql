CREATE TABLE self_enrollment_policy (
  id BIGINT NOT NULL PRIMARY KEY,
  days_to_enroll BIGINT NOT NULL,
  longest_period BIGINT NOT NULL,
  attempts_allowed BIGINT NOT NULL,
  code_length BIGINT NOT NULL,
  link_carries_code BOOLEAN NOT NULL,
  reminder_days TEXT NOT NULL,
  skip_weekends BOOLEAN NOT NULL,
  token_failures_allowed BIGINT NOT NULL,
  version BIGINT NOT NULL
);
INSERT INTO self_enrollment_policy VALUES (1, 14, 30, 5, 10, 1, '3,1', 0, 10, 1);
CREATE TABLE tasks (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  operator_id BIGINT REFERENCES operators(id),
  operator TEXT NOT NULL,
  operator_key TEXT NOT NULL,
  authentication_type TEXT NOT NULL,
  description TEXT NOT NULL,
  start_on DATE NOT NULL,
  created_at TIMESTAMP NOT NULL,
  removed_at TIMESTAMP,
  removed_by TEXT NOT NULL,
  users BIGINT NOT NULL,
  enrolled BIGINT NOT NULL,
  used BIGINT NOT NULL,
  locked BIGINT NOT NULL,
  earliest_stop_on DATE NOT NULL,
  latest_stop_on DATE NOT NULL,
  emailed_to TEXT NOT NULL,
  emailed_to_key TEXT NOT NULL,
  emailed_users BIGINT NOT NULL,
  last_email_id BIGINT,
  version BIGINT NOT NULL
);
-- Numbers begin at 1001: four digits are easier to say on the phone than one.
INSERT INTO sqlite_sequence (name, seq) VALUES ('tasks', 1000);
CREATE INDEX tasks_open ON tasks (id) WHERE removed_at IS NULL AND enrolled < users;
CREATE INDEX tasks_open_operator ON tasks (operator_key, id) WHERE removed_at IS NULL AND enrolled < users;
CREATE INDEX tasks_open_emailed_to ON tasks (emailed_to_key, id) WHERE removed_at IS NULL AND enrolled < users;
CREATE INDEX tasks_open_start ON tasks (start_on, id) WHERE removed_at IS NULL AND enrolled < users;
CREATE INDEX tasks_open_stop ON tasks (latest_stop_on, id) WHERE removed_at IS NULL AND enrolled < users;
CREATE INDEX tasks_open_count ON tasks (users, id) WHERE removed_at IS NULL AND enrolled < users;
CREATE INDEX tasks_open_used ON tasks (used, id) WHERE removed_at IS NULL AND enrolled < users;
CREATE INDEX tasks_open_type ON tasks (authentication_type, id) WHERE removed_at IS NULL AND enrolled < users;
CREATE INDEX tasks_open_locked ON tasks (id) WHERE removed_at IS NULL AND enrolled < users AND locked > 0;
-- Reports read all tasks by the day they were made.
CREATE INDEX tasks_start ON tasks (start_on, id);
CREATE INDEX tasks_operator ON tasks (operator_key, start_on, id);
CREATE INDEX tasks_type ON tasks (authentication_type, start_on, id);
CREATE TABLE enrollments (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  task_id BIGINT NOT NULL REFERENCES tasks(id),
  user_id BIGINT NOT NULL REFERENCES users(id),
  authentication_type TEXT NOT NULL,
  stop_on DATE NOT NULL,
  failures BIGINT NOT NULL,
  removed_at TIMESTAMP,
  removed_by TEXT NOT NULL,
  removed_why TEXT NOT NULL,
  replaced_by BIGINT REFERENCES tasks(id),
  emailed_to TEXT NOT NULL,
  emailed_at TIMESTAMP,
  last_email_id BIGINT REFERENCES emails(id),
  reminded_on DATE,
  opened_at TIMESTAMP,
  code_accepted_at TIMESTAMP,
  key_shown_at TIMESTAMP,
  enrolled_at TIMESTAMP,
  used_at TIMESTAMP,
  pending_seed BLOB,
  token_id BIGINT REFERENCES tokens(id),
  version BIGINT NOT NULL,
  UNIQUE (task_id, user_id)
);
CREATE INDEX enrollments_user ON enrollments (user_id, task_id);
CREATE INDEX enrollments_token ON enrollments (token_id) WHERE token_id IS NOT NULL;
CREATE INDEX enrollments_outstanding ON enrollments (authentication_type, stop_on) WHERE removed_at IS NULL AND enrolled_at IS NULL;
CREATE INDEX enrollments_reminders ON enrollments (stop_on, reminded_on) WHERE removed_at IS NULL AND enrolled_at IS NULL;
-- Reports and the Snapshot: who is yet to enroll by Stop Date, who was taken out, who first used a token when.
CREATE INDEX enrollments_not_enrolled ON enrollments (stop_on, id) WHERE removed_at IS NULL AND enrolled_at IS NULL;
CREATE INDEX enrollments_removed ON enrollments (task_id) WHERE removed_at IS NOT NULL;
CREATE INDEX enrollments_used ON enrollments (used_at) WHERE used_at IS NOT NULL;
CREATE TABLE enrollment_links (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  enrollment_id BIGINT NOT NULL REFERENCES enrollments(id),
  handle TEXT NOT NULL UNIQUE,
  code_hash BLOB NOT NULL,
  created_at TIMESTAMP NOT NULL,
  superseded_at TIMESTAMP
);
CREATE INDEX enrollment_links_enrollment ON enrollment_links (enrollment_id, id);
CREATE TABLE provision_drafts (
  id TEXT NOT NULL PRIMARY KEY,
  operator_id BIGINT NOT NULL REFERENCES operators(id),
  selection TEXT NOT NULL,
  authentication_type TEXT NOT NULL,
  description TEXT NOT NULL,
  stop_on DATE,
  include_with_token BOOLEAN NOT NULL,
  include_with_task BOOLEAN NOT NULL,
  created_at TIMESTAMP NOT NULL,
  task_id BIGINT REFERENCES tasks(id)
);
CREATE INDEX provision_drafts_created ON provision_drafts (created_at);
