-- What a user is found by, one word a row: words of names, User ID, email and Custom 1 to 3 as `text::folded` writes them,
-- and "#" with the digits of the mobile number from the last to the first.
CREATE TABLE user_words (
  word TEXT NOT NULL,
  user_id BIGINT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  PRIMARY KEY (word, user_id)
) WITHOUT ROWID;
CREATE INDEX user_words_user ON user_words (user_id);
-- False where the keys and words of a user are not yet made as this version makes them: filled in after the migrations.
ALTER TABLE users ADD COLUMN keyed BOOLEAN NOT NULL DEFAULT 0;
CREATE INDEX users_not_keyed ON users (id) WHERE NOT keyed;
-- The user whose User ID is the same in every way that counts now and did not count when both were made.
ALTER TABLE users ADD COLUMN twin_of BIGINT;
CREATE INDEX users_twins ON users (id) WHERE twin_of IS NOT NULL;
-- A serial number is found by its end: its last 24 letters from the last to the first, behind spaces so that a short one
-- has as many. In words that both databases know, since SQLite cannot turn a text round.
CREATE INDEX tokens_serial_end ON tokens (substr('                        ' || serial_key, length(serial_key) + 24, 1) || substr('                        ' || serial_key, length(serial_key) + 23, 1) || substr('                        ' || serial_key, length(serial_key) + 22, 1) || substr('                        ' || serial_key, length(serial_key) + 21, 1) || substr('                        ' || serial_key, length(serial_key) + 20, 1) || substr('                        ' || serial_key, length(serial_key) + 19, 1) || substr('                        ' || serial_key, length(serial_key) + 18, 1) || substr('                        ' || serial_key, length(serial_key) + 17, 1) || substr('                        ' || serial_key, length(serial_key) + 16, 1) || substr('                        ' || serial_key, length(serial_key) + 15, 1) || substr('                        ' || serial_key, length(serial_key) + 14, 1) || substr('                        ' || serial_key, length(serial_key) + 13, 1) || substr('                        ' || serial_key, length(serial_key) + 12, 1) || substr('                        ' || serial_key, length(serial_key) + 11, 1) || substr('                        ' || serial_key, length(serial_key) + 10, 1) || substr('                        ' || serial_key, length(serial_key) + 9, 1) || substr('                        ' || serial_key, length(serial_key) + 8, 1) || substr('                        ' || serial_key, length(serial_key) + 7, 1) || substr('                        ' || serial_key, length(serial_key) + 6, 1) || substr('                        ' || serial_key, length(serial_key) + 5, 1) || substr('                        ' || serial_key, length(serial_key) + 4, 1) || substr('                        ' || serial_key, length(serial_key) + 3, 1) || substr('                        ' || serial_key, length(serial_key) + 2, 1) || substr('                        ' || serial_key, length(serial_key) + 1, 1));
-- What was done once after the migrations.
CREATE TABLE upgrades (
  name TEXT NOT NULL PRIMARY KEY,
  done_at TIMESTAMP NOT NULL
);
