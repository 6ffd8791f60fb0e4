-- Who has no email address is provisioned all the same, and gets link and code by hand (PRODUCT.md §11).
ALTER TABLE provision_drafts ADD COLUMN hand_over BOOLEAN NOT NULL DEFAULT FALSE;
