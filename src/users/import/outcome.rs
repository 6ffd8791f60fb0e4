//! What becomes of each line of a file, and the file of outcomes that can be saved.

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
    pub fn word(&self) -> &'static str {
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
    /// Containers that are new with it.
    pub new_containers: Vec<String>,
    /// True if it was carried out; else nothing has changed.
    pub carried_out: bool,
}

impl Report {
    /// How many lines end with this word.
    pub fn count(&self, word: &str) -> usize {
        self.lines.iter().filter(|line| line.outcome.word() == word).count()
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
    pub fn to_csv(&self) -> String {
        let mut text = String::from("Line,User ID,Outcome,Detail\r\n");
        for line in &self.lines {
            let cells =
                [line.number.to_string(), line.user_id.clone(), line.outcome.word().into(), line.outcome.detail()];
            let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
            text.push_str(&cells.join(","));
            text.push_str("\r\n");
        }
        text
    }
}

/// A cell of a CSV file, made harmless: spreadsheets carry out what begins with one of `= + - @`.
pub fn cell(text: &str) -> String {
    let armed = text.trim_start().starts_with(['=', '+', '-', '@']) || text.starts_with(['\t', '\r', '\n']);
    let text = if armed { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', ';', '\t', '\r', '\n', '\'']) {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saved_outcomes_are_no_formulas() {
        for armed in ["=1+1", "+49", "-1", "@x", " =1", "\t=1"] {
            assert!(cell(armed).starts_with("\"'"), "{armed}");
        }
        assert_eq!(cell("a \"b\""), "\"a \"\"b\"\"\"");
        assert_eq!(cell("t.adeyemi"), "t.adeyemi");
    }
}
