//! Signing in and out, and what is one's own: password and sign-ins.

use actix_web::cookie::time::Duration;

use crate::web::address;
use crate::{
    ids::OperatorId,
    sign_in::known,
    web::{Answer, Fault, Visitor, cookies, see_other, session},
};

pub mod account;
pub mod set_up;
pub mod sign_in;
pub mod verify;

/// Lets somebody in who has proved to be `user_id`: the session is theirs, and the browser is known from now on.
fn let_in(visitor: &Visitor, operator: OperatorId, user_id: &str, back: &str) -> Answer {
    session::sign_in(&visitor.session, operator, visitor)?;
    let desk = &visitor.desk;
    let known = known::remember(&desk.keys, &desk.random, visitor.known.as_deref(), user_id, visitor.now);
    let cookie = cookies::KNOWN.made(desk.settings.https, known, "/", Duration::days(known::DAYS));
    let mut answer = see_other(address::local_path(back));
    answer.add_cookie(&cookie).map_err(|error| Fault::internal(error.to_string()))?;
    Ok(answer)
}
