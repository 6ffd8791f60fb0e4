//! The tables of operator alerts.

diesel::table! {
    alert_rules (id) {
        id -> BigInt,
        version -> BigInt,
        collected_to -> Timestamp,
    }
}

diesel::table! {
    alert_choices (role_id, event) {
        role_id -> BigInt,
        event -> Text,
        delivery -> Text,
        since -> Timestamp,
    }
}

diesel::table! {
    alert_changes (id) {
        id -> BigInt,
        at -> Timestamp,
        operator -> Text,
        role -> Text,
        event -> Text,
        old_value -> Text,
        new_value -> Text,
        version -> BigInt,
    }
}

diesel::table! {
    alert_events (id) {
        id -> BigInt,
        event -> Text,
        about -> Text,
        subject_id -> BigInt,
        occurred_at -> Timestamp,
        user_id -> Nullable<BigInt>,
        found_at -> Timestamp,
    }
}

diesel::table! {
    alert_told (operator_id, event) {
        operator_id -> BigInt,
        event -> Text,
        told_to -> BigInt,
        told_at -> Timestamp,
    }
}
