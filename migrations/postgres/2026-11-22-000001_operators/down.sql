DROP TABLE check_throttle;
DROP TABLE auth_nodes;
DROP TABLE sign_in_throttle;
DROP TABLE sessions;
DROP TABLE operator_containers;
DROP TABLE operators;
DROP TABLE roles;
DROP TABLE containers;
