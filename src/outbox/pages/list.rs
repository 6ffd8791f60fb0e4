//! `/outbox`: every email, what became of it, and why; ticked ones are sent again or canceled.

use actix_web::http::StatusCode;
use askama::Template;

use crate::{
    clock::{self, Timestamp, Zone},
    db::{Span, Total},
    english::continued,
    error::Mistakes,
    ids::EmailId,
    mail::{self, Carrier, Email, Filter, Health, Kind, State, View, status},
    operators::{Permission, may, may::Need},
    outbox::{
        self, Basis, EmailInContext,
        again::{self, Change},
    },
    ticked,
    web::{
        Answer, Asked, Chrome, Fields, Links, Pager, Permitted, Stretch, file,
        list::{Choice, Tab},
        page_with, segment,
    },
};

/// The check box of an email.
pub(super) const EMAIL: &str = "email";

#[derive(Template)]
#[template(path = "outbox/list.html")]
struct OutboxPage {
    chrome: Chrome,
    relay: Relay,
    tabs: Vec<Tab>,
    heading: &'static str,
    filter: Filter,
    state: String,
    kinds: Vec<Choice>,
    filtered: bool,
    nothing: (&'static str, &'static str),
    see_tasks: bool,
    rows: Vec<Line>,
    pager: Pager,
    /// Ticked ones, or all, can be sent again.
    again: bool,
    /// Ticked ones, or all, can be canceled.
    cancel: bool,
    /// All that match are selected, not those on the page one by one.
    all: bool,
    all_href: String,
    some_href: String,
    /// The view and its search, for the page that acts on all that match.
    asked: Vec<(&'static str, String)>,
    /// The query of this page, to come back to.
    back: String,
    /// Ticked emails that are not on this page.
    elsewhere: Vec<EmailId>,
    mistakes: Mistakes,
    file: String,
}

/// How the mail server does, in words.
struct Relay {
    kind: &'static str,
    icon: &'static str,
    bold: &'static str,
    detail: String,
}

/// A row.
struct Line {
    email: Email,
    ticked: bool,
    second: String,
    reason: &'static str,
    answered: String,
    next: String,
    way: Option<RowAction>,
}

/// What can be done with one email from its row.
struct RowAction {
    href: String,
    words: &'static str,
    /// A page to go to, and no button that does it.
    link: bool,
}

/// The views, with the word of each in the address.
pub(super) const VIEWS: [(&str, &str, View); 8] = [
    ("attention", "Needs attention", View::Attention),
    ("queued", "Queued", View::State(State::Queued)),
    ("sent", "Sent", View::State(State::Sent)),
    ("deferred", "Deferred", View::State(State::Deferred)),
    ("failed", "Failed", View::State(State::Failed)),
    ("bounced", "Bounced", View::State(State::Bounced)),
    ("canceled", "Canceled", View::State(State::Canceled)),
    ("all", "All", View::All),
];

/// What is looked for, as an address or a form says it.
pub(super) fn filter(asked: &Fields) -> Filter {
    Filter { text: asked.text("q"), kind: Kind::from_code(&asked.text("message")), ..Filter::default() }
}

/// The view of this word.
pub(super) fn view(word: &str) -> Option<View> {
    VIEWS.iter().find(|view| view.0 == word).map(|view| view.2)
}

fn is_narrowed(filter: &Filter) -> bool {
    !filter.text.is_empty() || filter.kind.is_some()
}

/// The word of the view that is shown: who looks for someone looks through all; who just opens the page sees what wants
/// attention.
pub(super) fn word(asked: &Fields, filter: &Filter) -> String {
    let usual = if is_narrowed(filter) { "all" } else { "attention" };
    Some(asked.text("state")).filter(|word| view(word).is_some()).unwrap_or_else(|| usual.to_owned())
}

/// The list's address with what `asked` says of it, and of nothing else.
pub(super) fn address(asked: &Fields) -> Links {
    let names = ["q", "message", "state", "size", "page"];
    Links::new("/outbox", names.map(|name| (name, asked.text(name))).to_vec())
}

/// True if rows of this view can be in a state that `change` is done in.
fn fits(change: Change, shown: View) -> bool {
    match shown {
        View::All | View::Attention => true,
        View::State(state) => change.states().contains(&state),
    }
}

/// What is said of a view without a row.
fn nothing(shown: View, leaves: bool, health: &Health) -> (&'static str, &'static str) {
    match shown {
        View::Attention if !leaves => (
            "No mail server is set",
            "Nothing was refused, since nothing can leave: email waits until smtp_url names a mail server.",
        ),
        View::Attention if health.takes_nothing => {
            ("The mail server takes no email", "Its answers are with the emails that wait and with those that failed.")
        }
        View::State(State::Queued) if !leaves => {
            ("No email waits", "What is written from now on waits here until smtp_url names a mail server.")
        }
        View::Attention => {
            ("Nothing needs attention", "No email was refused, put off or sent back in the last 30 days.")
        }
        View::All | View::State(State::Sent) => {
            ("No emails here", "Emails appear here as soon as a task is provisioned or an enrollment is resent.")
        }
        View::State(State::Queued) => (
            "No email waits for its first try",
            "Emails leave as soon as they are written, if the mail server takes them.",
        ),
        View::State(State::Deferred) => {
            ("No email is put off", "An email that the mail server refuses for now waits here for its next try.")
        }
        View::State(State::Failed) => {
            ("No email failed", "An email that the mail server refuses for good is shown here with its answer.")
        }
        View::State(State::Bounced) => (
            "No email came back",
            "An email that was accepted and came back is shown here once its delivery report was imported.",
        ),
        View::State(State::Canceled) => {
            ("No email was canceled", "An email that was no longer wanted before it could go out is shown here.")
        }
    }
}

/// The list.
pub async fn show(p: Permitted<may::SeeOutbox>, asked: Asked) -> Answer {
    draw(&p, &asked.fields, &Fields::default(), Mistakes::default()).await
}

/// `POST`: the list with the ticks of the form; nothing changes. Cancel comes here.
pub async fn again(p: Permitted<may::SeeOutbox>, asked: Asked, form: Fields) -> Answer {
    draw(&p, &asked.fields, &form, Mistakes::default()).await
}

/// What was ticked cannot be done: the list as it was, and why.
pub(super) async fn wrong<N: Need>(p: &Permitted<N>, form: &Fields, mistakes: Mistakes) -> Answer {
    draw(p, &Fields::parse(&form.text("back")), form, mistakes).await
}

async fn draw<N: Need>(p: &Permitted<N>, asked: &Fields, form: &Fields, mistakes: Mistakes) -> Answer {
    let filter = filter(asked);
    let filtered = is_narrowed(&filter);
    let state = Some(asked.text("state")).filter(|word| view(word).is_some());
    let word = word(asked, &filter);
    let shown = view(&word).unwrap_or(View::Attention);
    let paging = Asked::of(asked.clone()).paging;
    let wanted = filter.clone();
    let current = word.clone();
    let ((counts, rows, (stretch, total), health, basis), chrome) = p
        .view(move |desk, who, now| {
            desk.db.read(|conn| {
                let scope = who.scope.containers();
                let asked_for = format!("{scope:?} {wanted:?}");
                let wanted = mail::sought(conn, &wanted)?;
                let mut counts = Vec::with_capacity(VIEWS.len());
                let (mut total, mut rows, mut stretch) = (Total::default(), Vec::new(), Stretch::default());
                for (word, _, view) in VIEWS {
                    let question = format!("outbox {word} {asked_for}");
                    let count = desk.kept.total(&question, now, || mail::count(conn, now, scope, &wanted, view))?;
                    counts.push(count);
                    if word == current {
                        total = count;
                        let read = |span: Span| mail::rows(conn, now, scope, &wanted, view, span);
                        let (found, part) = paging.read(|email: &Email| email.id.0, read)?;
                        (rows, stretch) = (found, part);
                    }
                }
                let basis = outbox::basis(conn, now, &desk.settings)?;
                Ok((counts, outbox::in_context(conn, rows)?, (stretch, total), mail::health(conn)?, basis))
            })
        })
        .await?;
    let settings = &p.desk.settings;
    let links = address(asked);
    let carrier = if settings.demo { "the demo mailbox".to_owned() } else { Carrier::of(settings)?.label() };
    let tabs = VIEWS
        .iter()
        .zip(counts)
        .map(|((tab, label, _), count)| Tab {
            words: label,
            count: count.short(),
            href: links.with("state", tab),
            current: *tab == word,
        })
        .collect();
    let zone = settings.zone;
    let set = settings.mail_leaves();
    let may = (p.may(Permission::SendAgain), p.may(Permission::Resend), p.may(Permission::SeeUsers));
    let ticked: Vec<EmailId> = ticked::ids(&form.all(EMAIL));
    let elsewhere = ticked.iter().filter(|id| !rows.iter().any(|row| row.email.id == **id)).copied().collect();
    let status = if mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = OutboxPage {
        chrome,
        nothing: nothing(shown, set, &health),
        relay: relay(set, &carrier, health, zone, p.now),
        tabs,
        heading: VIEWS.iter().find(|view| view.0 == word).map_or("", |view| view.1),
        kinds: Kind::ALL
            .iter()
            .map(|kind| Choice::new(kind.code(), kind.label(), filter.kind == Some(*kind)))
            .collect(),
        asked: vec![
            ("q", filter.text.clone()),
            ("message", filter.kind.map_or_else(String::new, |kind| kind.code().to_owned())),
            ("state", word),
        ],
        filter,
        state: state.unwrap_or_default(),
        filtered,
        see_tasks: p.may(Permission::SeeTasks),
        pager: Pager::of(stretch, total, &links),
        rows: rows.into_iter().map(|row| line(row, &ticked, &basis, zone, may)).collect(),
        again: may.0 && fits(Change::SendAgain, shown),
        cancel: may.0 && fits(Change::Cancel, shown),
        all: asked.ticked("all") || form.ticked("all"),
        all_href: links.with("all", "1"),
        some_href: links.here(),
        back: links.query(),
        elsewhere,
        mistakes,
        file: file::address(p, "/outbox.csv", &links),
    };
    page_with(status, &page)
}

fn line(row: EmailInContext, ticked: &[EmailId], basis: &Basis, zone: Zone, may: (bool, bool, bool)) -> Line {
    let way = row_action(&row, basis, may);
    let email = row.email;
    let second = match (email.alternate, email.facts.name.is_empty()) {
        (true, _) => format!("{}, alternate address", email.facts.user_id),
        (false, true) => email.facts.user_id.clone(),
        (false, false) => email.facts.name.clone(),
    };
    let answered = email.last_answer_at.map(|at| clock::moment(zone, basis.now, at)).unwrap_or_default();
    let next = next_words(&email, zone, basis.now, basis.mail_leaves);
    Line { ticked: ticked.contains(&email.id), reason: plain_words(&email), email, second, answered, next, way }
}

/// The likeliest thing to do with an email.
fn row_action(
    row: &EmailInContext,
    basis: &Basis,
    (change, resend, see_users): (bool, bool, bool),
) -> Option<RowAction> {
    let EmailInContext { email, context: around } = row;
    let likeliest = if email.state == State::Queued { Change::Cancel } else { Change::SendAgain };
    if change && again::judge(likeliest, email, around, basis).is_ok() {
        let (verb, words) = match email.state {
            State::Queued => ("cancel", "Cancel"),
            State::Deferred => ("send-again", "Try now"),
            _ => ("send-again", "Send again"),
        };
        return Some(RowAction { href: format!("/outbox/{}/{verb}", email.id), words, link: false });
    }
    if !email.state.is_final_trouble() || again::instead(email, around, basis).is_empty() {
        return None;
    }
    if resend && again::can_resend(email, around, basis) {
        return resend_href(email).map(|href| RowAction { href, words: "Resend", link: true });
    }
    // Something has to come before Resend, or somebody else may do it: the user's page says what, and who.
    let enrollment =
        around.enrollment.as_ref().filter(|enrollment| see_users && enrollment.facts.enrolled_at.is_none())?;
    let href = format!("/users/{}/authentication-methods?task={}", segment(&email.facts.user_id), enrollment.task);
    Some(RowAction { href, words: "Why?", link: true })
}

/// The address of Resend for the user and the task of an email.
pub(super) fn resend_href(email: &Email) -> Option<String> {
    email.task.map(|task| format!("/users/{}/tasks/{task}/edit", segment(&email.facts.user_id)))
}

/// Why it did not arrive, in plain words; empty if it did, or if nobody can tell.
pub(super) fn plain_words(email: &Email) -> &'static str {
    if email.state.is_trouble() { status::plain(&email.last_answer).unwrap_or_default() } else { "" }
}

