//! What long work on the users of a task was asked, as it is written down.

use serde::{Deserialize, Serialize};

use super::change::Change;
use crate::{
    ids::{EnrollmentId, TaskId},
    mail::State,
    tasks::{members::Filter, status::Status, ticked_users::TickedUsers},
    ticked::Ticked,
};

/// Who was ticked, as it is written down.
#[derive(Serialize, Deserialize)]
pub(super) enum Users {
    These(Vec<EnrollmentId>),
    Matching {
        q: String,
        status: Option<String>,
        mail: Option<String>,
        open: bool,
        enrolled: bool,
        reachable: bool,
        descending: bool,
    },
}

/// What is to be done.
#[derive(Serialize, Deserialize)]
pub(super) struct Asked {
    pub(super) task: TaskId,
    pub(super) users: Users,
    pub(super) change: Change,
    /// The hash of what the page showed.
    pub(super) shown: String,
}

impl From<&TickedUsers> for Users {
    fn from(ticked: &TickedUsers) -> Self {
        match ticked {
            Ticked::These(ids) => Users::These(ids.clone()),
            Ticked::Matching(filter) => Users::Matching {
                q: filter.q.clone(),
                status: filter.status.map(|status| status.code().to_owned()),
                mail: filter.mail.map(|state| state.code().to_owned()),
                open: filter.open,
                enrolled: filter.enrolled,
                reachable: filter.reachable,
                descending: filter.descending,
            },
        }
    }
}

impl From<&Users> for TickedUsers {
    fn from(users: &Users) -> Self {
        match users {
            Users::These(ids) => Ticked::These(ids.clone()),
            Users::Matching { q, status, mail, open, enrolled, reachable, descending } => Ticked::Matching(Filter {
                q: q.clone(),
                status: status.as_deref().and_then(Status::from_code),
                mail: mail.as_deref().and_then(State::from_code),
                open: *open,
                enrolled: *enrolled,
                reachable: *reachable,
                descending: *descending,
            }),
        }
    }
}
