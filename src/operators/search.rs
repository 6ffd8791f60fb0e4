//! Which operators a list asks for, as its address says.

use crate::order;

/// Whether an operator may sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum State {
    /// They may.
    CanSignIn,
    /// They may not until somebody resumes them.
    Suspended,
}

impl State {
    /// Both.
    pub const ALL: [State; 2] = [State::CanSignIn, State::Suspended];

    /// The word in addresses.
    pub fn code(self) -> &'static str {
        self.into()
    }

    /// The words people read.
    pub fn label(self) -> &'static str {
        match self {
            State::CanSignIn => "Can sign in",
            State::Suspended => "Suspended",
        }
    }

    /// The state of this word.
    pub fn from_code(word: &str) -> Option<Self> {
        word.parse().ok()
    }
}

/// What the list is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// UserID.
    UserId,
    /// Last sign-in, newest first; who never did stands behind.
    SignIn,
}

impl order::Column for Column {
    const ALL: &'static [Self] = &[Column::UserId, Column::SignIn];

    fn code(self) -> &'static str {
        match self {
            Column::UserId => "user-id",
            Column::SignIn => "sign-in",
        }
    }

    fn is_reversed(self) -> bool {
        self == Column::SignIn
    }
}

/// The order of the list.
pub type Order = order::Order<Column>;

/// Which operators are asked for; what is empty is not asked for.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// A part of the UserID or of the name.
    pub text: String,
    /// The name of a role.
    pub role: String,
    /// Whether they may sign in.
    pub state: Option<State>,
    /// What comes first.
    pub order: Order,
}

impl Search {
    /// The search as pairs of an address; the empty ones are left out by whoever writes it.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        vec![
            ("q", self.text.clone()),
            ("role", self.role.clone()),
            ("state", self.state.map(State::code).unwrap_or_default().to_owned()),
            ("sort", self.order.code()),
        ]
    }
}
