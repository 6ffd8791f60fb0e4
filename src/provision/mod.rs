//! Provision, step by step: users chosen, authentication type chosen, what will happen, Confirm (PRODUCT.md §2).

use chrono::Duration;

use crate::{
    clock::Timestamp,
    db::{self, AnyConn, Lock},
    desk::Desk,
    error::{Error, Mistakes, Result},
    ids::{OperatorId, TaskId, UserId},
    operators::{Permission, Who},
    policy::{self, Policy},
    provision::{
        choice::{Choice, Selection, stop_date},
        plan::{Candidate, Candidates, Plan, Skip, Stock},
    },
    tasks::task::Description,
    ticked,
    tokens::AuthenticationType,
    users,
};

mod apply;
pub mod candidate;
pub mod choice;
mod devices;
mod draft;
pub mod pages;
pub mod plan;
mod replace;
mod store;
pub mod work;

pub use replace::{Replacement, Replacing, preview_replacement, replace, replaceable};

pub use devices::{assign_device, stock, stock_lately};
pub use store::drafts as draft_rows;

pub use draft::{Begun, ChoiceForm, Confirmed, Draft, Preview};

/// Drafts older than this are swept when the next one is started.
const DRAFT_HOURS: i64 = 24;

/// Starts a draft for these users; its handle.
///
/// # Errors
/// `Forbidden`; `Invalid` if nobody was chosen.
pub fn start(desk: &Desk, who: &Who, now: Timestamp, selection: &Selection) -> Result<String> {
    who.need(Permission::Provision)?;
    if matches!(selection, Selection::Users(list) if list.is_empty()) {
        return Err(Error::mistake("user", "Tick at least one user to provision."));
    }
    let operator = operator(who)?;
    let id = desk.random.handle();
    desk.db.write(|conn| {
        store::drafts::sweep(conn, now - Duration::hours(DRAFT_HOURS))?;
        store::drafts::insert(conn, now, &id, operator, selection)
    })?;
    Ok(id)
}

/// The operator's own draft, with the users in it.
///
/// # Errors
/// `Forbidden`; `NotFound` if there is none, or it is someone else's.
pub fn find_draft(desk: &Desk, who: &Who, now: Timestamp, id: &str) -> Result<(Draft, Candidates)> {
    who.need(Permission::Provision)?;
    desk.db.read(|conn| {
        let draft = own(conn, who, id)?;
        let candidates = candidates(desk, conn, who, now, &draft.selection, None, i64::MAX)?;
        Ok((draft, candidates))
    })
}

/// Leaves these users out of the draft.
///
/// # Errors
/// As [`look`].
pub fn leave_out(desk: &Desk, who: &Who, id: &str, users: &[UserId]) -> Result<()> {
    who.need(Permission::Provision)?;
    desk.db.write(|conn| {
        let mut draft = own(conn, who, id)?;
        draft.selection.leave_out(users);
        store::drafts::save(conn, &draft)
    })
}

/// Includes, from now on, the users whom the plan left out for `why`, where operators may (PRODUCT.md §2): those with a
/// token of the type, or with an enrollment in an open task of it.
///
/// # Errors
/// As [`look`]; `Refused` if such users cannot be included.
pub fn include(desk: &Desk, who: &Who, id: &str, why: Skip) -> Result<()> {
    who.need(Permission::Provision)?;
    desk.db.write(|conn| {
        let mut draft = own(conn, who, id)?;
        match why {
            Skip::HasToken => draft.include_with_token = true,
            Skip::HasPlace => draft.include_with_task = true,
            Skip::NoEmail => {
                who.need(Permission::HandOver)?;
                draft.hand_over = true;
            }
            Skip::Outside | Skip::Disabled => {
                return Err(Error::Refused(format!("Users {} cannot be included.", why.words_for_many())));
            }
        }
        store::drafts::save(conn, &draft)
    })
}

