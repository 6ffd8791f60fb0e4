//! The tables of what auth nodes ask by RADIUS.

diesel::table! {
    auth_node_networks (auth_node_id) {
        auth_node_id -> BigInt,
        kind -> Text,
        network -> Text,
    }
}

diesel::table! {
    auth_node_secrets (id) {
        id -> BigInt,
        auth_node_id -> BigInt,
        sealed -> Binary,
        created_at -> Timestamp,
        ends_at -> Nullable<Timestamp>,
        last_used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    radius_answers (request) {
        request -> Binary,
        answer -> Binary,
        answered_at -> Timestamp,
    }
}

diesel::table! {
    radius_challenges (state) {
        state -> Binary,
        auth_node_id -> BigInt,
        user_key -> Text,
        ends_at -> Timestamp,
    }
}

diesel::table! {
    auth_node_days (auth_node_id, day) {
        auth_node_id -> BigInt,
        day -> Date,
        accepted -> BigInt,
        rejected -> BigInt,
        unanswered -> BigInt,
        repeated -> BigInt,
        cut_off -> BigInt,
        answered_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    auth_node_faults (auth_node_id, fault) {
        auth_node_id -> BigInt,
        fault -> Text,
        times -> BigInt,
        first_at -> Timestamp,
        last_at -> Timestamp,
    }
}

diesel::table! {
    unknown_senders (address) {
        address -> Text,
        code -> Nullable<BigInt>,
        bytes -> BigInt,
        times -> BigInt,
        first_at -> Timestamp,
        last_at -> Timestamp,
    }
}
