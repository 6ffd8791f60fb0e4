//! `/outbox`: every email, what became of it, and why. Read-only.

use actix_web::HttpRequest;
use askama::Template;

use crate::{
    clock::{self, Timestamp, Zone},
    ids::ContainerId,
    mail::{self, Carrier, Email, Filter, Health, Kind, State, View, status},
    operators::{Permission, Scope, may},
    web::{Answer, Chrome, Fields, Links, Pager, Paging, Permitted, page},
};

/// The containers whose users' emails an operator sees; `None`: all.
pub(super) fn containers(scope: &Scope) -> Option<&[ContainerId]> {
    match scope {
        Scope::All => None,
        Scope::Containers(list) => Some(list),
    }
}

#[derive(Template)]
#[template(path = "mail/outbox.html")]
struct OutboxPage {
    chrome: Chrome,
    relay: Relay,
    tabs: Vec<Tab>,
    heading: &'static str,
    filter: Filter,
    state: String,
    kinds: Vec<(&'static str, &'static str, bool)>,
    filtered: bool,
    see_tasks: bool,
    rows: Vec<Line>,
    pager: Pager,
}

/// A view of the list.
struct Tab {
    label: &'static str,
    count: String,
    href: String,
    current: bool,
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
    second: String,
    reason: &'static str,
    answered: String,
    next: String,
}

/// The views, with the word of each in the address.
const VIEWS: [(&str, &str, View); 8] = [
    ("attention", "Needs attention", View::Attention),
    ("queued", "Queued", View::State(State::Queued)),
    ("sent", "Sent", View::State(State::Sent)),
    ("deferred", "Deferred", View::State(State::Deferred)),
    ("failed", "Failed", View::State(State::Failed)),
    ("bounced", "Bounced", View::State(State::Bounced)),
    ("canceled", "Canceled", View::State(State::Canceled)),
    ("all", "All", View::All),
];

/// The list.
pub async fn show(p: Permitted<may::SeeOutbox>, http: HttpRequest) -> Answer {
    let asked = Fields::parse(http.query_string());
    let filter = Filter { text: asked.text("q"), kind: Kind::from_word(&asked.text("message")) };
    let filtered = !filter.text.is_empty() || filter.kind.is_some();
    // Who looks for someone looks through all; who just opens the page sees what wants attention.
    let usual = if filtered { "all" } else { "attention" };
    let state = Some(asked.text("state")).filter(|word| VIEWS.iter().any(|view| view.0 == word.as_str()));
    let word = state.clone().unwrap_or_else(|| usual.to_owned());
    let paging = Paging::new(asked.text("page").parse().ok(), asked.text("size").parse().ok());
    let wanted = filter.clone();
    let current = word.clone();
    let ((counts, rows, total, health), chrome) = p
        .view(move |desk, who, now| {
            desk.db.read(|c| {
                let scope = containers(&who.scope);
                let mut counts = Vec::with_capacity(VIEWS.len());
                let (mut total, mut rows) = (0, Vec::new());
                for (word, _, view) in VIEWS {
                    let count = mail::count(c, now, scope, &wanted, view)?;
                    counts.push(count);
                    if word == current {
                        total = count;
                        rows = mail::rows(c, now, scope, &wanted, view, (paging.offset(), paging.size))?;
                    }
                }
                Ok((counts, rows, total, mail::health(c)?))
            })
        })
        .await?;
    let settings = &p.desk.settings;
    let links = Links::new(
        "/outbox",
        vec![
            ("q", filter.text.clone()),
            ("message", filter.kind.map(|kind| kind.word().to_owned()).unwrap_or_default()),
            ("state", state.clone().unwrap_or_default()),
            ("size", asked.text("size")),
            ("page", asked.text("page")),
        ],
    );
    let carrier = if settings.demo { "the demo mailbox".to_owned() } else { Carrier::of(settings)?.words() };
    let tabs = VIEWS
        .iter()
        .zip(counts)
        .map(|((tab, label, _), count)| Tab {
            label,
            count: thousands(count),
            href: links.with("state", tab),
            current: *tab == word,
        })
        .collect();
    let zone = settings.zone;
    let set = settings.demo || settings.smtp_url.is_some();
    page(&OutboxPage {
        chrome,
        relay: relay(set, &carrier, health, zone, p.now),
        tabs,
        heading: VIEWS.iter().find(|view| view.0 == word).map_or("", |view| view.1),
        kinds: Kind::ALL.iter().map(|kind| (kind.word(), kind.words(), filter.kind == Some(*kind))).collect(),
        filter,
        state: state.unwrap_or_default(),
        filtered,
        see_tasks: p.may(Permission::SeeTasks),
        pager: Pager::new(paging, rows.len(), total, &links),
        rows: rows.into_iter().map(|email| line(email, zone, p.now)).collect(),
    })
}

fn line(email: Email, zone: Zone, now: Timestamp) -> Line {
    let second = match (email.alternate, email.facts.name.is_empty()) {
        (true, _) => format!("{}, alternate address", email.facts.user_id),
        (false, true) => email.facts.user_id.clone(),
        (false, false) => email.facts.name.clone(),
    };
    let answered = email.last_answer_at.map(|at| clock::moment(zone, now, at)).unwrap_or_default();
    let next = next_words(&email, zone, now);
    Line { reason: plain_words(&email), email, second, answered, next }
}

/// Why it did not arrive, in plain words; empty if it did, or if nobody can tell.
pub(super) fn plain_words(email: &Email) -> &'static str {
    if email.state.is_trouble() { status::plain(&email.last_answer).unwrap_or_default() } else { "" }
}

/// When it is tried next, in words.
pub(super) fn next_words(email: &Email, zone: Zone, now: Timestamp) -> String {
    match (email.state, email.next_try_at) {
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
        Some(at) => format!("{carrier}, last accepted {}", clock::moment(zone, now, at)),
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
        Some(last) if last.outcome == State::Deferred => say("deferred", "clock-pause", "The last email was put off"),
        // A refusal of one address is an answer of a server that is there.
        Some(_) => say("sent", "circle-check", "The mail server is accepting mail"),
    }
}

/// "1,284".
fn thousands(number: i64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + 4);
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_parted() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1284), "1,284");
        assert_eq!(thousands(100_000), "100,000");
    }
}
