//! `/tasks/{number}/edit`: users of the task with check boxes, and what can be done with the ticked ones.

use actix_web::{http::StatusCode, web::Path};
use askama::Template;

use crate::{
    clock::distance,
    db,
    error::{Error, Mistakes},
    ids::{EnrollmentId, TaskId},
    operators::{
        Permission,
        may::{self, Need},
    },
    tasks::{
        left_out::{self, EditAction},
        list::Row,
        members::{EnrollmentRow, Filter},
        pages::{
            boxes::{self, Boxes, View},
            detail::{self, Line},
        },
        reading,
        status::urgency,
        ticked_users::TickedUsers,
    },
    ticked,
    web::{
        Answer, Asked, Chrome, Fields, Links, Pager, Permitted,
        list::{chips, quoted},
        page_with,
    },
};

/// The check box of a user.
const USER: &str = "user";

/// A row with its check box.
struct TickLine {
    line: Line,
    stop_hint: String,
    urgency: &'static str,
    ticked: bool,
    /// What can be done to the user beside what can be done to all: "resend", "unlock" or "".
    can: &'static str,
}

/// A ticked user who is not on this page.
struct Elsewhere {
    id: EnrollmentId,
    stop_on: String,
    can: &'static str,
}

/// To how many what can be done, if all that match are selected.
struct Counts {
    all: i64,
    resend: i64,
    unlock: i64,
}

