//! `/outbox/ticked/…`: says what will happen to the emails ticked in the list, or to all that match, and does it on the
//! second POST.

use actix_web::http::StatusCode;
use askama::Template;

use super::list;
use crate::{
    clock::Timestamp,
    error::Error,
    ids::TaskId,
    mail::View,
    operators::{Permission, may},
    outbox::{
        again::Act,
        several::{self, Chosen, Preview, emails},
    },
    web::{Answer, Chrome, Fault, Fields, Flash, Permitted, page_with, see_other},
};

/// Tasks that the page names before it says how many more there are.
const NAMED: usize = 10;

/// Fields that go from the list through the page to the button.
const KEPT: [&str; 6] = ["email", "all", "q", "message", "state", "back"];

#[derive(Template)]
#[template(path = "outbox/several.html")]
struct Page {
    chrome: Chrome,
    heading: String,
    path: &'static str,
    outcome: Preview,
    effect: Vec<String>,
    button: &'static str,
    tasks: Vec<(TaskId, String)>,
    more_tasks: usize,
    shown_at: String,
    kept: Vec<(String, String)>,
    back: String,
    cancels: bool,
    see_tasks: bool,
    changed: bool,
}

/// Sends the chosen emails again.
///
/// # Errors
/// `Forbidden`.
pub async fn send_again(p: Permitted<may::ChangeOutbox>, form: Fields) -> Answer {
    act(p, form, Act::SendAgain).await
}

/// Cancels the chosen emails.
///
/// # Errors
/// As [`send_again`].
pub async fn cancel(p: Permitted<may::ChangeOutbox>, form: Fields) -> Answer {
    act(p, form, Act::Cancel).await
}

/// `GET` of such an address: nothing is ticked there, so back to the check boxes.
///
/// # Errors
/// `Forbidden`.
pub async fn back(_: Permitted<may::SeeOutbox>) -> Answer {
    Ok(see_other("/outbox"))
}

/// The list as it was when something was ticked in it.
pub(super) fn list_again(form: &Fields) -> String {
    list::address(&Fields::parse(&form.text("back"))).here()
}

async fn act(p: Permitted<may::ChangeOutbox>, form: Fields, act: Act) -> Answer {
    let mut changed = false;
    if form.ticked("confirmed") {
        let fields = form.clone();
        let done = p
            .call(move |desk, who, now| {
                let shown_at = fields.text("shown_at").parse::<Timestamp>();
                let shown_at =
                    shown_at.map_err(|_| Error::mistake("shown_at", "The form says not when it was shown."))?;
                several::apply(desk, who, now, &chosen(&fields), act, shown_at)
            })
            .await;
        match done {
            Ok(outcome) => {
                p.flash(&flash(act, &outcome, p.desk.settings.mail_leaves()));
                return Ok(see_other(&list_again(&form)));
            }
            Err(Fault(Error::Conflict(_))) => changed = true,
            // It is said on the page that follows.
            Err(Fault(Error::Invalid(_))) => {}
            Err(other) => return Err(other),
        }
    }
    let fields = form.clone();
    match p.view(move |desk, who, now| several::preview(desk, who, now, &chosen(&fields), act)).await {
        Ok((outcome, chrome)) => {
            let status = if changed { StatusCode::CONFLICT } else { StatusCode::OK };
            let see_tasks = p.may(Permission::SeeTasks);
            page_with(status, &page(chrome, act, outcome, &form, p.now, see_tasks, changed))
        }
        Err(Fault(Error::Invalid(mistakes))) => list::wrong(&p, &form, mistakes).await,
        Err(other) => Err(other),
    }
}

/// The ticked emails, or the view that stands for all it shows.
fn chosen(form: &Fields) -> Chosen {
    match list::view(&form.text("state")) {
        Some(view) if form.ticked("all") => Chosen { view, filter: list::filter(form) },
        None if form.ticked("all") => Chosen { view: View::All, filter: list::filter(form) },
        _ => Chosen::these(list::ticks(form)),
    }
}

fn flash(act: Act, outcome: &Preview, leaves: bool) -> Flash {
    let left = match outcome.left() {
        0 => String::new(),
        1 => "1 was left as it is.".into(),
        left => format!("{left} were left as they are."),
    };
    match act {
        Act::SendAgain if leaves => Flash::good(format!("{} on the way again.", are(outcome.count())), left),
        Act::SendAgain => Flash::good(format!("{} due once a mail server is set.", are(outcome.count())), left),
        Act::Cancel => Flash::good(format!("Canceled {}.", emails(outcome.count())), left),
    }
}

/// "1 email is", "12 emails are".
fn are(count: usize) -> String {
    format!("{} {}", emails(count), if count == 1 { "is" } else { "are" })
}

fn page(
    chrome: Chrome,
    act: Act,
    outcome: Preview,
    form: &Fields,
    now: Timestamp,
    see_tasks: bool,
    changed: bool,
) -> Page {
    let count = emails(outcome.count());
    let mut effect = Vec::new();
    match (act, outcome.count()) {
        (_, 0) => {}
        (Act::Cancel, _) => effect.push(
            "What is canceled is not sent, and the links and activation codes in it are wiped. Nobody is told."
                .to_owned(),
        ),
        (Act::SendAgain, _) => {
            if outcome.queued > 0 {
                effect.push(format!("{} sent again, under the Message-ID of before.", are(outcome.queued)));
            }
            if outcome.readdressed > 0 {
                let goes = if outcome.readdressed == 1 { "1 of them goes" } else { "Some of them go" };
                effect.push(format!("{goes} to another address than before: the profile has a new one."));
            }
            if outcome.hastened > 0 {
                effect.push(format!("{} tried now, and not only when the next try is due.", are(outcome.hastened)));
            }
        }
    }
    let (path, button, heading) = match (act, outcome.count()) {
        (Act::SendAgain, 0) => ("send-again", "", "None of these emails can be sent again".to_owned()),
        (Act::SendAgain, _) if outcome.queued == 0 => ("send-again", "Try now", format!("Try {count} now")),
        (Act::SendAgain, _) => ("send-again", "Send again", format!("Send {count} again")),
        (Act::Cancel, 0) => ("cancel", "", "None of these emails can be canceled".to_owned()),
        (Act::Cancel, _) => ("cancel", "Cancel emails", format!("Cancel {count}?")),
    };
    let users = |count: i64| if count == 1 { "1 user".to_owned() } else { format!("{count} users") };
    Page {
        chrome,
        heading,
        path,
        effect,
        button,
        tasks: outcome.tasks.iter().take(NAMED).map(|(task, count)| (*task, users(*count))).collect(),
        more_tasks: outcome.tasks.len().saturating_sub(NAMED),
        outcome,
        shown_at: now.and_utc().format("%Y-%m-%dT%H:%M:%S%.f").to_string(),
        kept: form.pairs().iter().filter(|(name, _)| KEPT.contains(&name.as_str())).cloned().collect(),
        back: list_again(form),
        cancels: act == Act::Cancel,
        see_tasks,
        changed,
    }
}
