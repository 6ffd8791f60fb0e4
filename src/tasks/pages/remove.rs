//! `/tasks/{number}/remove`: what removing the task takes from whom, and the button that does it.

use actix_web::{http::StatusCode, web::Path};
use askama::Template;

use super::people::{CHOSEN, People, Person, is_reading};
use crate::{
    error::Error,
    mail,
    operators::may,
    policy,
    tasks::{
        list::Row,
        members::{EnrollmentRow, Filter},
        reading, remove,
        status::status,
        store, ticked_users,
    },
    web::{Answer, Chrome, Fault, Fields, Flash, Permitted, page_with, see_other},
};

#[derive(Template)]
#[template(path = "tasks/remove.html")]
struct Page {
    chrome: Chrome,
    row: Row,
    emailed_to: String,
    lose: i64,
    /// Those who lose it.
    people: People,
    /// "All 72 users".
    all: String,
    notify: bool,
    conflict: String,
}

/// The page; `form` asks for a page of the list.
async fn draw(
    p: Permitted<may::InTask<may::Remove>>,
    number: &str,
    form: Fields,
    notify: bool,
    conflict: String,
) -> Answer {
    let id = reading::number(number)?;
    let ((row, people), chrome) = p
        .view(move |desk, who, now| {
            desk.db.read(|conn| {
                let (zone, today) = (desk.settings.zone, desk.settings.zone.today(now));
                let row = reading::find(conn, who, now, zone, id)?;
                let attempts = policy::current(conn)?.attempts_allowed;
                let lose = Filter { open: true, ..Filter::default() };
                let total = store::members::count(conn, id, &who.scope, &lose, attempts, today)?;
                let people = People::read(CHOSEN, usize::try_from(total).unwrap_or(0), &form, |skipped, most| {
                    let [from, most] = [skipped, most].map(|rows| i64::try_from(rows).unwrap_or(i64::MAX));
                    let (rows, _) = store::members::page(conn, id, &who.scope, &lose, attempts, today, from, most)?;
                    let person = |member: EnrollmentRow| Person {
                        name: member.name(),
                        status: status(&member.facts, attempts, today).label(),
                        stop_on: member.facts.stop_on.to_string(),
                        user_id: member.user_id,
                        task: String::new(),
                        becomes: "",
                        change: String::new(),
                    };
                    Ok::<_, Error>(rows.into_iter().map(person).collect())
                })?;
                Ok((row, people))
            })
        })
        .await?;
    if !row.task.is_open() {
        let over = format!("Task {id} is over: it was removed, or everyone in it has enrolled.");
        return Err(if conflict.is_empty() { Error::Refused(over) } else { Error::Conflict(conflict) }.into());
    }
    let status = if conflict.is_empty() { StatusCode::OK } else { StatusCode::CONFLICT };
    let lose = row.task.counts.users - row.task.counts.enrolled;
    let all = if lose == 1 { "The 1 user".into() } else { format!("All {lose} users") };
    let emailed_to = row.task.emailed_to_words();
    page_with(status, &Page { chrome, emailed_to, lose, people, all, notify, row, conflict })
}

/// `GET`: what would happen.
pub async fn show(p: Permitted<may::InTask<may::Remove>>, number: Path<String>) -> Answer {
    draw(p, &number, Fields::default(), true, String::new()).await
}

/// `POST`: removes the task, or shows more of those who lose their ability to enroll.
pub async fn submit(p: Permitted<may::InTask<may::Remove>>, number: Path<String>, form: Fields) -> Answer {
    let id = reading::number(&number)?;
    if is_reading(&form) {
        let notify = form.ticked("notify");
        return draw(p, &number, form, notify, String::new()).await;
    }
    let (notify, lose) = (form.ticked("notify"), form.text("lose").parse().unwrap_or(usize::MAX));
    match p.call(move |desk, who, now| remove::remove_task(desk, who, now, id, notify, lose)).await {
        Ok(count) => {
            let detail = format!(
                "{} can no longer enroll with it. Enrolled users keep their tokens.",
                ticked_users::users(count)
            );
            let waits = if notify { mail::promise::or_waits(&p.desk.settings) } else { String::new() };
            let detail = format!("{detail} {waits}");
            p.flash(&Flash::good(format!("Task {id} was removed."), detail.trim()));
            Ok(see_other("/tasks"))
        }
        Err(Fault(Error::Conflict(sentence))) => draw(p, &number, form, notify, sentence).await,
        Err(other) => Err(other),
    }
}
