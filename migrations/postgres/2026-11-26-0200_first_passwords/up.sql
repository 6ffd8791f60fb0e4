-- When somebody else gave the password: it is good for a while only. Those that wait to be changed begin with the upgrade.
ALTER TABLE operators ADD COLUMN first_password_at TIMESTAMP;
UPDATE operators SET first_password_at = now() AT TIME ZONE 'UTC' WHERE must_change_password;
