DROP TABLE caller_checks;
DROP TABLE call_backs;
DROP TABLE temporary_codes;
DROP TABLE lost_phone_changes;
DROP TABLE lost_phone_policy;
