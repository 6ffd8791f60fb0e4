-- From when and until when a token is good, as its maker's file says (RFC 6030 §5); null: no such limit.
ALTER TABLE tokens ADD COLUMN valid_from TIMESTAMP;
ALTER TABLE tokens ADD COLUMN valid_until TIMESTAMP;
