//! End sessions: of an operator, or one’s own elsewhere.

use crate::{
    audit::{self, Entry, Verb},
    clock::Timestamp,
    desk::Desk,
    error::{Error, Result},
    operators::{Who, change, store::sessions},
};

/// Ends one session of an operator, or all of them (`None`); how many there were.
///
/// # Errors
/// `NotFound`; `Forbidden` if they may do more than `who`.
pub fn end_sessions(desk: &Desk, who: &Who, now: Timestamp, user_id: &str, mark: Option<&str>) -> Result<usize> {
    let ended = std::cell::Cell::new(0);
    change(desk, who, now, Verb::OperatorsEndSessions, user_id, |conn, operator| {
        ended.set(sessions::end(conn, operator.id, |one| mark.is_none_or(|mark| mark == one))?);
        if ended.get() == 0 {
            return Ok(());
        }
        let entry = Entry::done(&who.actor, Verb::OperatorsEndSessions, "Signed an operator out");
        let entry = entry.subject(&operator.user_id).fact("Sessions", ended.get().to_string());
        audit::record(conn, now, &entry)
    })?;
    Ok(ended.get())
}

/// Ends one of one's own sessions, or all but `here` (`None`); how many there were.
///
/// # Errors
/// `SignedOut` for who is no operator.
pub fn end_own(desk: &Desk, who: &Who, now: Timestamp, here: &str, mark: Option<&str>) -> Result<usize> {
    let own = who.operator.ok_or(Error::SignedOut)?;
    desk.db.write(|conn| {
        let ended = sessions::end(conn, own, |one| match mark {
            Some(mark) => mark == one,
            None => one != here,
        })?;
        if ended > 0 {
            let entry = Entry::done(&who.actor, Verb::OperatorsEndSessions, "Ended own sessions");
            audit::record(conn, now, &entry.subject(who.name()).fact("Sessions", ended.to_string()))?;
        }
        Ok(ended)
    })
}
