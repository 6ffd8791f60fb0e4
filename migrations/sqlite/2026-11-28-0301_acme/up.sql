-- Certificates that the servers get by themselves (ACME, PRODUCT.md §13). What is secret is sealed.
CREATE TABLE acme_accounts (
  directory TEXT NOT NULL PRIMARY KEY,
  sealed BLOB NOT NULL,
  made_at TIMESTAMP NOT NULL
);
CREATE TABLE acme_certificates (
  host TEXT NOT NULL,
  directory TEXT NOT NULL,
  sealed BLOB NOT NULL,
  made_at TIMESTAMP NOT NULL,
  ends_at TIMESTAMP NOT NULL,
  renew_at TIMESTAMP NOT NULL,
  PRIMARY KEY (host, directory)
);
-- Which server orders, and what came of the last order.
CREATE TABLE acme_orders (
  host TEXT NOT NULL,
  directory TEXT NOT NULL,
  server TEXT NOT NULL,
  lease_ends_at TIMESTAMP,
  failures BIGINT NOT NULL,
  problem TEXT NOT NULL,
  failed_at TIMESTAMP,
  next_try_at TIMESTAMP,
  PRIMARY KEY (host, directory)
);
-- What is answered when the authority asks.
CREATE TABLE acme_challenges (
  token TEXT NOT NULL PRIMARY KEY,
  sealed BLOB NOT NULL,
  ends_at TIMESTAMP NOT NULL
);
CREATE INDEX acme_challenges_ends ON acme_challenges (ends_at);
