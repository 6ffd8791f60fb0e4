//! The tables of the day a phone is lost.

diesel::table! {
    lost_tokens (token_id) {
        token_id -> BigInt,
        reported_at -> Timestamp,
        reported_by -> Text,
    }
}

diesel::table! {
    replacements (task_id) {
        task_id -> BigInt,
        token_id -> BigInt,
    }
}
