//! The kinds of auth nodes, and what an operator sets of one (PRODUCT.md §10).

/// How an auth node asks. The words are stored: they stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Kind {
    /// Over HTTP, with a key.
    Api,
    /// By RADIUS, from its address, with a shared secret.
    Radius,
}

impl Kind {
    /// The word in the database and in forms.
    pub fn code(self) -> &'static str {
        self.into()
    }

    /// The kind of this word; one that another version stored asks in a way that this one does not know, and has no key here.
    pub fn from_code(word: &str) -> Option<Self> {
        word.parse().ok()
    }

    /// What people read.
    pub fn label(self) -> &'static str {
        match self {
            Kind::Api => "API",
            Kind::Radius => "RADIUS",
        }
    }

    /// What it proves itself with.
    pub fn proof(self) -> &'static str {
        match self {
            Kind::Api => "key",
            Kind::Radius => "shared secret",
        }
    }
}

/// What the password field of a request holds. The words are stored: they stay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Mode {
    /// The one-time password.
    #[default]
    OneTimePassword,
    /// Anything: the one-time password is asked for by a challenge.
    Challenge,
}

impl Mode {
    /// The word in the database and in forms.
    pub fn code(self) -> &'static str {
        self.into()
    }

    /// The mode of this word.
    pub fn from_code(word: &str) -> Option<Self> {
        word.parse().ok()
    }

    /// What people read.
    pub fn label(self) -> &'static str {
        match self {
            Mode::OneTimePassword => "One-time password",
            Mode::Challenge => "Challenge",
        }
    }
}

/// What an operator sets of an auth node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeSettings {
    /// What the password field holds.
    pub mode: Mode,
    /// A name that as a whole is no User ID loses its domain or realm.
    pub strips_realm: bool,
    /// Requests without Message-Authenticator are taken, with the risk of CVE-2024-3596.
    pub takes_unsigned: bool,
    /// An accept has Class: the user's container.
    pub sends_class: bool,
    /// An accept has Filter-Id: the user's container.
    pub sends_filter_id: bool,
    /// A reject has Reply-Message: one sentence, never the reason.
    pub sends_message: bool,
}

impl Default for NodeSettings {
    fn default() -> Self {
        NodeSettings {
            mode: Mode::default(),
            strips_realm: true,
            takes_unsigned: false,
            sends_class: false,
            sends_filter_id: false,
            sends_message: false,
        }
    }
}

impl NodeSettings {
    /// Name and value of each, for the audit log.
    pub fn facts(&self) -> [(&'static str, &'static str); 6] {
        let yes_no = |is: bool| if is { "yes" } else { "no" };
        [
            ("The password field holds", self.mode.label()),
            ("Cut off a domain or realm", yes_no(self.strips_realm)),
            ("Do without Message-Authenticator", yes_no(self.takes_unsigned)),
            ("Class", yes_no(self.sends_class)),
            ("Filter-Id", yes_no(self.sends_filter_id)),
            ("Reply-Message on rejects", yes_no(self.sends_message)),
        ]
    }
}

/// The names that may be meant by what was typed: as a whole, and without the domain before it or the realm behind it.
/// The last one is what failures are counted by.
pub fn names(typed: &str, strips_realm: bool) -> Vec<String> {
    let typed = typed.trim();
    let mut names = vec![typed.to_owned()];
    if strips_realm {
        let bare = typed.rsplit_once('\\').map_or(typed, |(_, bare)| bare);
        let bare = bare.rsplit_once('@').map_or(bare, |(bare, _)| bare).trim();
        if bare != typed && !bare.is_empty() {
            names.push(bare.to_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_domain_or_a_realm_is_cut_off() {
        for (typed, meant) in [
            ("a.berg", vec!["a.berg"]),
            ("EXAMPLE\\a.berg", vec!["EXAMPLE\\a.berg", "a.berg"]),
            ("a.berg@example.org", vec!["a.berg@example.org", "a.berg"]),
            ("EXAMPLE\\a.berg@example.org", vec!["EXAMPLE\\a.berg@example.org", "a.berg"]),
            ("@example.org", vec!["@example.org"]),
            ("EXAMPLE\\", vec!["EXAMPLE\\"]),
        ] {
            assert_eq!(names(typed, true), meant);
            assert_eq!(names(typed, false), [typed]);
        }
    }
}
