//! Temporary codes: ten digits that are accepted where one-time passwords are, for a user without a token at hand
//! (PRODUCT.md §11).

use chrono::Duration;

use crate::{
    audit::{self, Actor, Entry, Verb},
    clock::Timestamp,
    db::AnyConn,
    desk::Desk,
    error::{Error, Mistakes, Result},
    ids::UserId,
    keys::{Keys, Purpose},
    mail::{self, Facts, Kind, NewEmail},
    operators::{Permission, Who},
    policy::lost_phones::{self, LostPhonePolicy, whole},
    tokens::{caller, lifecycle},
    users::{self, User},
};

mod limits;
mod store;

pub use limits::{DIGITS, MOST_WRONG};
pub use store::{TemporaryCode, live_of, newest_of};

/// What an operator asks for, as it was typed.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Hours for which it works.
    pub hours: String,
    /// How often it may be used.
    pub uses: String,
    /// Why.
    pub reason: String,
}

/// A code that was just given: shown this once, and kept as a hash.
pub struct Given {
    /// The user.
    pub user: User,
    /// The ten digits.
    pub code: zeroize::Zeroizing<String>,
    /// Until when it works.
    pub ends_at: Timestamp,
    /// How often.
    pub uses: i64,
}

/// What comes of ten digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is the user's code, and was used once more.
    Accepted,
    /// It was the user's code, and has ended.
    Ended,
    /// It is none of the user's.
    Other,
}

/// Why nobody gets one now: off, or the caller was not checked; `None` if nothing is in the way.
pub fn refusal(policy: &LostPhonePolicy, is_checked: bool) -> Option<&'static str> {
    if !policy.temporary_codes {
        Some("Temporary codes are off. Policy, Lost phones, turns them on.")
    } else if policy.checked_caller && !is_checked {
        Some("Check the caller first: the policy asks for it, within the last 15 minutes.")
    } else {
        None
    }
}

/// Gives a user a temporary code, which ends an earlier one; the user is told by email, without the code.
///
/// # Errors
/// `NotFound` out of scope; `Refused` while the policy has them off, the caller was not checked, or the account is disabled;
/// `Invalid` with a sentence for each field.
pub fn give(desk: &Desk, who: &Who, now: Timestamp, user_id: &str, wanted: &Wanted) -> Result<Given> {
    who.need(Permission::TemporaryCode)?;
    desk.db.write(|conn| {
        let user = users::find(conn, who, user_id)?;
        let policy = lost_phones::current(conn)?;
        if !user.is_enabled() {
            return Err(Error::Refused(format!("{} is disabled. Enable the account first.", user.user_id)));
        }
        if let Some(why) = refusal(&policy, caller::checked(conn, now, user.id)?.is_some()) {
            return Err(Error::Refused(why.into()));
        }
        let (hours, uses, reason) = read(wanted, &policy)?;
        let (code, ends_at) = (desk.random.digits(DIGITS), now + Duration::hours(hours));
        store::end(conn, now, user.id, "a newer one was given")?;
        let hash = hash(&desk.keys, user.id, &code);
        store::insert(conn, now, user.id, &hash, who.name(), ends_at, uses)?;
        let entry = Entry::done(&who.actor, Verb::TokensGiveTemporaryCode, "Gave a temporary code")
            .user(user.id, &user.user_id)
            .fact("Works for", format!("{hours} h"))
            .fact("Uses", uses.to_string())
            .fact("Reason", &reason);
        audit::record(conn, now, &entry)?;
        tell(desk, conn, now, who, &user, ends_at)?;
        Ok(Given { user, code: code.into(), ends_at, uses })
    })
}

fn read(wanted: &Wanted, policy: &LostPhonePolicy) -> Result<(i64, i64, String)> {
    let mut mistakes = Mistakes::default();
    let mut field = |name: &'static str, typed: &str, most: i64| {
        whole(typed, &(1..=most)).unwrap_or_else(|sentence| {
            mistakes.add(name, sentence);
            1
        })
    };
    let (hours, uses) =
        (field("hours", &wanted.hours, policy.longest_hours), field("uses", &wanted.uses, policy.most_uses));
    let reason = lifecycle::reason(&wanted.reason).unwrap_or_else(|sentence| {
        mistakes.add("reason", sentence);
        String::new()
    });
    mistakes.into_result()?;
    Ok((hours, uses, reason))
}

