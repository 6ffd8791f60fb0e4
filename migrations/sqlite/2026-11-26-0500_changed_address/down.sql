DROP INDEX users_email_changed;
ALTER TABLE users DROP COLUMN email_changed_at;
