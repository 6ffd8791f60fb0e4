//! Replace: a task of one user whose token replaces an older one (PRODUCT.md §11).

use super::{apply, plan};
use crate::{
    audit::{self, Entry, Verb},
    clock::Timestamp,
    db::{self, AnyConn, Lock},
    desk::Desk,
    error::{Error, Result},
    ids::TaskId,
    operators::{Permission, Who},
    policy::{self, Policy},
    provision::{
        choice::{Choice, Selection},
        plan::Plan,
    },
    tasks::{self, task::Description},
    ticked,
    tokens::{self, Token, lifecycle},
    users::{self, User},
};

/// What an operator asks for.
#[derive(Clone, Debug)]
pub struct Replacement {
    /// The serial number of the old token.
    pub serial: String,
    /// The old one is lost or stolen: it is Suspended now. Otherwise it is good until the new one works.
    pub lost: bool,
    /// Link and code are handed over, and nothing is emailed.
    pub hand_over: bool,
    /// Why.
    pub reason: String,
}

/// What Replace would do.
pub struct Replacing {
    /// The old token.
    pub token: Token,
    /// Its user.
    pub user: User,
    /// The task of one user.
    pub plan: Plan,
    /// The reason as it is kept.
    pub reason: String,
    /// The keyed hash of all that is shown; the button sends it back.
    pub shown: String,
    policy: Policy,
}

/// The token that is to be replaced with its user, and why it cannot be; `None` if it can.
///
/// # Errors
/// `NotFound` out of scope.
pub fn replaceable(conn: &mut AnyConn, who: &Who, serial: &str) -> Result<(Token, Option<User>, Option<String>)> {
    let token = tokens::find(conn, who, serial)?.token;
    let user = token.user.map(|user| users::find_by_id(conn, user)).transpose()?;
    let why = match &user {
        Some(user) => refusal(conn, &token, user)?,
        None => Some(format!("Nobody has {}: there is nothing to replace.", token.serial)),
    };
    Ok((token, user, why))
}

fn refusal(conn: &mut AnyConn, token: &Token, user: &User) -> Result<Option<String>> {
    if !lifecycle::is_in_use(token.state) {
        let state = token.state.code();
        return Ok(Some(format!(
            "{} is {state}; only a token that its user has in use can be replaced.",
            token.serial
        )));
    }
    if !user.is_enabled() {
        return Ok(Some(format!("{} is disabled. Enable the account first.", user.user_id)));
    }
    let open = tasks::open_replacements(conn, user.id)?.into_iter().find(|(_, old, _)| *old == token.id);
    if let Some((task, ..)) = open {
        return Ok(Some(format!("Task {task} is to replace {} already.", token.serial)));
    }
    Ok(None)
}

/// What [`replace`] would do.
///
/// # Errors
/// `NotFound` out of scope; `Invalid` without a reason; `Refused` with the rule.
pub fn preview_replacement(desk: &Desk, who: &Who, now: Timestamp, asked: &Replacement) -> Result<Replacing> {
    who.need(Permission::ReplaceToken)?;
    desk.db.read(|conn| replacing(desk, conn, who, now, asked))
}

/// Makes the task that was shown, and takes the old token out of use now if it is lost; the task.
///
/// # Errors
/// As [`preview_replacement`]; `Conflict` if something differs from what was shown.
pub fn replace(desk: &Desk, who: &Who, now: Timestamp, asked: &Replacement, shown: &str) -> Result<TaskId> {
    who.need(Permission::ReplaceToken)?;
    desk.db.write(|conn| {
        db::hold(conn, Lock::Provision)?;
        let Replacing { token, user, plan, reason, shown: now_shown, policy } = replacing(desk, conn, who, now, asked)?;
        if now_shown != shown {
            return Err(Error::Conflict("Something changed since this page was shown. Nothing was done.".into()));
        }
        let task = apply::apply(desk, conn, who, now, &plan, &policy)?;
        tasks::note_replacement(conn, task, token.id)?;
        if asked.lost {
            tokens::lose(conn, who, now, &token, &reason)?;
        }
        let entry = Entry::done(&who.actor, Verb::TokensReplace, format!("Replaces {} in task {task}", token.serial))
            .task(task)
            .user(user.id, &user.user_id)
            .fact("User ID", &user.user_id)
            .fact("Old token", if asked.lost { "Suspended now" } else { "kept until the new one works" })
            .fact("Reason", &reason);
        audit::record(conn, now, &entry.subject(&token.serial))?;
        Ok(task)
    })
}

fn replacing(desk: &Desk, conn: &mut AnyConn, who: &Who, now: Timestamp, asked: &Replacement) -> Result<Replacing> {
    let (token, user, why) = replaceable(conn, who, &asked.serial)?;
    let reason = lifecycle::reason(&asked.reason).map_err(|why| Error::mistake("reason", why))?;
    let (user, policy) = match (user, why) {
        (Some(user), None) => (user, policy::current(conn)?),
        (_, why) => return Err(Error::Refused(why.unwrap_or_default())),
    };
    let choice = Choice {
        authentication_type: token.authentication_type,
        description: Description::parse(&format!("Replacement of {}", token.serial))?,
        stop_on: policy.proposed_stop(desk.settings.zone.today(now)),
        // The token is there, and an older task that waits is the one that did not help.
        include_with_token: true,
        include_with_task: true,
        hand_over: asked.hand_over,
    };
    if asked.hand_over {
        who.need(Permission::HandOver)?;
    } else if user.email.is_empty() {
        let sentence = "The profile has no email address: link and code can only be handed over.";
        return Err(Error::mistake("delivery", sentence));
    }
    let mut plan = plan(desk, conn, who, now, &Selection::Users(vec![user.id]), choice, &policy)?;
    if asked.hand_over {
        plan.hand_all_over();
    }
    if let Some(why) = plan.refusal(&policy) {
        return Err(Error::Refused(why));
    }
    let how = if asked.lost { "lost" } else { "kept" };
    let by = if asked.hand_over { "hand" } else { "email" };
    let shown = ticked::shown(&desk.keys, [&token.serial, token.state.code(), how, by, &reason, &plan.text()]);
    Ok(Replacing { token, user, plan, reason, shown, policy })
}
