-- What the server does by itself: when each kind of round last ran, ended well and failed. `tokendesk check` is another
-- process, and reads it here. succeeded_at is empty from a failure until a round ends well.
CREATE TABLE rounds (
    name TEXT PRIMARY KEY NOT NULL,
    ran_at TIMESTAMP NOT NULL,
    succeeded_at TIMESTAMP,
    failed_at TIMESTAMP
);
