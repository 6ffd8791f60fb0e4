//! `/roles/{role}/remove`: removing a role that nobody has.

use actix_web::web::Path;
use askama::Template;

use crate::{
    operators::{Role, may},
    roles::{self, pages::detail::id},
    web::{self, Answer, Chrome, Flash, Permitted},
};

#[derive(Template)]
#[template(path = "roles/remove.html")]
struct Page {
    chrome: Chrome,
    role: Role,
    operators: i64,
    /// Why it cannot be removed at all; empty if it can.
    fixed: String,
}

/// GET: what it would do.
pub async fn show(p: Permitted<may::Everywhere<may::ManageOperators>>, role: Path<String>) -> Answer {
    let id = id(&role)?;
    let ((role, held_by), chrome) = p
        .view(move |desk, who, _| desk.db.read(|conn| Ok((roles::find(conn, id)?, roles::store::held_by(conn, who)?))))
        .await?;
    let operators = held_by.into_iter().find(|(one, _)| *one == id).map_or(0, |(_, count)| count);
    let fixed = roles::fixed(&p.who, &role).unwrap_or_default();
    web::page(&Page { chrome, role, operators, fixed })
}

/// POST: does it.
pub async fn submit(p: Permitted<may::Everywhere<may::ManageOperators>>, role: Path<String>) -> Answer {
    let id = id(&role)?;
    let removed = p.call(move |desk, who, now| roles::remove(desk, who, now, id)).await?;
    p.flash(&Flash::good(format!("Removed the role {}.", removed.name), ""));
    Ok(web::see_other("/roles"))
}
