DROP TABLE upgrades;
DROP INDEX tokens_serial_end;
DROP INDEX users_twins;
ALTER TABLE users DROP COLUMN twin_of;
DROP INDEX users_not_keyed;
ALTER TABLE users DROP COLUMN keyed;
DROP TABLE user_words;
