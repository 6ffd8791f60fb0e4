-- The sums of reports are read from an index that holds all they add up, and not from the rows.
CREATE INDEX tasks_report ON tasks (start_on, authentication_type, operator_key, removed_at, users, enrolled, used, locked, earliest_stop_on, latest_stop_on);
-- Only what is reserved from inventory is looked for by type; else the index is taken for lists, which it cannot sort.
DROP INDEX enrollments_outstanding;
CREATE INDEX enrollments_outstanding ON enrollments (authentication_type, stop_on) WHERE removed_at IS NULL AND enrolled_at IS NULL AND authentication_type <> 'authenticator-app';
DROP INDEX enrollments_reminders;
DROP INDEX enrollments_not_enrolled;
CREATE INDEX enrollments_not_enrolled ON enrollments (stop_on, id, authentication_type, failures, reminded_on, removed_at, enrolled_at) WHERE removed_at IS NULL AND enrolled_at IS NULL;
