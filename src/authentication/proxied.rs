//! The check as a RADIUS server before us asks it over HTTP: FreeRADIUS' rlm_rest (PRODUCT.md §10).

use std::collections::BTreeMap;

use chrono::Duration;
use data_encoding::HEXLOWER;

use super::{
    check::{self, Caller},
    listener::{CHALLENGE, CHALLENGE_MINUTES, REJECTED},
    node::Mode,
    settings::names,
    store,
};
use crate::{
    clock::Timestamp,
    db::{self, AnyConn},
    desk::Desk,
    error::Result,
};

/// Attributes by list and name, as rlm_rest takes them.
pub type Attributes = BTreeMap<&'static str, String>;

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replied {
    /// It was accepted.
    Accept(Attributes),
    /// It was not.
    Reject(Attributes),
    /// The one-time password is asked for.
    Challenge(Attributes),
}

/// Checks what a RADIUS server was asked; `state` is what came with it, in the digits of rlm_rest, and empty if nothing did.
///
/// # Errors
/// `TooMany` as [`super::authenticate`].
pub fn ask(desk: &Desk, caller: &Caller, now: Timestamp, user_id: &str, typed: &str, state: &str) -> Result<Replied> {
    // JSON can say U+0000, which PostgreSQL does not keep: nobody is called so, nor by what stands for it.
    let plain = |text: &str| text.replace('\0', "\u{FFFD}");
    let settings = caller.settings;
    let names = names(&plain(user_id), settings.strips_realm);
    let user_key = db::key(names.last().map(String::as_str).unwrap_or_default());
    let is_challenge = settings.mode == Mode::Challenge;
    if is_challenge && state.is_empty() {
        let state = desk.random.bytes::<16>();
        let ends_at = now + Duration::minutes(CHALLENGE_MINUTES);
        desk.db.write(|conn| store::radius::keep_challenge(conn, &state, caller.node, &user_key, ends_at))?;
        return Ok(Replied::Challenge(BTreeMap::from([
            ("control:Response-Packet-Type", "Access-Challenge".to_owned()),
            ("reply:State", format!("0x{}", HEXLOWER.encode(&state))),
            ("reply:Reply-Message", CHALLENGE.to_owned()),
        ])));
    }
    let state =
        data_encoding::HEXLOWER_PERMISSIVE.decode(state.trim_start_matches("0x").as_bytes()).unwrap_or_default();
    let may_ask = |conn: &mut AnyConn| match is_challenge {
        true => store::radius::take_challenge(conn, now, &state, caller.node, &user_key),
        false => Ok(true),
    };
    let question = check::Question { names: &names, typed: &plain(typed) };
    check::ask(desk, caller, now, &question, may_ask, |conn, person, accepted| {
        let mut attributes = Attributes::new();
        if !accepted {
            if settings.sends_message {
                attributes.insert("reply:Reply-Message", REJECTED.to_owned());
            }
            return Ok(Replied::Reject(attributes));
        }
        if let Some(user) = person.id.filter(|_| settings.sends_class || settings.sends_filter_id) {
            let container = store::radius::container_of(conn, user)?;
            if settings.sends_class {
                attributes.insert("reply:Class", container.clone());
            }
            if settings.sends_filter_id {
                attributes.insert("reply:Filter-Id", container);
            }
        }
        Ok(Replied::Accept(attributes))
    })
}
