ALTER TABLE auth_nodes DROP COLUMN refused_at;
ALTER TABLE tokens DROP COLUMN rejected_seconds;
ALTER TABLE tokens DROP COLUMN rejected_at;
ALTER TABLE tokens DROP COLUMN rejected;
ALTER TABLE enrollments DROP COLUMN older_link_at;
ALTER TABLE enrollments DROP COLUMN missed_seconds;
ALTER TABLE enrollments DROP COLUMN missed_at;
ALTER TABLE enrollments DROP COLUMN missed;
