DROP TABLE email_reports;
UPDATE emails SET state = 'Failed' WHERE state = 'Bounced';
DROP INDEX emails_attention;
CREATE INDEX emails_attention ON emails (id) WHERE state IN ('Deferred', 'Failed');
ALTER TABLE emails DROP COLUMN bounce_status;
ALTER TABLE emails DROP COLUMN bounced_at;
