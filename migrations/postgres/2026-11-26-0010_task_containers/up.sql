-- What of each task lies in each container of its users: what stands with the task, parted. An operator who works in some
-- containers reads the sum of theirs; the task's own counts are the sum of all.
CREATE TABLE task_containers (
  task_id BIGINT NOT NULL REFERENCES tasks(id),
  container_id BIGINT NOT NULL REFERENCES containers(id),
  removed BOOLEAN NOT NULL,
  users BIGINT NOT NULL,
  enrolled BIGINT NOT NULL,
  used BIGINT NOT NULL,
  locked BIGINT NOT NULL,
  earliest_stop_on DATE NOT NULL,
  latest_stop_on DATE NOT NULL,
  emailed_users BIGINT NOT NULL,
  last_email_id BIGINT,
  PRIMARY KEY (task_id, container_id)
);
INSERT INTO task_containers
SELECT e.task_id, u.container_id, t.removed_at IS NOT NULL, COUNT(*), COUNT(e.enrolled_at), COUNT(e.used_at),
  COUNT(CASE WHEN e.enrolled_at IS NULL AND e.failures >= p.attempts_allowed THEN 1 END),
  MIN(e.stop_on), MAX(e.stop_on), COUNT(e.emailed_at),
  (SELECT m.id FROM emails m JOIN enrollments w ON w.id = m.enrollment_id JOIN users x ON x.id = w.user_id
   WHERE m.task_id = e.task_id AND x.container_id = u.container_id
     AND (w.removed_at IS NULL OR w.removed_why = 'task removed') ORDER BY m.id DESC LIMIT 1)
FROM enrollments e JOIN users u ON u.id = e.user_id JOIN tasks t ON t.id = e.task_id
  JOIN self_enrollment_policy p ON p.id = 1
WHERE e.removed_at IS NULL OR e.removed_why = 'task removed'
GROUP BY e.task_id, u.container_id, t.removed_at;
CREATE INDEX task_containers_open ON task_containers (container_id, task_id) WHERE NOT removed AND enrolled < users;
CREATE INDEX task_containers_stop ON task_containers (container_id, latest_stop_on, task_id) WHERE NOT removed AND enrolled < users;
CREATE INDEX task_containers_locked ON task_containers (container_id, task_id) WHERE NOT removed AND enrolled < users AND locked > 0;
