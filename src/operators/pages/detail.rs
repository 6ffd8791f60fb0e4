//! `/operators/{operator}`: what an operator may do and where, their sign-ins, and what can be done about them.

use actix_web::{HttpResponse, http::StatusCode, web::Path};
use askama::Template;

use crate::{
    clock,
    error::{Error, Result},
    operators::{
        self, Operator, Permission, may,
        pages::{SessionLine, form::Form, path},
        store::sessions,
    },
    sign_in::credentials,
    web::{self, Answer, Chrome, Fault, Fields, Flash, Permitted, presence, segment},
};

#[derive(Template)]
#[template(path = "operators/detail.html")]
struct Page {
    chrome: Chrome,
    operator: Operator,
    path: String,
    scope: String,
    created: String,
    suspended: String,
    signed_in: String,
    /// Until when the first password is good, and whether that is over; empty if they have one of their own.
    first_password_end: String,
    first_password_over: bool,
    sessions: Vec<SessionLine>,
    form: Form,
    /// Why nothing can be changed; empty if it can.
    fixed: String,
    /// What they did, in the audit log; empty if that is not for who looks.
    audit: String,
    /// The operator is who looks.
    own: bool,
    /// True on the page that says someone else was faster.
    clash: bool,
}

/// GET
pub async fn show(p: Permitted<may::ManageOperators>, operator: Path<String>) -> Answer {
    web::page(&build(&p, &operator, None).await?)
}

/// POST: name, email, role and scope.
pub async fn submit(p: Permitted<may::ManageOperators>, operator: Path<String>, fields: Fields) -> Answer {
    let mut form = Form::read(&fields);
    let (details, name) = (form.details(), operator.clone());
    let version = fields.text("version").parse().unwrap_or_default();
    match p.call(move |desk, who, now| operators::edit(desk, who, now, &name, version, details)).await {
        Ok(changed) => {
            let detail = if changed { "Role and scope count from the next page they open." } else { "" };
            let bold = if changed { "Saved." } else { "Nothing to change." };
            p.flash(&Flash::good(bold, detail));
            Ok(web::see_other(&path(&operator)))
        }
        Err(Fault(Error::Conflict(_))) => {
            let page = build(&p, &operator, Some(form)).await?;
            web::page_with(StatusCode::CONFLICT, &Page { clash: true, ..page })
        }
        // Of rules, that the last Operator stays.
        Err(fault) => {
            form.mistakes = fault.mistakes_or_rule("role")?;
            web::page_with(StatusCode::UNPROCESSABLE_ENTITY, &build(&p, &operator, Some(form)).await?)
        }
    }
}

/// POST: keeps them from signing in.
pub async fn suspend(p: Permitted<may::ManageOperators>, operator: Path<String>) -> Answer {
    let name = operator.clone();
    p.call(move |desk, who, now| operators::suspend(desk, who, now, &name)).await?;
    Ok(done(&p, &operator, "Suspended", "They are signed out everywhere and cannot sign in."))
}

/// POST: lets them sign in again.
pub async fn resume(p: Permitted<may::ManageOperators>, operator: Path<String>) -> Answer {
    let name = operator.clone();
    p.call(move |desk, who, now| operators::resume(desk, who, now, &name)).await?;
    Ok(done(&p, &operator, "Resumed", "They can sign in again."))
}

/// POST: a lost phone.
pub async fn reset_second_factor(p: Permitted<may::ManageOperators>, operator: Path<String>, fields: Fields) -> Answer {
    if let Some(question) = presence::asked(&p, &fields).await? {
        return Ok(question);
    }
    let name = operator.clone();
    p.call(move |desk, who, now| credentials::reset_second_factor(desk, who, now, &name)).await?;
    let detail = "They are signed out, and set up an authenticator app at the next sign-in.";
    Ok(done(&p, &operator, "Reset the second factor of", detail))
}

/// POST: ends the session that the button names, or all of them.
pub async fn end_sessions(p: Permitted<may::ManageOperators>, operator: Path<String>, fields: Fields) -> Answer {
    if let Some(question) = presence::asked(&p, &fields).await? {
        return Ok(question);
    }
    let (name, mark) = (operator.clone(), fields.text("mark"));
    let mark = (!mark.is_empty()).then_some(mark);
    let ended = p.call(move |desk, who, now| operators::end_sessions(desk, who, now, &name, mark.as_deref())).await?;
    let detail = match ended {
        0 => "The session was over already.".into(),
        1 => "1 session was ended.".into(),
        count => format!("{count} sessions were ended."),
    };
    Ok(done(&p, &operator, "Signed out", &detail))
}

fn done(p: &Permitted<may::ManageOperators>, operator: &str, what: &str, detail: &str) -> HttpResponse {
    p.flash(&Flash::good(format!("{what} {operator}."), detail));
    web::see_other(&path(operator))
}

/// "2026-11-23 14:32": a moment that may be to come.
pub(super) fn in_full(zone: clock::Zone, at: clock::Timestamp) -> String {
    zone.local(at).format("%Y-%m-%d %H:%M").to_string()
}

/// The page, with what was typed if it comes back.
async fn build(p: &Permitted<may::ManageOperators>, user_id: &str, typed: Option<Form>) -> Result<Page, Fault> {
    let name = user_id.to_owned();
    let ((operator, scope, open, form, changeable), chrome) = p
        .view(move |desk, who, now| {
            desk.db.read(|conn| {
                let (operator, scope) = operators::find(conn, who, &name)?;
                let form = typed.unwrap_or_else(|| Form::of(&operator, &scope)).with_choices(conn, who)?;
                let open = sessions::open_of(desk, conn, operator.id, now)?;
                let changeable = operators::may_change(who, &operator, &scope);
                Ok((operator, operators::scope_words(conn, &scope)?, open, form, changeable))
            })
        })
        .await?;
    let (zone, now) = (p.desk.settings.zone, p.now);
    let here = p.session.get::<String>(sessions::MARK).ok().flatten().unwrap_or_default();
    let moment = |at: Option<clock::Timestamp>| at.map(|at| clock::moment(zone, now, at)).unwrap_or_default();
    let fixed = match operator.permissions.beyond(p.who.permissions).next() {
        _ if changeable => String::new(),
        Some(lacking) => format!("{} holds “{}”, which you lack.", operator.called(), lacking.label()),
        None => format!("{} works in containers that you do not.", operator.called()),
    };
    Ok(Page {
        chrome,
        path: path(&operator.user_id),
        scope,
        created: moment(Some(operator.created_at)),
        suspended: moment(operator.suspended_at),
        signed_in: moment(operator.last_sign_in_at),
        first_password_end: operator.first_password_end().map(|at| in_full(zone, at)).unwrap_or_default(),
        first_password_over: operator.first_password_end().is_some_and(|at| now >= at),
        sessions: open.into_iter().map(|one| SessionLine::new(one, zone, now, &here)).collect(),
        form,
        audit: if p.may(Permission::SeeAudit) {
            format!("/audit?operator={}", segment(&operator.user_id))
        } else {
            String::new()
        },
        fixed,
        own: p.who.operator == Some(operator.id),
        clash: false,
        operator,
    })
}
