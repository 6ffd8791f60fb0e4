-- Tokens that were reported lost, and by whom (PRODUCT.md §11). The row goes when the token is found or changes hands.
CREATE TABLE lost_tokens (
  token_id BIGINT NOT NULL PRIMARY KEY REFERENCES tokens(id),
  reported_at TIMESTAMP NOT NULL,
  reported_by TEXT NOT NULL
);
-- Tasks of one user that replace a token: it is revoked when the task is Completed.
CREATE TABLE replacements (
  task_id BIGINT NOT NULL PRIMARY KEY REFERENCES tasks(id),
  token_id BIGINT NOT NULL REFERENCES tokens(id)
);
CREATE INDEX replacements_token ON replacements (token_id);
