ALTER TABLE tokens DROP COLUMN valid_until;
ALTER TABLE tokens DROP COLUMN valid_from;
