//! `/policy/lost-phones`: temporary codes and checked callers, and the Change Log of it.

use actix_web::http::StatusCode;
use askama::Template;

use super::{LostPhoneForm, change, changes, current, label};
use crate::{
    clock::moment,
    english::continued,
    error::{Error, Mistakes},
    operators::{
        Scope,
        may::{self, Need},
    },
    policy::Change,
    web::{Answer, Asked, Chrome, Fault, Fields, Flash, Pager, Permitted, page, page_with, see_other},
};

const PATH: &str = "/policy/lost-phones";

/// A line of the Change Log as it is drawn.
struct Line {
    at: String,
    change: Change,
}

#[derive(Template)]
#[template(path = "policy/lost-phones.html")]
struct Page {
    chrome: Chrome,
    typed: LostPhoneForm,
    version: i64,
    mistakes: Mistakes,
    /// The same with the words of each field, for the summary.
    summary: Vec<(&'static str, String)>,
    /// Someone else changed it since the form was opened.
    conflict: bool,
    log: Vec<Line>,
    pager: Pager,
    /// Who looks works in all containers, and may change it.
    may_change: bool,
}

/// The policy.
pub async fn show(p: Permitted<may::EditPolicies>, asked: Asked) -> Answer {
    page(&build(&p, &asked).await?)
}

/// Changes it.
pub async fn submit(p: Permitted<may::Everywhere<may::EditPolicies>>, fields: Fields) -> Answer {
    let typed = LostPhoneForm {
        temporary_codes: fields.ticked("temporary_codes"),
        longest_hours: fields.text("longest_hours"),
        most_uses: fields.text("most_uses"),
        checked_caller: fields.ticked("checked_caller"),
    };
    let version = fields.text("version").parse().unwrap_or_default();
    let sent = typed.clone();
    let fault = match p.call(move |desk, who, now| change(desk, who, now, &sent, version)).await {
        Ok(differences) => {
            let words: Vec<&str> = differences.iter().map(|difference| difference.field).collect();
            p.flash(&match words.as_slice() {
                [] => Flash::good("Nothing to change.", "The policy was already as you typed it."),
                words => Flash::good("Policy saved.", format!("Changed: {}.", words.join(", "))),
            });
            return Ok(see_other(PATH));
        }
        Err(fault) => fault,
    };
    let mut shown = build(&p, &Asked::default()).await?;
    shown.typed = typed;
    match fault {
        Fault(Error::Invalid(mistakes)) => {
            let name =
                |(field, words): &(&'static str, String)| (*field, format!("{}: {}", label(field), continued(words)));
            shown.version = version;
            shown.summary = mistakes.all().iter().map(name).collect();
            shown.mistakes = mistakes;
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown)
        }
        Fault(Error::Conflict(_)) => {
            shown.conflict = true;
            page_with(StatusCode::CONFLICT, &shown)
        }
        other => Err(other),
    }
}

async fn build<N: Need>(p: &Permitted<N>, asked: &Asked) -> Result<Page, Fault> {
    let paging = asked.paging;
    let ((policy, log, total), chrome) = p
        .view(move |desk, _, _| {
            desk.db.read(|conn| {
                let (log, total) = changes(conn, paging.offset(), paging.size)?;
                Ok((current(conn)?, log, total))
            })
        })
        .await?;
    let zone = p.desk.settings.zone;
    let links = asked.links(PATH, Vec::new());
    Ok(Page {
        chrome,
        typed: LostPhoneForm::of(&policy),
        version: policy.version,
        mistakes: Mistakes::default(),
        summary: Vec::new(),
        conflict: false,
        pager: Pager::new(paging, log.len(), total, &links),
        log: log.into_iter().map(|change| Line { at: moment(zone, p.now, change.at), change }).collect(),
        may_change: p.who.scope == Scope::All,
    })
}
