//! What long work has written, in words that can be compared.

use tokendesk::ids::TaskId;

use crate::support::World;

/// What stands in each table about a task, without what differs from task to task by its nature: numbers, random parts, and the
/// first letters of the users.
pub fn told(world: &World, task: TaskId, prefix: &str) -> Vec<String> {
    let text = |column: &str| format!("COALESCE(CAST({column} AS TEXT), 'none')");
    let of = |columns: &[&str], from: &str| {
        let line = columns.iter().map(|column| text(column)).collect::<Vec<_>>().join(" || '|' || ");
        world.lines(&format!("SELECT {line} AS line FROM {from}"))
    };
    let mut told = of(
        &[
            "operator", "authentication_type", "description", "start_on", "created_at", "users", "enrolled", "used",
            "locked", "earliest_stop_on", "latest_stop_on", "emailed_to", "emailed_users", "version",
        ],
        &format!("tasks WHERE id = {task}"),
    );
    told.extend(of(
        &["users", "enrolled", "used", "locked", "emailed_users", "latest_stop_on"],
        &format!("task_containers WHERE task_id = {task}"),
    ));
    told.extend(of(
        &[
            "u.user_id", "e.authentication_type", "e.stop_on", "e.failures", "e.emailed_to", "e.emailed_at",
            "e.version", "e.removed_at", "e.missed", "m.shown_to",
        ],
        &format!(
            "enrollments e JOIN users u ON u.id = e.user_id LEFT JOIN emails m ON m.id = e.last_email_id \
             WHERE e.task_id = {task} ORDER BY e.id"
        ),
    ));
    told.extend(of(
        &[
            "m.kind", "m.shown_to", "m.shown_to_key", "m.alternate", "m.user_key", "m.container_id", "m.facts",
            "m.sealed IS NULL", "m.state", "m.tries", "m.created_at", "m.next_try_at", "m.give_up_at",
            "m.last_answer", "m.sender", "u.user_id",
        ],
        &format!(
            "emails m JOIN enrollments e ON e.id = m.enrollment_id JOIN users u ON u.id = e.user_id AND u.id = m.user_id \
             WHERE m.task_id = {task} ORDER BY m.id"
        ),
    ));
    told.extend(of(
        &["u.user_id", "l.created_at", "l.superseded_at"],
        &format!(
            "enrollment_links l JOIN enrollments e ON e.id = l.enrollment_id JOIN users u ON u.id = e.user_id \
             WHERE e.task_id = {task} ORDER BY l.id"
        ),
    ));
    told.extend(of(
        &[
            "a.at", "a.actor_kind", "a.actor", "a.actor_key", "a.role", "a.address", "a.request", "a.verb",
            "a.outcome", "u.user_id", "a.subject", "a.subject_key", "a.sentence", "a.detail",
        ],
        &format!("audit_entries a LEFT JOIN users u ON u.id = a.user_id WHERE a.task_id = {task} ORDER BY a.id"),
    ));
    let number = format!("\"task\":{task},");
    let sentence = format!("task {task}");
    told.into_iter()
        .map(|line| line.replace(prefix, "X").replace(&number, "\"task\":N,").replace(&sentence, "task N"))
        .collect()
}
