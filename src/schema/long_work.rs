//! The tables of long work: what was asked for, and the rows that are prepared for it.

diesel::table! {
    work (id) {
        id -> BigInt,
        kind -> Text,
        operator_id -> BigInt,
        operator -> Text,
        address -> Text,
        request -> Text,
        title -> Text,
        about -> Text,
        asked -> Text,
        back -> Text,
        total -> BigInt,
        done -> BigInt,
        state -> Text,
        sentence -> Text,
        result -> Text,
        created_at -> Timestamp,
        started_at -> Nullable<Timestamp>,
        ended_at -> Nullable<Timestamp>,
        swept_at -> Nullable<Timestamp>,
        worker -> Nullable<Text>,
        leased_until -> Nullable<Timestamp>,
    }
}

diesel::table! {
    work_emails (work_id, nth) {
        work_id -> BigInt,
        nth -> BigInt,
        message_id -> Text,
        kind -> Text,
        shown_to -> Text,
        shown_to_key -> Text,
        user_id -> BigInt,
        user_key -> Text,
        container_id -> BigInt,
        facts -> Text,
        sealed -> Nullable<Binary>,
        give_up_at -> Timestamp,
    }
}

diesel::table! {
    work_links (work_id, nth) {
        work_id -> BigInt,
        nth -> BigInt,
        user_id -> BigInt,
        handle -> Text,
        code_hash -> Binary,
    }
}

diesel::table! {
    work_entries (work_id, nth) {
        work_id -> BigInt,
        nth -> BigInt,
        user_id -> Nullable<BigInt>,
        subject -> Text,
        subject_key -> Text,
        sentence -> Text,
        detail -> Text,
    }
}
