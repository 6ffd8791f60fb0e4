//! `/users/{user id}/tasks/{number}/hand-over`: link and code on a sheet, which is the answer to the button and is kept
//! nowhere.

use actix_web::web::Path;
use askama::Template;

use crate::{
    clock::long_date,
    error::Error,
    mail::{self, Secret, letter},
    operators::may::{self, Need},
    policy,
    tasks::{
        enrollment::Enrollment,
        hand_over::{self, Sheet},
        reading, resend,
    },
    users,
    web::{self, Answer, Chrome, Permitted, qr, segment},
};

#[derive(Template)]
#[template(path = "tasks/hand-over.html")]
struct Page {
    chrome: Chrome,
    href: String,
    name: String,
    enrollment: Enrollment,
    stop_after: String,
    /// An email with the older link was sent: where to.
    older: String,
}

#[derive(Template)]
#[template(path = "tasks/hand-over-sheet.html")]
struct SheetPage {
    chrome: Chrome,
    href: String,
    enrollment: Enrollment,
    name: String,
    greeting: String,
    container: String,
    qr: String,
    /// The address as it is printed: up to the handle, and the handle.
    link: (String, String),
    site: String,
    code: String,
    until: String,
    days: i64,
    today: String,
    help_desk: String,
    organization: String,
    requester: String,
}

/// GET: what the button does.
pub async fn show(p: Permitted<may::HandOver>, path: Path<(String, String)>) -> Answer {
    let (user_id, number) = path.into_inner();
    let ((user, enrollment, stop_after), chrome) = p
        .view(move |desk, who, now| {
            let task = reading::number(&number)?;
            let today = desk.settings.zone.today(now);
            desk.db.read(|conn| {
                let user = users::find(conn, who, &user_id)?;
                let enrollment = resend::enrollment(conn, who, task, user.id)?;
                let policy = policy::current(conn)?;
                if let Some(sentence) = resend::refusal(&enrollment, &policy, today) {
                    return Err(Error::Refused(sentence));
                }
                let stop_after = resend::stop_after(&enrollment, &policy, today);
                Ok((user, enrollment, stop_after))
            })
        })
        .await?;
    web::page(&Page {
        chrome,
        href: format!("/users/{}", segment(&user.user_id)),
        name: user.name(),
        stop_after: stop_after.to_string(),
        older: mail::shown_address(&enrollment.emailed_to),
        enrollment,
    })
}

/// POST: the sheet.
pub async fn submit(p: Permitted<may::HandOver>, path: Path<(String, String)>) -> Answer {
    let (user_id, number) = path.into_inner();
    let made = p
        .call(move |desk, who, now| {
            let task = reading::number(&number)?;
            let user = desk.db.read(|conn| users::find(conn, who, &user_id))?;
            hand_over::hand_over(desk, who, now, task, user.id)
        })
        .await?;
    sheet(&p, made).await
}

/// The sheet as a page, and as a letter where it is printed.
pub async fn sheet<N: Need>(p: &Permitted<N>, sheet: Sheet) -> Answer {
    let Sheet { enrollment, handle, code, stop_on } = sheet;
    let id = enrollment.user_id.clone();
    let (user, chrome) = p.view(move |desk, who, _| desk.db.read(|conn| users::find(conn, who, &id))).await?;
    let settings = &p.desk.settings;
    let today = settings.zone.today(p.now);
    // The code is not in the QR code: a photograph of the one half opens nothing.
    let secret = Secret { handle: Some(handle.to_string()), ..Secret::default() };
    let address = letter::link(settings, &secret).unwrap_or_default();
    let printed = address.split_once("://").map_or(address.as_str(), |(_, rest)| rest);
    let front = printed.strip_suffix(handle.as_str()).unwrap_or(printed);
    web::page(&SheetPage {
        chrome,
        href: format!("/users/{}", segment(&enrollment.user_id)),
        name: user.name(),
        greeting: if user.first_name.is_empty() { user.user_id.clone() } else { user.first_name.clone() },
        container: user.container_name.clone(),
        qr: qr::svg(&address)?,
        link: (front.to_owned(), handle.to_string()),
        site: format!("{}/", settings.public_url),
        code: letter::grouped(&code),
        until: long_date(stop_on),
        days: (stop_on - today).num_days(),
        today: long_date(today),
        help_desk: settings.help_desk.clone(),
        organization: settings.organization.clone(),
        requester: enrollment.operator.clone(),
        enrollment,
    })
}
