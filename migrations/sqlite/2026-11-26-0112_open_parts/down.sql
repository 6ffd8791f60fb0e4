DROP INDEX task_containers_open;
DROP INDEX task_containers_locked;
DROP INDEX task_containers_stop;
CREATE INDEX task_containers_open ON task_containers (container_id, task_id) WHERE NOT removed AND enrolled < users;
CREATE INDEX task_containers_stop ON task_containers (container_id, latest_stop_on, task_id, earliest_stop_on, users, enrolled, locked) WHERE NOT removed AND enrolled < users;
CREATE INDEX task_containers_locked ON task_containers (container_id, task_id) WHERE NOT removed AND enrolled < users AND locked > 0;
