DROP TABLE first_start;
