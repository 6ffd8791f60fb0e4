ALTER TABLE provision_drafts DROP COLUMN hand_over;
