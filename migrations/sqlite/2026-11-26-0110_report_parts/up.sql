-- The history of some containers is read from what lies in each of them, by Start Date and from an index that holds what is
-- added up. The Start Date of a task never changes.
ALTER TABLE task_containers ADD COLUMN start_on DATE NOT NULL DEFAULT '0001-01-01';
UPDATE task_containers SET start_on = (SELECT t.start_on FROM tasks t WHERE t.id = task_containers.task_id);
CREATE INDEX task_containers_history ON task_containers (container_id, start_on, task_id, removed, users, enrolled, used, locked, earliest_stop_on, latest_stop_on);
-- Who is yet to enroll there is added up from the index of the Stop Dates.
DROP INDEX task_containers_stop;
CREATE INDEX task_containers_stop ON task_containers (container_id, latest_stop_on, task_id, earliest_stop_on, users, enrolled, locked) WHERE NOT removed AND enrolled < users;
