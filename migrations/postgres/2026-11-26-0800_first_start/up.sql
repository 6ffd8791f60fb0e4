-- What an installation was seen to do and no other table tells, for the list of the first start.
CREATE TABLE first_start (
  fact TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  at TIMESTAMP NOT NULL,
  noted_by TEXT NOT NULL
);
