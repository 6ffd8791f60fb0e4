//! The SQL of the counted facts. Updates from grouped subqueries are beyond diesel's builder on both databases at once, so
//! most of it is text; only numbers are put into it.

use diesel::{
    prelude::*,
    sql_types::{BigInt, Nullable},
};

use crate::{
    counts::Step,
    db::{self, AnyConn, ROWS_A_STATEMENT},
    error::Result,
    ids::{EnrollmentId, TaskId},
    schema::{emails, enrollments, tasks},
};

pub mod check;
pub mod differing;

/// The enrollments that count for a task: those who went with a removed task stay counted in it, which is history then.
const IN_IT: &str = "(e.removed_at IS NULL OR e.removed_why = 'task removed')";

/// Locked users among enrollments `e`.
const LOCKED: &str = "e.enrolled_at IS NULL \
     AND e.failures >= (SELECT p.attempts_allowed FROM self_enrollment_policy p WHERE p.id = 1)";

/// The newest email to a user of a container who is in the task. It is met on the way back through the emails of the task;
/// `+ 0` keeps PostgreSQL, while it has no statistics of a table that has just been filled, from walking them for each enrollment.
const NEWEST: &str = "(SELECT m.id FROM emails m JOIN enrollments e ON e.id = m.enrollment_id + 0 \
     JOIN users u ON u.id = e.user_id WHERE m.task_id = task_containers.task_id \
     AND u.container_id = task_containers.container_id \
     AND (e.removed_at IS NULL OR e.removed_why = 'task removed') ORDER BY m.id DESC LIMIT 1)";

/// What of the tasks that are `these` lies in which container, counted from enrollments `e`.
fn parts(these: &str) -> String {
    format!(
        "SELECT e.task_id, u.container_id, t.removed_at IS NOT NULL AS removed, COUNT(*) AS users, \
           COUNT(e.enrolled_at) AS enrolled, COUNT(e.used_at) AS used, COUNT(CASE WHEN {LOCKED} THEN 1 END) AS locked, \
           MIN(e.stop_on) AS earliest_stop_on, MAX(e.stop_on) AS latest_stop_on, COUNT(e.emailed_at) AS emailed_users, \
           t.start_on \
         FROM enrollments e JOIN users u ON u.id = e.user_id JOIN tasks t ON t.id = e.task_id \
         WHERE {these} AND {IN_IT} GROUP BY e.task_id, u.container_id, t.removed_at, t.start_on"
    )
}

fn run(conn: &mut AnyConn, text: String) -> Result<()> {
    diesel::sql_query(text).execute(conn)?;
    Ok(())
}

fn list(ids: &[i64]) -> String {
    ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
}

/// Holds the rows of these tasks, before what stands with them is counted. An UPDATE that counts in subqueries and then
/// waits for the row would go on with what it counted before it waited (READ COMMITTED), and the user who enrolled meanwhile
/// would be forgotten; a statement that follows this one sees everything that was waited for. SQLite needs nothing: it has
/// one writer.
pub fn hold(conn: &mut AnyConn, ids: &[i64]) -> Result<()> {
    if let AnyConn::Pg(pg) = conn {
        tasks::table
            .filter(tasks::id.eq_any(ids))
            .order(tasks::id)
            .select(tasks::id)
            .for_no_key_update()
            .execute(pg)?;
    }
    Ok(())
}

/// Counts what of these tasks lies in which container.
pub fn part(conn: &mut AnyConn, ids: &[i64]) -> Result<()> {
    let these = list(ids);
    run(conn, format!("DELETE FROM task_containers WHERE task_id IN ({these})"))?;
    run(
        conn,
        format!(
            "INSERT INTO task_containers (task_id, container_id, removed, users, enrolled, used, locked, \
               earliest_stop_on, latest_stop_on, emailed_users, start_on) {}",
            parts(&format!("e.task_id IN ({these})"))
        ),
    )
}

