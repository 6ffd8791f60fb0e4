-- A removed operator's row stays, since tasks and drafts point at it; the UserID is never given to a second person.
ALTER TABLE operators ADD COLUMN removed_at TIMESTAMP;
-- Counts changes, so that of two who edit the same thing the second is told.
ALTER TABLE operators ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE roles ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
