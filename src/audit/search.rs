//! Which entries are asked for, and an entry as it is read back.

use crate::{
    clock::Timestamp,
    ids::{ContainerId, TaskId, UserId},
};

/// Which part of the log someone may see at all.
#[derive(Clone, Debug, Default)]
pub enum Visible {
    /// All of it.
    #[default]
    All,
    /// Entries of this operator, by UserID.
    Own(String),
    /// What concerns users of these containers, tasks of such users alone, and what the operator `own` did besides.
    Within {
        /// The containers.
        containers: Vec<ContainerId>,
        /// The operator's UserID.
        own: String,
    },
}

macro_rules! areas {
    ($($name:ident = $word:literal, $words:literal;)+) => {
        /// The part of the product that an entry is about: what stands before the point of its verb.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Area {
            $(#[doc = $words] $name,)+
        }

        impl Area {
            /// All of them, as the filter offers them.
            pub const ALL: [Area; [$($word),+].len()] = [$(Area::$name),+];

            /// The word before the point.
            pub fn code(self) -> &'static str {
                match self { $(Area::$name => $word,)+ }
            }

            /// The words people read.
            pub fn label(self) -> &'static str {
                match self { $(Area::$name => $words,)+ }
            }
        }
    };
}

areas! {
    Tasks = "tasks", "Provisioning tasks";
    Enrollment = "enrollment", "Enrollment";
    Users = "users", "Users";
    Tokens = "tokens", "Tokens";
    Authentication = "authentication", "One-time passwords";
    Mail = "mail", "Email";
    Messages = "messages", "Messages";
    Policy = "policy", "Policy";
    Operators = "operators", "Operators and sign-ins";
    Roles = "roles", "Roles";
    AuthNodes = "auth_nodes", "Auth nodes";
    Alerts = "alerts", "Operator alerts";
    Reports = "reports", "Reports";
    FirstStart = "first_start", "First start";
    Work = "work", "Long work";
    Console = "console", "Refused pages";
}

impl Area {
    /// The area of this word.
    pub fn from_code(word: &str) -> Option<Self> {
        Area::ALL.into_iter().find(|area| area.code() == word)
    }
}

/// Which entries are asked for; what is empty is not asked for.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// The beginning of a name: who did it, or whom or what it concerns; or the number of a task.
    pub text: String,
    /// Who did it: the whole name.
    pub actor: String,
    /// Whatever else is asked for, only of this.
    pub sight: Visible,
    /// The part of the product.
    pub area: Option<Area>,
    /// From this moment on.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
}

/// An entry as it is read back.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its number.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// The kind of actor, as in [`super::ActorKind::code`].
    pub actor_kind: String,
    /// Who.
    pub actor: String,
    /// The operator's role at that time; empty for others.
    pub role: String,
    /// The network address; empty for the system.
    pub address: String,
    /// The id of the request; empty outside of one.
    pub request: String,
    /// What, as a short stable name.
    pub verb: String,
    /// True if it was refused.
    pub refused: bool,
    /// The task it concerns.
    pub task: Option<TaskId>,
    /// The user it concerns.
    pub user: Option<UserId>,
    /// The name of what it concerns.
    pub subject: String,
    /// What happened.
    pub sentence: String,
    /// Names and values beside it.
    pub detail: Vec<(String, String)>,
}
