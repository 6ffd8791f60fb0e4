-- What operators are told of by email, by role; a role without a row is told nothing.
CREATE TABLE alert_rules (
  id BIGINT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  collected_to TIMESTAMP NOT NULL
);
INSERT INTO alert_rules VALUES (1, 1, '1970-01-01 00:00:00');
CREATE TABLE alert_choices (
  role_id BIGINT NOT NULL REFERENCES roles(id) ON DELETE CASCADE,
  event TEXT NOT NULL,
  delivery TEXT NOT NULL,
  since TIMESTAMP NOT NULL,
  PRIMARY KEY (role_id, event)
);
CREATE TABLE alert_changes (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  at TIMESTAMP NOT NULL,
  operator TEXT NOT NULL,
  role TEXT NOT NULL,
  event TEXT NOT NULL,
  old_value TEXT NOT NULL,
  new_value TEXT NOT NULL,
  version BIGINT NOT NULL
);
CREATE INDEX alert_changes_version ON alert_changes (version, id);
-- What happened, each thing once, in the order in which it was found; kept until everybody was told long ago.
CREATE TABLE alert_events (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  event TEXT NOT NULL,
  about TEXT NOT NULL,
  subject_id BIGINT NOT NULL,
  occurred_at TIMESTAMP NOT NULL,
  user_id BIGINT,
  found_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX alert_events_once ON alert_events (about, subject_id, event, occurred_at);
CREATE INDEX alert_events_event ON alert_events (event, id);
CREATE INDEX alert_events_found ON alert_events (found_at);
-- Up to which of them each operator was told.
CREATE TABLE alert_told (
  operator_id BIGINT NOT NULL REFERENCES operators(id),
  event TEXT NOT NULL,
  told_to BIGINT NOT NULL,
  told_at TIMESTAMP NOT NULL,
  PRIMARY KEY (operator_id, event)
);
-- What happened of late is found by when it did.
CREATE INDEX enrollments_missed ON enrollments (missed_at) WHERE missed_at IS NOT NULL AND removed_at IS NULL AND enrolled_at IS NULL;
CREATE INDEX tokens_locked ON tokens (rejected_at) WHERE state = 'Locked';
CREATE INDEX emails_failed ON emails (last_answer_at) WHERE state IN ('Failed', 'Bounced');
