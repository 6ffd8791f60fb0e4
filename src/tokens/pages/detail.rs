//! `/tokens/{serial}`: one token, its history, and what can be done to it.

use actix_web::{http::StatusCode, web::Path};
use askama::Template;

use crate::web::address;
use crate::{
    audit, clock,
    error::Mistakes,
    operators::{Permission, may},
    provision,
    tokens::{
        self, MovingFactor, Standing, Token,
        import::making_words,
        lifecycle::{Change, is_in_use},
        pages::{Possible, State, path},
    },
    users::{self, User},
    web::{self, Answer, Chrome, Fault, Fields, Flash, Permitted, segment},
};

/// Entries of the history that are shown; the audit log has all.
const ENTRIES: i64 = 50;

#[derive(Template)]
#[template(path = "tokens/detail.html")]
struct Page {
    chrome: Chrome,
    token: Token,
    path: String,
    state: State,
    making: String,
    /// "Counter" or "Drift", and how it stands.
    standing: (&'static str, String),
    user: Option<User>,
    user_href: String,
    container: String,
    dates: Vec<(&'static str, String)>,
    possible: Possible,
    /// It is Suspended since it was reported lost.
    is_lost: bool,
    can_report: bool,
    can_replace: bool,
    may_replace: bool,
    may_suspend: bool,
    may_unlock: bool,
    may_assign: bool,
    /// What was typed into the form that comes back.
    typed: Typed,
    mistakes: Mistakes,
    history: Vec<HistoryLine>,
}

/// What was typed.
#[derive(Default)]
struct Typed {
    suspend_reason: String,
    unlock_reason: String,
    user_id: String,
}

/// A line of the history.
struct HistoryLine {
    sign: audit::Sign,
    sentence: String,
    actor: String,
    detail: String,
    at: String,
}

/// GET
pub async fn show(p: Permitted<may::SeeUsers>, serial: Path<String>) -> Answer {
    let page = build(&p, &serial, Typed::default(), Mistakes::default()).await?;
    web::page(&page)
}

/// POST `/tokens/{serial}/suspend`
pub async fn suspend(p: Permitted<may::SuspendTokens>, serial: Path<String>, fields: Fields) -> Answer {
    let (name, reason) = (serial.clone(), fields.text("suspend_reason"));
    let typed = Typed { suspend_reason: reason.clone(), ..Typed::default() };
    let outcome = p.call(move |desk, who, now| tokens::suspend(desk, who, now, &name, &reason)).await;
    let flash = |token: &Token| {
        Flash::good(
            format!("Suspended {}.", token.serial),
            "Its one-time passwords are not accepted until it is resumed.",
        )
    };
    answer(&p, &serial, &fields, outcome, flash, typed, "suspend_reason").await
}

/// POST `/tokens/{serial}/resume`
pub async fn resume(p: Permitted<may::SuspendTokens>, serial: Path<String>, fields: Fields) -> Answer {
    let name = serial.clone();
    let outcome = p.call(move |desk, who, now| tokens::resume(desk, who, now, &name)).await;
    let flash =
        |token: &Token| Flash::good(format!("Resumed {}.", token.serial), "Its one-time passwords are accepted again.");
    answer(&p, &serial, &fields, outcome, flash, Typed::default(), "").await
}

/// POST `/tokens/{serial}/unlock`
pub async fn unlock(p: Permitted<may::Unlock>, serial: Path<String>, fields: Fields) -> Answer {
    let (name, reason) = (serial.clone(), fields.text("unlock_reason"));
    let typed = Typed { unlock_reason: reason.clone(), ..Typed::default() };
    let outcome = p.call(move |desk, who, now| tokens::unlock(desk, who, now, &name, &reason)).await;
    let flash = |token: &Token| {
        Flash::good(format!("Unlocked {}.", token.serial), "Its one-time passwords are accepted again.")
    };
    answer(&p, &serial, &fields, outcome, flash, typed, "unlock_reason").await
}

/// POST `/tokens/{serial}/resync`
pub async fn resync(p: Permitted<may::Unlock>, serial: Path<String>, fields: Fields) -> Answer {
    let (name, first, second) = (serial.clone(), fields.text("first"), fields.text("second"));
    let outcome = p.call(move |desk, who, now| tokens::resync(desk, who, now, &name, &first, &second)).await;
    let flash = |token: &Token| {
        Flash::good(
            format!("{} is back in step.", token.serial),
            "Both one-time passwords are used up: the next one counts.",
        )
    };
    answer(&p, &serial, &fields, outcome, flash, Typed::default(), "").await
}

/// POST `/tokens/{serial}/assign`
pub async fn assign(p: Permitted<may::AssignTokens>, serial: Path<String>, fields: Fields) -> Answer {
    let (name, user_id) = (serial.clone(), fields.text("user_id"));
    let typed = Typed { user_id: user_id.clone(), ..Typed::default() };
    let outcome = p.call(move |desk, who, now| provision::assign_device(desk, who, now, &name, &user_id)).await;
    let flash = |token: &Token| {
        Flash::good(format!("Assigned {}.", token.serial), "Its user enrolls it with a provisioning task.")
    };
    answer(&p, &serial, &fields, outcome, flash, typed, "").await
}

/// Back to where the form was, or the page with what was wrong. `reason`: the field that a mistake in `reason` is of,
/// since the page has two of them.
async fn answer<N: crate::operators::may::Need>(
    p: &Permitted<N>,
    serial: &str,
    fields: &Fields,
    outcome: Result<Token, Fault>,
    flash: impl FnOnce(&Token) -> Flash,
    typed: Typed,
    reason: &'static str,
) -> Answer {
    match outcome {
        Ok(token) => {
            p.flash(&flash(&token));
            let back = fields.text("back");
            let to = if back.is_empty() { path(&token.serial) } else { address::local_path(&back).to_owned() };
            Ok(web::see_other(&to))
        }
        Err(fault) => {
            let mut mistakes = Mistakes::default();
            // Of a rule, the facts say what it is now.
            for (field, sentence) in fault.mistakes_or_rule("facts")?.all() {
                mistakes.add(if *field == "reason" { reason } else { field }, sentence.clone());
            }
            web::page_with(StatusCode::UNPROCESSABLE_ENTITY, &build(p, serial, typed, mistakes).await?)
        }
    }
}

async fn build<N: crate::operators::may::Need>(
    p: &Permitted<N>,
    serial: &str,
    typed: Typed,
    mistakes: Mistakes,
) -> Result<Page, Fault> {
    let serial = serial.to_owned();
    let ((held, user, container, lines, lost), chrome) = p
        .view(move |desk, who, _| {
            desk.db.read(|conn| {
                let held = tokens::find(conn, who, &serial)?;
                let user = held.token.user.map(|user| users::find_by_id(conn, user)).transpose()?;
                let at = user.as_ref().map(|user| user.container).or(held.token.container);
                let names = users::containers(conn, &who.scope)?;
                let container = names.into_iter().find(|(id, _)| Some(*id) == at).map(|(_, name)| name);
                let lines = audit::of_subject(conn, &held.token.serial, ENTRIES)?;
                let lost = tokens::report_of(conn, &held.token)?;
                Ok((held, user, container.unwrap_or_default(), lines, lost))
            })
        })
        .await?;
    let zone = p.desk.settings.zone;
    let moment = |at| clock::moment(zone, p.now, at);
    let token = held.token;
    let mut dates = vec![("Added", moment(token.created_at))];
    dates.extend(token.validity.from.map(|at| ("Valid from", moment(at))));
    dates.extend(token.validity.until.map(|at| ("Valid until", moment(at))));
    dates.extend(token.bound_at.map(|at| ("Enrolled", moment(at))));
    dates.push(("First used", token.first_used_at.map(moment).unwrap_or_default()));
    dates.push(("Last used", token.last_used_at.map(moment).unwrap_or_default()));
    let history = lines
        .into_iter()
        .map(|line| HistoryLine {
            sign: line.sign(),
            sentence: line.sentence,
            actor: line.actor,
            detail: line.detail.iter().map(|(name, text)| format!("{name}: {text}")).collect::<Vec<_>>().join(" · "),
            at: moment(line.at),
        })
        .collect();
    Ok(Page {
        chrome,
        path: path(&token.serial),
        is_lost: lost.is_some(),
        state: match &lost {
            Some(report) => State::of(&token, zone, p.now).reported(report, p.who.name(), zone, p.now),
            None => State::of(&token, zone, p.now),
        },
        making: making_words(&token.making),
        standing: standing(&token, &held.standing),
        user_href: user.as_ref().map(|user| format!("/users/{}", segment(&user.user_id))).unwrap_or_default(),
        container,
        dates,
        possible: Possible::of(&token),
        can_report: p.may(Permission::ReportLost) && user.is_some() && Change::ReportLost.is_possible(&token),
        can_replace: p.may(Permission::ReplaceToken) && user.is_some() && is_in_use(token.state),
        may_replace: p.may(Permission::ReplaceToken),
        may_suspend: p.may(Permission::SuspendTokens),
        may_unlock: p.may(Permission::Unlock),
        may_assign: p.may(Permission::ImportTokens) || p.may(Permission::Provision),
        token,
        user,
        typed,
        mistakes,
        history,
    })
}

fn standing(token: &Token, standing: &Standing) -> (&'static str, String) {
    match token.making.moving_factor {
        MovingFactor::Counter => ("Counter", standing.next_counter.to_string()),
        MovingFactor::Time => {
            let seconds = standing.drift * i64::from(token.making.period);
            let words = match seconds {
                0 => "none".into(),
                ahead if ahead > 0 => format!("{ahead} s ahead"),
                behind => format!("{} s behind", -behind),
            };
            ("Clock drift", words)
        }
    }
}
