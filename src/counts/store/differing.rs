//! Tasks whose counts are not what their enrollments come to, some tasks at a time.

use diesel::{
    prelude::*,
    sql_types::{BigInt, Nullable},
};

use super::parts;
use crate::{clock::Timestamp, db::AnyConn, error::Result, ids::TaskId, on, schema::upgrades};

/// What is kept of a task in a container, in the order of [`parts`].
const KEPT: &str = "c.task_id, c.container_id, c.removed, c.users, c.enrolled, c.used, c.locked, c.earliest_stop_on, \
     c.latest_stop_on, c.emailed_users, c.start_on";

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

#[derive(QueryableByName)]
struct Last {
    #[diesel(sql_type = Nullable<BigInt>)]
    id: Option<i64>,
}

/// The number of the last of the next `most` tasks behind `after`; `None` at the end.
pub fn end(conn: &mut AnyConn, after: i64, most: i64) -> Result<Option<i64>> {
    let text = "SELECT MAX(id) AS id FROM (SELECT id FROM tasks WHERE id > $1 ORDER BY id LIMIT $2) AS following";
    Ok(diesel::sql_query(text).bind::<BigInt, _>(after).bind::<BigInt, _>(most).get_result::<Last>(conn)?.id)
}

/// Those of the tasks behind `after` up to `end` that keep something else than their enrollments come to, as a whole or in
/// a container. The newest email of a container is not looked for: whoever posts one sets that of the task, which differs then.
pub fn differing(conn: &mut AnyConn, after: i64, end: i64) -> Result<Vec<TaskId>> {
    let these = |id: &str| format!("{id} > {after} AND {id} <= {end}");
    let (counted, kept) = (parts(&these("e.task_id")), these("c.task_id"));
    let differs = |column: &str| format!("t.{column} <> COALESCE(s.{column}, 0)");
    let sums = ["users", "enrolled", "used", "locked", "emailed_users"];
    let sum = sums.map(|column| format!("SUM(c.{column}) AS {column}")).join(", ");
    let text = format!(
        "WITH counted AS ({counted}), kept AS (SELECT {KEPT} FROM task_containers c WHERE {kept}) \
         SELECT task_id AS id FROM (SELECT * FROM counted EXCEPT SELECT * FROM kept) AS more \
         UNION SELECT task_id FROM (SELECT * FROM kept EXCEPT SELECT * FROM counted) AS less \
         UNION SELECT t.id FROM tasks t LEFT JOIN (SELECT c.task_id, {sum}, MIN(c.earliest_stop_on) AS earliest, \
             MAX(c.latest_stop_on) AS latest, MAX(c.last_email_id) AS newest FROM task_containers c WHERE {kept} \
             GROUP BY c.task_id) s ON s.task_id = t.id \
           WHERE {} AND ({} OR t.earliest_stop_on <> COALESCE(s.earliest, t.earliest_stop_on) \
             OR t.latest_stop_on <> COALESCE(s.latest, t.latest_stop_on) \
             OR COALESCE(t.last_email_id, 0) <> COALESCE(s.newest, 0)) \
         ORDER BY id",
        these("t.id"),
        sums.map(differs).join(" OR ")
    );
    let rows: Vec<Id> = diesel::sql_query(text).load(conn)?;
    Ok(rows.into_iter().map(|row| TaskId(row.id)).collect())
}

/// When the counts were first compared under this name.
pub fn compared_at(conn: &mut AnyConn, name: &str) -> Result<Option<Timestamp>> {
    Ok(upgrades::table.find(name).select(upgrades::done_at).first(conn).optional()?)
}

/// The counts were compared.
pub fn note_compared(conn: &mut AnyConn, name: &str, now: Timestamp) -> Result<()> {
    let row = (upgrades::name.eq(name), upgrades::done_at.eq(now));
    on!(&mut *conn, |conn| diesel::insert_into(upgrades::table).values(row).on_conflict_do_nothing().execute(conn))?;
    Ok(())
}
