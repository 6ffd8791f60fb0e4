//! `/`: what is going on, as far as the role may see it.

use askama::Template;

use super::{
    chart::{self, Chart},
    first_start::{self, Card},
};
use crate::{
    clock::{long_date, moment},
    english::{begun, counted, counted_as, number, plural},
    operators::{Permission, may},
    reports::{
        self, Glance,
        snapshot::{Day, Stage, Stopping},
    },
    tasks::status,
    web::{self, Answer, Chrome, Links, Permitted},
};

#[derive(Template)]
#[template(path = "reports/snapshot.html")]
struct Page {
    chrome: Chrome,
    now: String,
    card: Option<Card>,
    /// The list of the first start is drawn with its steps.
    unfolded: bool,
    /// No task was ever made: no number, no chart, and no frame for them.
    /// When the numbers were counted, if that was not just now.
    counted: String,
    empty: bool,
    may_provision: bool,
    stats: Vec<Stat>,
    shows_stopping: bool,
    stopping: Vec<Line>,
    /// Tasks that stop soon and are not in the table.
    more_stopping: i64,
    may_extend: bool,
    needs: Vec<Need>,
    stages: Vec<FunnelLine>,
    sees_reports: bool,
    provisioned: String,
    biggest_loss: String,
    chart: Option<Chart>,
    days: Vec<Day>,
    completed: String,
}

/// A number with the way to what it counts; no address if the role may not go there.
struct Stat {
    icon: &'static str,
    label: &'static str,
    figure: String,
    hint: String,
    href: &'static str,
}

/// Something that does not get better on its own.
struct Need {
    icon: &'static str,
    tone: &'static str,
    words: String,
    detail: String,
    href: String,
}

struct Line {
    stopping: Stopping,
    distance: String,
    urgency: &'static str,
}

/// A line of the funnel as it is drawn.
struct FunnelLine {
    stage: Stage,
    /// How wide its bar is, in parts of [`FUNNEL_WIDTH`].
    width: i64,
    is_biggest_loss: bool,
}

/// The widest bar of the funnel, in the units of its drawing.
const FUNNEL_WIDTH: i64 = 1000;

/// Shows it.
pub async fn show(p: Permitted<may::SignedIn>) -> Answer {
    let (zone, now) = (p.desk.settings.zone, p.now);
    let (mut glance, chrome) =
        p.view(move |desk, who, now| desk.db.read(|conn| reports::glance(desk, conn, who, now))).await?;
    let today = zone.today(now);
    let card = first_start::card(&p, glance.first_start.take());
    let stopping: Vec<Line> = std::mem::take(&mut glance.stopping)
        .into_iter()
        .map(|stopping| {
            let (distance, urgency) = status::urgency(today, stopping.stop_on);
            Line { stopping, distance, urgency }
        })
        .collect();
    let shown = i64::try_from(stopping.len()).unwrap_or(0);
    let funnel = glance.funnel.unwrap_or_default();
    let stages = if glance.funnel.is_some() { funnel.stages().to_vec() } else { Vec::new() };
    let biggest = funnel.biggest().map(|(at, _)| at);
    let drawn = |(at, stage): (usize, Stage)| FunnelLine {
        stage,
        width: stage.count * FUNNEL_WIDTH / funnel.provisioned.max(1),
        is_biggest_loss: biggest == Some(at),
    };
    let completed: i64 = glance.days.iter().map(|day| day.completed).sum();
    let time = |at| zone.local(at).format("%H:%M").to_string();
    web::page(&Page {
        now: format!("{}, {}", long_date(today), time(now)),
        counted: glance.counted_at.map(time).unwrap_or_default(),
        unfolded: card.as_ref().is_some_and(|card| !card.hidden),
        card,
        empty: glance.empty,
        may_provision: p.may(Permission::Provision),
        stats: stats(&p, &glance),
        shows_stopping: glance.soon.is_some(),
        more_stopping: glance.soon.map_or(0, |soon| soon.tasks - shown),
        stopping,
        may_extend: p.may(Permission::ChangeStopDate),
        needs: needs(&p, &glance),
        stages: stages.into_iter().enumerate().map(drawn).collect(),
        sees_reports: p.may(Permission::Reports),
        provisioned: counted_as(funnel.provisioned, "user provisioned", "users provisioned"),
        biggest_loss: funnel.biggest_loss(),
        chart: (!glance.days.is_empty()).then(|| chart::draw(&glance.days)),
        days: glance.days,
        completed: number(completed),
        chrome,
    })
}

fn stats(p: &Permitted<may::SignedIn>, glance: &Glance) -> Vec<Stat> {
    let mut stats = Vec::with_capacity(4);
    if let Some((open, this_week)) = glance.open {
        stats.push(Stat {
            icon: "ticket",
            label: "Open tasks",
            figure: number(open.tasks),
            hint: format!("{} started this week", number(this_week)),
            href: "/tasks",
        });
    }
    if let Some(waiting) = glance.waiting {
        stats.push(Stat {
            icon: "users",
            label: "Users still to enroll",
            figure: number(waiting),
            hint: glance.open.map(|(open, _)| format!("of {} in open tasks", number(open.users))).unwrap_or_default(),
            href: if p.may(Permission::Reports) { "/reports/not-enrolled" } else { "" },
        });
    }
    if let Some(soon) = glance.soon {
        stats.push(Stat {
            icon: "hourglass",
            label: "Stopping in 48 h",
            figure: number(soon.users),
            hint: format!("{} in {}", plural(soon.users, "user"), counted(soon.tasks, "task")),
            href: "/tasks?view=stopping",
        });
    }
    if let Some(failures) = glance.failures {
        stats.push(Stat {
            icon: "mail-x",
            label: "Failed emails",
            figure: failures.short(),
            hint: "in the last 30 days, none sent since".into(),
            href: "/outbox",
        });
    }
    stats
}

