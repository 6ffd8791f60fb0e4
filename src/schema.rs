//! The tables, written by hand so that one definition serves SQLite and PostgreSQL; a test compares it with both.
//! Ids are 64-bit, times are UTC without a zone, dates are calendar dates in the organization's time zone.

mod acme;
mod alerts;
mod audit;
mod authentication;
mod counts;
mod keys;
mod long_work;
mod lost;
mod own;
mod radius;
mod start;
mod words;

pub use acme::*;
pub use alerts::*;
pub use audit::*;
pub use authentication::*;
pub use counts::*;
pub use keys::*;
pub use long_work::*;
pub use lost::*;
pub use own::*;
pub use radius::*;
pub use start::*;
pub use words::*;

diesel::table! {
    containers (id) {
        id -> BigInt,
        name -> Text,
        name_key -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    roles (id) {
        id -> BigInt,
        name -> Text,
        name_key -> Text,
        built_in -> Bool,
        permissions -> Text,
        version -> BigInt,
    }
}

diesel::table! {
    operators (id) {
        id -> BigInt,
        user_id -> Text,
        user_id_key -> Text,
        name -> Text,
        email -> Nullable<Text>,
        role_id -> BigInt,
        all_containers -> Bool,
        password_hash -> Text,
        must_change_password -> Bool,
        second_factor -> Nullable<Binary>,
        second_factor_pending -> Nullable<Binary>,
        second_factor_last_step -> Nullable<BigInt>,
        suspended_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
        last_sign_in_at -> Nullable<Timestamp>,
        removed_at -> Nullable<Timestamp>,
        version -> BigInt,
        first_password_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    operator_containers (operator_id, container_id) {
        operator_id -> BigInt,
        container_id -> BigInt,
    }
}

diesel::table! {
    sessions (key_hash) {
        key_hash -> Binary,
        operator_id -> Nullable<BigInt>,
        state -> Text,
        created_at -> Timestamp,
        seen_at -> Timestamp,
        address -> Text,
        agent -> Text,
    }
}

diesel::table! {
    sign_in_throttle (bucket) {
        bucket -> Text,
        failures -> BigInt,
        last_failure_at -> Timestamp,
        blocked_until -> Timestamp,
    }
}

diesel::table! {
    emails (id) {
        id -> BigInt,
        message_id -> Text,
        kind -> Text,
        shown_to -> Text,
        shown_to_key -> Text,
        alternate -> Bool,
        user_id -> Nullable<BigInt>,
        user_key -> Text,
        container_id -> Nullable<BigInt>,
        task_id -> Nullable<BigInt>,
        enrollment_id -> Nullable<BigInt>,
        facts -> Text,
        sealed -> Nullable<Binary>,
        state -> Text,
        tries -> BigInt,
        created_at -> Timestamp,
        next_try_at -> Nullable<Timestamp>,
        give_up_at -> Timestamp,
        claimed_by -> Nullable<Text>,
        claimed_until -> Nullable<Timestamp>,
        sent_at -> Nullable<Timestamp>,
        last_answer -> Text,
        last_answer_at -> Nullable<Timestamp>,
        sender -> Text,
        bounced_at -> Nullable<Timestamp>,
        bounce_status -> Text,
    }
}

diesel::table! {
    email_tries (id) {
        id -> BigInt,
        email_id -> BigInt,
        at -> Timestamp,
        outcome -> Text,
        answer -> Text,
    }
}

diesel::table! {
    email_reports (id) {
        id -> BigInt,
        email_id -> BigInt,
        at -> Timestamp,
        action -> Text,
        status -> Text,
        diagnostic -> Text,
        digest -> Text,
    }
}

diesel::table! {
    users (id) {
        id -> BigInt,
        user_id -> Text,
        user_id_key -> Text,
        last_name -> Text,
        last_name_key -> Text,
        first_name -> Text,
        first_name_key -> Text,
        email -> Text,
        email_key -> Text,
        mobile -> Text,
        container_id -> BigInt,
        custom1 -> Text,
        custom2 -> Text,
        custom3 -> Text,
        disabled_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
        version -> BigInt,
        email_changed_at -> Nullable<Timestamp>,
        keyed -> Bool,
        twin_of -> Nullable<BigInt>,
    }
}

diesel::table! {
    tokens (id) {
        id -> BigInt,
        serial -> Text,
        serial_key -> Text,
        authentication_type -> Text,
        moving_factor -> Text,
        algorithm -> Text,
        digits -> BigInt,
        period -> BigInt,
        seed -> Binary,
        state -> Text,
        container_id -> Nullable<BigInt>,
        user_id -> Nullable<BigInt>,
        next_counter -> BigInt,
        drift -> BigInt,
        failures -> BigInt,
        resync_counter -> Nullable<BigInt>,
        created_at -> Timestamp,
        bound_at -> Nullable<Timestamp>,
        first_used_at -> Nullable<Timestamp>,
        last_used_at -> Nullable<Timestamp>,
        state_reason -> Text,
        rejected -> Text,
        rejected_at -> Nullable<Timestamp>,
        rejected_seconds -> Nullable<BigInt>,
        valid_from -> Nullable<Timestamp>,
        valid_until -> Nullable<Timestamp>,
    }
}

diesel::table! {
    self_enrollment_policy (id) {
        id -> BigInt,
        days_to_enroll -> BigInt,
        longest_period -> BigInt,
        attempts_allowed -> BigInt,
        code_length -> BigInt,
        link_carries_code -> Bool,
        reminder_days -> Text,
        skip_weekends -> Bool,
        token_failures_allowed -> BigInt,
        version -> BigInt,
    }
}

diesel::table! {
    policy_changes (id) {
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
    messages (kind, authentication_type) {
        kind -> Text,
        authentication_type -> Text,
        subject -> Text,
        body_text -> Text,
        body_html -> Text,
        version -> BigInt,
        changed_by -> Text,
        changed_at -> Timestamp,
    }
}

diesel::table! {
    tasks (id) {
        id -> BigInt,
        operator_id -> Nullable<BigInt>,
        operator -> Text,
        operator_key -> Text,
        authentication_type -> Text,
        description -> Text,
        start_on -> Date,
        created_at -> Timestamp,
        removed_at -> Nullable<Timestamp>,
        removed_by -> Text,
        users -> BigInt,
        enrolled -> BigInt,
        used -> BigInt,
        locked -> BigInt,
        earliest_stop_on -> Date,
        latest_stop_on -> Date,
        emailed_to -> Text,
        emailed_to_key -> Text,
        emailed_users -> BigInt,
        last_email_id -> Nullable<BigInt>,
        version -> BigInt,
    }
}

diesel::table! {
    enrollments (id) {
        id -> BigInt,
        task_id -> BigInt,
        user_id -> BigInt,
        authentication_type -> Text,
        stop_on -> Date,
        failures -> BigInt,
        removed_at -> Nullable<Timestamp>,
        removed_by -> Text,
        removed_why -> Text,
        replaced_by -> Nullable<BigInt>,
        emailed_to -> Text,
        emailed_at -> Nullable<Timestamp>,
        last_email_id -> Nullable<BigInt>,
        reminded_on -> Nullable<Date>,
        opened_at -> Nullable<Timestamp>,
        code_accepted_at -> Nullable<Timestamp>,
        key_shown_at -> Nullable<Timestamp>,
        enrolled_at -> Nullable<Timestamp>,
        used_at -> Nullable<Timestamp>,
        pending_seed -> Nullable<Binary>,
        token_id -> Nullable<BigInt>,
        version -> BigInt,
        missed -> Text,
        missed_at -> Nullable<Timestamp>,
        missed_seconds -> Nullable<BigInt>,
        older_link_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    enrollment_links (id) {
        id -> BigInt,
        enrollment_id -> BigInt,
        handle -> Text,
        code_hash -> Binary,
        created_at -> Timestamp,
        superseded_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    imports (id) {
        id -> Text,
        kind -> Text,
        operator_id -> BigInt,
        file_name -> Text,
        sealed -> Binary,
        made_at -> Timestamp,
        ends_at -> Timestamp,
        done_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    provision_drafts (id) {
        id -> Text,
        operator_id -> BigInt,
        selection -> Text,
        authentication_type -> Text,
        description -> Text,
        stop_on -> Nullable<Date>,
        include_with_token -> Bool,
        include_with_task -> Bool,
        created_at -> Timestamp,
        task_id -> Nullable<BigInt>,
        work_id -> Nullable<BigInt>,
        hand_over -> Bool,
    }
}

diesel::table! {
    enrollment_sessions (key_hash) {
        key_hash -> Binary,
        enrollment_id -> BigInt,
        link_id -> BigInt,
        created_at -> Timestamp,
        expires_at -> Timestamp,
    }
}

diesel::joinable!(operators -> roles (role_id));
diesel::joinable!(operator_containers -> containers (container_id));
diesel::joinable!(users -> containers (container_id));
diesel::joinable!(refused_checks -> auth_nodes (auth_node_id));
diesel::joinable!(auth_node_networks -> auth_nodes (auth_node_id));
diesel::joinable!(enrollments -> tasks (task_id));
diesel::joinable!(enrollments -> users (user_id));
diesel::joinable!(enrollments -> tokens (token_id));
diesel::joinable!(enrollments -> emails (last_email_id));
diesel::joinable!(enrollment_links -> enrollments (enrollment_id));
diesel::joinable!(enrollment_sessions -> enrollments (enrollment_id));
diesel::joinable!(enrollment_sessions -> enrollment_links (link_id));
diesel::joinable!(lost_tokens -> tokens (token_id));
diesel::joinable!(replacements -> tokens (token_id));
diesel::joinable!(email_tries -> emails (email_id));
diesel::joinable!(email_reports -> emails (email_id));

diesel::allow_tables_to_appear_in_same_query!(
    check_rejections, containers, roles, operators, operator_containers, sessions, sign_in_throttle, auth_nodes,
    auth_node_networks, refused_checks, check_throttle, audit_entries, emails, email_tries, email_reports, users,
    tokens, self_enrollment_policy, policy_changes, messages, tasks, enrollments, enrollment_links, provision_drafts,
    enrollment_sessions, user_words, work, lost_tokens, replacements
);
