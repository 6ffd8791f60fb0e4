DROP INDEX emails_container_kind;
DROP INDEX emails_kind_state;