/// Keeps the choice of the Authentication Type step.
///
/// # Errors
/// As [`look`]; `Invalid` with a sentence per field.
pub fn choose(desk: &Desk, who: &Who, now: Timestamp, id: &str, typed: &ChoiceForm) -> Result<()> {
    who.need(Permission::Provision)?;
    let today = desk.settings.zone.today(now);
    desk.db.write(|conn| {
        let mut draft = own(conn, who, id)?;
        let policy = policy::current(conn)?;
        let mut mistakes = Mistakes::default();
        draft.authentication_type = AuthenticationType::from_code(&typed.authentication_type);
        if draft.authentication_type.is_none() {
            mistakes.add("authentication_type", "Choose an Authentication Type.");
        }
        match Description::parse(&typed.description) {
            Ok(description) => draft.description = description.as_str().to_owned(),
            Err(error) => mistakes.take(error)?,
        }
        match stop_date(&typed.stop_on, &policy, today) {
            Ok(date) => draft.stop_on = Some(date),
            Err(error) => mistakes.take(error)?,
        }
        draft.include_with_token = typed.include_with_token;
        draft.include_with_task = typed.include_with_task;
        mistakes.into_result()?;
        store::drafts::save(conn, &draft)
    })
}

/// Available and Reserved of every type, for the table of the second step.
pub fn stock_of_all(desk: &Desk, who: &Who, now: Timestamp) -> Result<Vec<(AuthenticationType, Stock)>> {
    let today = desk.settings.zone.today(now);
    desk.db.read(|conn| {
        let limit = policy::current(conn)?.attempts_allowed;
        AuthenticationType::ALL
            .into_iter()
            .map(|kind| Ok((kind, store::candidates::stock(conn, &who.scope, kind, limit, today)?)))
            .collect()
    })
}

/// How many of the chosen users have a token, and how many an enrollment in an open task, of each type: they are left out of it
/// unless the operator includes them.
///
/// # Errors
/// As [`look`].
pub fn clashes(desk: &Desk, who: &Who, now: Timestamp, id: &str) -> Result<Vec<(AuthenticationType, usize, usize)>> {
    who.need(Permission::Provision)?;
    desk.db.read(|conn| {
        let draft = own(conn, who, id)?;
        let limit = policy::current(conn)?.attempts_allowed;
        AuthenticationType::ALL
            .into_iter()
            .map(|kind| {
                let chosen = candidates(desk, conn, who, now, &draft.selection, Some(kind), limit)?;
                let count = |clash: fn(&Candidate) -> bool| chosen.found.iter().filter(|one| clash(one)).count();
                Ok((kind, count(|one| one.has_token), count(|one| !one.enrollments.is_empty())))
            })
            .collect()
    })
}

/// What Confirm would do; `None` while no type is chosen.
///
/// # Errors
/// As [`look`].
pub fn preview(desk: &Desk, who: &Who, now: Timestamp, id: &str) -> Result<Option<Preview>> {
    who.need(Permission::Provision)?;
    desk.db.read(|conn| {
        let draft = own(conn, who, id)?;
        preview_of(desk, conn, who, now, draft)
    })
}

/// Carries out exactly what was shown, in one transaction; `shown` is the hash the page carried. If the data moved
/// meanwhile nothing is done and the new picture comes back. A second click leads to the task of the first.
///
/// # Errors
/// As [`look`].
pub fn confirm(desk: &Desk, who: &Who, now: Timestamp, id: &str, shown: &str) -> Result<Confirmed> {
    who.need(Permission::Provision)?;
    desk.db.write_alone(|conn| {
        db::hold(conn, Lock::Provision)?;
        let draft = own(conn, who, id)?;
        if let Some(task) = draft.task {
            return Ok(Confirmed::Task(task));
        }
        let preview = preview_of(desk, conn, who, now, draft)?
            .ok_or_else(|| Error::Refused("No Authentication Type is chosen yet.".into()))?;
        if preview.shown != shown {
            return Ok(Confirmed::Moved(Box::new(preview)));
        }
        if preview.refusal.is_some() {
            return Ok(Confirmed::Refused(Box::new(preview)));
        }
        let policy = policy::current(conn)?;
        let task = apply::apply(desk, conn, who, now, &preview.plan, &policy)?;
        store::drafts::save(conn, &Draft { task: Some(task), ..preview.draft })?;
        Ok(Confirmed::Task(task))
    })
}

