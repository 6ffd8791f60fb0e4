DROP INDEX task_containers_history;
DROP INDEX task_containers_stop;
CREATE INDEX task_containers_stop ON task_containers (container_id, latest_stop_on, task_id) WHERE NOT removed AND enrolled < users;
ALTER TABLE task_containers DROP COLUMN start_on;
