//! Links that long work prepares: nobody can open one before its last transaction puts it beside those of the enrollments.

use diesel::{
    prelude::*,
    sql_query,
    sql_types::{BigInt, Timestamp as SqlTimestamp},
};

use crate::{
    clock::Timestamp,
    db::AnyConn,
    error::Result,
    ids::{TaskId, WorkId},
    insert_rows,
    schema::work_links,
};

/// A link as it is prepared: of its code only the hash is kept.
#[derive(Insertable)]
#[diesel(table_name = work_links, treat_none_as_default_value = false)]
pub struct PreparedLink {
    /// The work that prepares it.
    pub work_id: i64,
    /// Its number among those of the work.
    pub nth: i64,
    /// The user it is for: it is found by the user, never by its number.
    pub user_id: i64,
    /// The public part.
    pub handle: String,
    /// The keyed hash of `handle:code`.
    pub code_hash: Vec<u8>,
}

/// Keeps prepared links.
pub fn stage(conn: &mut AnyConn, rows: &[PreparedLink]) -> Result<()> {
    insert_rows!(conn, work_links::table, rows)?;
    Ok(())
}

/// Makes the prepared links of `work` those of the enrollments that their users have in `task`; how many.
pub fn open(conn: &mut AnyConn, now: Timestamp, work: WorkId, task: TaskId) -> Result<usize> {
    let opened = sql_query(
        "INSERT INTO enrollment_links (enrollment_id, handle, code_hash, created_at) \
         SELECT e.id, s.handle, s.code_hash, $1 \
         FROM work_links s JOIN enrollments e ON e.task_id = $2 AND e.user_id = s.user_id \
         WHERE s.work_id = $3 ORDER BY s.nth",
    )
    .bind::<SqlTimestamp, _>(now)
    .bind::<BigInt, _>(task.0)
    .bind::<BigInt, _>(work.0)
    .execute(conn)?;
    Ok(opened)
}
