//! `/messages`: the words of the emails, with a preview and a test email.

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
    web::{Path, Query},
};
use askama::Template;
use serde::Deserialize;

use crate::{
    clock::moment,
    error::{Error, Mistakes},
    mail::{self, Letter, Wording, letter::wording::Placeholder},
    messages::{self, Current, Message},
    operators::{
        Scope,
        may::{self, Need},
    },
    web::{Answer, Chrome, Fault, Fields, Flash, Permitted, headers, page, page_with, see_other},
};

/// What an email may do in a frame: be drawn with its own styles, and nothing else.
const LETTER_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'self'; sandbox";

/// The query string: which authentication type, and which part of a preview.
#[derive(Deserialize)]
pub struct Address {
    #[serde(rename = "type")]
    authentication_type: Option<String>,
    part: Option<String>,
}

/// A message in the list.
struct Line {
    message: Message,
    changed: String,
    /// The placeholders it lacks; empty if it lacks none.
    lacks: String,
}

#[derive(Template)]
#[template(path = "messages/list.html")]
struct ListPage {
    chrome: Chrome,
    lines: Vec<Line>,
    /// Who looks works in all containers, and may change messages.
    may_change: bool,
}

#[derive(Template)]
#[template(path = "messages/edit.html")]
struct EditPage {
    chrome: Chrome,
    message: Message,
    wording: Wording,
    version: i64,
    /// "k.lindqvist, Today, 14:32"; empty for the built-in words.
    changed: String,
    placeholders: Vec<&'static Placeholder>,
    mistakes: Mistakes,
    /// What someone else did since the form was opened; empty if nothing.
    meanwhile: String,
    own_address: String,
    /// The address of the preview as plain text.
    text_preview: String,
    /// Who looks works in all containers, and may change messages.
    may_change: bool,
}

/// A preview as plain text, or what is wrong with what was typed.
#[derive(Template)]
#[template(path = "messages/preview.html")]
struct Preview {
    subject: String,
    text: String,
    mistakes: Mistakes,
}

fn find(kind: &str, address: &Address) -> Result<Message, Fault> {
    let authentication_type = address.authentication_type.as_deref().unwrap_or_default();
    Ok(Message::find(kind, authentication_type).ok_or_else(|| Error::not_found("message", kind))?)
}

fn typed(fields: &Fields) -> Wording {
    Wording {
        subject: fields.text("subject"),
        text: fields.raw("text").to_owned(),
        html: fields.raw("html").to_owned(),
    }
}

/// All messages.
pub async fn list(p: Permitted<may::EditPolicies>) -> Answer {
    let (list, chrome) = p.view(|desk, _, _| desk.db.read(messages::list)).await?;
    let zone = p.desk.settings.zone;
    let lines = list
        .into_iter()
        .map(|(message, row)| {
            let lacks = row.as_ref().map(|row| messages::lacks(&p.desk.settings, row)).unwrap_or_default();
            let changed = row.map(|row| format!("{}, {}", row.changed_by, moment(zone, p.now, row.changed_at)));
            Line { message, changed: changed.unwrap_or_default(), lacks }
        })
        .collect();
    page(&ListPage { chrome, lines, may_change: p.who.scope == Scope::All })
}

/// One message to be changed.
pub async fn show(p: Permitted<may::EditPolicies>, kind: Path<String>, address: Query<Address>) -> Answer {
    let message = find(&kind, &address)?;
    draw(StatusCode::OK, &build(&p, message).await?)
}

/// Changes it.
pub async fn submit(
    p: Permitted<may::Everywhere<may::EditPolicies>>,
    kind: Path<String>,
    address: Query<Address>,
    fields: Fields,
) -> Answer {
    let message = find(&kind, &address)?;
    let version = fields.text("version").parse().unwrap_or_default();
    let (wording, sent) = (typed(&fields), typed(&fields));
    match p.call(move |desk, who, now| messages::save(desk, who, now, message, &sent, version)).await {
        Ok(()) => {
            let detail = "Emails that have not left yet go out with these words too.";
            p.flash(&Flash::good(format!("{} saved.", message.label()), detail));
            Ok(see_other(&message.path()))
        }
        Err(Fault(Error::Invalid(mistakes))) => {
            let shown = build(&p, message).await?;
            draw(StatusCode::UNPROCESSABLE_ENTITY, &EditPage { wording, version, mistakes, ..shown })
        }
        Err(Fault(Error::Conflict(meanwhile))) => {
            // With the present version: the next try is made knowing of the change.
            draw(StatusCode::CONFLICT, &EditPage { wording, meanwhile, ..build(&p, message).await? })
        }
        Err(fault) => Err(fault),
    }
}

