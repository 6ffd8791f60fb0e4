DROP INDEX emails_trouble;
DROP INDEX enrollments_unused;
DROP INDEX tokens_user_state;
CREATE INDEX tokens_user ON tokens (user_id, authentication_type);
