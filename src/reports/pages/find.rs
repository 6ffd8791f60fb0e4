//! `/find?q=`: one text, looked up wherever the role may look. One exact hit leads straight to it.

use actix_web::HttpRequest;
use askama::Template;

use crate::{
    clock::distance,
    english::counted,
    ids::TaskId,
    operators::{Permission, may},
    reports::{
        self,
        find::hit::{self, Finding, Found, FoundUser, Hit, Standing},
        history::{Outcome, Row},
    },
    tokens::{Token, TokenState},
    web::{self, Answer, Chrome, Fields, Links, Permitted, see_other, segment},
};

#[derive(Template)]
#[template(path = "reports/find.html")]
struct Page {
    chrome: Chrome,
    q: String,
    groups: Vec<Group>,
    /// True if something but actions was found.
    found: bool,
    /// What may have been meant where nothing was found: words and address.
    meant: Vec<(String, String)>,
}

/// Hits of one kind.
struct Group {
    words: String,
    hits: Vec<Line>,
    /// Address and words of the list with all of them; empty if this is all.
    more: (String, String),
}

/// A hit.
struct Line {
    icon: &'static str,
    href: String,
    words: String,
    second: String,
    /// The state at the right: its words and the status it is dressed as.
    state: String,
    dress: &'static str,
}

/// Shows what was found, or leads to the one thing that was named.
pub async fn show(p: Permitted<may::SignedIn>, request: HttpRequest) -> Answer {
    let zone = p.desk.settings.zone;
    let q = hit::typed(&Fields::parse(request.query_string()).text("q"));
    let asked = q.clone();
    let finding =
        p.call(move |desk, who, now| desk.db.read(|conn| reports::find(conn, who, now, zone, &asked))).await?;
    let found = match finding {
        Finding::Exact(hit) => return Ok(see_other(&address(&hit))),
        Finding::Begins(found) => found,
    };
    let today = zone.today(p.now);
    let mut groups = Vec::new();
    let Found { users, users_total, tasks, tokens, meant } = found;
    let first = users.first().map(|found| (found.user.user_id.clone(), found.user.name(), found.stand.clone()));
    if !users.is_empty() {
        let shown = i64::try_from(users.len()).unwrap_or(0);
        let all = Links::new("/users", vec![("q", q.clone()), ("state", "any".into())]).here();
        let more = if users_total.more || users_total.rows > shown {
            (all, users_total.counted_as("user", "users"))
        } else {
            Default::default()
        };
        groups.push(Group { words: "Users".into(), hits: users.into_iter().map(user_line).collect(), more });
    }
    if let Some((user_id, name, stand)) = first {
        let hits = actions_for(&p, &user_id, &stand);
        let name = if name.is_empty() { user_id } else { name };
        groups.push(Group { words: format!("For {name}"), hits, more: Default::default() });
    }
    if !tasks.is_empty() {
        let hits = tasks.into_iter().map(|row| task_line(&row, today)).collect();
        groups.push(Group { words: "Provisioning tasks".into(), hits, more: Default::default() });
    }
    if !tokens.is_empty() {
        let hits = tokens.into_iter().map(token_line).collect();
        groups.push(Group { words: "Serial numbers".into(), hits, more: Default::default() });
    }
    groups.retain(|group| !group.hits.is_empty());
    let found = !groups.is_empty();
    let actions = actions(&p, &q);
    if !actions.is_empty() {
        groups.push(Group { words: "Actions".into(), hits: actions, more: Default::default() });
    }
    let ((), chrome) = p.view(|_, _, _| Ok(())).await?;
    let meant =
        meant.into_iter().map(|words| (words.clone(), Links::new("/find", vec![("q", words)]).here())).collect();
    web::page(&Page { chrome, q, groups, found, meant })
}

fn address(hit: &Hit) -> String {
    match hit {
        Hit::User(user_id) => user_address(user_id),
        Hit::Task(task) => format!("/tasks/{task}"),
        Hit::Serial(serial) => format!("/tokens/{}", segment(serial)),
    }
}

fn user_address(user_id: &str) -> String {
    format!("/users/{}/authentication-methods", segment(user_id))
}

