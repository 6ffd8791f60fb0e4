//! `/audit`: who did what, newest first, by day.

use actix_web::web::Query;
use askama::Template;
use chrono::{Datelike as _, NaiveDate};
use serde::Deserialize;

use crate::{
    audit::{self, ActorKind, Line, Search},
    clock::{Timestamp, Zone},
    operators::{self, Permission, may},
    web::{Answer, Chrome, Links, Pager, Paging, Permitted, page, segment},
};

/// What the address asks for; all of it as it was typed.
#[derive(Deserialize)]
pub struct Asked {
    q: Option<String>,
    operator: Option<String>,
    from: Option<String>,
    to: Option<String>,
    page: Option<String>,
    size: Option<String>,
}

#[derive(Template)]
#[template(path = "audit/list.html")]
struct AuditPage {
    chrome: Chrome,
    all: bool,
    q: String,
    operator: String,
    from: String,
    to: String,
    operators: Vec<String>,
    chips: Vec<(String, String)>,
    days: Vec<Day>,
    pager: Pager,
    see_tasks: bool,
}

/// The entries of one day.
struct Day {
    words: String,
    date: String,
    rows: Vec<Row>,
}

struct Row {
    number: i64,
    time: String,
    who: String,
    kind: &'static str,
    refused: bool,
    sentence: String,
    subject: String,
    user_address: Option<String>,
    facts: Vec<Fact>,
    task: Option<i64>,
    from: String,
}

/// A name and a value, and the value before if it changed.
struct Fact {
    name: String,
    before: Option<String>,
    now: String,
}

/// The list.
pub async fn list(p: Permitted<may::ReadAudit>, asked: Query<Asked>) -> Answer {
    let text = |value: &Option<String>| value.as_deref().unwrap_or_default().trim().to_owned();
    let number = |value: &Option<String>| value.as_deref().and_then(|value| value.trim().parse::<i64>().ok());
    let (q, operator, from, to) = (text(&asked.q), text(&asked.operator), text(&asked.from), text(&asked.to));
    let paging = Paging::new(number(&asked.page), number(&asked.size));
    let all = p.may(Permission::SeeAudit);
    let zone = p.desk.settings.zone;
    let date = |text: &str| text.parse::<NaiveDate>().ok();
    let search = Search {
        text: q.clone(),
        actor: if all { operator.clone() } else { String::new() },
        only_of: (!all).then(|| p.who.name().to_owned()),
        from: date(&from).and_then(|day| day.pred_opt()).map(|before| zone.end_of(before)),
        until: date(&to).map(|day| zone.end_of(day)),
    };
    let ((lines, total, operators), chrome) = p
        .view(move |desk, _, _| {
            desk.db.read(|c| {
                let (lines, total) = audit::find(c, &search, paging.offset(), paging.size)?;
                let operators = if all { operators::list(c)? } else { Vec::new() };
                Ok((lines, total, operators.into_iter().map(|operator| operator.user_id).collect()))
            })
        })
        .await?;
    // "system", or someone who is no operator any more: kept when the form is sent again.
    let mut operators: Vec<String> = operators;
    if !operator.is_empty() && !operators.contains(&operator) {
        operators.push(operator.clone());
    }
    let size = text(&asked.size);
    let links = Links::new(
        "/audit",
        vec![
            ("q", q.clone()),
            ("operator", operator.clone()),
            ("from", from.clone()),
            ("to", to.clone()),
            ("size", size),
        ],
    );
    let chips = [("q", "Search", &q), ("operator", "Operator", &operator), ("from", "From", &from), ("to", "To", &to)]
        .into_iter()
        .filter(|(_, _, value)| !value.is_empty())
        .map(|(name, words, value)| (format!("{words}: {value}"), links.with(name, "")))
        .collect();
    let pager = Pager::new(paging, lines.len(), total, &links);
    page(&AuditPage {
        chrome,
        all,
        q,
        operator,
        from,
        to,
        operators,
        chips,
        days: days(lines, zone, p.now, p.may(Permission::SeeUsers)),
        pager,
        see_tasks: p.may(Permission::SeeTasks),
    })
}

fn days(lines: Vec<Line>, zone: Zone, now: Timestamp, see_users: bool) -> Vec<Day> {
    let today = zone.today(now);
    let mut days: Vec<Day> = Vec::new();
    for line in lines {
        let local = zone.local(line.at);
        let date = local.date().to_string();
        let row = row(line, local.format("%H:%M:%S").to_string(), see_users);
        match days.last_mut().filter(|day| day.date == date) {
            Some(day) => day.rows.push(row),
            None => days.push(Day { words: day_words(today, local.date()), date, rows: vec![row] }),
        }
    }
    days
}

/// "Today, Friday", "Yesterday, Thursday", "Wednesday".
fn day_words(today: NaiveDate, day: NaiveDate) -> String {
    let name = day.format("%A");
    match today.num_days_from_ce() - day.num_days_from_ce() {
        0 => format!("Today, {name}"),
        1 => format!("Yesterday, {name}"),
        _ => name.to_string(),
    }
}

fn row(line: Line, time: String, see_users: bool) -> Row {
    let fact = |(name, value): (String, String)| match value.split_once(" → ") {
        Some((before, now)) => Fact { name, before: Some(before.to_owned()), now: now.to_owned() },
        None => Fact { name, before: None, now: value },
    };
    // Operators and the server go by their names; a user or an auth node might have the name of an operator.
    let kind = [ActorKind::User, ActorKind::AuthNode].into_iter().find(|kind| kind.word() == line.actor_kind);
    let said = line.sentence.contains(&line.subject) || line.subject == line.actor;
    let user_address = line.user.filter(|_| see_users).map(|_| format!("/users/{}", segment(&line.subject)));
    Row {
        number: line.id,
        time,
        who: line.actor,
        kind: kind.map_or("", ActorKind::word),
        refused: line.refused,
        sentence: line.sentence,
        subject: if said { String::new() } else { line.subject },
        user_address,
        facts: line.detail.into_iter().map(fact).collect(),
        task: line.task.map(|task| task.0),
        from: line.address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_told_by_their_distance() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(day_words(day("2026-11-20"), day("2026-11-20")), "Today, Friday");
        assert_eq!(day_words(day("2026-11-20"), day("2026-11-19")), "Yesterday, Thursday");
        assert_eq!(day_words(day("2026-11-20"), day("2026-11-18")), "Wednesday");
    }
}