#[derive(Template)]
#[template(path = "tasks/edit.html")]
struct Page {
    chrome: Chrome,
    row: Row,
    q: String,
    here: String,
    kept: Vec<(&'static str, String)>,
    pills: Vec<Pill>,
    chips: Vec<(String, String)>,
    sort_href: String,
    sort_order: &'static str,
    all: bool,
    all_href: String,
    some_href: String,
    rows: Vec<TickLine>,
    elsewhere: Vec<Elsewhere>,
    counts: Counts,
    enrolled: i64,
    enrolled_rows: Vec<Line>,
    /// There are more of them than those.
    more_enrolled: bool,
    enrolled_href: String,
    pager: Pager,
    today: String,
    stop_on: String,
    stop_words: String,
    latest: String,
    mistakes: Mistakes,
    may_move: bool,
    may_remove: bool,
    may_resend: bool,
    may_unlock: bool,
}

/// A view, as a link over the list.
struct Pill {
    words: &'static str,
    icon: &'static str,
    count: i64,
    href: String,
    current: bool,
}

/// The page.
pub async fn show(p: Permitted<may::EditTask>, number: Path<String>, asked: Asked) -> Answer {
    draw(&p, reading::number(&number)?, &asked, &Fields::default(), Mistakes::default()).await
}

/// `POST`: the page with the ticks and the date of the form; nothing changes. Another view, and Cancel, come here.
pub async fn again(p: Permitted<may::EditTask>, number: Path<String>, asked: Asked, form: Fields) -> Answer {
    draw(&p, reading::number(&number)?, &asked, &form, Mistakes::default()).await
}

/// What was ticked cannot be done: the page with everything that was ticked and typed, and why.
pub(super) async fn wrong<N: Need>(p: &Permitted<N>, id: TaskId, form: &Fields, mistakes: Mistakes) -> Answer {
    draw(p, id, &Asked::of(form.clone()), form, mistakes).await
}

/// The addresses of the list's views.
fn links(id: TaskId, asked: &Asked) -> Links {
    let sort = if asked.text("sort") == "-user" { "-user".into() } else { String::new() };
    let view = View::from_code(&asked.text("status"));
    asked.links(address(id), vec![("q", asked.text("q")), ("status", view.code().to_owned()), ("sort", sort)])
}

/// The view as it is, its page too.
fn here(id: TaskId, asked: &Asked) -> String {
    let all = if asked.fields.ticked("all") { "1".to_owned() } else { String::new() };
    links(id, asked).and(vec![("all", all), ("page", asked.page())]).here()
}

/// The address of the check boxes as they were when `form` was sent.
pub(super) fn view_of(id: TaskId, form: &Fields) -> String {
    here(id, &Asked::of(form.clone()))
}

async fn draw<N: Need>(p: &Permitted<N>, id: TaskId, asked: &Asked, form: &Fields, mistakes: Mistakes) -> Answer {
    let (q, view, paging) = (asked.text("q"), View::from_code(&asked.text("status")), asked.paging);
    let filter = Filter { q: db::key(&q), descending: asked.text("sort") == "-user", ..view.filter() };
    let ticks = ticked::ids(&form.all(USER));
    let all = asked.fields.ticked("all");
    let wanted = (filter.clone(), ticks.clone());
    let (boxes, chrome) =
        p.view(move |desk, who, now| boxes::read(desk, who, now, id, &wanted.0, &wanted.1, paging, all)).await?;
    let Boxes { row, members, total, ticked, matching, can_resend, can_unlock, by_view, enrolled, policy } = boxes;
    if !row.task.is_open() {
        let sentence = format!("Task {id} is over: it was removed, or everyone in it has enrolled.");
        return Err(Error::Refused(sentence).into());
    }
    let (zone, now) = (p.desk.settings.zone, p.now);
    let (today, attempts) = (zone.today(now), policy.attempts_allowed);
    let links = links(id, asked);
    let all = all && matching > 0;
    let can = |member: &EnrollmentRow| {
        let able = |action| left_out::why(action, member, attempts, today).is_none();
        if able(EditAction::Resend) {
            "resend"
        } else if able(EditAction::Unlock) {
            "unlock"
        } else {
            ""
        }
    };
    let counts = Counts { all: matching, resend: can_resend, unlock: can_unlock };
    let shown: Vec<EnrollmentId> = members.iter().map(|member| member.enrollment).collect();
    let elsewhere = ticked
        .iter()
        .filter(|member| !all && !shown.contains(&member.enrollment))
        .map(|member| Elsewhere { id: member.enrollment, stop_on: member.facts.stop_on.to_string(), can: can(member) })
        .collect();
    let rows: Vec<TickLine> = members
        .into_iter()
        .map(|member| {
            let (stop_hint, urgency) = urgency(today, member.facts.stop_on);
            let open = member.facts.enrolled_at.is_none();
            TickLine {
                ticked: open && (all || ticks.contains(&member.enrollment)),
                can: can(&member),
                line: detail::line(member, attempts, now, zone, false),
                stop_hint,
                urgency: if open { urgency } else { "" },
            }
        })
        .collect();
    let chips = chips(&links, [("q", quoted(&q))]);
    let stop_on = match form.text("stop_on") {
        typed if typed.is_empty() => row.task.stop_on().max(today).to_string(),
        typed => typed,
    };
    let status = if mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    page_with(
        status,
        &Page {
            chrome,
            here: here(id, asked),
            kept: vec![
                ("q", q.clone()),
                ("status", view.code().to_owned()),
                ("sort", asked.text("sort")),
                ("page", paging.page.to_string()),
                ("size", paging.size.to_string()),
            ],
            q,
            pills: View::ALL
                .into_iter()
                .zip(by_view)
                .map(|(each, count)| Pill {
                    words: each.label(),
                    icon: each.icon(),
                    count,
                    href: links.with("status", each.code()),
                    current: each == view,
                })
                .collect(),
            chips,
            sort_href: links.with("sort", if filter.descending { "" } else { "-user" }),
            sort_order: if filter.descending { "descending" } else { "ascending" },
            all,
            all_href: links.with("all", "1"),
            some_href: links.here(),
            pager: Pager::new(paging, rows.len(), total, &links),
            rows,
            elsewhere,
            counts,
            enrolled: row.task.counts.enrolled,
            more_enrolled: i64::try_from(enrolled.len()).is_ok_and(|shown| shown < row.task.counts.enrolled),
            enrolled_rows: enrolled
                .into_iter()
                .map(|member| detail::line(member, attempts, now, zone, false))
                .collect(),
            enrolled_href: links.with("status", View::All.code()),
            today: today.to_string(),
            stop_words: stop_on
                .parse::<chrono::NaiveDate>()
                .map(|date| format!("{}, {}", date.format("%a"), distance(today, date)))
                .unwrap_or_default(),
            stop_on,
            latest: policy.latest_stop(row.task.start_on).to_string(),
            mistakes,
            may_move: p.may(Permission::ChangeStopDate),
            may_remove: p.may(Permission::Remove),
            may_resend: p.may(Permission::Resend),
            may_unlock: p.may(Permission::Unlock),
            row,
        },
    )
}

/// The ticked users of the form, or the filter that stands for all that match.
pub(super) fn ticked_users(form: &Fields) -> TickedUsers {
    TickedUsers::from_form(&form.all(USER), form.ticked("all"), || Filter {
        q: db::key(&form.text("q")),
        ..View::from_code(&form.text("status")).filter()
    })
}

/// Where Edit of a task is.
pub(super) fn address(id: TaskId) -> String {
    format!("/tasks/{id}/edit")
}
