-- Audit entries that long work prepares, each with a sentence of its own.
CREATE TABLE work_entries (
  work_id BIGINT NOT NULL REFERENCES work(id),
  nth BIGINT NOT NULL,
  user_id BIGINT,
  subject TEXT COLLATE "C" NOT NULL,
  subject_key TEXT COLLATE "C" NOT NULL,
  sentence TEXT COLLATE "C" NOT NULL,
  detail TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (work_id, nth)
);
