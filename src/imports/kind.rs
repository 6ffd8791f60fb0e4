//! What a file is of.

/// What a file is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Kind {
    /// People.
    Users,
    /// Devices, with their seeds.
    Tokens,
}

impl Kind {
    /// The word in the database.
    pub fn code(self) -> &'static str {
        self.into()
    }
}