/// Provisions without a page in between, for the demo's world and programs: what the plan says now is done now.
///
/// # Errors
/// `Forbidden`; `Refused` with the reason if it cannot be done.
pub fn provision(desk: &Desk, who: &Who, now: Timestamp, selection: &Selection, choice: &Choice) -> Result<TaskId> {
    who.need(Permission::Provision)?;
    desk.db.write_alone(|conn| {
        db::hold(conn, Lock::Provision)?;
        let policy = policy::current(conn)?;
        let plan = plan(desk, conn, who, now, selection, choice.clone(), &policy)?;
        if let Some(refusal) = plan.refusal(&policy) {
            return Err(Error::Refused(refusal));
        }
        apply::apply(desk, conn, who, now, &plan, &policy)
    })
}

fn preview_of(desk: &Desk, conn: &mut AnyConn, who: &Who, now: Timestamp, draft: Draft) -> Result<Option<Preview>> {
    let Some(authentication_type) = draft.authentication_type else { return Ok(None) };
    let policy = policy::current(conn)?;
    let choice = Choice {
        authentication_type,
        description: Description::parse(&draft.description)?,
        stop_on: draft.stop_on.unwrap_or_else(|| policy.proposed_stop(desk.settings.zone.today(now))),
        include_with_token: draft.include_with_token,
        include_with_task: draft.include_with_task,
        hand_over: draft.hand_over,
    };
    let plan = plan(desk, conn, who, now, &draft.selection, choice, &policy)?;
    let shown = ticked::shown(&desk.keys, [draft.id.as_str(), &plan.text()]);
    let refusal = plan.refusal(&policy);
    Ok(Some(Preview { draft, plan, shown, refusal }))
}

fn plan(
    desk: &Desk,
    conn: &mut AnyConn,
    who: &Who,
    now: Timestamp,
    selection: &Selection,
    choice: Choice,
    policy: &Policy,
) -> Result<Plan> {
    let today = desk.settings.zone.today(now);
    let (kind, limit) = (choice.authentication_type, policy.attempts_allowed);
    let candidates = candidates(desk, conn, who, now, selection, Some(kind), limit)?;
    let stock = store::candidates::stock(conn, &who.scope, kind, limit, today)?;
    Ok(Plan::new(choice, today, candidates, stock))
}

/// The chosen users as far as they exist for `who`.
fn candidates(
    desk: &Desk,
    conn: &mut AnyConn,
    who: &Who,
    now: Timestamp,
    selection: &Selection,
    kind: Option<AuthenticationType>,
    limit: i64,
) -> Result<Candidates> {
    let mut ids = match selection {
        Selection::Users(ids) => ids.clone(),
        Selection::Matching { query, without } => {
            let mut ids = users::ids_matching(conn, &who.scope, &users::Search::parse(query))?;
            ids.retain(|id| without.binary_search(id).is_err());
            ids
        }
    };
    ids.sort_unstable();
    ids.dedup();
    let found = store::candidates::candidates(conn, &who.scope, &ids, kind, limit, desk.settings.zone.today(now))?;
    Ok(Candidates { outside: ids.len().saturating_sub(found.len()), found })
}

fn own(conn: &mut AnyConn, who: &Who, id: &str) -> Result<Draft> {
    store::drafts::find(conn, id, operator(who)?)?.ok_or_else(|| Error::not_found("draft", ""))
}

fn operator(who: &Who) -> Result<OperatorId> {
    who.operator.ok_or_else(|| Error::Internal("a draft belongs to an operator".into()))
}
