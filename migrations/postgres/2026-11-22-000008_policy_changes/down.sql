DROP TABLE policy_changes;
