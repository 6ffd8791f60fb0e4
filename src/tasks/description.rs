//! The description of a task.

use crate::{
    error::{Error, Result},
    text,
};

/// The longest description, in characters.
pub const DESCRIPTION_LETTERS: usize = 200;

/// What operators call a task; users never see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description(String);

impl Description {
    /// Reads what was typed; outer spaces go, and so does what would break a line.
    ///
    /// # Errors
    /// A mistake in `description` if it is longer than [`DESCRIPTION_LETTERS`].
    pub fn parse(typed: &str) -> Result<Self> {
        let breaks = |letter: char| letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}');
        let text: String =
            text::composed(typed.trim()).chars().map(|letter| if breaks(letter) { ' ' } else { letter }).collect();
        if !text::is_one_plain_line(&text) {
            return Err(Error::mistake("description", "A description has no invisible marks."));
        }
        let letters = text.chars().count();
        if letters > DESCRIPTION_LETTERS {
            let sentence =
                format!("The description has {letters} characters; it may have up to {DESCRIPTION_LETTERS}.");
            return Err(Error::mistake("description", sentence));
        }
        Ok(Description(text))
    }

    /// The text; may be empty.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
