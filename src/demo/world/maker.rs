//! Makes the rows of tasks, one task after the other, each from its position alone.

use crate::{
    clock::Zone,
    demo::world::{
        calendar::Calendar,
        course::Course,
        kept::Kept,
        residents::{Resident, Round, resident},
        size::Size,
        store::{Numbers, Slice, rows::EnrollmentRow},
        task::WorldTask,
    },
    desk::Desk,
    error::Result,
    ids::ContainerId,
    operators::Who,
    policy::Policy,
    tasks::FailureKind,
    tokens::AuthenticationType,
};

/// What all rows are made with.
pub struct Maker<'a> {
    pub desk: &'a Desk,
    pub size: Size,
    pub calendar: Calendar,
    pub policy: Policy,
    pub zone: Zone,
    /// Who makes tasks.
    pub operators: Vec<Who>,
    /// The containers, in the order of `people::CONTAINERS`.
    pub containers: Vec<ContainerId>,
    /// The last numbers that were given; users have theirs already, from `numbers.user` on.
    pub numbers: Numbers,
    /// The rows that are not written yet.
    pub slice: Slice,
    pub(super) round: Round,
    /// Enrollments made so far and in all, by the kind of token.
    pub(super) made: [i64; 2],
    pub(super) all: [i64; 2],
}

/// A user in a task, with the numbers of both.
pub struct Case<'a> {
    pub task: &'a WorldTask,
    pub task_id: i64,
    pub enrollment: i64,
    pub resident: &'a Resident,
    pub user: i64,
    pub container: ContainerId,
    pub course: &'a Course,
    /// The position in the round of this kind of token.
    pub position: i64,
    pub who: &'a Who,
}

/// The position of a kind of token in pairs of numbers.
pub fn index(kind: AuthenticationType) -> usize {
    usize::from(kind == AuthenticationType::HardwareToken)
}

impl Maker<'_> {
    /// Makes the rows of the `n`th task.
    pub fn task(&mut self, n: i64) -> Result<()> {
        let task = WorldTask::of(&self.size, &self.calendar, self.zone, self.operators.len(), n);
        let who = self.operators[task.operator].clone();
        self.numbers.task += 1;
        let mut kept = Kept::default();
        for m in 0..task.users {
            self.enrollment(&task, m, &who, &mut kept)?;
        }
        self.note_task(&task, &who);
        self.slice.parts.extend(kept.parts(self.numbers.task, &task));
        self.slice.tasks.push(kept.whole(self.numbers.task, task, &who));
        Ok(())
    }

    /// Makes the rows of the `m`th user in it.
    fn enrollment(&mut self, task: &WorldTask, m: i64, who: &Who, kept: &mut Kept) -> Result<()> {
        let course = &Course::of(task, m, &self.calendar, &self.policy, self.zone);
        self.numbers.enrollment += 1;
        let position = self.made[index(task.kind)];
        self.made[index(task.kind)] += 1;
        let resident = resident(self.round.user(position));
        let case = Case {
            task,
            task_id: self.numbers.task,
            enrollment: self.numbers.enrollment,
            user: self.numbers.user + 1 + resident.n,
            container: self.containers[resident.container],
            resident: &resident,
            course,
            position,
            who,
        };
        let token = self.token(&case);
        let (with_link, newest) = self.letters(&case, token.as_ref().map(|(_, serial)| serial.as_str()))?;
        self.note_enrollment(&case, token.as_ref().map(|(_, serial)| serial.as_str()));
        let removed_by = course.removed.map_or("", |_| who.name()).to_owned();
        self.slice.enrollments.push(EnrollmentRow {
            id: case.enrollment,
            task_id: case.task_id,
            user_id: case.user,
            authentication_type: task.kind.code(),
            stop_on: course.stop_on,
            failures: course.failures,
            removed_at: course.removed.map(|(at, _)| at),
            removed_by,
            removed_why: course.removed.map_or("", |(_, why)| why.code()),
            emailed_to: resident.email.clone(),
            emailed_at: Some(course.emailed_at(task)),
            last_email_id: Some(with_link),
            reminded_on: course.reminded.last().map(|(on, _)| *on),
            opened_at: course.opened_at,
            code_accepted_at: course.accepted_at,
            key_shown_at: course.accepted_at.filter(|_| task.kind == AuthenticationType::AuthenticatorApp),
            enrolled_at: course.enrolled_at,
            used_at: course.used_at,
            token_id: token.map(|(id, _)| id),
            version: 1,
            missed: if course.failures > 0 { FailureKind::Code.code() } else { "" },
            missed_at: course.missed_at,
        });
        kept.count(case.container, course, self.policy.attempts_allowed, newest, &resident.email);
        Ok(())
    }
}
