//! Screens of operators, for those who manage them.

use crate::{
    clock::{self, Timestamp, Zone},
    operators::store::sessions::Open,
    sign_in::browser,
    web::segment,
};

pub mod detail;
pub(crate) mod form;
pub mod list;
pub mod new;
pub mod password;
pub mod remove;

/// The list.
pub const OPERATORS: &str = "/operators";

/// The page of an operator.
pub fn path(user_id: &str) -> String {
    format!("{OPERATORS}/{}", segment(user_id))
}

/// A session as it is drawn.
pub(crate) struct SessionLine {
    pub(crate) mark: String,
    pub(crate) browser: String,
    pub(crate) address: String,
    pub(crate) since: String,
    pub(crate) seen: String,
    pub(crate) here: bool,
}

impl SessionLine {
    /// `here` is the mark of the session that looks.
    pub(crate) fn new(open: Open, zone: Zone, now: Timestamp, here: &str) -> Self {
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
