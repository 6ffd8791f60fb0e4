//! `/policy/alerts`: what operators are told of by email, by role, and the Change Log of it.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use askama::Template;

use crate::{
    alerts::{
        self, AlertForm, Change, Delivery, Event, RoleChoices,
        alert::{DIGEST_HOUR, PAUSE_MINUTES},
        choice::field,
    },
    clock::moment,
    error::{Error, Mistakes},
    operators::{
        self, Permission, Scope,
        may::{self, Need},
    },
    web::{Answer, Asked, Chrome, Fault, Fields, Flash, Pager, Permitted, page, page_with, see_other},
};

const PATH: &str = "/policy/alerts";

/// A line of the Change Log as it is drawn.
struct Line {
    at: String,
    change: Change,
}

/// A role and an event.
struct Cell {
    event: Event,
    field: String,
    /// The word that is chosen, or was typed.
    chosen: String,
    /// What is chosen, in words.
    words: &'static str,
    /// The role sees such things; without that there is nothing to choose.
    may: bool,
    error: String,
}

/// A role.
struct Row {
    name: String,
    /// Who would get it; empty if that is not for who looks.
    reach: String,
    cells: Vec<Cell>,
}

#[derive(Template)]
#[template(path = "alerts/settings.html")]
struct Page {
    chrome: Chrome,
    rows: Vec<Row>,
    events: [Event; 4],
    deliveries: [Delivery; 3],
    version: i64,
    mistakes: Mistakes,
    /// What someone else changed since the form was opened.
    meanwhile: Vec<Line>,
    log: Vec<Line>,
    pager: Pager,
    digest_hour: u32,
    pause: i64,
    zone: &'static str,
    /// Who looks works in all containers, and may change the alerts.
    may_change: bool,
}

/// What is read for the page.
struct Context {
    roles: Vec<RoleChoices>,
    /// By the name of a role: operators who may sign in, and those of them with an email address.
    reach: Option<HashMap<String, (usize, usize)>>,
    version: i64,
    log: Vec<Change>,
    total: i64,
    meanwhile: Vec<Change>,
}

/// The choices.
pub async fn show(p: Permitted<may::EditPolicies>, asked: Asked) -> Answer {
    let (shown, _) = build(&p, &asked, &AlertForm::default(), None).await?;
    page(&shown)
}

/// Changes them.
pub async fn submit(p: Permitted<may::Everywhere<may::EditPolicies>>, fields: Fields) -> Answer {
    let typed = AlertForm::of(fields.pairs().iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let version = fields.text("version").parse().unwrap_or_default();
    let sent = typed.clone();
    match p.call(move |desk, who, now| alerts::change(desk, who, now, &sent, version)).await {
        Ok(differences) if differences.is_empty() => {
            p.flash(&Flash::good("Nothing to change.", "The alerts were already as you chose them."));
            Ok(see_other(PATH))
        }
        Ok(differences) => {
            let turned_on = differences.iter().any(|one| one.old == Delivery::Off);
            let detail = if turned_on { "What happens from now on is told." } else { "" };
            p.flash(&Flash::good("Operator alerts saved.", detail));
            Ok(see_other(PATH))
        }
        Err(Fault(Error::Invalid(mistakes))) => {
            let (shown, _) = build(&p, &Asked::default(), &typed, Some(version)).await?;
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &Page { mistakes, version, meanwhile: Vec::new(), ..shown })
        }
        Err(Fault(Error::Conflict(_))) => {
            // The next try is made knowing what changed.
            let (shown, version) = build(&p, &Asked::default(), &typed, Some(version)).await?;
            page_with(StatusCode::CONFLICT, &Page { version, ..shown })
        }
        Err(fault) => Err(fault),
    }
}

/// The page with what was typed, else the choices as they are, and their version; `opened` is the version the form was
/// opened with.
async fn build<N: Need>(
    p: &Permitted<N>,
    asked: &Asked,
    typed: &AlertForm,
    opened: Option<i64>,
) -> Result<(Page, i64), Fault> {
    let paging = asked.paging;
    let (around, chrome) = p
        .view(move |desk, who, _| {
            // Who the operators are is for those who manage them.
            let counted = who.may(Permission::ManageOperators) && who.scope == Scope::All;
            desk.db.read(|conn| {
                let (log, total) = alerts::changes(conn, paging.offset(), paging.size)?;
                let meanwhile = opened.map(|version| alerts::changes_since(conn, version)).transpose()?;
                let mut reach: HashMap<String, (usize, usize)> = HashMap::new();
                for operator in if counted { operators::list(conn)? } else { Vec::new() } {
                    if operator.suspended_at.is_none() {
                        let of_role = reach.entry(operator.role).or_default();
                        of_role.0 += 1;
                        of_role.1 += usize::from(operator.email.is_some_and(|email| !email.trim().is_empty()));
                    }
                }
                Ok(Context {
                    roles: alerts::choices(conn)?,
                    reach: counted.then_some(reach),
                    version: alerts::version(conn)?,
                    log,
                    total,
                    meanwhile: meanwhile.unwrap_or_default(),
                })
            })
        })
        .await?;
    let zone = p.desk.settings.zone;
    let lines = |changes: Vec<Change>| {
        changes.into_iter().map(|change| Line { at: moment(zone, p.now, change.at), change }).collect::<Vec<_>>()
    };
    let links = asked.links(PATH, Vec::new());
    let row = |role: RoleChoices| Row {
        cells: Event::ALL.map(|event| cell(&role, event, typed)).into(),
        reach: around.reach.as_ref().map(|reach| in_words(reach.get(&role.name).copied())).unwrap_or_default(),
        name: role.name,
    };
    let shown = Page {
        chrome,
        rows: around.roles.into_iter().map(row).collect(),
        events: Event::ALL,
        deliveries: Delivery::ALL,
        version: around.version,
        mistakes: Mistakes::default(),
        meanwhile: lines(around.meanwhile),
        pager: Pager::new(paging, around.log.len(), around.total, &links),
        log: lines(around.log),
        digest_hour: DIGEST_HOUR,
        pause: PAUSE_MINUTES,
        zone: zone.name(),
        may_change: p.who.scope == Scope::All,
    };
    Ok((shown, around.version))
}

fn cell(role: &RoleChoices, event: Event, typed: &AlertForm) -> Cell {
    let word = typed.code(role.role, event);
    Cell {
        event,
        field: field(role.role, event),
        chosen: word.unwrap_or(role.of(event).code()).to_owned(),
        words: role.of(event).label(),
        may: role.permissions.has(event.permission()),
        error: word.map(|word| role.mistake(event, word)).unwrap_or_default(),
    }
}

/// Who of a role would get an email.
fn in_words(of_role: Option<(usize, usize)>) -> String {
    match of_role.unwrap_or_default() {
        (0, _) => "No operator".into(),
        (1, 1) => "1 operator".into(),
        (1, _) => "1 operator, without an email address".into(),
        (all, with) if all == with => format!("{all} operators"),
        (all, with) => format!("{all} operators, {} without an email address", all - with),
    }
}
