ALTER TABLE provision_drafts DROP COLUMN work_id;
DROP TABLE work_links;
DROP TABLE work_emails;
DROP TABLE work;