/// Goes back to the built-in words.
pub async fn reset(
    p: Permitted<may::Everywhere<may::EditPolicies>>,
    kind: Path<String>,
    address: Query<Address>,
    fields: Fields,
) -> Answer {
    let message = find(&kind, &address)?;
    let version = fields.text("version").parse().unwrap_or_default();
    p.call(move |desk, who, now| messages::reset(desk, who, now, message, version)).await?;
    p.flash(&Flash::good("Back to the default.", format!("{} is as Tokendesk came with it.", message.label())));
    Ok(see_other(&message.path()))
}

/// Sends a test email to the operator.
pub async fn test(
    p: Permitted<may::Everywhere<may::EditPolicies>>,
    kind: Path<String>,
    address: Query<Address>,
) -> Answer {
    let message = find(&kind, &address)?;
    let to = p.call(move |desk, who, now| messages::send_test(desk, who, now, message)).await?;
    let flash = Flash::good(
        mail::promise::one(&p.desk.settings, &format!("A test email to {to}")),
        "It tells of a sample user; its link opens nothing.",
    );
    p.flash(&flash.link("/outbox", "Outbox"));
    Ok(see_other(&message.path()))
}

/// The message as it is saved, for the frame.
pub async fn saved_preview(p: Permitted<may::EditPolicies>, kind: Path<String>, address: Query<Address>) -> Answer {
    let message = find(&kind, &address)?;
    let letter = p.call(move |desk, who, now| messages::preview_saved(desk, who, now, message)).await?;
    draw_preview(letter, address.part.as_deref() == Some("text"))
}

/// The message as it was typed, for the frame; nothing is saved.
pub async fn typed_preview(
    p: Permitted<may::Everywhere<may::EditPolicies>>,
    kind: Path<String>,
    address: Query<Address>,
    fields: Fields,
) -> Answer {
    let message = find(&kind, &address)?;
    let wording = typed(&fields);
    match p.call(move |desk, who, now| messages::preview(desk, who, now, message, &wording)).await {
        Ok(letter) => draw_preview(letter, fields.text("part") == "text"),
        Err(fault) => {
            let mistakes = fault.mistakes()?;
            let preview = Preview { subject: String::new(), text: String::new(), mistakes };
            framed(page_with(StatusCode::UNPROCESSABLE_ENTITY, &preview)?)
        }
    }
}

fn draw_preview(letter: Letter, as_text: bool) -> Answer {
    if as_text {
        let preview = Preview { subject: letter.subject, text: letter.text, mistakes: Mistakes::default() };
        return framed(page(&preview)?);
    }
    framed(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(letter.html))
}

/// Lets our own pages draw the response in a frame.
fn framed(mut response: HttpResponse) -> Answer {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(LETTER_POLICY));
    headers.insert(HeaderName::from_static("x-frame-options"), HeaderValue::from_static("SAMEORIGIN"));
    Ok(response)
}

async fn build<N: Need>(p: &Permitted<N>, message: Message) -> Result<EditPage, Fault> {
    let ((current, own_address), chrome) = p
        .view(move |desk, who, _| {
            desk.db.read(|conn| {
                let own = crate::sign_in::account::own(conn, who)?.operator.email;
                Ok((messages::current(desk, conn, message)?, own.unwrap_or_default()))
            })
        })
        .await?;
    let Current { wording, version, changed } = current;
    let zone = p.desk.settings.zone;
    Ok(EditPage {
        chrome,
        message,
        wording,
        version,
        changed: changed.map(|(who, at)| format!("{who}, {}", moment(zone, p.now, at))).unwrap_or_default(),
        placeholders: crate::mail::letter::wording::placeholders(message.kind).collect(),
        mistakes: Mistakes::default(),
        meanwhile: String::new(),
        own_address,
        text_preview: {
            let preview = message.address("/preview");
            let first = if preview.contains('?') { '&' } else { '?' };
            format!("{preview}{first}part=text")
        },
        may_change: p.who.scope == Scope::All,
    })
}

/// The page may hold a frame of our own.
fn draw(status: StatusCode, shown: &EditPage) -> Answer {
    let mut response = page_with(status, shown)?;
    let policy = HeaderValue::from_str(&format!("{}; frame-src 'self'", headers::CONTENT_SECURITY_POLICY))
        .map_err(|error| Fault::internal(error.to_string()))?;
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}
