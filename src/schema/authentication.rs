//! The tables of auth nodes, and of what they reject.

diesel::table! {
    auth_nodes (id) {
        id -> BigInt,
        name -> Text,
        name_key -> Text,
        key_hash -> Binary,
        created_at -> Timestamp,
        disabled_at -> Nullable<Timestamp>,
        last_used_at -> Nullable<Timestamp>,
        refused_at -> Nullable<Timestamp>,
        kind -> Text,
        mode -> Text,
        strips_realm -> Bool,
        takes_unsigned -> Bool,
        sends_class -> Bool,
        sends_filter_id -> Bool,
        sends_message -> Bool,
    }
}

diesel::table! {
    check_throttle (bucket) {
        bucket -> Text,
        failures -> BigInt,
        since -> Timestamp,
    }
}

diesel::table! {
    check_rejections (node_id, since) {
        node_id -> BigInt,
        since -> Timestamp,
        rejections -> BigInt,
        usual -> BigInt,
        usual_of_all -> BigInt,
        left_at -> Nullable<Timestamp>,
        all_left_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    refused_checks (user_id, auth_node_id) {
        user_id -> BigInt,
        auth_node_id -> BigInt,
        refused_at -> Timestamp,
    }
}
