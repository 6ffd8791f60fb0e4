//! `/policy/self-enrollment`: the Self-Enrollment Policy, what it means in practice, and its Change Log.

use actix_web::http::StatusCode;
use askama::Template;
use chrono::NaiveDate;

use crate::{
    clock::{long_date, moment},
    english::continued,
    error::{Error, Mistakes},
    operators::{
        Scope,
        may::{self, Need},
    },
    policy::{self, Change, Policy, PolicyForm, typed::label},
    tasks,
    web::{Answer, Asked, Chrome, Fields, Flash, Pager, Permitted, page, page_with, see_other},
};

const PATH: &str = "/policy/self-enrollment";

/// A line of the Change Log as it is drawn.
struct Line {
    at: String,
    change: Change,
}

/// What the policy means for something that is done today.
struct InPractice {
    until: String,
    latest: String,
    reminders: Vec<String>,
    attempts: i64,
}

#[derive(Template)]
#[template(path = "policy/self-enrollment.html")]
struct Page {
    chrome: Chrome,
    typed: PolicyForm,
    version: i64,
    mistakes: Mistakes,
    /// The same with the words of each field, for the summary.
    summary: Vec<(&'static str, String)>,
    /// What someone else changed since the form was opened.
    meanwhile: Vec<Line>,
    in_practice: InPractice,
    log: Vec<Line>,
    pager: Pager,
    /// Who looks works in all containers, and may change the policy.
    may_change: bool,
}

/// What stands around the form.
struct Context {
    policy: Policy,
    log: Vec<Change>,
    total: i64,
    meanwhile: Vec<Change>,
}

/// The policy.
pub async fn show(p: Permitted<may::EditPolicies>, asked: Asked) -> Answer {
    let (page_shown, _) = build(&p, &asked, None).await?;
    page(&page_shown)
}

/// Changes it.
pub async fn submit(p: Permitted<may::Everywhere<may::EditPolicies>>, fields: Fields) -> Answer {
    let typed = PolicyForm {
        days_to_enroll: fields.text("days_to_enroll"),
        longest_period: fields.text("longest_period"),
        attempts_allowed: fields.text("attempts_allowed"),
        code_length: fields.text("code_length"),
        link_carries_code: fields.ticked("link_carries_code"),
        reminder_days: fields.text("reminder_days"),
        skip_weekends: fields.ticked("skip_weekends"),
        token_failures_allowed: fields.text("token_failures_allowed"),
    };
    let version = fields.text("version").parse().unwrap_or_default();
    let sent = typed.clone();
    let outcome = p.call(move |desk, who, now| tasks::change_policy(desk, who, now, &sent, version)).await;
    let differences = match outcome {
        Ok(differences) => differences,
        Err(fault) => {
            let (status, mistakes) = match fault.0 {
                Error::Invalid(mistakes) => (StatusCode::UNPROCESSABLE_ENTITY, mistakes),
                Error::Conflict(_) => (StatusCode::CONFLICT, Mistakes::default()),
                other => return Err(other.into()),
            };
            let conflict = status == StatusCode::CONFLICT;
            let (mut shown, current) = build(&p, &Asked::default(), Some(version)).await?;
            shown.typed = typed;
            shown.summary = named(&mistakes);
            shown.mistakes = mistakes;
            if conflict {
                // The next try is made knowing what changed.
                shown.version = current;
            } else {
                shown.version = version;
                shown.meanwhile.clear();
            }
            return page_with(status, &shown);
        }
    };
    let words: Vec<&str> = differences.iter().map(|difference| difference.field).collect();
    p.flash(&match words.as_slice() {
        [] => Flash::good("Nothing to change.", "The policy was already as you typed it."),
        words => {
            Flash::good("Policy saved.", format!("Changed: {}. Open tasks keep their Stop Date.", words.join(", ")))
        }
    });
    Ok(see_other(PATH))
}

/// "Days to enroll: enter a whole number from 1 to 90."
fn named(mistakes: &Mistakes) -> Vec<(&'static str, String)> {
    mistakes.all().iter().map(|(field, words)| (*field, format!("{}: {}", label(field), continued(words)))).collect()
}

/// The page with the policy as it is, and its version; `opened` is the version the form was opened with.
async fn build<N: Need>(
    p: &Permitted<N>,
    asked: &Asked,
    opened: Option<i64>,
) -> Result<(Page, i64), crate::web::Fault> {
    let paging = asked.paging;
    let (around, chrome) = p
        .view(move |desk, _, _| {
            desk.db.read(|conn| {
                let (log, total) = policy::changes(conn, paging.offset(), paging.size)?;
                let meanwhile = opened.map(|version| policy::changes_since(conn, version)).transpose()?;
                Ok(Context { policy: policy::current(conn)?, log, total, meanwhile: meanwhile.unwrap_or_default() })
            })
        })
        .await?;
    let zone = p.desk.settings.zone;
    let lines = |changes: Vec<Change>| {
        changes.into_iter().map(|change| Line { at: moment(zone, p.now, change.at), change }).collect::<Vec<_>>()
    };
    let links = asked.links(PATH, Vec::new());
    let version = around.policy.version;
    let shown = Page {
        chrome,
        typed: PolicyForm::of(&around.policy),
        version,
        mistakes: Mistakes::default(),
        summary: Vec::new(),
        meanwhile: lines(around.meanwhile),
        in_practice: in_practice(&around.policy, zone.today(p.now)),
        pager: Pager::new(paging, around.log.len(), around.total, &links),
        log: lines(around.log),
        may_change: p.who.scope == Scope::All,
    };
    Ok((shown, version))
}

fn in_practice(policy: &Policy, today: NaiveDate) -> InPractice {
    let stop = policy.proposed_stop(today);
    InPractice {
        until: long_date(stop),
        latest: long_date(policy.latest_stop(today)),
        reminders: policy
            .reminders(stop)
            .into_iter()
            .map(|one| one.on)
            .filter(|day| *day > today)
            .map(long_date)
            .collect(),
        attempts: policy.attempts_allowed,
    }
}
