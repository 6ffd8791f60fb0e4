//! `/operators/{operator}/remove`: taking an operator out for good, with a page of its own.

use actix_web::web::Path;
use askama::Template;

use crate::{
    operators::{
        self, Operator, may,
        pages::{OPERATORS, path},
    },
    web::{self, Answer, Chrome, Flash, Permitted},
};

#[derive(Template)]
#[template(path = "operators/remove.html")]
struct Page {
    chrome: Chrome,
    operator: Operator,
    path: String,
    own: bool,
}

/// GET: what it would do.
pub async fn show(p: Permitted<may::ManageOperators>, operator: Path<String>) -> Answer {
    let (operator, chrome) =
        p.view(move |desk, who, _| desk.db.read(|conn| Ok(operators::find(conn, who, &operator)?.0))).await?;
    let own = p.who.operator == Some(operator.id);
    web::page(&Page { chrome, path: path(&operator.user_id), own, operator })
}

/// POST: does it.
pub async fn submit(p: Permitted<may::ManageOperators>, operator: Path<String>) -> Answer {
    let name = operator.clone();
    p.call(move |desk, who, now| operators::remove(desk, who, now, &name)).await?;
    p.flash(&Flash::good(format!("Removed {operator}."), "They are signed out everywhere. What they did stays."));
    Ok(web::see_other(OPERATORS))
}
