DROP TABLE task_containers;
