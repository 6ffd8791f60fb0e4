//! `/provision/{draft}/type`: Authentication Type, Description, Stop Date.

use actix_web::{http::StatusCode, web::Path};
use askama::Template;
use chrono::NaiveDate;

use crate::{
    clock::{distance, long_date},
    english::{counted, counted_as},
    error::{Error, Mistakes},
    operators::{Permission, may},
    policy,
    provision::{
        self, ChoiceForm, Draft,
        plan::{Candidate, Stock},
    },
    tokens::AuthenticationType,
    web::{Answer, Chrome, Fault, Fields, Permitted, page_with, see_other},
};

use super::users::{Step, carried_out, steps};

/// A line of the table of types.
struct Line {
    kind: AuthenticationType,
    words: String,
    /// Who of the chosen users has such a token or an enrollment in an open task of it.
    clash: String,
    stock: Stock,
    chosen: bool,
    none_left: bool,
}

#[derive(Template)]
#[template(path = "provision/authentication-type.html")]
struct Page {
    chrome: Chrome,
    id: String,
    title: String,
    steps: Vec<Step>,
    lines: Vec<Line>,
    typed: ChoiceForm,
    stop_words: String,
    latest: String,
    mistakes: Mistakes,
    first_email: String,
    more: usize,
    until: String,
    requester: String,
    sees_policy: bool,
}

/// Draws the step with what was typed, or with what the draft keeps.
async fn draw(p: Permitted<may::Provision>, id: String, typed: Option<ChoiceForm>, mistakes: Mistakes) -> Answer {
    let asked = id.clone();
    let ((draft, candidates, stocks, clashes, policy), chrome) = p
        .view(move |desk, who, now| {
            let (draft, chosen) = provision::find_draft(desk, who, now, &asked)?;
            let stocks = provision::stock_of_all(desk, who, now)?;
            let clashes = provision::clashes(desk, who, now, &asked)?;
            Ok((draft, chosen.found, stocks, clashes, desk.db.read(policy::current)?))
        })
        .await?;
    if let Some(answer) = carried_out(&draft) {
        return Ok(answer);
    }
    let today = p.desk.settings.zone.today(p.now);
    let typed = typed.unwrap_or_else(|| kept(&draft, policy.proposed_stop(today)));
    let date: Option<NaiveDate> = typed.stop_on.parse().ok();
    let status = if mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let with_email: Vec<&Candidate> = candidates.iter().filter(|candidate| !candidate.email.is_empty()).collect();
    page_with(
        status,
        &Page {
            chrome,
            title: format!("Provision {}", counted(candidates.len(), "user")),
            steps: steps(&id, 1),
            id,
            lines: stocks
                .into_iter()
                .map(|(kind, stock)| line(kind, stock, &typed, candidates.len(), clash(&clashes, kind)))
                .collect(),
            stop_words: date.map_or(String::new(), |date| format!("{}, {}", date.format("%a"), distance(today, date))),
            latest: policy.latest_stop(today).to_string(),
            first_email: with_email.first().map(|candidate| candidate.email.clone()).unwrap_or_default(),
            more: with_email.len().saturating_sub(1),
            until: date.map(long_date).unwrap_or_default(),
            requester: p.who.name().to_owned(),
            sees_policy: p.may(Permission::EditPolicies),
            typed,
            mistakes,
        },
    )
}

fn kept(draft: &Draft, proposed: NaiveDate) -> ChoiceForm {
    ChoiceForm {
        authentication_type: draft
            .authentication_type
            .unwrap_or(AuthenticationType::AuthenticatorApp)
            .code()
            .to_owned(),
        description: draft.description.clone(),
        stop_on: draft.stop_on.unwrap_or(proposed).to_string(),
        include_with_token: draft.include_with_token,
        include_with_task: draft.include_with_task,
    }
}

/// "2 have one already, 1 is in an open task of it: left out unless included."; empty if nobody clashes.
fn clash(clashes: &[(AuthenticationType, usize, usize)], kind: AuthenticationType) -> String {
    let Some((_, tokens, enrollments)) = clashes.iter().find(|(one, ..)| *one == kind) else { return String::new() };
    let verb = |count: usize, one: &str, many: &str| counted_as(count, one, many);
    let mut parts = Vec::new();
    if *tokens > 0 {
        parts.push(verb(*tokens, "has one already", "have one already"));
    }
    if *enrollments > 0 {
        parts.push(verb(*enrollments, "is in an open task of it", "are in an open task of it"));
    }
    if parts.is_empty() { String::new() } else { format!("{}: left out unless you include them.", parts.join(", ")) }
}

fn line(kind: AuthenticationType, stock: Stock, typed: &ChoiceForm, count: usize, clash: String) -> Line {
    let none_left = stock.available() == Some(0);
    let words = match kind {
        AuthenticationType::AuthenticatorApp => {
            "Any phone. The user scans a QR code and enters a one-time password.".to_owned()
        }
        AuthenticationType::HardwareToken if none_left => "None left. Import tokens before you choose this.".to_owned(),
        AuthenticationType::HardwareToken if count == 1 => "A device with a display. 1 user needs 1 token.".to_owned(),
        AuthenticationType::HardwareToken => {
            format!("A device with a display. {count} users need {count} tokens.")
        }
    };
    Line { kind, words, clash, stock, chosen: typed.authentication_type == kind.code(), none_left }
}

/// `GET`: the step.
pub async fn show(p: Permitted<may::Provision>, id: Path<String>) -> Answer {
    draw(p, id.into_inner(), None, Mistakes::default()).await
}

/// `POST`: keeps the choice and goes on to Confirm.
pub async fn submit(p: Permitted<may::Provision>, id: Path<String>, form: Fields) -> Answer {
    let id = id.into_inner();
    let typed = ChoiceForm {
        authentication_type: form.text("authentication_type"),
        description: form.text("description"),
        stop_on: form.text("stop_on"),
        include_with_token: form.ticked("include_with_token"),
        include_with_task: form.ticked("include_with_task"),
    };
    let (asked, choice) = (id.clone(), typed.clone());
    match p.call(move |desk, who, now| provision::choose(desk, who, now, &asked, &choice)).await {
        Ok(()) => Ok(see_other(&format!("/provision/{id}/confirm"))),
        Err(Fault(Error::Invalid(mistakes))) => draw(p, id, Some(typed), mistakes).await,
        Err(other) => Err(other),
    }
}
