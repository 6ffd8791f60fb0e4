-- What came back of an email after the mail server had accepted it (RFC 3464).
ALTER TABLE emails ADD COLUMN bounced_at TIMESTAMP;
ALTER TABLE emails ADD COLUMN bounce_status TEXT NOT NULL DEFAULT '';
DROP INDEX emails_attention;
CREATE INDEX emails_attention ON emails (id) WHERE state IN ('Deferred', 'Failed', 'Bounced');
CREATE TABLE email_reports (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  email_id BIGINT NOT NULL REFERENCES emails(id),
  at TIMESTAMP NOT NULL,
  action TEXT NOT NULL,
  status TEXT NOT NULL,
  diagnostic TEXT NOT NULL,
  digest TEXT NOT NULL
);
CREATE UNIQUE INDEX email_reports_digest ON email_reports (email_id, digest);
