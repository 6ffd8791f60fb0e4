CREATE TABLE emails (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  message_id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  shown_to TEXT NOT NULL,
  shown_to_key TEXT NOT NULL,
  alternate BOOLEAN NOT NULL,
  user_id BIGINT,
  user_key TEXT NOT NULL,
  container_id BIGINT,
  task_id BIGINT,
  enrollment_id BIGINT,
  facts TEXT NOT NULL,
  sealed BLOB,
  state TEXT NOT NULL,
  tries BIGINT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  next_try_at TIMESTAMP,
  give_up_at TIMESTAMP NOT NULL,
  claimed_by TEXT,
  claimed_until TIMESTAMP,
  sent_at TIMESTAMP,
  last_answer TEXT NOT NULL,
  last_answer_at TIMESTAMP,
  sender TEXT NOT NULL
);
CREATE INDEX emails_due ON emails (next_try_at, id) WHERE next_try_at IS NOT NULL;
CREATE INDEX emails_state ON emails (state, id);
CREATE INDEX emails_container ON emails (container_id, state, id);
CREATE INDEX emails_attention ON emails (id) WHERE state IN ('Deferred', 'Failed');
CREATE INDEX emails_shown_to ON emails (shown_to_key, id);
CREATE INDEX emails_user_key ON emails (user_key, id);
CREATE INDEX emails_kind ON emails (kind, id);
CREATE INDEX emails_user ON emails (user_id, id);
CREATE INDEX emails_task ON emails (task_id, id);
CREATE INDEX emails_enrollment ON emails (enrollment_id, id);
CREATE TABLE email_tries (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  email_id BIGINT NOT NULL REFERENCES emails(id),
  at TIMESTAMP NOT NULL,
  outcome TEXT NOT NULL,
  answer TEXT NOT NULL
);
CREATE INDEX email_tries_email ON email_tries (email_id, id);
CREATE INDEX email_tries_outcome ON email_tries (outcome, id);
