//! What the audit log has of the world, in the words of the verbs.

use crate::{
    audit::{Actor, ActorKind, Entry, NewRow, Verb},
    clock::Timestamp,
    demo::world::{
        maker::{Case, Maker},
        task::WorldTask,
    },
    english::counted,
    ids::{TaskId, UserId},
    operators::Who,
    tasks::{FailureKind, status::RemovedWhy},
};

/// Where users and the auth node are.
const USER_ADDRESS: &str = "198.51.100.23";
const NODE: (&str, &str) = ("vpn", "192.0.2.80");

impl Maker<'_> {
    /// The entries of a task itself.
    pub(super) fn note_task(&mut self, task: &WorldTask, who: &Who) {
        let id = TaskId(self.numbers.task);
        let users = counted(task.users, "user");
        let entry = Entry::done(&who.actor, Verb::TasksProvision, format!("Provisioned {users}"))
            .task(id)
            .fact("Authentication Type", task.kind.label())
            .fact("Stop Date", task.stop_on.to_string());
        self.slice.entries.push(NewRow::of(task.created_at, &entry));
        if let Some(at) = task.removed_at {
            let entry = Entry::done(&who.actor, Verb::TasksRemove, "Removed the task")
                .task(id)
                .fact("Email notification", "not sent");
            self.slice.entries.push(NewRow::of(at, &entry));
        }
    }

    /// The entries of a user in it. Of older times there is one of who enrolled: all of them would make the log twice as
    /// long as all else, and change no screen.
    pub(super) fn note_enrollment(&mut self, case: &Case<'_>, serial: Option<&str>) {
        let (course, task, id) = (case.course, case.task, case.task_id);
        let is_recent = task.n >= self.size.older();
        let user = self.user(case);
        if let (Some(at), Some(serial)) = (course.enrolled_at, serial) {
            if let Some(at) = course.accepted_at.filter(|_| is_recent) {
                self.note(case, at, Entry::done(&user, Verb::EnrollmentAcceptCode, "Accepted the activation code"));
            }
            let entry = Entry::done(&user, Verb::EnrollmentEnroll, "Enrolled a token");
            self.note(case, at, entry.fact("Serial Number", serial));
        }
        if !is_recent {
            return;
        }
        let sentence = format!("Provisioned in task {id}: {}", task.kind.label());
        self.note(case, task.created_at, Entry::done(&case.who.actor, Verb::TasksProvisionUser, sentence));
        if let Some(at) = course.resent_at {
            let sentence = format!("Resent task {id} to {}", case.resident.email);
            self.note(case, at, Entry::done(&case.who.actor, Verb::TasksResendUser, sentence));
        }
        for (_, at) in &course.reminded {
            let sentence = format!("Reminded of the Stop Date {}", course.stop_on);
            self.note(case, *at, Entry::done(&Actor::system(), Verb::TasksRemind, sentence));
        }
        if let (Some(at), Some(serial)) = (course.used_at, serial) {
            let node = actor(ActorKind::AuthNode, NODE.0, NODE.1);
            let sentence = "Accepted the first one-time password; the enrollment is Completed";
            self.note(case, at, Entry::done(&node, Verb::AuthenticationCheck, sentence).fact("Serial Number", serial));
        }
        if let Some(at) = course.missed_at {
            let allowed = self.policy.attempts_allowed;
            let locked = if course.failures >= allowed { "; the enrollment is Locked" } else { "" };
            let entry = Entry::refused(&user, Verb::EnrollmentAttempt, format!("Failed an enrollment attempt{locked}"))
                .fact("Reason", FailureKind::Code.label())
                .fact("Attempts", format!("{} of {allowed}", course.failures));
            self.note(case, at, entry);
        }
        if let Some((at, RemovedWhy::Removed)) = course.removed {
            let sentence = format!("Removed from task {id}");
            self.note(case, at, Entry::done(&case.who.actor, Verb::TasksRemoveUser, sentence));
        }
    }

    fn note(&mut self, case: &Case<'_>, at: Timestamp, entry: Entry<'_>) {
        let entry = entry.task(TaskId(case.task_id)).user(UserId(case.user), &case.resident.user_id);
        self.slice.entries.push(NewRow::of(at, &entry));
    }

    fn user(&self, case: &Case<'_>) -> Actor {
        actor(ActorKind::User, &case.resident.user_id, USER_ADDRESS)
    }
}

fn actor(kind: ActorKind, name: &str, address: &str) -> Actor {
    Actor { kind, name: name.into(), role: String::new(), address: address.into(), request: String::new() }
}
