CREATE TABLE messages (
  kind TEXT NOT NULL,
  authentication_type TEXT NOT NULL,
  subject TEXT NOT NULL,
  body_text TEXT NOT NULL,
  body_html TEXT NOT NULL,
  version BIGINT NOT NULL,
  changed_by TEXT NOT NULL,
  changed_at TIMESTAMP NOT NULL,
  PRIMARY KEY (kind, authentication_type)
);
