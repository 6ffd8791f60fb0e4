//! Rules of the file that users are imported from: a header, one user a line, and what becomes of each line.

use crate::users::user::Typed;

/// The columns a file may have, as people write them.
pub const COLUMNS: &str = "User ID, Last Name, First Name, Email, Mobile, Container, Custom 1, Custom 2 and Custom 3 (User ID and Last Name \
     are required)";

/// A column of the file: where its text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// User ID.
    UserId,
    /// Last Name.
    LastName,
    /// First Name.
    FirstName,
    /// Email.
    Email,
    /// Mobile.
    Mobile,
    /// Container.
    Container,
    /// Custom 1 to 3, counted from 0.
    Custom(usize),
}

impl Column {
    /// Reads the name of a column: case, spaces and signs do not matter.
    fn named(name: &str) -> Option<Self> {
        let plain: String = name.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
        Some(match plain.as_str() {
            "userid" => Column::UserId,
            "lastname" => Column::LastName,
            "firstname" => Column::FirstName,
            "email" => Column::Email,
            "mobile" => Column::Mobile,
            "container" => Column::Container,
            "custom1" => Column::Custom(0),
            "custom2" => Column::Custom(1),
            "custom3" => Column::Custom(2),
            _ => return None,
        })
    }

    fn field(self, typed: &mut Typed) -> &mut String {
        match self {
            Column::UserId => &mut typed.user_id,
            Column::LastName => &mut typed.last_name,
            Column::FirstName => &mut typed.first_name,
            Column::Email => &mut typed.email,
            Column::Mobile => &mut typed.mobile,
            Column::Container => &mut typed.container,
            Column::Custom(n) => &mut typed.custom[n],
        }
    }
}

/// A file that has been read; what is wrong with single lines stands with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The columns, in the order of the file.
    pub columns: Vec<Column>,
    /// The lines that hold something.
    pub lines: Vec<Line>,
}

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number, as an editor shows it, from 1.
    pub number: usize,
    /// The text of its cells, without outer spaces; a line break within a cell is a space.
    pub typed: Typed,
    /// Why it cannot be read.
    pub problem: Option<String>,
}

impl File {
    /// Reads a file: UTF-8, with or without BOM, any line ends, cells separated by commas, semicolons or tabs.
    ///
    /// # Errors
    /// A sentence, if the file as a whole is not what it should be.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
            return Err("This file is UTF-16 text. Save it as “CSV UTF-8” and choose it again.".into());
        }
        if bytes.contains(&0) {
            return Err("This is not a text file. Save the table as “CSV UTF-8” and choose it again.".into());
        }
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(format!("The file is empty. Its first line has to name the columns: {COLUMNS}."));
        }
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator(bytes)).from_reader(bytes);
        let mut numbers = Numbers::new(bytes);
        let mut record = csv::ByteRecord::new();
        let mut columns = None;
        let mut lines = Vec::new();
        while reader.read_byte_record(&mut record).map_err(|error| format!("The file cannot be read: {error}."))? {
            let start = record.position().map_or(0, csv::Position::byte);
            let (number, start) = numbers.of(usize::try_from(start).unwrap_or(0));
            if record.iter().all(|cell| cell.iter().all(u8::is_ascii_whitespace)) {
                continue;
            }
            match &columns {
                None => columns = Some(header(&record)?),
                Some(columns) => {
                    let end = usize::try_from(reader.position().byte()).unwrap_or(start).clamp(start, bytes.len());
                    lines.push(line(number, columns, &record, &bytes[start..end], end == bytes.len()));
                }
            }
        }
        let columns = columns.ok_or_else(|| format!("The first line has to name the columns: {COLUMNS}."))?;
        if lines.is_empty() {
            return Err("The file has no line below its header.".into());
        }
        Ok(File { columns, lines })
    }

    /// `user` with the cells of `line` that the file has in place of theirs. An empty Container cell changes nothing.
    pub fn over(&self, user: Typed, line: &Line) -> Typed {
        let mut merged = user;
        let mut typed = line.typed.clone();
        for column in self.columns.iter().filter(|column| **column != Column::UserId) {
            let cell = std::mem::take(column.field(&mut typed));
            if *column != Column::Container || !cell.is_empty() {
                *column.field(&mut merged) = cell;
            }
        }
        merged
    }
}