fn user_line(found: FoundUser) -> Line {
    let user = found.user;
    let (state, dress) = match found.stand {
        Standing::Disabled => ("Disabled".to_owned(), "removed"),
        Standing::MailFailed(_) => ("Mail failed".to_owned(), "locked"),
        Standing::In(_, status) => (status.label().to_owned(), ""),
        Standing::Tokens(0) => ("no token".to_owned(), "none"),
        Standing::Tokens(count) => (counted(count, "token"), "none"),
    };
    let dress = if dress.is_empty() { lower(&state) } else { dress };
    let name = user.name();
    let second: Vec<&str> = [user.user_id.as_str(), user.email.as_str(), user.container_name.as_str()]
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect();
    Line {
        icon: "user",
        href: user_address(&user.user_id),
        second: second.join(" · "),
        words: if name.is_empty() { user.user_id } else { name },
        state,
        dress,
    }
}

/// The status word as the dress of the same name.
fn lower(word: &str) -> &'static str {
    match word {
        "Completed" => "completed",
        "Locked" => "locked",
        "Expired" => "expired",
        _ => "active",
    }
}

fn task_line(row: &Row, today: chrono::NaiveDate) -> Line {
    let task = &row.task;
    let outcome = row.outcome(today);
    let (state, dress) = match outcome {
        Outcome::Open => (format!("stops {}", distance(today, task.stop_on())), "none"),
        other => (other.code().to_owned(), other.dress()),
    };
    let counts = row.counts();
    let mut second = format!("{} of {} completed", counts.completed, counts.users);
    if !task.emailed_to.is_empty() {
        second = format!("Emailed to {} · {second}", task.emailed_to_words());
    }
    let words = if task.description.is_empty() {
        format!("Task {}", task.id)
    } else {
        format!("Task {}, {}", task.id, task.description)
    };
    Line { icon: "ticket", href: address(&Hit::Task(task.id)), words, second, state, dress }
}

fn token_line(token: Token) -> Line {
    let dress = match token.state {
        TokenState::Active => "completed",
        TokenState::Locked | TokenState::Lost | TokenState::Faulty => "locked",
        TokenState::Suspended => "expired",
        TokenState::Inventory | TokenState::Assigned => "none",
    };
    Line {
        icon: "key",
        href: address(&Hit::Serial(token.serial.clone())),
        words: token.serial,
        second: token.authentication_type.label().to_owned(),
        state: token.state.label().to_owned(),
        dress,
    }
}

fn action(icon: &'static str, words: impl Into<String>, href: impl Into<String>, state: &str) -> Line {
    Line { icon, href: href.into(), words: words.into(), second: String::new(), state: state.to_owned(), dress: "none" }
}

/// What can be done for the first user.
fn actions_for(p: &Permitted<may::SignedIn>, user_id: &str, stand: &Standing) -> Vec<Line> {
    let mut lines = Vec::new();
    let waits: Option<TaskId> = match stand {
        Standing::MailFailed(task) => Some(*task),
        Standing::In(task, crate::tasks::Status::Active) => Some(*task),
        _ => None,
    };
    if let (Some(task), true) = (waits, p.may(Permission::Resend)) {
        let href = format!("/users/{}/tasks/{task}/edit", segment(user_id));
        lines.push(action("send", format!("Resend task {task}"), href, "opens the form"));
    }
    if *stand != Standing::Disabled && !matches!(stand, Standing::Tokens(_)) {
        lines.push(action("help-circle", "Why can’t this user enroll?", user_address(user_id), ""));
    }
    lines
}

/// What can be done anyway; as far as the words hold what was typed, or all if nothing was.
fn actions(p: &Permitted<may::SignedIn>, q: &str) -> Vec<Line> {
    let wanted = q.to_lowercase();
    [
        (Permission::SeeTasks, "ticket", "Provisioning Tasks", "/tasks"),
        (Permission::SeeUsers, "users", "Search users", "/users"),
        (Permission::EditUsers, "user-plus", "Create User", "/users/new"),
        (Permission::EditUsers, "upload", "Import Users", "/users/import"),
        (Permission::SeeOutbox, "send", "Outbox", "/outbox"),
        (Permission::Reports, "report-analytics", "Provisioning history", "/reports/provisioning"),
        (Permission::Reports, "report-analytics", "Users not enrolled", "/reports/not-enrolled"),
        (Permission::EditPolicies, "adjustments-horizontal", "Self-Enrollment Policy", "/policy/self-enrollment"),
    ]
    .into_iter()
    .filter(|(permission, _, words, _)| p.may(*permission) && words.to_lowercase().contains(&wanted))
    .map(|(_, icon, words, href)| action(icon, words, href, ""))
    .collect()
}
