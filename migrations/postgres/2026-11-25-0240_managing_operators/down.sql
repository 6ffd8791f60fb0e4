ALTER TABLE roles DROP COLUMN version;
ALTER TABLE operators DROP COLUMN version;
ALTER TABLE operators DROP COLUMN removed_at;
