DROP INDEX enrollments_missed;
DROP INDEX tokens_locked;
DROP INDEX emails_failed;
DROP TABLE alert_told;
DROP TABLE alert_events;
DROP TABLE alert_changes;
DROP TABLE alert_choices;
DROP TABLE alert_rules;
