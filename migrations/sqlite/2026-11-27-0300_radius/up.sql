-- Auth nodes of two kinds, and what those that ask by RADIUS need (PRODUCT.md §10).
ALTER TABLE auth_nodes ADD COLUMN kind TEXT NOT NULL DEFAULT 'api';
ALTER TABLE auth_nodes ADD COLUMN mode TEXT NOT NULL DEFAULT 'one-time-password';
ALTER TABLE auth_nodes ADD COLUMN strips_realm BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE auth_nodes ADD COLUMN takes_unsigned BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE auth_nodes ADD COLUMN sends_class BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE auth_nodes ADD COLUMN sends_filter_id BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE auth_nodes ADD COLUMN sends_message BOOLEAN NOT NULL DEFAULT FALSE;
-- Where an auth node asks from: an address or a network, written in one way. Of those that ask by RADIUS no two have the same.
CREATE TABLE auth_node_networks (
  auth_node_id BIGINT NOT NULL PRIMARY KEY REFERENCES auth_nodes(id),
  kind TEXT NOT NULL,
  network TEXT NOT NULL
);
CREATE UNIQUE INDEX auth_node_networks_radius ON auth_node_networks (network) WHERE kind = 'radius';
-- Shared secrets, sealed: they are read again for each packet. Of two the older one ends.
CREATE TABLE auth_node_secrets (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  auth_node_id BIGINT NOT NULL REFERENCES auth_nodes(id),
  sealed BLOB NOT NULL,
  created_at TIMESTAMP NOT NULL,
  ends_at TIMESTAMP,
  last_used_at TIMESTAMP
);
CREATE INDEX auth_node_secrets_node ON auth_node_secrets (auth_node_id, id);
-- The bytes that answered a request, for whoever sends it again: which sender, port, identifier and authenticator.
CREATE TABLE radius_answers (
  request BLOB NOT NULL PRIMARY KEY,
  answer BLOB NOT NULL,
  answered_at TIMESTAMP NOT NULL
);
CREATE INDEX radius_answers_at ON radius_answers (answered_at);
-- Challenges that wait for their answer.
CREATE TABLE radius_challenges (
  state BLOB NOT NULL PRIMARY KEY,
  auth_node_id BIGINT NOT NULL REFERENCES auth_nodes(id),
  user_key TEXT NOT NULL,
  ends_at TIMESTAMP NOT NULL
);
CREATE INDEX radius_challenges_ends ON radius_challenges (ends_at);
-- What was answered to an auth node, by day in the organization's time zone; noted once a minute.
CREATE TABLE auth_node_days (
  auth_node_id BIGINT NOT NULL REFERENCES auth_nodes(id),
  day DATE NOT NULL,
  accepted BIGINT NOT NULL,
  rejected BIGINT NOT NULL,
  unanswered BIGINT NOT NULL,
  repeated BIGINT NOT NULL,
  cut_off BIGINT NOT NULL,
  answered_at TIMESTAMP,
  PRIMARY KEY (auth_node_id, day)
);
-- What is wrong with what an auth node sends.
CREATE TABLE auth_node_faults (
  auth_node_id BIGINT NOT NULL REFERENCES auth_nodes(id),
  fault TEXT NOT NULL,
  times BIGINT NOT NULL,
  first_at TIMESTAMP NOT NULL,
  last_at TIMESTAMP NOT NULL,
  PRIMARY KEY (auth_node_id, fault)
);
-- Who asks by RADIUS and is no auth node: the last ones.
CREATE TABLE unknown_senders (
  address TEXT NOT NULL PRIMARY KEY,
  code BIGINT,
  bytes BIGINT NOT NULL,
  times BIGINT NOT NULL,
  first_at TIMESTAMP NOT NULL,
  last_at TIMESTAMP NOT NULL
);
