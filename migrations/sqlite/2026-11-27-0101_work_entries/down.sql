DROP TABLE work_entries;
