//! The table of what an installation was seen to do.

diesel::table! {
    first_start (fact) {
        fact -> Text,
        at -> Timestamp,
        noted_by -> Text,
    }
}
