DROP INDEX tasks_report;
DROP INDEX enrollments_outstanding;
CREATE INDEX enrollments_outstanding ON enrollments (authentication_type, stop_on) WHERE removed_at IS NULL AND enrolled_at IS NULL;
DROP INDEX enrollments_not_enrolled;
CREATE INDEX enrollments_reminders ON enrollments (stop_on, reminded_on) WHERE removed_at IS NULL AND enrolled_at IS NULL;
CREATE INDEX enrollments_not_enrolled ON enrollments (stop_on, id) WHERE removed_at IS NULL AND enrolled_at IS NULL;
