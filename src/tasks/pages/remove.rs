//! `/tasks/{number}/remove`: what removing the task takes from whom, and the button that does it.

use actix_web::{http::StatusCode, web::Path};
use askama::Template;

use crate::{
    error::Error,
    mail,
    operators::may,
    tasks::{edit, list::Row, reading},
    web::{Answer, Chrome, Fault, Fields, Flash, Permitted, page_with, see_other},
};

#[derive(Template)]
#[template(path = "tasks/remove.html")]
struct Page {
    chrome: Chrome,
    row: Row,
    emailed_to: String,
    lose: i64,
    conflict: String,
}

async fn draw(p: Permitted<may::InTask<may::Remove>>, number: &str, conflict: String) -> Answer {
    let id = reading::number(number)?;
    let (row, chrome) = p
        .view(move |desk, who, now| desk.db.read(|conn| reading::find(conn, who, now, desk.settings.zone, id)))
        .await?;
    if !row.task.is_open() {
        let over = format!("Task {id} is over: it was removed, or everyone in it has enrolled.");
        return Err(if conflict.is_empty() { Error::Refused(over) } else { Error::Conflict(conflict) }.into());
    }
    let status = if conflict.is_empty() { StatusCode::OK } else { StatusCode::CONFLICT };
    let lose = row.task.counts.users - row.task.counts.enrolled;
    page_with(status, &Page { chrome, emailed_to: row.task.emailed_to_words(), lose, row, conflict })
}

/// `GET`: what would happen.
///
/// # Errors
/// `NotFound`; `Refused` if the task is over.
pub async fn show(p: Permitted<may::InTask<may::Remove>>, number: Path<String>) -> Answer {
    draw(p, &number, String::new()).await
}

/// `POST`: removes the task.
///
/// # Errors
/// As [`show`].
pub async fn submit(p: Permitted<may::InTask<may::Remove>>, number: Path<String>, form: Fields) -> Answer {
    let id = reading::number(&number)?;
    let (notify, lose) = (form.ticked("notify"), form.text("lose").parse().unwrap_or(usize::MAX));
    match p.call(move |desk, who, now| edit::remove_task(desk, who, now, id, notify, lose)).await {
        Ok(count) => {
            let detail =
                format!("{} can no longer enroll with it. Enrolled users keep their tokens.", edit::users(count));
            let waits = if notify { mail::promise::or_waits(&p.desk.settings) } else { String::new() };
            let detail = format!("{detail} {waits}");
            p.flash(&Flash::good(format!("Task {id} was removed."), detail.trim()));
            Ok(see_other("/tasks"))
        }
        Err(Fault(Error::Conflict(sentence))) => draw(p, &number, sentence).await,
        Err(other) => Err(other),
    }
}
