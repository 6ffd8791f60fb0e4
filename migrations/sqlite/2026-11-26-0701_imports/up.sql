-- Files that operators bring, sealed between preview and import; afterwards the outcomes.
CREATE TABLE imports (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  operator_id BIGINT NOT NULL REFERENCES operators(id),
  file_name TEXT NOT NULL,
  sealed BLOB NOT NULL,
  made_at TIMESTAMP NOT NULL,
  ends_at TIMESTAMP NOT NULL,
  done_at TIMESTAMP
);
CREATE INDEX imports_ends ON imports (ends_at);
CREATE INDEX imports_operator ON imports (operator_id, made_at);
