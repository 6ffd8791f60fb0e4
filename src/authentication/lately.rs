//! What an auth node asked lately.

use crate::english::counted;

/// Hours over which it is told how often an auth node asked: a day has every shift in it.
pub const LATELY_HOURS: i64 = 24;

/// The most questions that are counted for that; beyond, more of them change no decision.
pub const LATELY_MOST: i64 = 1_000;

/// Who asks at an auth node: what somebody needs to know before it is disabled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lately {
    /// Questions within [`LATELY_HOURS`], at most [`LATELY_MOST`].
    pub questions: usize,
    /// Users they were about.
    pub people: usize,
    /// The addresses they came from.
    pub addresses: Vec<String>,
}

impl Lately {
    /// "1,000 times or more, about 87 users", "not once".
    pub fn label(&self) -> String {
        match self.questions {
            0 => "not once".into(),
            1 => "once".into(),
            many if i64::try_from(many).is_ok_and(|many| many < LATELY_MOST) => {
                format!("{many} times, about {}", counted(self.people, "user"))
            }
            many => format!("{many} times or more, about {} or more", counted(self.people, "user")),
        }
    }
}
