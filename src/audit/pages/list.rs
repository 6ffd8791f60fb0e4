//! `/audit`: who did what, newest first, by day.

use askama::Template;
use chrono::{Datelike as _, NaiveDate};

use super::{Fact, fact, kind, sight, user_address};
use crate::{
    audit::{self, Area, Line, Search, Visible},
    clock::{Timestamp, Zone},
    db::{Span, Total},
    operators::{self, Permission, may},
    web::{
        Answer, Asked, Chrome, Pager, Permitted, file,
        list::{Choice, chips, prefixed},
        page,
    },
};

/// The most operators that the filter offers: beyond that one types the name in the search.
const OFFERED: i64 = 1000;

#[derive(Template)]
#[template(path = "audit/list.html")]
struct AuditPage {
    chrome: Chrome,
    all: bool,
    q: String,
    from: String,
    to: String,
    operators: Vec<Choice>,
    areas: Vec<Choice>,
    chips: Vec<(String, String)>,
    days: Vec<Day>,
    pager: Pager,
    see_tasks: bool,
    file: String,
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

/// The list.
pub async fn show(p: Permitted<may::ReadAudit>, asked: Asked) -> Answer {
    let [q, operator, from, to] = ["q", "operator", "from", "to"].map(|name| asked.text(name));
    let paging = asked.paging;
    let all = p.may(Permission::SeeAudit);
    let zone = p.desk.settings.zone;
    let search = search(&asked, sight(&p.who), zone);
    let area = search.area;
    let own = matches!(search.sight, Visible::Own(_));
    let ((lines, stretch, total, mut operators), chrome) = p
        .view(move |desk, who, _| {
            desk.db.read(|conn| {
                let mut total = Total::default();
                let read = |span: Span| {
                    let (lines, all) = audit::find(conn, &search, span)?;
                    total = all;
                    Ok(lines)
                };
                let (lines, stretch) = paging.read(|line: &Line| line.id, read)?;
                let operators = if all { operators::working_in(conn, &who.scope, OFFERED)? } else { Vec::new() };
                Ok((lines, stretch, total, operators))
            })
        })
        .await?;
    // "system", or someone who is no operator any more: kept when the form is sent again.
    if !operator.is_empty() && !operators.contains(&operator) {
        operators.push(operator.clone());
    }
    let links = asked.links("/audit", filter(&asked, area));
    let chips = chips(
        &links,
        [
            ("q", prefixed("Search: ", &q)),
            ("operator", prefixed("Operator: ", &operator)),
            ("action", prefixed("Action: ", area.map_or("", Area::label))),
            ("from", prefixed("From: ", &from)),
            ("to", prefixed("To: ", &to)),
        ],
    );
    let pager = Pager::of(stretch, total, &links);
    page(&AuditPage {
        chrome,
        all,
        q,
        from,
        to,
        operators: operators
            .into_iter()
            .map(|name| Choice::new(name.clone(), name.clone(), name == operator))
            .collect(),
        areas: Area::ALL.map(|one| Choice::new(one.code(), one.label(), area == Some(one))).into(),
        chips,
        days: days(lines, zone, p.now, p.may(Permission::SeeUsers)),
        pager,
        see_tasks: p.may(Permission::SeeTasks),
        file: if own || p.may(Permission::Reports) { file::address_of("/audit.csv", &links) } else { String::new() },
    })
}

/// What is looked for, as an address says it; who sees nothing but own entries chooses no operator.
pub(super) fn search(asked: &Asked, sight: Visible, zone: Zone) -> Search {
    let date = |name: &str| asked.text(name).parse::<NaiveDate>().ok();
    Search {
        text: asked.text("q"),
        actor: if matches!(sight, Visible::Own(_)) { String::new() } else { asked.text("operator") },
        sight,
        area: Area::from_code(&asked.text("action")),
        from: date("from").and_then(|day| day.pred_opt()).map(|before| zone.end_of(before)),
        until: date("to").map(|day| zone.end_of(day)),
    }
}

/// What narrows the list, as its address says it.
pub(super) fn filter(asked: &Asked, area: Option<Area>) -> Vec<(&'static str, String)> {
    let text = |name: &'static str| (name, asked.text(name));
    let action = ("action", area.map_or(String::new(), |area| area.code().to_owned()));
    vec![text("q"), text("operator"), action, text("from"), text("to")]
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
    let (kind, user_address) = (kind(&line), user_address(&line, see_users));
    let said = line.sentence.contains(&line.subject) || line.subject == line.actor;
    Row {
        number: line.id,
        time,
        who: line.actor,
        kind,
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
