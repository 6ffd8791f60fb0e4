//! `/`: the first place that the role can open.

use crate::{
    operators::{
        Permission,
        may::{self, Need as _},
    },
    web::{Answer, Permitted, see_other, session},
};

/// Sends the operator there.
pub async fn show(p: Permitted<may::SignedIn>) -> Answer {
    let first =
        [("/tasks", may::SeeTasks::ANY_OF), ("/users", &[Permission::SeeUsers]), ("/audit", may::ReadAudit::ANY_OF)]
            .into_iter()
            .find(|(_, any_of)| p.who.may_any(any_of));
    Ok(see_other(first.map_or(session::ACCOUNT, |(place, _)| place)))
}
