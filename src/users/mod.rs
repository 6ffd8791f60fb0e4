//! Users: the people who get tokens, and the containers they are in.

use crate::{
    audit::{self, Entry, Verb},
    clock::Timestamp,
    counts,
    db::{self, AnyConn, Lock},
    desk::Desk,
    error::{Error, Result},
    ids::{ContainerId, UserId},
    imports::taken::{self, Unique},
    mail,
    operators::{Permission, Scope, Who},
    text,
};

mod address;
mod entry;
pub mod import;
pub mod pages;
pub mod search;
mod slips;
mod store;
pub mod telephone;
pub mod user;
pub mod words;

pub use import::{Import, Report, import};
pub use search::{Order, Search};
pub use store::{
    active_tokens, by_ids, container, containers,
    import::{by_user_ids, insert as insert_all},
    namesakes,
    search::{are_many, count, ids as ids_matching, meant, page as search},
    twins,
};
pub use user::{Details, Typed, User};

use entry::changed;

/// The user with this User ID, in the scope of `who`.
///
/// # Errors
/// `NotFound` if there is none, or none in scope, which is the same (PRODUCT.md §1).
pub fn find(conn: &mut AnyConn, who: &Who, user_id: &str) -> Result<User> {
    let missing = || Error::not_found("user", user_id);
    // What is no User ID is not asked of the database: PostgreSQL refuses some of it.
    user::UserIdText::parse(user_id).map_err(|_| missing())?;
    store::by_user_id(conn, user_id)?.filter(|user| who.scope.holds(user.container)).ok_or_else(missing)
}

/// The user of this row, whatever the scope.
///
/// # Errors
/// `NotFound` if there is none.
pub fn find_by_id(conn: &mut AnyConn, id: UserId) -> Result<User> {
    by_ids(conn, &[id])?.pop().ok_or_else(|| Error::not_found("user", id.to_string()))
}

/// Makes the keys and words of users whom an older version wrote. Several servers may do it at once, and killed in between
/// it goes on where it was.
pub fn renew(desk: &Desk) -> Result<usize> {
    let mut all = 0;
    // Asked without a lock, so that a command does not wait for an import of the server when there is nothing to do.
    while desk.db.read(store::words::is_any_old)? {
        all += desk.db.write_alone(store::words::renew)?;
    }
    Ok(all)
}

/// Creates a user. A container of a new name is made with them, if `who` works everywhere.
///
/// # Errors
/// `Invalid` if the User ID is taken or the container is outside of the scope, `TooMany` after many taken ones out of scope.
pub fn create(desk: &Desk, who: &Who, now: Timestamp, details: &Details) -> Result<User> {
    who.need(Permission::EditUsers)?;
    taken::refuse_guessing(desk, who, now, Unique::UserId)?;
    let user_id = details.user_id.as_str();
    let mut holder = None;
    let created = desk.db.write(|conn| {
        db::hold(conn, Lock::Users)?;
        holder = store::by_user_id(conn, user_id)?.map(|user| user.container);
        if holder.is_some() {
            return Err(Error::mistake("user_id", format!("The User ID {user_id} is taken.")));
        }
        let container = container_named(conn, who, now, details.container.as_str())?;
        let id = store::insert(conn, now, details, container)?;
        let entry = Entry::done(&who.actor, Verb::UsersCreate, format!("Created the user {user_id}"))
            .user(id, user_id)
            .fact("Container", details.container.as_str());
        audit::record(conn, now, &entry)?;
        find_by_id(conn, id)
    });
    if let Some(container) = holder {
        let elsewhere = usize::from(!who.scope.holds(container));
        taken::note(desk, who, now, Unique::UserId, Verb::UsersCreate, &[user_id.to_owned()], elsewhere)?;
    }
    created
}

