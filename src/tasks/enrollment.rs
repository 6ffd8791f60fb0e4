//! An enrollment with its task and its user, and the link that leads to it.

use crate::db;
use chrono::NaiveDate;

use crate::{
    clock::Timestamp,
    ids::{ContainerId, EmailId, EnrollmentId, LinkId, TaskId, TokenId, UserId},
    mail::LinkSent,
    tasks::status::{EnrollmentFacts, RemovedWhy},
    tokens::AuthenticationType,
};

/// One user in one task, with what is needed of both.
#[derive(Clone, Debug)]
pub struct Enrollment {
    /// The enrollment.
    pub id: EnrollmentId,
    /// The number of the task.
    pub task: TaskId,
    /// The UserID of who made the task.
    pub operator: String,
    /// The day the task was made.
    pub start_on: NaiveDate,
    /// When the task was removed.
    pub task_removed_at: Option<Timestamp>,
    /// The kind of token.
    pub authentication_type: AuthenticationType,
    /// The user's row.
    pub user: UserId,
    /// The User ID.
    pub user_id: String,
    /// The user's first name.
    pub first_name: String,
    /// The user's last name.
    pub last_name: String,
    /// The address in the user's profile; may be empty.
    pub email: String,
    /// When that address last became another one.
    pub email_changed_at: Option<Timestamp>,
    /// Where the user is kept.
    pub container: ContainerId,
    /// True if the user is disabled.
    pub disabled: bool,
    /// What the status is worked out from.
    pub facts: EnrollmentFacts,
    /// When it was taken out of the task.
    pub removed_at: Option<Timestamp>,
    /// Why.
    pub removed_why: Option<RemovedWhy>,
    /// The task that replaced it.
    pub replaced_by: Option<TaskId>,
    /// The address last written to; masked if it was an alternate one.
    pub emailed_to: String,
    /// When.
    pub emailed_at: Option<Timestamp>,
    /// The email last written.
    pub last_email: Option<EmailId>,
    /// When the link was first opened (a mail scanner can do that too).
    pub opened_at: Option<Timestamp>,
    /// When the activation code was accepted.
    pub code_accepted_at: Option<Timestamp>,
    /// When the key was shown.
    pub key_shown_at: Option<Timestamp>,
    /// When a link was opened that a newer email had superseded.
    pub older_link_at: Option<Timestamp>,
    /// The sealed seed that is shown until it is proven.
    pub pending_seed: Option<Vec<u8>>,
    /// The token that was enrolled.
    pub token: Option<TokenId>,
    /// Counts the changes.
    pub version: i64,
}

/// What stands instead of an address where link and code were handed over; no address begins so.
pub const HANDED_OVER: &str = "handed over by ";

impl Enrollment {
    /// True if the newest link was handed over, and went to no address.
    pub fn is_handed_over(&self) -> bool {
        self.emailed_to.starts_with(HANDED_OVER)
    }
}

/// A link in an enrollment email, with the enrollment it leads to.
#[derive(Clone, Debug)]
pub struct Link {
    /// The link's row.
    pub id: LinkId,
    /// The public part.
    pub handle: String,
    /// The keyed hash of `handle:code`.
    pub code_hash: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When a newer email replaced it.
    pub superseded_at: Option<Timestamp>,
    /// When the address it was sent to ceased to be the profile's.
    pub address_left_at: Option<Timestamp>,
    /// Where it leads.
    pub enrollment: Enrollment,
}

/// When the address that `sent` went to ceased to be the profile's; `None` while the link lives. What was sent to an
/// alternate address lives on. An address that comes back brings no link back: it ended when it left.
pub fn left_at(enrollment: &Enrollment, sent: &LinkSent) -> Option<Timestamp> {
    let changed = enrollment.email_changed_at.filter(|_| !sent.alternate)?;
    (sent.at < changed || sent.to_key != db::key(&enrollment.email)).then_some(changed)
}
