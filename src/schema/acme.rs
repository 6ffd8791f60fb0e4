//! The tables of certificates that the servers get by themselves.

diesel::table! {
    acme_accounts (directory) {
        directory -> Text,
        sealed -> Binary,
        made_at -> Timestamp,
    }
}

diesel::table! {
    acme_certificates (host, directory) {
        host -> Text,
        directory -> Text,
        sealed -> Binary,
        made_at -> Timestamp,
        ends_at -> Timestamp,
        renew_at -> Timestamp,
    }
}

diesel::table! {
    acme_orders (host, directory) {
        host -> Text,
        directory -> Text,
        server -> Text,
        lease_ends_at -> Nullable<Timestamp>,
        failures -> BigInt,
        problem -> Text,
        failed_at -> Nullable<Timestamp>,
        next_try_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    acme_challenges (token) {
        token -> Text,
        sealed -> Binary,
        ends_at -> Timestamp,
    }
}
