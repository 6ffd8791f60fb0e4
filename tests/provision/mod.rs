//! From chosen users to a task.

mod left_out;
mod verbs;
