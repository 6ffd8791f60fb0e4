//! What of a task lies in some containers, in the words of the database.

use crate::ids::ContainerId;

/// What is open in a container, as its index has it.
pub(super) const OPEN: &str = "NOT c.removed AND c.enrolled < c.users";

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

/// The number of the newest email that went to a user of a task in these containers.
pub fn newest_email_in(containers: &[ContainerId]) -> String {
    let list = within(containers);
    format!(
        "(SELECT MAX(c.last_email_id) FROM task_containers c WHERE c.task_id = tasks.id AND c.container_id IN ({list}))"
    )
}
