//! Which emails a list shows.

use super::{Kind, State};
use crate::ids::EmailId;

/// Which rows of the outbox are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// Refused or sent back of late, and no newer email went to the same enrollment.
    Attention,
    /// One state.
    State(State),
    /// All.
    All,
}

/// What is looked for in the outbox.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The start of an address as it is shown or of a User ID, or a task's number; empty for all.
    pub text: String,
    /// One kind.
    pub kind: Option<Kind>,
    /// Nothing but these, if they are named.
    pub only: Option<Vec<EmailId>>,
    /// More than are counted have such an address or User ID: they are looked for along the list.
    pub many: bool,
}