fn needs(p: &Permitted<may::SignedIn>, glance: &Glance) -> Vec<Need> {
    let mut needs: Vec<Need> = mail(p, glance).into_iter().collect();
    if let Some(left) = glance.guessing.first() {
        let nodes = match &left.node {
            Some(name) => format!("{name} rejected more than usual"),
            None => "Auth nodes rejected more than usual".into(),
        };
        needs.push(Need {
            icon: "alert-triangle",
            tone: "locked",
            words: nodes,
            detail: format!(
                "{}: somebody may be guessing one-time passwords, or a clock is off. The audit log has each.",
                moment(p.desk.settings.zone, p.now, left.at)
            ),
            href: if p.may(Permission::ManageOperators) { "/auth-nodes" } else { "" }.into(),
        });
    }
    for failing in &glance.rounds {
        let zone = p.desk.settings.zone;
        needs.push(Need {
            icon: "alert-triangle",
            tone: "locked",
            words: format!("The server fails at {}", failing.round.label()),
            detail: format!(
                "Last at {}. Whoever runs Tokendesk finds the reason in its log.",
                zone.local(failing.failed_at).format("%Y-%m-%d %H:%M")
            ),
            href: "".into(),
        });
    }
    if let Some(sentence) = &glance.certificate {
        needs.push(Need {
            icon: "alert-triangle",
            tone: "locked",
            words: "No certificate was issued for https".into(),
            detail: sentence.clone(),
            href: "".into(),
        });
    }
    if let Some(failures) = glance.failures.filter(|failures| failures.rows > 0) {
        needs.push(Need {
            icon: "mail-x",
            tone: "locked",
            words: begun(&failures.counted_as("email failed", "emails failed")),
            detail: "Refused for good, or given up after many tries. The outbox has the mail server’s words.".into(),
            href: "/outbox".into(),
        });
    }
    if let Some(locked) = glance.locked.filter(|locked| locked.users > 0) {
        let attempts = counted(glance.attempts_allowed, "attempt");
        needs.push(Need {
            icon: "status-locked",
            tone: "locked",
            words: counted_as(locked.users, "user locked", "users locked"),
            detail: format!("All {attempts} used, in {}", counted(locked.tasks, "task")),
            href: match (p.may(Permission::Reports), p.may(Permission::SeeTasks)) {
                (true, _) => "/reports/not-enrolled?status=locked",
                (_, true) => "/tasks?view=locked",
                _ => "",
            }
            .into(),
        });
    }
    if let Some((first, lacks)) = glance.lacking.first() {
        let more = glance.lacking.len() - 1;
        let others = if more == 0 { String::new() } else { format!(" {} too.", counted_messages(more)) };
        needs.push(Need {
            icon: "mail-cancel",
            tone: "warn",
            words: format!("The message {} lacks {lacks}", first.label()),
            detail: format!("It goes out all the same. Add what is missing.{others}"),
            href: "/messages".into(),
        });
    }
    if let Some((inventory, reserved)) = glance.few_tokens {
        let left = (inventory - reserved).max(0);
        needs.push(Need {
            icon: "key",
            tone: "muted",
            words: format!("Hardware tokens: {} left", number(left)),
            detail: format!("{} of {} are reserved for tasks", number(reserved), number(inventory)),
            href: if p.may(Permission::Reports) { "/reports/tokens" } else { "" }.into(),
        });
    }
    if let Some((one, other)) = glance.twins.first() {
        let pairs = i64::try_from(glance.twins.len()).unwrap_or(0);
        needs.push(Need {
            icon: "users",
            tone: "muted",
            words: counted_as(pairs, "User ID is there twice", "User IDs are there twice"),
            detail: format!("{one} and {other} are one User ID written in two ways. Change one of them."),
            href: Links::new("/users", vec![("q", one.clone()), ("state", "any".into())]).here(),
        });
    }
    needs
}

/// "1 other message lacks something", "2 other messages lack something".
fn counted_messages(count: usize) -> String {
    counted_as(count, "other message lacks something", "other messages lack something")
}

/// What keeps all email from leaving; `None` if nothing does, or the role may not see the outbox.
fn mail(p: &Permitted<may::SignedIn>, glance: &Glance) -> Option<Need> {
    let health = glance.mail.as_ref()?;
    let wait = match glance.waiting_emails.rows {
        0 => "Email waits".to_owned(),
        _ => begun(&glance.waiting_emails.counted_as("email waits", "emails wait")),
    };
    let need = |words: &str, detail: String, href: &str| {
        Some(Need { icon: "mail-x", tone: "locked", words: words.to_owned(), detail, href: href.to_owned() })
    };
    if !p.desk.settings.mail_leaves() {
        let detail = format!("{wait} in the outbox. Set smtp_url in the settings and start the server again.");
        return need("No mail server is set", detail, "/outbox?state=queued");
    }
    if let Some(last) = health.last_try.as_ref().filter(|_| health.takes_nothing) {
        let words = match health.last_accepted_at {
            Some(_) => "The mail server takes no email",
            None => "The mail server has taken no email yet",
        };
        return need(words, format!("The last answer: {}", last.answer), "/outbox");
    }
    if glance.waiting_emails.rows > 0 {
        let detail = format!("{wait} since more than 10 minutes. Look at the server’s log, and run tokendesk check.");
        return need("Emails are not being sent", detail, "/outbox?state=queued");
    }
    None
}
