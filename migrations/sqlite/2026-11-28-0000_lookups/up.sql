-- What a page of users or tasks looks up for each row that it shows, read from an index of just that: active tokens,
-- enrollments not used yet, and emails in trouble (PRODUCT.md §2). "IS TRUE" keeps the index of all states out of it.
DROP INDEX tokens_user;
CREATE INDEX tokens_user_state ON tokens (user_id, state, authentication_type);
CREATE INDEX enrollments_unused ON enrollments (user_id, task_id) WHERE removed_at IS NULL AND used_at IS NULL;
CREATE INDEX emails_trouble ON emails (task_id, enrollment_id, id, container_id)
  WHERE (state IN ('Deferred', 'Failed', 'Bounced')) IS TRUE;
