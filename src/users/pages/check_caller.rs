//! `/users/{user id}/check-caller`: whether the caller is who they say, by a one-time password or a call-back code.

use actix_web::{http::StatusCode, web::Path};
use askama::Template;
use chrono::Duration;

use crate::{
    clock::{Timestamp, Zone, distance, moment},
    error::Mistakes,
    mail,
    operators::may,
    tokens::{
        self, TokenState,
        caller::{self, CODE_MINUTES, CODE_TRIES, CallerCheck, FRESH_ADDRESS_DAYS, Outcome, STANDS_MINUTES},
    },
    users::{self, User, pages::Person},
    web::{self, Answer, Chrome, Fault, Fields, Flash, Permitted},
};

/// Earlier checks that are shown.
const EARLIER: i64 = 5;

#[derive(Template)]
#[template(path = "users/check-caller.html")]
struct Page {
    chrome: Chrome,
    person: Person,
    /// The serial numbers that may be read out.
    active: Vec<String>,
    /// Since when the address is on file, if that is not long; and how long ago.
    fresh: Option<(String, String)>,
    /// A code was sent: when, until when, and whether that has passed.
    sent: Option<Sent>,
    otp: String,
    mistakes: Mistakes,
    earlier: Vec<(CallerCheck, String)>,
}

struct Sent {
    at: String,
    until: String,
    is_over: bool,
}

/// GET
pub async fn show(p: Permitted<may::CheckCaller>, user_id: Path<String>) -> Answer {
    web::page(&build(&p, &user_id, String::new(), Mistakes::default()).await?)
}

/// POST: a one-time password that was read out.
pub async fn submit(p: Permitted<may::CheckCaller>, user_id: Path<String>, fields: Fields) -> Answer {
    let (name, otp) = (user_id.clone(), fields.text("otp"));
    let typed = otp.clone();
    let outcome = p.call(move |desk, who, now| caller::by_one_time_password(desk, who, now, &name, &typed)).await;
    answer(&p, &user_id, outcome, "otp", otp).await
}

/// POST `/users/{user id}/check-caller/code`: a call-back code that was read out.
pub async fn code(p: Permitted<may::CheckCaller>, user_id: Path<String>, fields: Fields) -> Answer {
    let (name, typed) = (user_id.clone(), fields.text("code"));
    let outcome = p.call(move |desk, who, now| caller::by_call_back(desk, who, now, &name, &typed)).await;
    answer(&p, &user_id, outcome, "code", String::new()).await
}

/// POST `/users/{user id}/check-caller/send`: sends a call-back code.
pub async fn send(p: Permitted<may::CheckCaller>, user_id: Path<String>) -> Answer {
    let user = p.call(move |desk, who, now| caller::send_code(desk, who, now, &user_id)).await?;
    let words = mail::promise::one(&p.desk.settings, "The email");
    p.flash(&Flash::good(format!("A call-back code goes to {}.", user.email), words));
    Ok(web::see_other(&format!("{}/check-caller", Person::new(&user).path)))
}

async fn answer(
    p: &Permitted<may::CheckCaller>,
    user_id: &str,
    outcome: Result<Outcome, Fault>,
    field: &'static str,
    otp: String,
) -> Answer {
    let mistakes = match outcome {
        Ok(Outcome::Right) => {
            let name = user_id.to_owned();
            let user = p.call(move |desk, who, _| desk.db.read(|conn| users::find(conn, who, &name))).await?;
            return Ok(web::see_other(&format!("{}/authentication-methods", Person::new(&user).path)));
        }
        Ok(Outcome::Wrong(sentence)) => {
            let mut mistakes = Mistakes::default();
            mistakes.add(field, sentence);
            mistakes
        }
        Err(fault) => fault.mistakes_or_rule(field)?,
    };
    web::page_with(StatusCode::UNPROCESSABLE_ENTITY, &build(p, user_id, otp, mistakes).await?)
}

async fn build(p: &Permitted<may::CheckCaller>, user_id: &str, otp: String, mistakes: Mistakes) -> Result<Page, Fault> {
    let user_id = user_id.to_owned();
    let ((user, tokens, sent, earlier), chrome) = p
        .view(move |desk, who, _| {
            desk.db.read(|conn| {
                let user = users::find(conn, who, &user_id)?;
                let tokens = tokens::of_user(conn, user.id)?;
                let sent = caller::call_back(conn, user.id)?;
                let earlier = caller::earlier(conn, user.id, EARLIER)?;
                Ok((user, tokens, sent, earlier))
            })
        })
        .await?;
    let (zone, now) = (p.desk.settings.zone, p.now);
    let at = |at: Timestamp| moment(zone, now, at);
    let active = tokens.into_iter().filter(|token| token.state == TokenState::Active).map(|token| token.serial);
    Ok(Page {
        chrome,
        person: Person::new(&user),
        active: active.collect(),
        fresh: fresh(&user, zone, now),
        // What ran out long ago is no longer what is waited for.
        sent: sent.filter(|sent| now < sent.ends_at + Duration::minutes(STANDS_MINUTES)).map(|sent| Sent {
            at: at(sent.sent_at),
            until: at(sent.ends_at),
            is_over: now >= sent.ends_at,
        }),
        otp,
        mistakes,
        earlier: earlier
            .into_iter()
            .map(|check| {
                let when = at(check.at);
                (check, when)
            })
            .collect(),
    })
}

/// When the address was changed, if that was of late, and how long ago.
fn fresh(user: &User, zone: Zone, now: Timestamp) -> Option<(String, String)> {
    let changed = user.email_changed_at.filter(|at| now - *at < Duration::days(FRESH_ADDRESS_DAYS))?;
    Some((moment(zone, now, changed), distance(zone.today(now), zone.today(changed))))
}