/// Changes a user whom nobody has changed since `version`; answers as they are now. Nothing to change is fine.
///
/// # Errors
/// `NotFound` out of scope, `Conflict` if someone else changed the user meanwhile, `Invalid` as for [`create`].
pub fn edit(desk: &Desk, who: &Who, now: Timestamp, user_id: &str, version: i64, details: &Details) -> Result<User> {
    who.need(Permission::EditUsers)?;
    taken::refuse_guessing(desk, who, now, Unique::UserId)?;
    let mut holder = None;
    let edited = desk.db.write(|conn| {
        db::hold(conn, Lock::Users)?;
        counts::will_move(conn)?;
        let user = find(conn, who, user_id)?;
        if user.version != version {
            return Err(Error::Conflict(format!("Someone else changed {} meanwhile.", user.user_id)));
        }
        let mut details = details.clone();
        // A twin keeps a User ID that is another one letter by letter.
        if user.twin_of.is_some() && text::composed(&user.user_id) == details.user_id.as_str() {
            details.user_id = user::UserIdText::of(&user);
        }
        let changes = user.typed().differences(&details.typed());
        if changes.is_empty() {
            return Ok(user);
        }
        let wanted = details.user_id.as_str();
        holder = store::by_user_id(conn, wanted)?.filter(|other| other.id != user.id).map(|other| other.container);
        if holder.is_some() {
            return Err(Error::mistake("user_id", format!("The User ID {wanted} is taken.")));
        }
        let container = container_named(conn, who, now, details.container.as_str())?;
        if !store::update(conn, now, &user, &details, container)? {
            return Err(Error::Conflict(format!("Someone else changed {} meanwhile.", user.user_id)));
        }
        if container != user.container {
            mail::follow(conn, &[user.id], container)?;
            counts::moved(conn, &[user.id])?;
        }
        if user.is_readdressed_by(&details) {
            mail::leave_address(conn, now, &[(user.id, details.email.as_str())])?;
        }
        audit::record(conn, now, &changed(who, &user, "Edited", &changes))?;
        find_by_id(conn, user.id)
    });
    if let Some(container) = holder {
        let elsewhere = usize::from(!who.scope.holds(container));
        taken::note(
            desk,
            who,
            now,
            Unique::UserId,
            Verb::UsersEdit,
            &[details.user_id.as_str().to_owned()],
            elsewhere,
        )?;
    }
    edited
}

/// Disables the account: it is skipped by Provision and cannot enroll. A disabled one stays as it is.
///
/// # Errors
/// `NotFound` out of scope.
pub fn disable(desk: &Desk, who: &Who, now: Timestamp, user_id: &str) -> Result<User> {
    switch(desk, who, now, user_id, Some(now))
}

/// Enables the account again.
///
/// # Errors
/// `NotFound` out of scope.
pub fn enable(desk: &Desk, who: &Who, now: Timestamp, user_id: &str) -> Result<User> {
    switch(desk, who, now, user_id, None)
}

fn switch(desk: &Desk, who: &Who, now: Timestamp, user_id: &str, since: Option<Timestamp>) -> Result<User> {
    who.need(Permission::EditUsers)?;
    desk.db.write(|conn| {
        let user = find(conn, who, user_id)?;
        if store::set_disabled(conn, user.id, since)? {
            let (verb, word) =
                if since.is_some() { (Verb::UsersDisable, "Disabled") } else { (Verb::UsersEnable, "Enabled") };
            let entry = Entry::done(&who.actor, verb, format!("{word} the user {}", user.user_id));
            audit::record(conn, now, &entry.user(user.id, &user.user_id))?;
        }
        find_by_id(conn, user.id)
    })
}

/// The container of this name; a new one is made for those who work everywhere.
///
/// # Errors
/// `Invalid` if it is outside of the scope: whether it exists is not said.
fn container_named(conn: &mut AnyConn, who: &Who, now: Timestamp, name: &str) -> Result<ContainerId> {
    match (store::container(conn, name)?, &who.scope) {
        (Some(container), scope) if scope.holds(container) => Ok(container),
        (None, Scope::All) => store::insert_container(conn, now, name),
        _ => Err(Error::mistake("container", format!("There is no container {name} in your scope."))),
    }
}
