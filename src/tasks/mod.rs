//! Provisioning tasks and the enrollments in them.

use crate::{
    clock::Timestamp,
    db::AnyConn,
    error::{Error, Result},
    ids::{EnrollmentId, TaskId, TokenId},
};

pub mod address;
mod addressee;
mod description;
pub mod enrollment;
pub mod hand_over;
pub mod history;
pub mod left_out;
pub mod links;
mod links_of;
pub mod list;
pub mod members;
pub mod missed;
pub mod more_time;
pub mod pages;
mod policy;
mod progress;
pub mod reading;
pub mod reminders;
pub mod remove;
mod replaced;
pub mod resend;
pub mod status;
pub mod stop_date;
mod store;
pub mod task;
pub mod ticked;
pub mod ticked_users;
pub mod work;

pub use enrollment::{Enrollment, Link};
pub use missed::{Failure, FailureKind};
pub use reading::{count_open, find};
pub use reminders::send_reminders;
pub use replaced::note_used;
pub use status::{EnrollmentFacts, Status, status};
pub use store::{
    by_handle, enrollments,
    history::of_task as history_of,
    hold,
    links::older as older_links,
    list::find as row_of,
    members::page as member_page,
    missed::set as note_missed,
    missed::set_older_link as note_older_link,
    missed::{Trace, forgive_code, trace},
    notes::add_failure as note_failure,
    notes::{
        set_code_accepted as note_code_accepted, set_opened as note_opened, set_pending_seed as note_pending_seed,
    },
    prepared::{PreparedLink, open as open_prepared_links, stage as stage_links},
    replacements::{note as note_replacement, open_of as open_replacements},
    write::{end as end_enrollments, note_last_emails},
};
pub use task::Task;

pub use policy::change_policy;

/// Notes in the caller's transaction that `enrollment` got `token`, with the task's count; the task.
///
/// # Errors
/// `Conflict` if it was removed, locked or enrolled meanwhile.
pub fn note_enrolled(conn: &mut AnyConn, now: Timestamp, enrollment: EnrollmentId, token: TokenId) -> Result<TaskId> {
    let limit = crate::policy::held(conn)?.attempts_allowed;
    store::notes::set_enrolled(conn, now, enrollment, token, limit)?
        .ok_or_else(|| Error::Conflict("This enrollment ended meanwhile.".into()))
}
