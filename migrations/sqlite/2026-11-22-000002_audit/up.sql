CREATE TABLE audit_entries (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  at TIMESTAMP NOT NULL,
  actor_kind TEXT NOT NULL,
  actor TEXT NOT NULL,
  actor_key TEXT NOT NULL,
  role TEXT NOT NULL,
  address TEXT NOT NULL,
  request TEXT NOT NULL,
  verb TEXT NOT NULL,
  outcome TEXT NOT NULL,
  task_id BIGINT,
  user_id BIGINT,
  subject TEXT NOT NULL,
  subject_key TEXT NOT NULL,
  sentence TEXT NOT NULL,
  detail TEXT NOT NULL
);
CREATE INDEX audit_entries_actor ON audit_entries (actor_key, id);
CREATE INDEX audit_entries_subject ON audit_entries (subject_key, id);
CREATE INDEX audit_entries_task ON audit_entries (task_id, id);
CREATE INDEX audit_entries_user ON audit_entries (user_id, id);
CREATE INDEX audit_entries_verb ON audit_entries (verb, id);
CREATE INDEX audit_entries_at ON audit_entries (at, id);
