-- When a disabled auth node last asked for a user: whose sign-in met it.
CREATE TABLE refused_checks (
  user_id BIGINT NOT NULL REFERENCES users(id),
  auth_node_id BIGINT NOT NULL REFERENCES auth_nodes(id),
  refused_at TIMESTAMP NOT NULL,
  PRIMARY KEY (user_id, auth_node_id)
);
