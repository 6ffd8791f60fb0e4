//! `/outbox/ticked/…`: says what will happen to the emails ticked in the list, or to all that match, and does it on the
//! second POST.

use askama::Template;

use super::list;
use crate::{
    clock::Timestamp,
    english::{counted, is_are},
    error::Error,
    ids::TaskId,
    mail::View,
    operators::{Permission, may},
    outbox::{
        again::Change,
        ticked::{self, Preview, Query, TickedEmails, emails},
    },
    web::{
        Answer, Chrome, Confirm, Fields, Flash, Permitted,
        confirm::{CONFIRMED, Outcome},
        page_with, see_other,
    },
};

/// Tasks that the page names before it says how many more there are.
const NAMED: usize = 10;

/// Fields that go from the list through the page to the button.
const KEPT: [&str; 6] = ["email", "all", "q", "message", "state", "back"];

#[derive(Template)]
#[template(path = "outbox/ticked.html")]
struct Page {
    chrome: Chrome,
    confirm: Confirm,
    preview: Preview,
    left_out: Vec<String>,
    tasks: Vec<(TaskId, String)>,
    more_tasks: usize,
    see_tasks: bool,
}

/// Sends the ticked emails again.
pub async fn send_again(p: Permitted<may::ChangeOutbox>, form: Fields) -> Answer {
    confirm(p, form, Change::SendAgain).await
}

/// Cancels the ticked emails.
pub async fn cancel(p: Permitted<may::ChangeOutbox>, form: Fields) -> Answer {
    confirm(p, form, Change::Cancel).await
}

/// `GET` of such an address: nothing is ticked there, so back to the check boxes.
pub async fn back(_: Permitted<may::SeeOutbox>) -> Answer {
    Ok(see_other("/outbox"))
}

/// The list as it was when something was ticked in it.
pub(super) fn list_again(form: &Fields) -> String {
    list::address(&Fields::parse(&form.text("back"))).here()
}

async fn confirm(p: Permitted<may::ChangeOutbox>, form: Fields, change: Change) -> Answer {
    let mut changed = false;
    if form.ticked(CONFIRMED) {
        let fields = form.clone();
        let done = p
            .call(move |desk, who, now| {
                let shown_at = fields.text("shown_at").parse::<Timestamp>();
                let shown_at =
                    shown_at.map_err(|_| Error::mistake("shown_at", "The form says not when it was shown."))?;
                ticked::apply(desk, who, now, &ticked_emails(&fields), change, shown_at)
            })
            .await;
        match Outcome::of(done)? {
            Outcome::Done(preview) => {
                p.flash(&flash(change, &preview, p.desk.settings.mail_leaves()));
                return Ok(see_other(&list_again(&form)));
            }
            Outcome::Changed => changed = true,
            // It is said on the page that follows.
            Outcome::Wrong(_) => {}
        }
    }
    let fields = form.clone();
    match p.view(move |desk, who, now| ticked::preview(desk, who, now, &ticked_emails(&fields), change)).await {
        Ok((preview, chrome)) => {
            let page = page(chrome, change, preview, &form, p.now, p.may(Permission::SeeTasks), changed);
            page_with(page.confirm.status(false), &page)
        }
        Err(fault) => list::wrong(&p, &form, fault.mistakes()?).await,
    }
}

/// The ticked emails, or the view that stands for all it shows.
fn ticked_emails(form: &Fields) -> TickedEmails {
    TickedEmails::from_form(&form.all(list::EMAIL), form.ticked("all"), || Query {
        view: list::view(&form.text("state")).unwrap_or(View::All),
        filter: list::filter(form),
    })
}

fn flash(change: Change, preview: &Preview, leaves: bool) -> Flash {
    let left = match preview.left() {
        0 => String::new(),
        1 => "1 was left as it is.".into(),
        left => format!("{left} were left as they are."),
    };
    match change {
        Change::SendAgain if leaves => Flash::good(format!("{} on the way again.", are(preview.count())), left),
        Change::SendAgain => Flash::good(format!("{} due once a mail server is set.", are(preview.count())), left),
        Change::Cancel => Flash::good(format!("Canceled {}.", emails(preview.count())), left),
    }
}

/// "1 email is", "12 emails are".
fn are(count: usize) -> String {
    format!("{} {}", emails(count), is_are(count))
}

fn page(
    chrome: Chrome,
    change: Change,
    preview: Preview,
    form: &Fields,
    now: Timestamp,
    see_tasks: bool,
    changed: bool,
) -> Page {
    let count = emails(preview.count());
    let mut effect = Vec::new();
    match (change, preview.count()) {
        (_, 0) => {}
        (Change::Cancel, _) => effect.push(
            "What is canceled is not sent, and the links and activation codes in it are wiped. Nobody is told."
                .to_owned(),
        ),
        (Change::SendAgain, _) => {
            if preview.queued > 0 {
                effect.push(format!("{} sent again, under the Message-ID of before.", are(preview.queued)));
            }
            if preview.readdressed > 0 {
                let goes = if preview.readdressed == 1 { "1 of them goes" } else { "Some of them go" };
                effect.push(format!("{goes} to another address than before: the profile has a new one."));
            }
            if preview.hastened > 0 {
                effect.push(format!("{} tried now, and not only when the next try is due.", are(preview.hastened)));
            }
        }
    }
    let (path, button, heading) = match (change, preview.count()) {
        (Change::SendAgain, 0) => ("send-again", "", "None of these emails can be sent again".to_owned()),
        (Change::SendAgain, _) if preview.queued == 0 => ("send-again", "Try now", format!("Try {count} now")),
        (Change::SendAgain, _) => ("send-again", "Send again", format!("Send {count} again")),
        (Change::Cancel, 0) => ("cancel", "", "None of these emails can be canceled".to_owned()),
        (Change::Cancel, _) => ("cancel", "Cancel emails", format!("Cancel {count}?")),
    };
    let shown_at = now.and_utc().format("%Y-%m-%dT%H:%M:%S%.f").to_string();
    let users = |count: i64| counted(count, "user");
    Page {
        chrome,
        confirm: Confirm {
            heading,
            action: format!("/outbox/ticked/{path}"),
            kept: Confirm::kept(form, &KEPT, ("shown_at", shown_at)),
            changed,
            danger: change == Change::Cancel,
            effect: effect.join(" "),
            button: button.into(),
            back: list_again(form),
        },
        left_out: preview.left_out.iter().map(|(why, count)| format!("{why}: {count}")).collect(),
        tasks: preview.tasks.iter().take(NAMED).map(|(task, count)| (*task, users(*count))).collect(),
        more_tasks: preview.tasks.len().saturating_sub(NAMED),
        preview,
        see_tasks,
    }
}
