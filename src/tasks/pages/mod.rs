//! Screens of Provision and of Provisioning Task Management.

use crate::operators::{Permission, Who};

mod boxes;
pub mod detail;
pub mod edit;
pub mod edit_confirm;
pub mod file;
pub mod hand_over;
pub mod list;
mod moving;
mod people;
pub mod readdressed;
pub mod remove;
pub mod resend;
pub mod stop_date;
pub mod ticked;

/// True if the Edit page has anything for them.
fn may_edit(who: &Who) -> bool {
    [Permission::ChangeStopDate, Permission::Remove, Permission::Resend, Permission::Unlock]
        .into_iter()
        .any(|permission| who.may(permission))
}
