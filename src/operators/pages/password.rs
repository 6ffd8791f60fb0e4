//! `/operators/{operator}/password`: a new first password for an operator who lost theirs.

use actix_web::web::Path;
use askama::Template;

use crate::{
    operators::{
        self, Operator, may,
        pages::{
            new::{FirstPassword, good_until},
            path,
        },
    },
    sign_in::credentials,
    web::{self, Answer, Chrome, Fields, Permitted, presence},
};

#[derive(Template)]
#[template(path = "operators/password.html")]
struct Page {
    chrome: Chrome,
    operator: Operator,
    path: String,
}

/// GET: what it would do.
pub async fn show(p: Permitted<may::ManageOperators>, operator: Path<String>) -> Answer {
    if let Some(question) = presence::before(&p) {
        return Ok(question);
    }
    let (operator, chrome) =
        p.view(move |desk, who, _| desk.db.read(|conn| Ok(operators::find(conn, who, &operator)?.0))).await?;
    web::page(&Page { chrome, path: path(&operator.user_id), operator })
}

/// POST: does it, and shows the password this once.
pub async fn submit(p: Permitted<may::ManageOperators>, operator: Path<String>, fields: Fields) -> Answer {
    if let Some(question) = presence::asked(&p, &fields).await? {
        return Ok(question);
    }
    let ((user_id, password), chrome) = p
        .view(move |desk, who, now| {
            let found = desk.db.read(|conn| operators::find(conn, who, &operator))?.0;
            let password = credentials::give_password(desk, who, now, &found.user_id)?;
            Ok((found.user_id, password))
        })
        .await?;
    let settings = &p.desk.settings;
    web::page(&FirstPassword {
        chrome,
        path: path(&user_id),
        user_id,
        password,
        good_until: good_until(settings.zone, p.now),
        sign_in: format!("{}/sign-in", settings.public_url),
        second_factor: settings.require_second_factor,
        is_new: false,
    })
}
