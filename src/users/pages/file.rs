//! `/users.csv`: the list of users as a file.

use actix_web::HttpRequest;

use super::list;
use crate::{
    operators::may,
    users::{self, Order, Search},
    web::{
        Answer, Asked, Permitted,
        file::{self, List},
    },
};

const COLUMNS: [&str; 11] = [
    "User ID", "Name", "Email", "Mobile", "Container", "Custom 1", "Custom 2", "Custom 3", "Account", "Tokens",
    "Provisioning task",
];

fn cells(row: &list::Row) -> Vec<String> {
    let user = &row.user;
    let account = if user.is_enabled() { "Enabled" } else { "Disabled" };
    let [one, two, three] = user.custom.clone();
    let task = row.task.map(|(task, status)| format!("{status} {task}")).unwrap_or_default();
    vec![
        user.user_id.clone(),
        row.name.clone(),
        user.email.clone(),
        user.mobile.clone(),
        user.container_name.clone(),
        one,
        two,
        three,
        account.to_owned(),
        row.tokens.clone(),
        task,
    ]
}

/// Sends it.
pub async fn show(p: Permitted<may::Export<may::SeeUsers>>, request: HttpRequest, asked: Asked) -> Answer {
    let search = Search::parse(request.query_string());
    let order = Order::parse(&asked.text("sort"));
    let filter = [search.pairs(), vec![("sort", order.code())]].concat();
    let counted = search.clone();
    let total = p
        .call(move |desk, who, _| desk.db.read(|conn| Ok(users::search(conn, &who.scope, &counted, order, (0, 0))?.1)))
        .await?;
    let (who, today) = (p.who.clone(), p.desk.settings.zone.today(p.now));
    let file = List::new(&COLUMNS, move |conn, span| {
        let found = users::search(conn, &who.scope, &search, order, span)?.0;
        let rows = list::rows(conn, today, found)?;
        Ok(rows.iter().map(|row| (row.user.id.0, cells(row))).collect())
    });
    file::list(&p, "Users", total, &filter, file).await
}
