//! What a file is of.

/// What a file is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// People.
    Users,
    /// Devices, with their seeds.
    Tokens,
}

impl Kind {
    /// The word in the database.
    pub fn code(self) -> &'static str {
        match self {
            Kind::Users => "users",
            Kind::Tokens => "tokens",
        }
    }
}
