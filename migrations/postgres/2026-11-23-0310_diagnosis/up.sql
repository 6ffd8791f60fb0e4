-- What the last failed attempt of an enrollment was, and that an older link was opened after a newer email.
ALTER TABLE enrollments ADD COLUMN missed TEXT NOT NULL DEFAULT '';
ALTER TABLE enrollments ADD COLUMN missed_at TIMESTAMP;
ALTER TABLE enrollments ADD COLUMN missed_seconds BIGINT;
ALTER TABLE enrollments ADD COLUMN older_link_at TIMESTAMP;
-- Why the last one-time password was rejected, and how far off the token's clock was.
ALTER TABLE tokens ADD COLUMN rejected TEXT NOT NULL DEFAULT '';
ALTER TABLE tokens ADD COLUMN rejected_at TIMESTAMP;
ALTER TABLE tokens ADD COLUMN rejected_seconds BIGINT;
-- When a disabled auth node last knocked.
ALTER TABLE auth_nodes ADD COLUMN refused_at TIMESTAMP;
