//! What a task of the world keeps of its users, as a whole and for each container of them.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::{
    db,
    demo::world::{
        course::Course,
        store::rows::{PartRow, TaskRow},
        task::WorldTask,
    },
    ids::ContainerId,
    operators::Who,
    tasks::status::RemovedWhy,
};

/// The counts of the users in one container.
#[derive(Clone, Copy)]
struct Part {
    users: i64,
    enrolled: i64,
    used: i64,
    locked: i64,
    earliest: NaiveDate,
    latest: NaiveDate,
    last_email: i64,
}

/// What is counted of a task so far.
#[derive(Default)]
pub struct Kept {
    parts: BTreeMap<i64, Part>,
    emailed_to: String,
}

impl Kept {
    /// Counts a user of this container, whose newest email has this number and went to this address. Whom an operator took
    /// out does not count.
    pub fn count(&mut self, container: ContainerId, course: &Course, attempts: i64, last_email: i64, to: &str) {
        if matches!(course.removed, Some((_, RemovedWhy::Removed))) {
            return;
        }
        let (earliest, latest) = (course.stop_on, course.stop_on);
        let empty = Part { users: 0, enrolled: 0, used: 0, locked: 0, earliest, latest, last_email };
        let part = self.parts.entry(container.0).or_insert(empty);
        part.users += 1;
        part.enrolled += i64::from(course.enrolled_at.is_some());
        part.used += i64::from(course.used_at.is_some());
        part.locked += i64::from(course.enrolled_at.is_none() && course.failures >= attempts);
        (part.earliest, part.latest) = (part.earliest.min(earliest), part.latest.max(latest));
        part.last_email = last_email;
        to.clone_into(&mut self.emailed_to);
    }

    /// What lies in which container. Every user was sent an email.
    pub fn parts<'a>(&'a self, task_id: i64, task: &WorldTask) -> impl Iterator<Item = PartRow> + use<'a> {
        let (removed, start_on) = (task.removed_at.is_some(), task.start_on);
        self.parts.iter().map(move |(container_id, part)| PartRow {
            task_id,
            container_id: *container_id,
            removed,
            users: part.users,
            enrolled: part.enrolled,
            used: part.used,
            locked: part.locked,
            earliest_stop_on: part.earliest,
            latest_stop_on: part.latest,
            emailed_users: part.users,
            last_email_id: Some(part.last_email),
            start_on,
        })
    }

    /// The row of the task, whose counts are the sums.
    pub fn whole(self, id: i64, task: WorldTask, who: &Who) -> TaskRow {
        let sum = |count: fn(&Part) -> i64| self.parts.values().map(count).sum();
        let dates = self.parts.values();
        TaskRow {
            id,
            operator_id: who.operator.map(|operator| operator.0),
            operator: who.name().to_owned(),
            operator_key: db::key(who.name()),
            authentication_type: task.kind.code(),
            description: task.description,
            start_on: task.start_on,
            created_at: task.created_at,
            removed_at: task.removed_at,
            removed_by: task.removed_at.map_or("", |_| who.name()).to_owned(),
            users: sum(|part| part.users),
            enrolled: sum(|part| part.enrolled),
            used: sum(|part| part.used),
            locked: sum(|part| part.locked),
            earliest_stop_on: dates.clone().map(|part| part.earliest).min().unwrap_or(task.stop_on),
            latest_stop_on: dates.clone().map(|part| part.latest).max().unwrap_or(task.stop_on),
            emailed_to_key: db::key(&self.emailed_to),
            emailed_users: sum(|part| part.users),
            last_email_id: dates.map(|part| part.last_email).max(),
            emailed_to: self.emailed_to,
            version: 1,
        }
    }
}
