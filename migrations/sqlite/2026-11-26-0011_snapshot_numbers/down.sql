DROP TABLE snapshot_numbers;
