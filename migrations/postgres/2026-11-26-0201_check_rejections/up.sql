-- Rejected one-time passwords of each auth node by five minutes, kept for some days: what is usual, and when it was left.
CREATE TABLE check_rejections (
  node_id BIGINT NOT NULL REFERENCES auth_nodes(id),
  since TIMESTAMP NOT NULL,
  rejections BIGINT NOT NULL,
  usual BIGINT NOT NULL,
  usual_of_all BIGINT NOT NULL,
  left_at TIMESTAMP,
  all_left_at TIMESTAMP,
  PRIMARY KEY (node_id, since)
);
CREATE INDEX check_rejections_since ON check_rejections (since);
