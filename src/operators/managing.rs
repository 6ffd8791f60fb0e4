//! Operators as those who manage them see and change them (PRODUCT.md §5): who exists for whom, what may be changed,
//! first passwords, sessions, removal.

use crate::{
    audit::{self, Entry},
    clock::Timestamp,
    db::AnyConn,
    desk::Desk,
    error::{Error, Mistakes, Result},
    ids::{ContainerId, OperatorId, Random},
    operators::{
        self, Details, NewOperator, Operator, Permission, Scope, Who, change, grantable, keep_one, known,
        password::{self, OwnWords},
        scope_of,
        store::{self, sessions},
    },
};

/// Letters of a first password: 4.9 bits each, so 98 bits, which nobody guesses before it is changed at the first
/// sign-in; in groups of five it can be read over the phone.
const FIRST_PASSWORD_LETTERS: usize = 20;

/// Letters in a group of a first password.
const GROUP: usize = 5;

/// How often a first password is drawn anew. One in 100,000 holds a UserID of four letters.
const DRAWS: usize = 5;

/// The operator of this UserID and their scope. Who works in a part only knows no operator from outside of it: the names
/// of containers and people there do not exist for them (PRODUCT.md §1).
///
/// # Errors
/// `NotFound`, also if the operator's scope is not inside that of `who`.
pub fn find(conn: &mut AnyConn, who: &Who, user_id: &str) -> Result<(Operator, Scope)> {
    let nobody = || Error::not_found("operator", user_id);
    let operator = store::find(conn, user_id)?.ok_or_else(nobody)?;
    let scope = match operator.all_containers {
        true => Scope::All,
        false => Scope::Containers(store::containers_of(conn, operator.id)?),
    };
    let exists = who.scope.covers(&scope) || who.operator == Some(operator.id);
    if exists { Ok((operator, scope)) } else { Err(nobody()) }
}

/// True if `who` may change this operator: nobody takes over someone who has more (PRODUCT.md §5).
pub fn may_change(who: &Who, operator: &Operator, scope: &Scope) -> bool {
    who.may(Permission::ManageOperators) && grantable(who, operator.permissions, scope).is_ok()
}

/// A first password, to be shown once to whoever hands it over. One that holds a short UserID by chance is drawn again.
pub(crate) fn first_password(random: &Random, own: &OwnWords) -> String {
    let draw = || {
        let letters: Vec<char> = random.unmistakable(FIRST_PASSWORD_LETTERS).chars().collect();
        letters.chunks(GROUP).map(String::from_iter).collect::<Vec<_>>().join("-")
    };
    let mut drawn = draw();
    for _ in 0..DRAWS {
        if password::mistake(&drawn, own).is_none() {
            break;
        }
        drawn = draw();
    }
    drawn
}

/// Adds an operator with a first password, which is shown this once and has to be changed at the first sign-in.
///
/// # Errors
/// As [`operators::add`].
pub fn invite(desk: &Desk, who: &Who, now: Timestamp, user_id: &str, details: &Details) -> Result<String> {
    let Details { name, email, role, containers } = details.clone();
    let password = first_password(&desk.random, &OwnWords::of(&desk.settings).and_of(user_id, &name, &email));
    let new = NewOperator {
        user_id: user_id.into(),
        name,
        email,
        role,
        password: password.clone(),
        must_change_password: true,
        containers,
    };
    operators::add(desk, who, now, new)?;
    Ok(password)
}

