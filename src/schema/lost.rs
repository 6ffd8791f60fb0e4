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

diesel::table! {
    lost_phone_policy (id) {
        id -> BigInt,
        temporary_codes -> Bool,
        longest_hours -> BigInt,
        most_uses -> BigInt,
        checked_caller -> Bool,
        version -> BigInt,
    }
}

diesel::table! {
    lost_phone_changes (id) {
        id -> BigInt,
        at -> Timestamp,
        operator -> Text,
        field -> Text,
        old_value -> Text,
        new_value -> Text,
        version -> BigInt,
    }
}

diesel::table! {
    temporary_codes (id) {
        id -> BigInt,
        user_id -> BigInt,
        code_hash -> Binary,
        given_at -> Timestamp,
        given_by -> Text,
        ends_at -> Timestamp,
        most_uses -> BigInt,
        uses -> BigInt,
        wrong -> BigInt,
        last_used_at -> Nullable<Timestamp>,
        ended_at -> Nullable<Timestamp>,
        ended_why -> Text,
    }
}

diesel::table! {
    call_backs (id) {
        id -> BigInt,
        user_id -> BigInt,
        code_hash -> Binary,
        sent_at -> Timestamp,
        sent_by -> Text,
        ends_at -> Timestamp,
        tries -> BigInt,
        ended_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    caller_checks (id) {
        id -> BigInt,
        user_id -> BigInt,
        at -> Timestamp,
        operator -> Text,
        passed -> Bool,
        how -> Text,
    }
}
