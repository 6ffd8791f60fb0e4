-- The indexes of what is open in a container hold all that is asked of it: else SQLite rather takes the one of the history, which
-- does, and reads all that was ever there.
DROP INDEX task_containers_open;
DROP INDEX task_containers_locked;
DROP INDEX task_containers_stop;
CREATE INDEX task_containers_open ON task_containers (container_id, task_id, removed, enrolled, users) WHERE NOT removed AND enrolled < users;
CREATE INDEX task_containers_stop ON task_containers (container_id, latest_stop_on, task_id, removed, enrolled, users, locked, earliest_stop_on) WHERE NOT removed AND enrolled < users;
CREATE INDEX task_containers_locked ON task_containers (container_id, task_id, removed, enrolled, users, locked) WHERE NOT removed AND enrolled < users AND locked > 0;
