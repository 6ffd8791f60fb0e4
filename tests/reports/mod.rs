//! Reports: what they count, how they are narrowed, and the files they become.

mod counts;
mod drawn;
mod files;
mod metrics;

use diesel::prelude::*;
use tokendesk::{
    clock::Timestamp,
    ids::{ContainerId, TaskId, UserId},
    operators::{BuiltIn, Who},
    schema::{enrollments, tasks},
    tasks::status::RemovedWhy,
};

use crate::support::World;

/// One task of every outcome, with users of every status in two containers.
pub struct History {
    /// k.lindqvist, who may do everything.
    pub lindqvist: Who,
    /// a.reyes, who made the last two tasks.
    pub reyes: Who,
    pub legal: ContainerId,
    /// Both enrolled and used their tokens.
    pub completed: TaskId,
    /// Three did not enroll in time, one of them locked.
    pub incomplete: TaskId,
    /// Removed after one of two had enrolled.
    pub removed: TaskId,
    /// Five users: completed, enrolled, locked, active, taken out.
    pub open: TaskId,
    /// One past the Stop Date and one not.
    pub mixed: TaskId,
}

/// A moment.
pub fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

impl World {
    /// Users named `prefix.0`, `prefix.1`, … in these containers.
    fn people(&self, prefix: &str, containers: &[&str]) -> Vec<UserId> {
        let name = |n: usize| format!("{prefix}.{n}");
        containers.iter().enumerate().map(|(n, container)| self.user(&name(n), container).id).collect()
    }

    /// Enrolls a user, and the token is used at once.
    pub fn complete(&self, task: TaskId, user: UserId) {
        let token = self.enroll(task, user);
        let now = self.now();
        self.desk.db.write(|conn| tokendesk::tasks::note_used(conn, now, token)).expect("the token is used");
    }

    /// Takes a user out of a task.
    pub fn take_out(&self, task: TaskId, user: UserId) {
        let (enrollment, now) = (self.enrollment(task, user).id, self.now());
        self.desk
            .db
            .write(|conn| {
                tokendesk::tasks::end_enrollments(conn, now, &[enrollment], "k.lindqvist", RemovedWhy::Removed, None)?;
                tokendesk::counts::recount(conn, task)
            })
            .expect("the user is taken out");
    }

    /// Removes a whole task.
    pub fn remove_task(&self, task: TaskId) {
        let now = self.now();
        self.desk
            .db
            .write(|conn| {
                diesel::update(tasks::table.find(task.0)).set(tasks::removed_at.eq(now)).execute(conn)?;
                let going = enrollments::table
                    .filter(enrollments::task_id.eq(task.0))
                    .filter(enrollments::enrolled_at.is_null().and(enrollments::removed_at.is_null()));
                diesel::update(going)
                    .set((enrollments::removed_at.eq(now), enrollments::removed_why.eq(RemovedWhy::TaskRemoved.code())))
                    .execute(conn)?;
                tokendesk::counts::recount(conn, task)
            })
            .expect("the task is removed");
    }

    /// Moves the Stop Date of one user.
    pub fn stop(&self, task: TaskId, user: UserId, on: &str) {
        let enrollment = self.enrollment(task, user).id.0;
        let on: chrono::NaiveDate = on.parse().expect("a date");
        self.desk
            .db
            .write(|conn| {
                diesel::update(enrollments::table.find(enrollment)).set(enrollments::stop_on.eq(on)).execute(conn)?;
                tokendesk::counts::recount(conn, task)
            })
            .expect("the Stop Date is moved");
    }

    /// The clock is set.
    pub fn set_clock(&self, text: &str) {
        assert!(self.desk.clock.set(at(text)));
    }

    /// See [`History`]; it ends at the time every test begins.
    pub fn history(&self) -> History {
        let end = self.now();
        let lindqvist = self.lindqvist();
        let reyes = self.operator("a.reyes", BuiltIn::Operator);
        self.set_clock("2026-10-01T10:00:00");
        let people = self.people("done", &["Sales", "Legal"]);
        let completed = self.task(&lindqvist, &people);
        for user in &people {
            self.complete(completed, *user);
        }
        let people = self.people("late", &["Sales", "Sales", "Legal"]);
        let incomplete = self.task(&lindqvist, &people);
        self.lock(incomplete, people[0]);
        self.set_clock("2026-10-20T10:00:00");
        let people = self.people("gone", &["Sales", "Legal"]);
        let removed = self.task(&lindqvist, &people);
        self.enroll(removed, people[0]);
        self.remove_task(removed);
        self.set_clock("2026-11-18T10:00:00");
        let people = self.people("open", &["Sales", "Legal", "Legal", "Sales", "Sales"]);
        let open = self.task(&reyes, &people);
        self.complete(open, people[0]);
        self.enroll(open, people[1]);
        self.lock(open, people[2]);
        self.take_out(open, people[4]);
        let people = self.people("mixed", &["Sales", "Legal"]);
        let mixed = self.task(&reyes, &people);
        self.stop(mixed, people[0], "2026-11-19");
        assert!(self.desk.clock.set(end));
        let container = |name: &str| {
            let found = self.desk.db.read(|conn| tokendesk::users::container(conn, name));
            found.expect("the database answers").expect("it was made with its users")
        };
        History { legal: container("Legal"), lindqvist, reyes, completed, incomplete, removed, open, mixed }
    }
}
