//! What the server keeps of itself.

diesel::table! {
    rounds (name) {
        name -> Text,
        ran_at -> Timestamp,
        succeeded_at -> Nullable<Timestamp>,
        failed_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    upgrades (name) {
        name -> Text,
        done_at -> Timestamp,
    }
}

diesel::table! {
    snapshot_numbers (scope) {
        scope -> Text,
        counted_at -> Timestamp,
        numbers -> Text,
    }
}
