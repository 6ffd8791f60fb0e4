//! What became of a file of seeds: an outcome for each line or key, never with a secret in it.

use crate::english::counted_as;
use crate::{sheet, tokens::import::PassedOver};

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A table with a device a line.
    Csv,
    /// RFC 6030.
    Pskc,
    /// Addresses of keys, one a line.
    Uris,
}

impl Format {
    /// What operators read.
    pub fn label(self) -> &'static str {
        match self {
            Format::Csv => "CSV",
            Format::Pskc => "PSKC",
            Format::Uris => "otpauth",
        }
    }

    /// What its parts are called.
    pub fn part(self) -> &'static str {
        match self {
            Format::Csv | Format::Uris => "Line",
            Format::Pskc => "Key",
        }
    }
}

/// A line or a key, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineOutcome {
    /// Its number in the file.
    pub number: usize,
    /// The serial number, as the file has it, or as it is made of the seed.
    pub serial: String,
    /// The User ID of who has it; of a refused one as the file has it; empty: nobody.
    pub owner: String,
    /// "TOTP, 6 digits, 30 s"; empty if it was refused.
    pub making: String,
    /// Why it was refused.
    pub refused: Option<String>,
}

impl LineOutcome {
    /// The word for it.
    pub fn code(&self) -> &'static str {
        if self.refused.is_some() { "refused" } else { "imported" }
    }

    /// The reason, or how the device makes its values.
    pub fn detail(&self) -> &str {
        self.refused.as_deref().unwrap_or(&self.making)
    }
}

/// Who of the owners is told by email that their tokens are here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Telling {
    /// True if it was asked for.
    pub asked: bool,
    /// Owners with an address.
    pub told: usize,
    /// Owners without one.
    pub silent: usize,
}

/// What became, or would become, of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What the file is.
    pub format: Format,
    /// Every line or key, in the order of the file.
    pub lines: Vec<LineOutcome>,
    /// Columns of the file that are not taken.
    pub passed_over: Vec<PassedOver>,
    /// Serial numbers of tokens that are out of scope; the lines do not say so.
    pub taken_elsewhere: Vec<String>,
    /// Who is told by email, if that was asked for.
    pub telling: Telling,
    /// True if it was carried out; else nothing has changed.
    pub carried_out: bool,
}

impl Report {
    /// How many were, or would be, imported.
    pub fn imported(&self) -> usize {
        self.lines.len() - self.refused()
    }

    /// How many were refused.
    pub fn refused(&self) -> usize {
        self.lines.iter().filter(|line| line.refused.is_some()).count()
    }

    /// How many come with their owners.
    pub fn owned(&self) -> usize {
        self.lines.iter().filter(|line| line.refused.is_none() && !line.owner.is_empty()).count()
    }

    /// What becomes of those that can be imported, and who is told of it: sentences, before it is done.
    pub fn owners_words(&self) -> String {
        let (owned, stock) = (self.owned(), self.imported() - self.owned());
        let inventory = counted_as(stock, "goes to Inventory", "go to Inventory");
        if owned == 0 {
            return "They go to Inventory. No email is sent to anybody.".into();
        }
        let mut words = format!(
            "{} at once.",
            counted_as(owned, "goes to its owner and is Active", "go to their owners and are Active")
        );
        if stock > 0 {
            words = format!("{words} {inventory}.");
        }
        let Telling { asked, told, silent } = self.telling;
        words.push_str(" No email asks anybody to enroll");
        words.push_str(&match (asked, silent) {
            (false, _) => "; the owners are not told.".to_owned(),
            (true, 0) => format!("; {} told by email.", counted_as(told, "owner is", "owners are")),
            (true, _) => format!(
                "; {} told by email, {} no address.",
                counted_as(told, "owner is", "owners are"),
                counted_as(silent, "has", "have")
            ),
        });
        words
    }

    /// What is said of the columns that are not taken; empty if all are.
    pub fn passed_over_words(&self) -> String {
        let names = self.passed_over.iter().map(|column| {
            let lines = counted_as(column.filled, "line has", "lines have");
            format!("“{}” ({lines} a value there)", column.name)
        });
        let names: Vec<String> = names.collect();
        match names.len() {
            0 => String::new(),
            1 => format!("the column {}, since tokens have no such field.", names.concat()),
            _ => format!("the columns {}, since tokens have no such fields.", names.join(", ")),
        }
    }

    /// The refused ones as a file, without anything secret.
    pub fn refused_csv(&self) -> Vec<u8> {
        let mut file = sheet::head(&[self.format.part(), "Serial Number", "Reason", "User ID"]);
        for line in &self.lines {
            if let Some(why) = &line.refused {
                file.extend(sheet::line(&[line.number.to_string().as_str(), &line.serial, why, &line.owner]));
            }
        }
        file
    }

    /// All outcomes as a file that a spreadsheet opens without taking any of it for a formula.
    pub fn to_csv(&self) -> Vec<u8> {
        let mut file = sheet::head(&[self.format.part(), "Serial Number", "Outcome", "Detail", "User ID"]);
        for line in &self.lines {
            let outcome = if self.carried_out || line.refused.is_some() { line.code() } else { "not imported" };
            let number = line.number.to_string();
            file.extend(sheet::line(&[&number, &line.serial, outcome, line.detail(), &line.owner]));
        }
        file
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saved_outcomes_are_no_formulas() {
        let refused = Some("It has no \"seed\", sir.".to_owned());
        let line = LineOutcome { number: 2, serial: "=1+1".into(), owner: "@a".into(), making: String::new(), refused };
        let (lines, passed_over, taken_elsewhere) = (vec![line], Vec::new(), Vec::new());
        let telling = Telling::default();
        let report = Report { format: Format::Csv, lines, passed_over, taken_elsewhere, telling, carried_out: true };
        assert_eq!(
            String::from_utf8(report.to_csv()).unwrap(),
            "\u{FEFF}Line,Serial Number,Outcome,Detail,User ID\r\n2,\"'=1+1\",refused,\"It has no \"\"seed\"\", sir.\",\"'@a\"\r\n"
        );
    }
}
