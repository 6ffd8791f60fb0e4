//! What becomes of each line of a file, and the file of outcomes that can be saved.

use crate::sheet;

/// What becomes of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A new user.
    Created,
    /// A user who was there, with the names of the columns that change.
    Updated(Vec<&'static str>),
    /// A user who was there, with the same data.
    Unchanged,
    /// Left alone, with the reason, which is no mistake of the file.
    PassedOver(String),
    /// Not taken, with the reason.
    Refused(String),
}

impl Outcome {
    /// The word for it.
    pub fn code(&self) -> &'static str {
        match self {
            Outcome::Created => "created",
            Outcome::Updated(_) => "updated",
            Outcome::Unchanged => "unchanged",
            Outcome::PassedOver(_) => "passed over",
            Outcome::Refused(_) => "refused",
        }
    }

    /// What else there is to say: the reason, or what changes.
    pub fn detail(&self) -> String {
        match self {
            Outcome::PassedOver(reason) | Outcome::Refused(reason) => reason.clone(),
            Outcome::Updated(columns) => columns.join(", "),
            Outcome::Created | Outcome::Unchanged => String::new(),
        }
    }
}

/// A line and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineOutcome {
    /// Its number in the file.
    pub number: usize,
    /// The User ID, as the file has it.
    pub user_id: String,
    /// What becomes of it.
    pub outcome: Outcome,
}

/// What became, or would become, of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Every line, in the order of the file.
    pub lines: Vec<LineOutcome>,
    /// What else there is to say of the file: a sentence for each thing in it that was passed over or taken otherwise.
    pub notes: Vec<String>,
    /// User IDs of refused lines that users out of scope have.
    pub taken_elsewhere: Vec<String>,
    /// Containers that are new with it.
    pub new_containers: Vec<String>,
    /// True if it was carried out; else nothing has changed.
    pub carried_out: bool,
}

impl Report {
    /// How many lines end with this word.
    pub fn count(&self, word: &str) -> usize {
        self.lines.iter().filter(|line| line.outcome.code() == word).count()
    }

    /// True if a line was refused.
    pub fn has_refused(&self) -> bool {
        self.lines.iter().any(|line| matches!(line.outcome, Outcome::Refused(_)))
    }

    /// "12 created, 3 updated, 1 refused".
    pub fn summary(&self) -> String {
        let words = ["created", "updated", "unchanged", "passed over", "refused"];
        let parts: Vec<String> = words
            .into_iter()
            .map(|word| (self.count(word), word))
            .filter(|(n, _)| *n > 0)
            .map(|(n, word)| format!("{n} {word}"))
            .collect();
        parts.join(", ")
    }

    /// All outcomes as a file that a spreadsheet opens without taking any of it for a formula.
    pub fn to_csv(&self) -> Vec<u8> {
        let mut file = sheet::head(&["Line", "User ID", "Outcome", "Detail"]);
        for line in &self.lines {
            let number = line.number.to_string();
            file.extend(sheet::line(&[&number, &line.user_id, line.outcome.code(), &line.outcome.detail()]));
        }
        file
    }
}
