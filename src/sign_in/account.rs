//! What operators do to their own account.

use crate::{
    audit::{self, Entry, Verb},
    clock::Timestamp,
    db::AnyConn,
    desk::Desk,
    error::{Error, Mistakes, Result},
    operators::{
        self, Operator, Scope, Who,
        password::{self, OwnWords},
        sessions,
    },
    sign_in::{
        store::{self, throttle},
        throttle::Bucket,
    },
};

/// What one's own page shows.
pub struct Account {
    /// One's own row.
    pub operator: Operator,
    /// The names of the containers one works in, or that it is all of them.
    pub scope: String,
}

/// One's own account.
///
/// # Errors
/// `SignedOut` if this is nobody's.
pub fn own(conn: &mut AnyConn, who: &Who) -> Result<Account> {
    let id = who.operator.ok_or(Error::SignedOut)?;
    let operator = operators::find_by_id(conn, id)?.ok_or(Error::SignedOut)?;
    let scope = match &who.scope {
        Scope::All => "All containers".into(),
        Scope::Containers(list) => operators::container_names(conn, list)?.join(", "),
    };
    Ok(Account { operator, scope })
}

/// Changes one's own password. All sessions of the operator end; the page renews the one at hand.
///
/// # Errors
/// `Invalid` with a sentence for `current` or `new`, `TooMany` after wrong current ones: a session left open on a desk
/// must not be a way to guess. `Busy` if too many passwords are being hashed.
pub fn change_password(desk: &Desk, who: &Who, now: Timestamp, current: &str, new: &str) -> Result<()> {
    let id = who.operator.ok_or(Error::SignedOut)?;
    let bucket = Bucket::own(who.name());
    let mut mistakes = Mistakes::default();
    if current.is_empty() {
        mistakes.add("current", "Type the password you have now.");
    }
    let own = desk.db.read(|conn| own(conn, who))?.operator;
    let words = OwnWords::of(&desk.settings).and_of(&own.user_id, &own.name, own.email.as_deref().unwrap_or_default());
    if let Some(sentence) = password::mistake(new, &words) {
        mistakes.add("new", sentence);
    } else if new == current {
        mistakes.add("new", "This is the password you have now. Choose another.");
    }
    mistakes.into_result()?;
    let slot = desk.hashers.slot()?;
    let stored = desk.db.read(|conn| {
        throttle::check(conn, now, std::slice::from_ref(&bucket))?;
        store::password_hash(conn, id)
    })?;
    desk.db.write(|conn| throttle::count(conn, now, &bucket))?;
    if !password::is_right(&slot, current, stored.as_deref())? {
        desk.db.write(|conn| {
            let entry = Entry::refused(&who.actor, Verb::OperatorsChangePassword, "Change of the own password refused");
            audit::record(conn, now, &entry.fact("Reason", "wrong current password"))
        })?;
        return Err(Error::mistake("current", "This is not the password you have now."));
    }
    let hash = password::hash(&slot, &desk.random, new)?;
    desk.db.write(|conn| {
        throttle::reset(conn, &bucket)?;
        operators::set_password(conn, id, &hash, None)?;
        sessions::delete_all_of(conn, id)?;
        audit::record(conn, now, &Entry::done(&who.actor, Verb::OperatorsChangePassword, "Changed the own password"))
    })
}
