//! The clock of a demo that was started with `--fixed-time`: it stands still until it is moved on.

pub mod mailbox;

use std::time::Duration as Pause;

use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Bytes, Data},
};
use chrono::Duration;

use crate::{
    commands::rounds::ROUNDS,
    desk::Desk,
    error::{Error, Result},
    mail::{self, Mailbox, courier, courier::Carrier},
    web::{Fault, Fields},
};

/// The furthest the clock is moved at once, in minutes: a year, beyond which nothing new happens.
const MOST_MINUTES: i64 = 366 * 24 * 60;

/// How often the outbox is looked at until no worker has an email in its hand, and the pause between: ten seconds in all.
const LOOKS: usize = 500;
const PAUSE: Pause = Pause::from_millis(20);

/// Moves the clock on by `minutes`, and says the time it shows then, once everything is done that the server would by
/// itself have done by that time: sweeping, reminders, alerts, email. Any client of the demo may, with no session and no
/// page of ours; `minutes` stands in the body, as a form has it, or in the query.
///
/// # Errors
/// 422 if `minutes` is no number from 1 to a year; 422 too if the clock is the machine's.
pub async fn move_clock(
    desk: Data<Desk>,
    mailbox: Data<Mailbox>,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Fault> {
    let sent = [String::from_utf8_lossy(&body).trim().to_owned(), request.query_string().to_owned()];
    let minutes = sent
        .iter()
        .map(|text| Fields::parse(text).text("minutes"))
        .find(|text| !text.is_empty())
        .and_then(|text| text.parse().ok())
        .filter(|minutes| (1..=MOST_MINUTES).contains(minutes))
        .ok_or_else(|| Error::mistake("minutes", format!("Give minutes, a number from 1 to {MOST_MINUTES}.")))?;
    if !desk.clock.advance(Duration::minutes(minutes)) {
        return Err(
            Error::Refused("This demo was not started with --fixed-time: its clock is the machine's.".into()).into()
        );
    }
    let carrier = Carrier::Mailbox((**mailbox).clone());
    // Twice: what an email meets in the first round is told of in the second.
    for _ in 0..2 {
        let worker = desk.clone();
        web::block(move || round(&worker)).await.map_err(|error| Error::Internal(error.to_string()))??;
        courier::send_due(&desk, &carrier).await?;
        let mut looks = LOOKS;
        while looks > 0 && mail::any_in_hand(&desk, desk.now())? {
            tokio::time::sleep(PAUSE).await;
            looks -= 1;
        }
    }
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(format!(
        "{}Z
",
        desk.now().format("%Y-%m-%dT%H:%M:%S")
    )))
}

/// What the server does by itself now and then.
fn round(desk: &Desk) -> Result<()> {
    let now = desk.now();
    ROUNDS.iter().try_for_each(|(_, _, work)| work(desk, now))
}
