//! `/demo/mailbox`: the emails of the demo as users would get them.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, HeaderName, HeaderValue},
    web::{Data, Path},
};
use askama::Template;

use crate::web::preferences;
use crate::{
    clock,
    desk::Desk,
    error::Error,
    mail::{Letter, Mailbox, mailbox::Parcel},
    web::{Answer, Fault, Fields, Links, Pager, Paging, fault::Frame, headers, page},
};

/// What an email may do in a frame: be drawn with its own styles, and nothing else.
const LETTER_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'self'";

#[derive(Template)]
#[template(path = "demo/mailbox.html")]
struct MailboxPage {
    frame: Frame,
    q: String,
    rows: Vec<Row>,
    pager: Pager,
}

struct Row {
    id: u64,
    to: String,
    subject: String,
    at: String,
}

#[derive(Template)]
#[template(path = "demo/letter.html")]
struct LetterPage {
    frame: Frame,
    id: u64,
    to: String,
    from: String,
    at: String,
    link: String,
    letter: Letter,
}

fn frame(desk: &Desk, http: &HttpRequest) -> Frame {
    let settings = &desk.settings;
    Frame { org: settings.organization.clone(), host: settings.host.clone(), theme: preferences::theme(http) }
}

/// All of them, the newest first.
pub async fn list(http: HttpRequest, desk: Data<Desk>, mailbox: Data<Mailbox>) -> Answer {
    let asked = Fields::parse(http.query_string());
    let q = asked.text("q");
    let paging = Paging::new(asked.text("page").parse().ok(), asked.text("size").parse().ok());
    let index = |number: i64| usize::try_from(number).unwrap_or(usize::MAX);
    let (parcels, total) = mailbox.search(&q, index(paging.offset()), index(paging.size));
    let pairs = vec![("q", q.clone()), ("size", asked.text("size")), ("page", asked.text("page"))];
    let links = Links::new("/demo/mailbox", pairs);
    let settings = &desk.settings;
    let rows = parcels
        .into_iter()
        .map(|parcel| {
            let letter = parcel.letter(settings)?;
            let at = clock::moment(settings.zone, desk.now(), parcel.at);
            Ok(Row { id: parcel.id, to: parcel.to, subject: letter.subject, at })
        })
        .collect::<Result<Vec<_>, Error>>()?;
    let total = i64::try_from(total).unwrap_or(i64::MAX);
    page(&MailboxPage { frame: frame(&desk, &http), q, pager: Pager::new(paging, rows.len(), total, &links), rows })
}

fn find(mailbox: &Mailbox, id: &str) -> Result<Parcel, Fault> {
    let parcel = id.parse().ok().and_then(|id| mailbox.find(id));
    Ok(parcel.ok_or_else(|| Error::not_found("email", id))?)
}

/// One of them: its heads, its HTML in a frame of its own, its plain text.
pub async fn show(http: HttpRequest, desk: Data<Desk>, mailbox: Data<Mailbox>, id: Path<String>) -> Answer {
    let parcel = find(&mailbox, &id)?;
    let settings = &desk.settings;
    let mut response = page(&LetterPage {
        frame: frame(&desk, &http),
        id: parcel.id,
        from: format!("{} <{}>", settings.mail_from.name, settings.mail_from.address),
        at: clock::moment(settings.zone, desk.now(), parcel.at),
        link: parcel.link(settings).unwrap_or_default(),
        letter: parcel.letter(settings)?,
        to: parcel.to,
    })?;
    let policy = HeaderValue::from_str(&format!("{}; frame-src 'self'", headers::CONTENT_SECURITY_POLICY))
        .map_err(|error| Fault::internal(error.to_string()))?;
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}

/// The HTML alone, for the frame. Its links open in the whole window.
pub async fn html(desk: Data<Desk>, mailbox: Data<Mailbox>, id: Path<String>) -> Answer {
    let letter = find(&mailbox, &id)?.letter(&desk.settings)?;
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, LETTER_POLICY))
        .insert_header((HeaderName::from_static("x-frame-options"), "SAMEORIGIN"))
        .body(letter.html.replacen("<head>", "<head><base target=\"_top\">", 1)))
}