fn tell(desk: &Desk, conn: &mut AnyConn, now: Timestamp, who: &Who, user: &User, ends_at: Timestamp) -> Result<()> {
    if user.email.is_empty() {
        return Ok(());
    }
    let facts = Facts {
        first_name: user.first_name.clone(),
        name: user.name(),
        user_id: user.user_id.clone(),
        requester: who.name().to_owned(),
        works_until: Some(ends_at),
        ..Facts::default()
    };
    let email = NewEmail {
        user: Some(user.id),
        container: Some(user.container),
        ..NewEmail::new(Kind::TemporaryCode, &user.email, facts, ends_at)
    };
    mail::post(desk, conn, now, who.name(), &[email])
}

/// Ends the code of a user now.
///
/// # Errors
/// `NotFound` out of scope; `Refused` if there is none.
pub fn end(desk: &Desk, who: &Who, now: Timestamp, user_id: &str) -> Result<()> {
    who.need(Permission::TemporaryCode)?;
    desk.db.write(|conn| {
        let user = users::find(conn, who, user_id)?;
        if live_of(conn, now, user.id)?.is_none() {
            return Err(Error::Refused(format!("{} has no temporary code that works.", user.user_id)));
        }
        store::end(conn, now, user.id, "ended by an operator")?;
        let entry = Entry::done(&who.actor, Verb::TokensEndTemporaryCode, "Ended the temporary code");
        audit::record(conn, now, &entry.user(user.id, &user.user_id))
    })
}

/// Ends the code of a user whose new token works: in the transaction of its first use.
pub(super) fn end_by_use(conn: &mut AnyConn, now: Timestamp, user: UserId) -> Result<()> {
    if live_of(conn, now, user)?.is_some() {
        store::end(conn, now, user, "the new token works")?;
        let (actor, holder) = (Actor::system(), users::find_by_id(conn, user)?);
        let entry = Entry::done(&actor, Verb::TokensEndTemporaryCode, "Ended the temporary code: the new token works");
        audit::record(conn, now, &entry.user(user, &holder.user_id))?;
    }
    Ok(())
}

/// Looks whether what `user` typed is their temporary code, and uses it. A value of other length is none, and costs no look.
pub fn take(desk: &Desk, conn: &mut AnyConn, now: Timestamp, user: UserId, typed: &str) -> Result<Outcome> {
    let typed: String = typed.split_whitespace().collect();
    if typed.len() != DIGITS || !typed.bytes().all(|digit| digit.is_ascii_digit()) {
        return Ok(Outcome::Other);
    }
    let Some(code) = newest_of(conn, user)? else { return Ok(Outcome::Other) };
    if !desk.keys.matches(Purpose::TemporaryCode, hashed(user, &typed).as_bytes(), &code.hash) {
        return Ok(Outcome::Other);
    }
    let allowed = lost_phones::current(conn)?.temporary_codes;
    Ok(if allowed && store::take(conn, now, code.id)? { Outcome::Accepted } else { Outcome::Ended })
}

/// Counts a wrong value at the user's code, if there is one.
pub fn charge(conn: &mut AnyConn, now: Timestamp, user: UserId) -> Result<()> {
    store::charge(conn, now, user)
}

fn hashed(user: UserId, code: &str) -> String {
    format!("{user}:{code}")
}

fn hash(keys: &Keys, user: UserId, code: &str) -> Vec<u8> {
    keys.hash(Purpose::TemporaryCode, hashed(user, code).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_hashed_for_its_user_alone() {
        let keys = Keys::new(&[7; 32]);
        assert_ne!(hash(&keys, UserId(1), "2345678901"), hash(&keys, UserId(12), "345678901"));
    }

    #[test]
    fn what_was_typed_stays_within_the_policy() {
        let policy = LostPhonePolicy {
            temporary_codes: true,
            longest_hours: 24,
            most_uses: 20,
            checked_caller: false,
            version: 1,
        };
        let typed = |hours: &str, uses: &str| Wanted { hours: hours.into(), uses: uses.into(), reason: "lost".into() };
        assert_eq!(read(&typed("24", " 20 "), &policy).unwrap(), (24, 20, "lost".into()));
        for (hours, uses) in [("25", "1"), ("0", "1"), ("1", "21"), ("1", "0"), ("", "1"), ("x", "1")] {
            assert!(matches!(read(&typed(hours, uses), &policy), Err(Error::Invalid(_))), "{hours} {uses}");
        }
    }
}
