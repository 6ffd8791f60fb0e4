//! Screens of operators: signing in and out, the own account; for those who manage them, operators and roles.

use actix_web::cookie::time::Duration;

use crate::{
    clock::{self, Timestamp, Zone},
    ids::OperatorId,
    operators::{browser, known, sessions::Open},
    web::{Answer, Fault, Visitor, cookies, see_other, segment, session},
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

/// Lets somebody in who has proved to be `user_id`: the session is theirs, and the browser is known from now on.
fn let_in(visitor: &Visitor, operator: OperatorId, user_id: &str, back: &str) -> Answer {
    session::sign_in(&visitor.session, operator, visitor)?;
    let desk = &visitor.desk;
    let known = known::remember(&desk.keys, &desk.random, visitor.known.as_deref(), user_id, visitor.now);
    let cookie = cookies::KNOWN.made(desk.settings.https, known, "/", Duration::days(known::DAYS));
    let mut answer = see_other(session::local_path(back));
    answer.add_cookie(&cookie).map_err(|error| Fault::internal(error.to_string()))?;
    Ok(answer)
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
