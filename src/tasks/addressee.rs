//! A user of a task who is written to: what an email about it tells and an audit entry names, wherever it was read.

use chrono::NaiveDate;

use crate::{
    ids::{ContainerId, EnrollmentId, TaskId, UserId},
    tasks::{enrollment::Enrollment, members::EnrollmentRow, task::Task},
    tokens::AuthenticationType,
};

/// A user of a task who is written to.
#[derive(Clone, Copy)]
pub struct Addressee<'a> {
    /// The enrollment.
    pub enrollment: EnrollmentId,
    /// The task.
    pub task: TaskId,
    /// Who made the task.
    pub operator: &'a str,
    /// What is enrolled.
    pub authentication_type: AuthenticationType,
    /// The user's row.
    pub user: UserId,
    /// The User ID.
    pub user_id: &'a str,
    /// First name.
    pub first_name: &'a str,
    /// Last name.
    pub last_name: &'a str,
    /// The address in the profile.
    pub email: &'a str,
    /// Where the user is kept.
    pub container: ContainerId,
    /// The Stop Date.
    pub stop_on: NaiveDate,
    /// Failed attempts.
    pub failures: i64,
}

impl<'a> Addressee<'a> {
    /// A user as a list of the task shows them.
    pub fn of(task: &'a Task, member: &'a EnrollmentRow) -> Self {
        Addressee {
            enrollment: member.enrollment,
            task: task.id,
            operator: &task.operator,
            authentication_type: task.authentication_type,
            user: member.user,
            user_id: &member.user_id,
            first_name: &member.first_name,
            last_name: &member.last_name,
            email: &member.email,
            container: member.container,
            stop_on: member.facts.stop_on,
            failures: member.facts.failures,
        }
    }
}

impl<'a> From<&'a Enrollment> for Addressee<'a> {
    fn from(enrollment: &'a Enrollment) -> Self {
        Addressee {
            enrollment: enrollment.id,
            task: enrollment.task,
            operator: &enrollment.operator,
            authentication_type: enrollment.authentication_type,
            user: enrollment.user,
            user_id: &enrollment.user_id,
            first_name: &enrollment.first_name,
            last_name: &enrollment.last_name,
            email: &enrollment.email,
            container: enrollment.container,
            stop_on: enrollment.facts.stop_on,
            failures: enrollment.facts.failures,
        }
    }
}
