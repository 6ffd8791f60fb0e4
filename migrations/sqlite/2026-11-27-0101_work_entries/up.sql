-- Audit entries that long work prepares, each with a sentence of its own.
CREATE TABLE work_entries (
  work_id BIGINT NOT NULL REFERENCES work(id),
  nth BIGINT NOT NULL,
  user_id BIGINT,
  subject TEXT NOT NULL,
  subject_key TEXT NOT NULL,
  sentence TEXT NOT NULL,
  detail TEXT NOT NULL,
  PRIMARY KEY (work_id, nth)
);
