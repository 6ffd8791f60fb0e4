//! The frame of pages that say what will happen to what was ticked, and do it on the second POST.

use actix_web::http::StatusCode;

use crate::{
    error::{Error, Mistakes},
    web::{Fault, Fields},
};

/// The field by which the button of the page is known: the list, where rows are ticked, does not send it.
pub const CONFIRMED: &str = "confirmed";

/// What `templates/confirm.html` and `templates/parts/confirm.html` expect.
pub struct Confirm {
    /// What will be done to how many: "Remove 3 tasks?"
    pub heading: String,
    /// Where the form goes.
    pub action: String,
    /// Fields that go round with the form: what was ticked, and what was shown of it.
    pub kept: Vec<(String, String)>,
    /// It is not what the page before showed.
    pub changed: bool,
    /// It cannot be undone.
    pub danger: bool,
    /// What the button does, in a sentence.
    pub effect: String,
    /// What the button says; empty if there is nothing to do.
    pub button: String,
    /// The list with the same ticks.
    pub back: String,
}

/// What became of a change that was asked for with the button.
pub enum Outcome<T> {
    /// It was done.
    Done(T),
    /// Something differs from what was shown; nothing was done.
    Changed,
    /// What was typed or ticked cannot be taken; nothing was done.
    Wrong(Mistakes),
}

impl<T> Outcome<T> {
    /// Of a verb; what is wrong otherwise is no matter of the page.
    ///
    /// # Errors
    /// All but `Conflict` and `Invalid`.
    pub fn of(answer: Result<T, Fault>) -> Result<Self, Fault> {
        match answer {
            Ok(done) => Ok(Outcome::Done(done)),
            Err(Fault(Error::Conflict(_))) => Ok(Outcome::Changed),
            Err(Fault(Error::Invalid(mistakes))) => Ok(Outcome::Wrong(mistakes)),
            Err(other) => Err(other),
        }
    }
}

impl Confirm {
    /// What goes round of `form`: the fields of these `names`, and one by which the verb knows what was shown.
    pub fn kept(form: &Fields, names: &[&str], shown: (&str, String)) -> Vec<(String, String)> {
        let mut kept = vec![(shown.0.to_owned(), shown.1)];
        kept.extend(form.pairs().iter().filter(|(name, _)| names.contains(&name.as_str())).cloned());
        kept
    }

    /// 409 if something changed, 422 if something typed is wrong, else 200.
    pub fn status(&self, wrong: bool) -> StatusCode {
        match (self.changed, wrong) {
            (true, _) => StatusCode::CONFLICT,
            (_, true) => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::OK,
        }
    }
}
