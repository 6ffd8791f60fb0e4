-- Emails of one kind are counted by their states, of everything and of each container.
CREATE INDEX emails_kind_state ON emails (kind, state, id);
CREATE INDEX emails_container_kind ON emails (container_id, kind, state, id);
