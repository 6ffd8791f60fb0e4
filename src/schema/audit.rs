//! The table of the audit log.

diesel::table! {
    audit_entries (id) {
        id -> BigInt,
        at -> Timestamp,
        actor_kind -> Text,
        actor -> Text,
        actor_key -> Text,
        role -> Text,
        address -> Text,
        request -> Text,
        verb -> Text,
        outcome -> Text,
        task_id -> Nullable<BigInt>,
        user_id -> Nullable<BigInt>,
        subject -> Text,
        subject_key -> Text,
        sentence -> Text,
        detail -> Text,
    }
}
