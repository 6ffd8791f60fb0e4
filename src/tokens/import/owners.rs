//! Tokens that come with their owners (PRODUCT.md §12): whose they may be, and what the owners are told.

use std::collections::HashMap;

use chrono::Duration;

use super::{columns::shown, device::Line};
use crate::{
    audit::{self, Entry, Verb},
    clock::Timestamp,
    db::AnyConn,
    desk::Desk,
    error::Result,
    ids::{ContainerId, UserId},
    mail::{self, Facts, Kind, NewEmail, letter::SERIALS_PARTED},
    operators::Who,
    tokens::{AuthenticationType, guard::LETTER_DAYS, store},
    users::{self, User},
};

/// The most tokens that a user may have with what a file brings: a check tries each Active one, so that each makes a guess
/// likelier to be right, and a file that gives one user more has the wrong column as User ID.
pub const MOST_OF_A_USER: i64 = 10;

/// The users whom the lines of a file name.
pub struct Owners {
    users: HashMap<String, User>,
    held: HashMap<UserId, i64>,
}

impl Owners {
    /// Looks up all of them at once.
    pub fn of(conn: &mut AnyConn, who: &Who, lines: &[Line]) -> Result<Self> {
        let named = lines.iter().filter_map(|line| line.device.as_ref().ok()).map(|device| device.owner.as_str());
        let mut named: Vec<&str> = named.filter(|owner| !owner.is_empty()).collect();
        named.sort_unstable();
        named.dedup();
        let mut users = users::by_user_ids(conn, &named)?;
        users.retain(|_, user| who.scope.holds(user.container));
        let ids: Vec<UserId> = users.values().map(|user| user.id).collect();
        Ok(Owners { held: store::list::held_by(conn, &ids)?, users })
    }

    /// The user of this User ID, if one token more may be theirs, which is in `wanted` if the file names a container.
    ///
    /// # Errors
    /// Why not, in a sentence. One who is out of scope does not exist (PRODUCT.md §1).
    pub fn admit(&mut self, owner: &str, wanted: Option<ContainerId>) -> std::result::Result<User, String> {
        let user = self.users.get(owner).ok_or_else(|| format!("There is no user {} in your scope.", shown(owner)))?;
        if !user.is_enabled() {
            return Err(format!("The account {} is disabled.", user.user_id));
        }
        if wanted.is_some_and(|wanted| wanted != user.container) {
            return Err(format!("{} is in the container {}.", user.user_id, user.container_name));
        }
        let held = self.held.entry(user.id).or_default();
        if *held >= MOST_OF_A_USER {
            return Err(format!("{} has {MOST_OF_A_USER} tokens already, which is the most.", user.user_id));
        }
        *held += 1;
        Ok(user.clone())
    }
}

/// A token that came with its owner.
pub struct Owned<'a> {
    /// The serial number.
    pub serial: &'a str,
    /// What kind it is.
    pub authentication_type: AuthenticationType,
    /// Who has it.
    pub owner: &'a User,
}

/// Writes an entry for each, which is found under its serial number and under its owner.
pub fn record(conn: &mut AnyConn, who: &Who, now: Timestamp, all: &[Owned<'_>]) -> Result<()> {
    let entries = all.iter().map(|owned| {
        let User { id, user_id, .. } = owned.owner;
        let sentence = format!("Imported the token {} of {user_id}", owned.serial);
        let entry = Entry::done(&who.actor, Verb::TokensImport, sentence).user(*id, user_id);
        entry.subject(owned.serial).fact("User ID", user_id)
    });
    audit::record_all(conn, now, entries)
}

/// Puts one email to each owner into the outbox who has an address, whatever the number of their tokens.
pub fn tell(desk: &Desk, conn: &mut AnyConn, who: &Who, now: Timestamp, all: &[Owned<'_>]) -> Result<()> {
    let mut of: HashMap<UserId, usize> = HashMap::new();
    let mut emails: Vec<NewEmail> = Vec::new();
    for Owned { serial, authentication_type, owner } in all.iter().filter(|owned| !owned.owner.email.is_empty()) {
        if let Some(at) = of.get(&owner.id) {
            let serials = emails[*at].facts.serial.get_or_insert_default();
            serials.push_str(SERIALS_PARTED);
            serials.push_str(serial);
            continue;
        }
        of.insert(owner.id, emails.len());
        let facts = Facts {
            first_name: owner.first_name.clone(),
            name: owner.name(),
            user_id: owner.user_id.clone(),
            authentication_type: authentication_type.plain().to_owned(),
            requester: who.name().to_owned(),
            serial: Some((*serial).to_owned()),
            ..Facts::default()
        };
        emails.push(NewEmail {
            user: Some(owner.id),
            container: Some(owner.container),
            ..NewEmail::new(Kind::TokenImported, &owner.email, facts, now + Duration::days(LETTER_DAYS))
        });
    }
    mail::post(desk, conn, now, who.name(), &emails)
}
