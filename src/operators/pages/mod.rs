//! Screens of operators: signing in and out, the own account; for those who manage them, operators and roles.

use crate::{
    clock::{self, Timestamp, Zone},
    operators::{browser, sessions::Open},
    web::segment,
};

pub mod account;
pub mod detail;
mod form;
pub mod list;
pub mod new;
pub mod password;
pub mod remove;
pub mod role;
pub mod role_remove;
pub mod roles;
pub mod set_up;
pub mod sign_in;
pub mod verify;

/// The list.
pub const OPERATORS: &str = "/operators";

/// The page of an operator.
pub fn path(user_id: &str) -> String {
    format!("{OPERATORS}/{}", segment(user_id))
}

/// A session as it is drawn.
struct SessionLine {
    mark: String,
    browser: String,
    address: String,
    since: String,
    seen: String,
    here: bool,
}

impl SessionLine {
    /// `here` is the mark of the session that looks.
    fn new(open: Open, zone: Zone, now: Timestamp, here: &str) -> Self {
        SessionLine {
            here: !here.is_empty() && open.mark == here,
            browser: browser::words(&open.agent),
            address: open.address,
            since: clock::moment(zone, now, open.since),
            seen: clock::moment(zone, now, open.seen_at),
            mark: open.mark,
        }
    }
}
