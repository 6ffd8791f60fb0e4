//! The table of what of a task lies in which container.

diesel::table! {
    task_containers (task_id, container_id) {
        task_id -> BigInt,
        container_id -> BigInt,
        removed -> Bool,
        users -> BigInt,
        enrolled -> BigInt,
        used -> BigInt,
        locked -> BigInt,
        earliest_stop_on -> Date,
        latest_stop_on -> Date,
        emailed_users -> BigInt,
        last_email_id -> Nullable<BigInt>,
        start_on -> Date,
    }
}