/// Changes name, email, role and scope of an operator; role and scope count from their next request on. True if
/// anything was changed.
///
/// # Errors
/// `NotFound`; `Invalid` with a sentence for each wrong field; `Forbidden` if they have, or would get, more than `who`;
/// `Conflict` if someone else changed them since `version`, or if this is the last unsuspended `Operator`.
pub fn edit(desk: &Desk, who: &Who, now: Timestamp, user_id: &str, version: i64, details: Details) -> Result<bool> {
    who.need(Permission::ManageOperators)?;
    let details = details.trimmed();
    let mistakes = details.mistakes();
    let changed = std::cell::Cell::new(false);
    change(desk, who, now, "operators.edit", user_id, |conn, operator| {
        if operator.version != version {
            return Err(meanwhile(operator));
        }
        let mut mistakes = mistakes.clone();
        let role = known(conn, who, &mut mistakes, &details.role, details.containers.as_deref())?;
        let scope = scope_of(details.containers.clone());
        let scope_before = match operator.all_containers {
            true => Scope::All,
            false => Scope::Containers(store::containers_of(conn, operator.id)?),
        };
        let moves_role = role.as_ref().is_some_and(|role| role.name != operator.role);
        let moves_scope = !scope.covers(&scope_before) || !scope_before.covers(&scope);
        own_stays(&mut mistakes, who, operator, moves_role, moves_scope);
        mistakes.into_result()?;
        let role = role.ok_or_else(|| Error::not_found("role", &details.role))?;
        let facts = [
            ("Name", operator.name.clone(), details.name.clone(), operator.name != details.name),
            (
                "Email",
                operator.email.clone().unwrap_or_default(),
                details.email.clone(),
                operator.email.clone().unwrap_or_default() != details.email,
            ),
            ("Role", operator.role.clone(), role.name.clone(), moves_role),
            ("Scope", scope_words(conn, &scope_before)?, scope_words(conn, &scope)?, moves_scope),
        ];
        changed.set(facts.iter().any(|(.., moved)| *moved));
        if !changed.get() {
            return Ok(());
        }
        if moves_role || moves_scope {
            grantable(who, role.permissions, &scope)?;
        }
        if moves_role {
            keep_one(conn, operator)?;
        }
        if !store::managing::update(conn, operator.id, version, &details, role.id)? {
            return Err(meanwhile(operator));
        }
        let mut entry = Entry::done(&who.actor, "operators.edit", "Edited an operator").subject(&operator.user_id);
        for (name, old, new, _) in facts.into_iter().filter(|(.., moved)| *moved) {
            let shown = |text: String| if text.is_empty() { "none".to_owned() } else { text };
            entry = entry.fact(name, format!("{} → {}", shown(old), shown(new)));
        }
        audit::record(conn, now, &entry)
    })?;
    Ok(changed.get())
}

/// Nobody changes what they themselves may do: a slip would need somebody else to mend it.
fn own_stays(mistakes: &mut Mistakes, who: &Who, operator: &Operator, moves_role: bool, moves_scope: bool) {
    if who.operator != Some(operator.id) {
        return;
    }
    if moves_role {
        mistakes.add("role", "Nobody changes their own role. Ask another operator to do it.");
    }
    if moves_scope {
        mistakes.add("containers", "Nobody changes their own scope. Ask another operator to do it.");
    }
}

fn meanwhile(operator: &Operator) -> Error {
    Error::Conflict(format!("Someone else changed {} meanwhile.", operator.user_id))
}

/// A scope in words: "all containers", or their names.
pub fn scope_words(conn: &mut AnyConn, scope: &Scope) -> Result<String> {
    match scope {
        Scope::All => Ok("all containers".into()),
        Scope::Containers(list) if list.is_empty() => Ok("no container".into()),
        Scope::Containers(list) => Ok(store::container_names(conn, list)?.join(", ")),
    }
}

/// Removes an operator for good: they are signed out, and their UserID is not used again. What they did stays.
///
/// # Errors
/// `NotFound`; `Refused` if this is the last unsuspended `Operator`, or oneself; `Forbidden` if they may do more.
pub fn remove(desk: &Desk, who: &Who, now: Timestamp, user_id: &str) -> Result<()> {
    change(desk, who, now, "operators.remove", user_id, |conn, operator| {
        not_oneself(who, operator.id, "remove")?;
        keep_one(conn, operator)?;
        sessions::delete_all_of(conn, operator.id)?;
        store::managing::remove(conn, operator.id, now)?;
        let entry = Entry::done(&who.actor, "operators.remove", "Removed an operator").subject(&operator.user_id);
        audit::record(conn, now, &entry.fact("Role", operator.role.clone()))
    })
}

/// What cannot be done to oneself.
pub(super) fn not_oneself(who: &Who, operator: OperatorId, verb: &str) -> Result<()> {
    if who.operator == Some(operator) {
        return Err(Error::Refused(format!("Nobody can {verb} themselves. Ask another operator to do it.")));
    }
    Ok(())
}

/// Ends one session of an operator, or all of them (`None`); how many there were.
///
/// # Errors
/// `NotFound`; `Forbidden` if they may do more than `who`.
pub fn end_sessions(desk: &Desk, who: &Who, now: Timestamp, user_id: &str, mark: Option<&str>) -> Result<usize> {
    let ended = std::cell::Cell::new(0);
    change(desk, who, now, "operators.end_sessions", user_id, |conn, operator| {
        ended.set(sessions::end(conn, operator.id, |one| mark.is_none_or(|mark| mark == one))?);
        if ended.get() == 0 {
            return Ok(());
        }
        let entry = Entry::done(&who.actor, "operators.end_sessions", "Signed an operator out");
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
            let entry = Entry::done(&who.actor, "operators.end_sessions", "Ended own sessions");
            audit::record(conn, now, &entry.subject(who.name()).fact("Sessions", ended.to_string()))?;
        }
        Ok(ended)
    })
}

/// The containers of a scope as a form sends them.
pub fn containers_of(scope: &Scope) -> Option<Vec<ContainerId>> {
    match scope {
        Scope::All => None,
        Scope::Containers(list) => Some(list.clone()),
    }
}
