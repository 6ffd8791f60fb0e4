//! Which entries are asked for, and an entry as it is read back.

use crate::{
    clock::Timestamp,
    ids::{TaskId, UserId},
};

/// Which entries are asked for; what is empty is not asked for.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// The beginning of a name: who did it, or whom or what it concerns; or the number of a task.
    pub text: String,
    /// Who did it: the whole name.
    pub actor: String,
    /// Entries of this operator only, whatever else is asked for.
    pub only_of: Option<String>,
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
    /// The kind of actor, as in [`super::ActorKind::word`].
    pub actor_kind: String,
    /// Who.
    pub actor: String,
    /// The network address; empty for the system.
    pub address: String,
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
