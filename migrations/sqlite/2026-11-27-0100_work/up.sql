-- Long work: what an operator asked for that keeps the writer longer than a request may, how far it is, and how it ended.
CREATE TABLE work (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  kind TEXT NOT NULL,
  operator_id BIGINT NOT NULL REFERENCES operators(id),
  operator TEXT NOT NULL,
  address TEXT NOT NULL,
  request TEXT NOT NULL,
  title TEXT NOT NULL,
  about TEXT NOT NULL,
  asked TEXT NOT NULL,
  back TEXT NOT NULL,
  total BIGINT NOT NULL,
  done BIGINT NOT NULL,
  state TEXT NOT NULL,
  sentence TEXT NOT NULL,
  result TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  started_at TIMESTAMP,
  ended_at TIMESTAMP,
  swept_at TIMESTAMP,
  worker TEXT,
  leased_until TIMESTAMP
);
CREATE INDEX work_operator ON work (operator_id, id);
CREATE INDEX work_open ON work (operator_id, id) WHERE ended_at IS NULL;
CREATE INDEX work_unswept ON work (id) WHERE swept_at IS NULL;
CREATE INDEX work_ended ON work (ended_at) WHERE ended_at IS NOT NULL;

-- Rows that are prepared for it, and are nobody's until its last transaction makes them true.
CREATE TABLE work_emails (
  work_id BIGINT NOT NULL REFERENCES work(id),
  nth BIGINT NOT NULL,
  message_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  shown_to TEXT NOT NULL,
  shown_to_key TEXT NOT NULL,
  user_id BIGINT NOT NULL,
  user_key TEXT NOT NULL,
  container_id BIGINT NOT NULL,
  facts TEXT NOT NULL,
  sealed BLOB,
  give_up_at TIMESTAMP NOT NULL,
  PRIMARY KEY (work_id, nth)
);
CREATE TABLE work_links (
  work_id BIGINT NOT NULL REFERENCES work(id),
  nth BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  handle TEXT NOT NULL,
  code_hash BLOB NOT NULL,
  PRIMARY KEY (work_id, nth)
);

-- The long work that carries a draft out.
ALTER TABLE provision_drafts ADD COLUMN work_id BIGINT;
