//! Who did it, as the log remembers them for ever.

/// Who did it, as the log remembers them for ever (names, not row ids that may go).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// What kind of actor.
    pub kind: ActorKind,
    /// The UserID of an operator, the User ID of a user, the name of an auth node; "system", "command line".
    pub name: String,
    /// The operator's role at that time; empty for others.
    pub role: String,
    /// The network address; empty for the system.
    pub address: String,
    /// The id of the request, as in the log; empty outside of one.
    pub request: String,
}

/// The kinds of actors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActorKind {
    /// Someone signed in to the console.
    Operator,
    /// A user in the portal.
    User,
    /// An auth node that checks one-time passwords.
    AuthNode,
    /// The server itself: workers, clocks.
    System,
    /// Someone at the server's command line.
    CommandLine,
    /// Someone who did not prove who they are.
    Unknown,
}

impl ActorKind {
    /// The word in the database.
    pub fn code(self) -> &'static str {
        match self {
            ActorKind::Operator => "operator",
            ActorKind::User => "user",
            ActorKind::AuthNode => "auth node",
            ActorKind::System => "system",
            ActorKind::CommandLine => "command line",
            ActorKind::Unknown => "unknown",
        }
    }
}

impl Actor {
    /// The server itself.
    pub fn system() -> Self {
        Actor {
            kind: ActorKind::System,
            name: "system".into(),
            role: String::new(),
            address: String::new(),
            request: String::new(),
        }
    }

    /// Someone at the server's command line.
    pub fn command_line() -> Self {
        Actor { kind: ActorKind::CommandLine, name: "command line".into(), ..Actor::system() }
    }
}
