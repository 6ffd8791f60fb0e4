//! The clock of a demo that was started with `--fixed-time`: it stands still until it is moved on.

use actix_web::{HttpResponse, web::Data};
use chrono::Duration;

use crate::{
    desk::Desk,
    error::Error,
    web::{Fault, Fields},
};

/// The furthest the clock is moved at once, in minutes: a year, beyond which nothing new happens.
const MOST_MINUTES: i64 = 366 * 24 * 60;

/// Moves the clock on by `minutes` and says the time it shows then.
///
/// # Errors
/// 422 if `minutes` is no number from 1 to a year; 409 if the clock is the machine's.
pub async fn move_clock(desk: Data<Desk>, fields: Fields) -> Result<HttpResponse, Fault> {
    let minutes = fields
        .text("minutes")
        .parse()
        .ok()
        .filter(|minutes| (1..=MOST_MINUTES).contains(minutes))
        .ok_or_else(|| Error::mistake("minutes", "Give minutes, a number from 1 to 527040."))?;
    if !desk.clock.advance(Duration::minutes(minutes)) {
        return Err(
            Error::Refused("This demo was not started with --fixed-time: its clock is the machine's.".into()).into()
        );
    }
    Ok(HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body(format!("{}Z\n", desk.now().format("%Y-%m-%dT%H:%M:%S"))))
}