/// The counts of a task are the sums of its containers. A task without anybody keeps its dates.
pub fn sum_up(conn: &mut AnyConn, task: TaskId) -> Result<()> {
    let of = |what: &str| format!("(SELECT {what} FROM task_containers c WHERE c.task_id = tasks.id)");
    let sum = |column: &str| format!("{column} = {}", of(&format!("CAST(COALESCE(SUM(c.{column}), 0) AS BIGINT)")));
    let sums = ["users", "enrolled", "used", "locked", "emailed_users"].map(sum).join(", ");
    run(
        conn,
        format!(
            "UPDATE tasks SET {sums}, earliest_stop_on = COALESCE({}, earliest_stop_on), \
               latest_stop_on = COALESCE({}, latest_stop_on), version = version + 1 WHERE id = {task}",
            of("MIN(c.earliest_stop_on)"),
            of("MAX(c.latest_stop_on)")
        ),
    )
}

/// Adds one user to those of whom this is true. The task's row is held from then on, so that whoever moves the user to
/// another container counts after it.
pub fn add(conn: &mut AnyConn, task: TaskId, enrollment: EnrollmentId, step: Step) -> Result<()> {
    let column = match step {
        Step::Enrolled => "enrolled",
        Step::Used => "used",
        Step::Locked => "locked",
    };
    run(conn, format!("UPDATE tasks SET {column} = {column} + 1 WHERE id = {task}"))?;
    run(
        conn,
        format!(
            "UPDATE task_containers SET {column} = {column} + 1 WHERE task_id = {task} AND container_id = \
             (SELECT u.container_id FROM enrollments e JOIN users u ON u.id = e.user_id WHERE e.id = {enrollment})"
        ),
    )
}

/// The containers of these tasks learn their newest emails.
pub fn newest_emails(conn: &mut AnyConn, ids: &[i64]) -> Result<()> {
    run(conn, format!("UPDATE task_containers SET last_email_id = {NEWEST} WHERE task_id IN ({})", list(ids)))
}

/// The task learns the newest of its containers' emails.
pub fn newest_email(conn: &mut AnyConn, task: TaskId) -> Result<()> {
    let newest: Option<i64> =
        diesel::sql_query("SELECT MAX(last_email_id) AS id FROM task_containers WHERE task_id = $1")
            .bind::<BigInt, _>(task.0)
            .get_result::<Newest>(conn)?
            .id;
    let to: Option<String> = match newest {
        Some(id) => emails::table.find(id).select(emails::shown_to).first(conn).optional()?,
        None => None,
    };
    let to = to.unwrap_or_default();
    diesel::update(tasks::table.find(task.0))
        .set((tasks::last_email_id.eq(newest), tasks::emailed_to_key.eq(db::key(&to)), tasks::emailed_to.eq(to)))
        .execute(conn)?;
    Ok(())
}

#[derive(QueryableByName)]
struct Newest {
    #[diesel(sql_type = Nullable<BigInt>)]
    id: Option<i64>,
}

/// Counts the locked users of all open tasks after the policy's limit was changed; the caller holds `Lock::Policy`, so that
/// nobody else counts locked users. The tasks are held first and by number, as everybody holds a task before its parts.
pub fn recount_locked(conn: &mut AnyConn) -> Result<()> {
    if let AnyConn::Pg(pg) = conn {
        tasks::table
            .filter(tasks::enrolled.lt(tasks::users))
            .order(tasks::id)
            .select(tasks::id)
            .for_no_key_update()
            .execute(pg)?;
    }
    run(
        conn,
        format!(
            "UPDATE task_containers SET locked = (SELECT COUNT(*) FROM enrollments e JOIN users u ON u.id = e.user_id \
               WHERE e.task_id = task_containers.task_id AND u.container_id = task_containers.container_id \
               AND {IN_IT} AND {LOCKED}) WHERE enrolled < users"
        ),
    )?;
    run(
        conn,
        "UPDATE tasks SET locked = (SELECT CAST(COALESCE(SUM(c.locked), 0) AS BIGINT) FROM task_containers c \
         WHERE c.task_id = tasks.id) WHERE enrolled < users"
            .into(),
    )
}

/// The tasks of these users, by number.
pub fn tasks_of(conn: &mut AnyConn, users: &[i64]) -> Result<Vec<i64>> {
    let mut found: Vec<i64> = Vec::new();
    for part in users.chunks(ROWS_A_STATEMENT) {
        let theirs = enrollments::table.filter(enrollments::user_id.eq_any(part)).select(enrollments::task_id);
        found.extend(theirs.distinct().load::<i64>(conn)?);
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}
