//! `/tasks.csv`: the list of tasks as a file.

use super::list;
use crate::{
    operators::may,
    tasks::{list::FILE_COLUMNS, reading},
    web::{
        Answer, Asked, Permitted,
        file::{self, List},
    },
};

/// Sends it.
pub async fn show(p: Permitted<may::Export<may::SeeTasks>>, asked: Asked) -> Answer {
    let zone = p.desk.settings.zone;
    let query = list::query(&asked, &p.who);
    let filter = [list::filter(&asked, &query), vec![("sort", query.order.code())]].concat();
    let counted = query.clone();
    let total = p
        .call(move |desk, who, now| {
            desk.db.read(|conn| Ok(reading::list(conn, who, now, zone, &counted, (0, 0))?.total))
        })
        .await?;
    let (who, now) = (p.who.clone(), p.now);
    let file = List::new(&FILE_COLUMNS, move |conn, span| {
        let listed = reading::list(conn, &who, now, zone, &query, span)?;
        Ok(listed.rows.iter().map(|row| (row.task.id.0, row.cells().to_vec())).collect())
    });
    file::list(&p, "Provisioning tasks", total, &filter, file).await
}