/// Counts lines up to a byte: the csv reader's own count does not see the blank lines before a record.
pub struct Numbers<'a> {
    bytes: &'a [u8],
    at: usize,
    number: usize,
}

impl<'a> Numbers<'a> {
    /// At the beginning of a file.
    pub fn new(bytes: &'a [u8]) -> Self {
        Numbers { bytes, at: 0, number: 1 }
    }

    /// The number of the line on which the record behind `start` begins, and where that is.
    pub fn of(&mut self, start: usize) -> (usize, usize) {
        let blank = self.bytes[start..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        while self.at < start + blank {
            let lone = self.bytes[self.at] == b'\r' && self.bytes.get(self.at + 1) != Some(&b'\n');
            if self.bytes[self.at] == b'\n' || lone {
                self.number += 1;
            }
            self.at += 1;
        }
        (self.number, self.at)
    }
}

/// The separator that the header uses most; a comma if it has one column only.
fn separator(bytes: &[u8]) -> u8 {
    let lines = bytes.split(|byte| matches!(byte, b'\r' | b'\n'));
    let header = lines.into_iter().find(|line| !line.is_empty()).unwrap_or_default();
    let count = |wanted: u8| header.iter().filter(|byte| **byte == wanted).count();
    // The last of equals wins, so that the comma stands last.
    [b'\t', b';', b','].into_iter().max_by_key(|separator| count(*separator)).unwrap_or(b',')
}

fn header(record: &csv::ByteRecord) -> Result<Vec<Column>, String> {
    let mut columns = Vec::new();
    for (n, cell) in record.iter().enumerate() {
        let name = std::str::from_utf8(cell)
            .map_err(|_| "The header is not UTF-8 text. Save the table as “CSV UTF-8” and choose it again.")?
            .trim();
        let column = Column::named(name).ok_or_else(|| match name {
            "" => format!("Column {} has no name in the first line. The columns are {COLUMNS}.", n + 1),
            _ => format!("There is no column “{}”. The columns are {COLUMNS}.", short(name)),
        })?;
        if columns.contains(&column) {
            return Err(format!("The column “{}” is there twice.", short(name)));
        }
        columns.push(column);
    }
    for (column, name) in [(Column::UserId, "User ID"), (Column::LastName, "Last Name")] {
        if !columns.contains(&column) {
            return Err(format!("The column “{name}” is missing in the first line. The columns are {COLUMNS}."));
        }
    }
    Ok(columns)
}

fn line(number: usize, columns: &[Column], record: &csv::ByteRecord, raw: &[u8], last: bool) -> Line {
    let mut line = Line { number, typed: Typed::default(), problem: None };
    for (column, cell) in columns.iter().zip(record) {
        match std::str::from_utf8(cell) {
            Ok(text) => *column.field(&mut line.typed) = one_line(text),
            Err(_) => line.problem = Some("This line is not UTF-8 text. Save the file as “CSV UTF-8”.".into()),
        }
    }
    if line.problem.is_none() && record.len() != columns.len() {
        let (has, wanted) = (record.len(), columns.len());
        let cells = if has == 1 { "cell" } else { "cells" };
        line.problem = Some(format!("This line has {has} {cells}; the header has {wanted}."));
    }
    // A quote that is never closed takes in the rest of the file.
    let odd = raw.iter().filter(|byte| **byte == b'"').count() % 2 == 1;
    if last && odd && record.iter().any(|cell| cell.contains(&b'\n')) {
        line.problem = Some("A quote (\") that is opened here is never closed.".into());
    }
    line
}

/// A cell without outer spaces, and with a space for each line break within it.
fn one_line(text: &str) -> String {
    let text = text.trim();
    if text.contains(['\r', '\n']) { text.lines().map(str::trim).collect::<Vec<_>>().join(" ") } else { text.into() }
}

fn short(name: &str) -> String {
    if name.chars().count() > 60 { name.chars().take(60).chain(['…']).collect() } else { name.into() }
}

/// What becomes of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A new user.
    Created,
    /// A user who was there, with the names of the columns that change.
    Updated(Vec<&'static str>),
    /// A user who was there, with the same data.
    Unchanged,
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
            Outcome::Refused(_) => "refused",
        }
    }

    /// What else there is to say: the reason, or what changes.
    pub fn detail(&self) -> String {
        match self {
            Outcome::Refused(reason) => reason.clone(),
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
        let words = ["created", "updated", "unchanged", "refused"];
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

    fn ids(text: &str) -> Vec<(usize, String, bool)> {
        let file = File::read(text.as_bytes()).unwrap();
        file.lines.into_iter().map(|line| (line.number, line.typed.user_id, line.problem.is_some())).collect()
    }

    #[test]
    fn columns_come_in_any_order_case_and_separator() {
        for text in [
            "User ID,Last Name,Custom 2\nta,Adeyemi,x",
            "\u{FEFF}custom_2;LAST NAME;user-id\r\nx;Adeyemi;ta\r\n",
            "Last Name\tUSERID\tCustom #2\rAdeyemi\tta\tx\r",
            "\"User ID\",\"Last Name\",\"Custom 2\"\n\n\n\"ta\",\" Adeyemi \",x\n,,\n",
        ] {
            let file = File::read(text.as_bytes()).unwrap();
            assert_eq!(file.lines.len(), 1, "{text}");
            let typed = &file.lines[0].typed;
            assert_eq!(
                (typed.user_id.as_str(), typed.last_name.as_str(), typed.custom[1].as_str()),
                ("ta", "Adeyemi", "x")
            );
        }
    }

    #[test]
    fn lines_are_numbered_as_an_editor_does() {
        let text = "User ID,Last Name\r\na,A\r\n\r\n\r\n\"b\",\"B\r\nC\"\r\nd,D\r\n";
        assert_eq!(ids(text), [(2, "a".into(), false), (5, "b".into(), false), (7, "d".into(), false)]);
        let file = File::read(text.as_bytes()).unwrap();
        assert_eq!(file.lines[1].typed.last_name, "B C", "a line break within a cell is a space");
        assert_eq!(ids("User ID,Last Name\ra,A\r\rb,B\r"), [(2, "a".into(), false), (4, "b".into(), false)]);
    }

    #[test]
    fn a_line_that_cannot_be_read_is_refused_and_the_others_are_not() {
        let bytes = b"User ID,Last Name\na,A\nb\nc,C,C\nd,D\xFCrer\ne,\"E \"\"x\"\", f\"\n";
        let file = File::read(bytes).unwrap();
        let wrong: Vec<_> = file.lines.iter().filter(|line| line.problem.is_some()).map(|line| line.number).collect();
        assert_eq!(wrong, [3, 4, 5]);
        assert_eq!(file.lines[4].typed.last_name, "E \"x\", f");
        assert_eq!(ids("User ID,Last Name\na,\"A\nb,B\n"), [(2, "a".into(), true)], "a quote that is never closed");
    }

    #[test]
    fn a_file_with_wrong_columns_is_refused_with_the_right_ones() {
        let wrong = |text: &[u8]| File::read(text).unwrap_err();
        assert!(wrong(b"User ID,Last Name,Shoe size\na,b,c").contains("Shoe size”. The columns are User ID"));
        assert!(wrong(b"User ID,First Name\na,b").contains("“Last Name” is missing"));
        assert!(wrong(b"User ID,Last Name,user_id\na,b,c").contains("twice"));
        assert!(wrong(b"User ID,Last Name,\na,b,c").contains("Column 3 has no name"));
        assert!(wrong(b"User ID,Last Name\n").contains("no line"));
        assert!(wrong(b" \r\n").contains("empty"));
        assert!(wrong(b"\xFF\xFEU\0s\0").contains("UTF-16"));
        assert!(wrong(b"PK\x03\x04\0").contains("not a text file"));
    }

    #[test]
    fn saved_outcomes_are_no_formulas() {
        for armed in ["=1+1", "+49", "-1", "@x", " =1", "\t=1"] {
            assert!(cell(armed).starts_with("\"'"), "{armed}");
        }
        assert_eq!(cell("a \"b\""), "\"a \"\"b\"\"\"");
        assert_eq!(cell("t.adeyemi"), "t.adeyemi");
    }
}
