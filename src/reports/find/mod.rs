//! Find: one text, looked up wherever the role may look.

use crate::{
    clock::{Timestamp, Zone},
    db::AnyConn,
    error::{Error, Result},
    ids::{TaskId, UserId},
    mail,
    operators::{Permission, Who},
    reports::{
        basis,
        find::hit::{Finding, Found, FoundUser, Hit, MOST, Standing},
        store::{self, Basis},
    },
    tasks::{self, enrollments},
    users::{self, Order, Search, User, search::State},
};

pub mod hit;

/// What `typed` finds: the one thing it names, or what begins with it.
pub fn find(conn: &mut AnyConn, who: &Who, now: Timestamp, zone: Zone, typed: &str) -> Result<Finding> {
    let typed = hit::typed(typed);
    if typed.is_empty() {
        return Ok(Finding::Begins(Found::default()));
    }
    let basis = basis(conn, who, now, zone)?;
    let mut hits = exact(conn, who, &basis, &typed)?;
    // A User ID that is also the email of the same user is one hit.
    hits.dedup();
    if let (1, Some(hit)) = (hits.len(), hits.pop()) {
        return Ok(Finding::Exact(hit));
    }
    let mut found = Found::default();
    if who.may(Permission::SeeUsers) {
        let search = Search { q: typed.clone(), state: State::Any, ..Search::default() };
        let (list, total) = users::search(conn, &who.scope, &search, Order::default(), (0, MOST))?;
        found.users_total = total;
        found.users = with_stands(conn, &basis, list)?;
        found.tokens = store::find::tokens(conn, who, &hit::serial(&typed), MOST)?;
    }
    if who.may(Permission::SeeTasks) {
        let ids: Vec<UserId> = found.users.iter().map(|found| found.user.id).collect();
        found.tasks = store::find::tasks(conn, &basis, &typed, &ids, MOST)?;
    }
    if who.may(Permission::SeeUsers) && found.users.is_empty() && found.tokens.is_empty() && found.tasks.is_empty() {
        let search = Search { q: typed, state: State::Any, ..Search::default() };
        found.meant = users::meant(conn, &who.scope, &search)?;
    }
    Ok(Finding::Begins(found))
}

/// Everything of exactly this name.
fn exact(conn: &mut AnyConn, who: &Who, basis: &Basis, typed: &str) -> Result<Vec<Hit>> {
    let mut hits = Vec::new();
    if who.may(Permission::SeeUsers) {
        match users::find(conn, who, typed) {
            Ok(user) => hits.push(Hit::User(user.user_id)),
            Err(Error::NotFound { .. }) => {}
            Err(error) => return Err(error),
        }
        hits.extend(store::find::users_with_email(conn, who, typed)?.into_iter().map(Hit::User));
        hits.extend(store::find::token(conn, who, typed)?.map(|token| Hit::Serial(token.serial)));
    }
    if let (true, Some(number)) = (who.may(Permission::SeeTasks), hit::task_number(typed)) {
        let rows = store::history::of(conn, basis, &[TaskId(number)])?;
        hits.extend(rows.into_iter().map(|row| Hit::Task(row.task.id)));
    }
    Ok(hits)
}

fn with_stands(conn: &mut AnyConn, basis: &Basis, list: Vec<User>) -> Result<Vec<FoundUser>> {
    let ids: Vec<UserId> = list.iter().map(|user| user.id).collect();
    let tokens = users::active_tokens(conn, &ids)?;
    list.into_iter()
        .map(|user| {
            let count = tokens.iter().filter(|(id, ..)| *id == user.id).map(|(.., n)| n).sum();
            let stand = if user.is_enabled() { stand(conn, basis, user.id, count)? } else { Standing::Disabled };
            Ok(FoundUser { user, stand })
        })
        .collect()
}

/// The newest outstanding enrollment tells how a user stands.
fn stand(conn: &mut AnyConn, basis: &Basis, user: UserId, tokens: i64) -> Result<Standing> {
    let Some(enrollment) = enrollments::outstanding_of(conn, user)?.into_iter().next() else {
        return Ok(Standing::Tokens(tokens));
    };
    let status = tasks::status(&enrollment.facts, basis.attempts_allowed, basis.today);
    let waits = enrollment.facts.enrolled_at.is_none();
    let email = enrollment.last_email.filter(|_| waits).map(|id| mail::latest_of(conn, &[id])).transpose()?;
    let failed = email.is_some_and(|list| list.iter().any(|email| email.state.is_final_trouble()));
    Ok(if failed { Standing::MailFailed(enrollment.task) } else { Standing::In(enrollment.task, status) })
}
