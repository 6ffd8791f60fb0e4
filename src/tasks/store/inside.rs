//! What of a task lies in some containers, in the words of the database.

use diesel::{prelude::*, sql_types::BigInt};

use crate::{
    db::{
        AnyConn, Total,
        total::{CAP, are_few},
    },
    error::Result,
    ids::ContainerId,
};

/// What is open in a container, as its index has it.
const OPEN: &str = "NOT c.removed AND c.enrolled < c.users";

/// The numbers of these containers for `IN ( )`; NULL, which nothing is equal to, for none.
pub fn within(containers: &[ContainerId]) -> String {
    let ids: Vec<String> = containers.iter().map(ToString::to_string).collect();
    if ids.is_empty() { "NULL".into() } else { ids.join(", ") }
}

/// The condition that a task is open in these containers.
pub fn open_in(containers: &[ContainerId]) -> String {
    let list = within(containers);
    format!(
        "EXISTS (SELECT 1 FROM task_containers c WHERE c.task_id = tasks.id AND c.container_id IN ({list}) AND {OPEN})"
    )
}

/// The condition that something of the task `a` lies in these containers.
pub fn anchor_in(containers: &[ContainerId]) -> String {
    let list = within(containers);
    format!("EXISTS (SELECT 1 FROM task_containers c WHERE c.task_id = a.id AND c.container_id IN ({list}))")
}

/// The condition that users in these containers are locked.
pub fn locked_in(containers: &[ContainerId]) -> String {
    let list = within(containers);
    format!(
        "EXISTS (SELECT 1 FROM task_containers c WHERE c.task_id = tasks.id AND c.container_id IN ({list}) AND c.locked > 0)"
    )
}

/// The Stop Date that a task has in these containers.
pub fn stop_in(containers: &[ContainerId]) -> String {
    let list = within(containers);
    format!(
        "(SELECT MAX(c.latest_stop_on) FROM task_containers c WHERE c.task_id = tasks.id AND c.container_id IN ({list}))"
    )
}

/// The condition that an email went to a user in these containers: asked of emails that are found otherwise, since most of a
/// container's emails are of no interest.
pub fn went_to(containers: &[ContainerId]) -> String {
    format!("COALESCE(emails.container_id, emails.container_id) IN ({})", within(containers))
}

/// The number of the newest email that went to a user of a task in these containers.
pub fn newest_email_in(containers: &[ContainerId]) -> String {
    let list = within(containers);
    format!(
        "(SELECT MAX(c.last_email_id) FROM task_containers c WHERE c.task_id = tasks.id AND c.container_id IN ({list}))"
    )
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// The numbers of the tasks that are open in these containers, if they are no more than are counted: the newest of each
/// container along its index.
pub fn few(conn: &mut AnyConn, containers: &[ContainerId]) -> Result<Option<Vec<i64>>> {
    few_with(conn, containers, "1 = 1")
}

/// Those of them of which `part` is true in one of the containers.
pub fn few_with(conn: &mut AnyConn, containers: &[ContainerId], part: &str) -> Result<Option<Vec<i64>>> {
    let of = |container: &ContainerId| {
        format!(
            "SELECT id FROM (SELECT c.task_id AS id FROM task_containers c WHERE c.container_id = {container} AND {OPEN} \
             AND {part} LIMIT {}) AS first_of_{container}",
            CAP + 1
        )
    };
    if containers.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let text = containers.iter().map(of).collect::<Vec<_>>().join(" UNION ");
    let found: Vec<Number> = diesel::sql_query(format!("{text} LIMIT {}", CAP + 1)).load(conn)?;
    let few = are_few(&found);
    Ok(few.then(|| found.into_iter().map(|row| row.id).collect()))
}

/// How many tasks are open in these containers.
pub fn count_open(conn: &mut AnyConn, containers: &[ContainerId]) -> Result<Total> {
    Ok(match few(conn, containers)? {
        Some(ids) => Total::from(i64::try_from(ids.len()).unwrap_or(CAP)),
        None => Total { rows: CAP, more: true },
    })
}
