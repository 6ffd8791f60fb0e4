CREATE TABLE enrollment_sessions (
  key_hash BYTEA NOT NULL PRIMARY KEY,
  enrollment_id BIGINT NOT NULL REFERENCES enrollments(id),
  link_id BIGINT NOT NULL REFERENCES enrollment_links(id),
  created_at TIMESTAMP NOT NULL,
  expires_at TIMESTAMP NOT NULL
);
CREATE INDEX enrollment_sessions_enrollment ON enrollment_sessions (enrollment_id);
CREATE INDEX enrollment_sessions_expires ON enrollment_sessions (expires_at);
