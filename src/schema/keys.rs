//! The table of the master key that seals what is in the database.

diesel::table! {
    master_keys (id) {
        id -> Text,
        check_value -> Binary,
        created_at -> Timestamp,
    }
}
