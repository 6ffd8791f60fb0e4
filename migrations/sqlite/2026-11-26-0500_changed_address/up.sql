-- When the email address of a profile last became another one: links that went to an older one have ended.
ALTER TABLE users ADD COLUMN email_changed_at TIMESTAMP;
CREATE INDEX users_email_changed ON users (email_changed_at) WHERE email_changed_at IS NOT NULL;
