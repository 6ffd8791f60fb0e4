//! A draft: who was chosen, and what is to happen to them.

use crate::{
    clock::Timestamp,
    ids::{TaskId, WorkId},
    provision::{choice::Selection, plan::Plan},
    tokens::AuthenticationType,
};
use chrono::NaiveDate;

/// What an operator is about to provision.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The random handle in its address.
    pub id: String,
    /// Who was chosen.
    pub selection: Selection,
    /// The kind of token, once it is chosen.
    pub authentication_type: Option<AuthenticationType>,
    /// What operators call the task.
    pub description: String,
    /// The Stop Date, once it is chosen.
    pub stop_on: Option<NaiveDate>,
    /// Include users who have a token of the type.
    pub include_with_token: bool,
    /// Include users who have an enrollment in an open task of the type.
    pub include_with_task: bool,
    /// Include users without an email address: their link and code are handed over.
    pub hand_over: bool,
    /// When it was started.
    pub created_at: Timestamp,
    /// The task that came of it.
    pub task: Option<TaskId>,
    /// The long work that carries it out, while it goes on.
    pub work: Option<WorkId>,
}

/// A draft with what Confirm would do.
pub struct Preview {
    /// The draft.
    pub draft: Draft,
    /// What would be done.
    pub plan: Plan,
    /// The keyed hash of all that is shown; Confirm sends it back.
    pub shown: String,
    /// Why it cannot be done as it stands.
    pub refusal: Option<String>,
}

/// What came of Confirm.
pub enum Confirmed {
    /// The task, made now or by an earlier click.
    Task(TaskId),
    /// The data moved since the page was shown: nothing was done.
    Moved(Box<Preview>),
    /// It is as it was shown, and a rule does not allow it: nothing was done.
    Refused(Box<Preview>),
}

/// What came of the button of the last step.
pub enum Begun {
    /// It was done at once, or not at all.
    AtOnce(Confirmed),
    /// It is long work, begun now or by an earlier click.
    Work(WorkId),
}

/// What the form of the Authentication Type step sends.
#[derive(Clone, Debug, Default)]
pub struct ChoiceForm {
    /// The word of an authentication type.
    pub authentication_type: String,
    /// The description.
    pub description: String,
    /// The Stop Date.
    pub stop_on: String,
    /// Include users who have a token of the type.
    pub include_with_token: bool,
    /// Include users who have an enrollment in an open task of the type.
    pub include_with_task: bool,
}
