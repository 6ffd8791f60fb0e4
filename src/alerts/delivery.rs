//! When they are told: at once, once a day, or never.

/// How a role is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Delivery {
    /// Not at all.
    Off,
    /// With the next round of the server.
    AtOnce,
    /// Once a day.
    Daily,
}

impl Delivery {
    /// All of them, as the form offers them.
    pub const ALL: [Delivery; 3] = [Delivery::Off, Delivery::AtOnce, Delivery::Daily];

    /// The word in the database and in the form.
    pub fn code(self) -> &'static str {
        self.into()
    }

    /// The one of this word.
    pub fn from_code(word: &str) -> Option<Self> {
        word.parse().ok()
    }

    /// What operators read.
    pub fn label(self) -> &'static str {
        match self {
            Delivery::Off => "Off",
            Delivery::AtOnce => "At once",
            Delivery::Daily => "Daily digest",
        }
    }
}
