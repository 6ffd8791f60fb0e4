ALTER TABLE operators DROP COLUMN first_password_at;