/// When it is tried next, in words.
pub(super) fn next_words(email: &Email, zone: Zone, now: Timestamp, leaves: bool) -> String {
    match (email.state, email.next_try_at) {
        (State::Queued | State::Deferred, _) if !leaves => "once a mail server is set".into(),
        (State::Queued, _) => "soon".into(),
        (State::Deferred, Some(at)) if at <= now => "soon".into(),
        (State::Deferred, Some(at)) if zone.today(at) == zone.today(now) => zone.local(at).format("%H:%M").to_string(),
        (State::Deferred, Some(at)) => zone.local(at).format("%Y-%m-%d %H:%M").to_string(),
        (State::Failed | State::Bounced, _) => "stopped".into(),
        _ => String::new(),
    }
}

fn relay(set: bool, carrier: &str, health: Health, zone: Zone, now: Timestamp) -> Relay {
    let accepted = match health.last_accepted_at {
        Some(at) => format!("{carrier}, last accepted {}", continued(&clock::moment(zone, now, at))),
        None => format!("{carrier}, nothing accepted yet"),
    };
    let say = |kind, icon, bold| Relay { kind, icon, bold, detail: accepted.clone() };
    match health.last_try {
        _ if !set => Relay {
            kind: "deferred",
            icon: "alert-triangle",
            bold: "No mail server is set",
            detail: "Emails wait until the setting smtp_url names one.".into(),
        },
        None => say("queued", "clock", "Nothing was tried yet"),
        Some(_) if health.takes_nothing => say("deferred", "alert-triangle", "The mail server takes no email"),
        Some(last) if last.outcome == State::Deferred => say("deferred", "clock-pause", "The last email was put off"),
        // A refusal of one address is an answer of a server that is there.
        Some(_) => say("sent", "circle-check", "The mail server is accepting mail"),
    }
}
