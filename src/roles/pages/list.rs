//! `/roles`: what each role holds, side by side.

use askama::Template;

use crate::{
    operators::{self, Permission, Role, Scope, may, pages::form},
    roles,
    web::{self, Answer, Chrome, Permitted},
};

#[derive(Template)]
#[template(path = "roles/list.html")]
struct Page {
    chrome: Chrome,
    rows: Vec<Row>,
    may_change: bool,
    /// By permission: its words, its module, and which roles hold it, in the order of `rows`.
    table: Vec<(&'static str, &'static str, Vec<bool>)>,
}

struct Row {
    href: String,
    role: Role,
    holds: String,
    operators: i64,
}

/// GET
pub async fn show(p: Permitted<may::ManageOperators>) -> Answer {
    let ((roles, held_by), chrome) = p
        .view(|desk, who, _| desk.db.read(|conn| Ok((operators::all_roles(conn)?, roles::store::held_by(conn, who)?))))
        .await?;
    let table = Permission::ALL
        .iter()
        .map(|one| (one.label(), one.menu().1, roles.iter().map(|role| role.permissions.has(*one)).collect()))
        .collect();
    let rows = roles
        .into_iter()
        .map(|role| Row {
            href: format!("/roles/{}", role.id),
            holds: form::in_short(&role),
            operators: held_by.iter().find(|(id, _)| *id == role.id).map_or(0, |(_, count)| *count),
            role,
        })
        .collect();
    web::page(&Page { chrome, rows, may_change: p.who.scope == Scope::All, table })
}
