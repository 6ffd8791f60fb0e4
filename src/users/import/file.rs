//! The file that users are imported from: a header, one user a line.

use super::COLUMNS;
use crate::english::counted;
use crate::{text::composed, users::user::Typed};

use super::{
    column::{Column, Header, Use},
    encoding,
};

pub use super::line::Line;

/// A file that has been read; what is wrong with single lines stands with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The columns, in the order of the file.
    pub columns: Vec<Column>,
    /// The lines that hold something.
    pub lines: Vec<Line>,
    /// What was passed over, or taken otherwise than it stands there: sentences.
    pub notes: Vec<String>,
}

impl File {
    /// Reads a file: text as spreadsheets and directories save it, any line ends, cells separated by commas, semicolons,
    /// tabs or bars. What its first lines say of the separator or of the kind of its rows is taken as said.
    ///
    /// # Errors
    /// A sentence, if the file as a whole is not what it should be.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let (bytes, note) = encoding::decoded(bytes)?;
        let bytes = bytes.as_ref();
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(format!("The file is empty. Its first line has to name the columns: {COLUMNS}."));
        }
        let (begin, said) = preamble(bytes);
        let separator = said.unwrap_or_else(|| separator(&bytes[begin..]));
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(separator)
            .from_reader(&bytes[begin..]);
        let mut numbers = Numbers::new(bytes);
        let mut record = csv::ByteRecord::new();
        let mut header: Option<Header> = None;
        let mut lines = Vec::new();
        while reader.read_byte_record(&mut record).map_err(|error| format!("The file cannot be read: {error}."))? {
            let start = record.position().map_or(0, csv::Position::byte);
            let (number, start) = numbers.of(begin + usize::try_from(start).unwrap_or(0));
            if record.iter().all(|cell| cell.iter().all(u8::is_ascii_whitespace)) {
                continue;
            }
            match &header {
                None => header = Some(Header::read(&record)?),
                Some(header) => {
                    let end = begin + usize::try_from(reader.position().byte()).unwrap_or(0);
                    let end = end.clamp(start, bytes.len());
                    lines.push(line(number, header, &record, &bytes[start..end], end == bytes.len()));
                }
            }
        }
        let header = header.ok_or_else(|| format!("The first line has to name the columns: {COLUMNS}."))?;
        if lines.is_empty() {
            return Err("The file has no line below its header.".into());
        }
        let notes = note.map(str::to_owned).into_iter().chain(header.notes()).collect();
        Ok(File { columns: header.columns(), lines, notes })
    }

    /// `user` with the cells of `line` that the file has instead of theirs. An empty Container cell changes nothing.
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

    /// The cells of a line that are taken, in the order of the file.
    pub fn cells(&self, line: &Line) -> Vec<String> {
        let mut typed = line.typed.clone();
        self.columns.iter().map(|column| std::mem::take(column.field(&mut typed))).collect()
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

/// The first lines that are about the file: `sep=;` for spreadsheets, `#TYPE …` of PowerShell's Export-Csv. Where the table
/// begins, and the separator that was said.
fn preamble(bytes: &[u8]) -> (usize, Option<u8>) {
    let (mut begin, mut said) = (0, None);
    loop {
        let rest = &bytes[begin..];
        let length = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(rest.len());
        let ends = rest[length..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let line = rest[..length].trim_ascii();
        let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
        let separator = match line.get(..4) {
            Some(word) if word.eq_ignore_ascii_case(b"sep=") && line.len() <= 5 => Some(*line.get(4).unwrap_or(&b'\t')),
            _ => None,
        };
        if separator.is_none() && !line.starts_with(b"#TYPE ") && (length > 0 || ends == 0) {
            return (begin, said);
        }
        said = said.or(separator);
        begin += length + ends;
    }
}

/// The separator that the header uses most outside of quotes; a comma if it has one column only.
fn separator(bytes: &[u8]) -> u8 {
    let lines = bytes.split(|byte| matches!(byte, b'\r' | b'\n'));
    let header = lines.into_iter().find(|line| !line.is_empty()).unwrap_or_default();
    let outside = |part: &(usize, &[u8])| part.0.is_multiple_of(2);
    let open: Vec<&[u8]> =
        header.split(|byte| *byte == b'"').enumerate().filter(outside).map(|(_, part)| part).collect();
    let count = |wanted: u8| open.iter().copied().flatten().filter(|byte| **byte == wanted).count();
    // The last of equals wins, so that the comma stands last.
    [b'|', b'\t', b';', b','].into_iter().max_by_key(|separator| count(*separator)).unwrap_or(b',')
}

fn line(number: usize, header: &Header, record: &csv::ByteRecord, raw: &[u8], last: bool) -> Line {
    let mut line = Line { number, typed: Typed::default(), problem: None, passed_over: None };
    for (column_use, cell) in header.uses().iter().zip(record) {
        match std::str::from_utf8(cell) {
            Ok(text) => match column_use {
                Use::Taken(column) => *column.field(&mut line.typed) = meant(text),
                Use::Account { .. } => {
                    line.passed_over = line.passed_over.take().or_else(|| column_use.disabled(&meant(text)));
                }
                Use::PassedOver(_) => {}
            },
            Err(_) => line.problem = Some("This line is not UTF-8 text. Save the file as “CSV UTF-8”.".into()),
        }
    }
    if header.email_is_user_id() {
        line.typed.user_id = line.typed.email.clone();
    }
    // Spreadsheets leave out empty cells at the end of a line, and some write separators for more columns than there are.
    let (has, wanted) = (record.len(), header.uses().len());
    let more = record.iter().skip(wanted).any(|cell| !cell.iter().all(u8::is_ascii_whitespace));
    if line.problem.is_none() && more {
        let cells = counted(has, "cell");
        line.problem = Some(format!("This line has {cells}; the header has {wanted}."));
    }
    // A quote that is never closed takes in the rest of the file.
    let odd = raw.iter().filter(|byte| **byte == b'"').count() % 2 == 1;
    if last && odd && record.iter().any(|cell| cell.contains(&b'\n')) {
        line.problem = Some("A quote (\") that is opened here is never closed.".into());
    }
    line
}

/// What a cell is meant to say. `="00045"` is how a spreadsheet keeps the zeros of a text, and `'+49` is how [`cell`] keeps
/// it from carrying a text out.
fn meant(cell: &str) -> String {
    let text = one_line(&composed(cell));
    if let Some(formula) = text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')) {
        return formula.replace("\"\"", "\"").trim().to_owned();
    }
    match text.strip_prefix('\'') {
        Some(disarmed) if disarmed.starts_with(['=', '+', '-', '@']) => disarmed.to_owned(),
        _ => text,
    }
}

/// A cell without outer spaces, and with a space for each line break within it.
fn one_line(text: &str) -> String {
    let text = text.trim();
    if text.contains(['\r', '\n']) { text.lines().map(str::trim).collect::<Vec<_>>().join(" ") } else { text.into() }
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
        let bytes = b"User ID,Last Name\na,A\nb,\xC3\x98st\nc,C,C\nd,D\xFCrer\ne,\"E \"\"x\"\", f\"\n";
        let file = File::read(bytes).unwrap();
        let wrong: Vec<_> = file.lines.iter().filter(|line| line.problem.is_some()).map(|line| line.number).collect();
        assert_eq!(wrong, [4, 5]);
        assert_eq!(file.lines[4].typed.last_name, "E \"x\", f");
        assert_eq!(ids("User ID,Last Name\na,\"A\nb,B\n"), [(2, "a".into(), true)], "a quote that is never closed");
    }

    #[test]
    fn a_file_with_wrong_columns_is_refused_with_the_right_ones() {
        let wrong = |text: &[u8]| File::read(text).unwrap_err();
        assert!(wrong(b"User ID,First Name\na,b").contains("“Last Name” is missing"));
        assert!(wrong(b"Last Name,Shoe size\nb,c").contains("“User ID” is missing"));
        assert!(wrong(b"User ID,Last Name,user_id\na,b,c").contains("twice"));
        assert!(
            wrong(b"st.ad,Okoro,Ann\nst.b,Berg,Bo\n").contains("“st.ad, Okoro, Ann” does not. The columns are User ID")
        );
        assert!(wrong(b"User ID,Last Name\n").contains("no line"));
        assert!(wrong(b" \r\n").contains("empty"));
        assert!(wrong(b"PK\x03\x04\0").contains("not a text file"));
    }
    fn read(text: &str) -> File {
        File::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn what_first_lines_say_of_the_file_is_no_header() {
        for text in [
            "sep=;\r\nUser ID;Last Name\r\nst.sep;Meyer\r\n",
            "\u{FEFF}\"SEP=;\"\r\nUser ID;Last Name\r\nst.sep;Meyer\r\n\r\n\r\n",
            "sep=\t\nUser ID\tLast Name\nst.sep\tMeyer\n",
            "sep=|\nUser ID|Last Name\nst.sep|Meyer\n",
            "#TYPE Selected.Microsoft.ActiveDirectory.Management.ADUser\n\"sAMAccountName\",\"Surname\"\n\"st.sep\",\"Meyer\"\n",
            // A name of a column may hold what separates columns elsewhere.
            "User ID;Last Name;\"Town, country, planet\"\nst.sep;Meyer;Bonn, DE\n",
        ] {
            let file = read(text);
            assert_eq!((file.lines.len(), file.lines[0].typed.user_id.as_str()), (1, "st.sep"), "{text}");
            assert_eq!(file.lines[0].typed.last_name, "Meyer", "{text}");
        }
        assert_eq!(ids("sep=;\r\nUser ID;Last Name\r\na;A\r\n"), [(3, "a".into(), false)]);
    }

    #[test]
    fn cells_left_out_at_the_end_are_empty() {
        let file =
            read("User ID,Last Name,First Name,Email\nst.long,Meyer,Ann,a@example.org\nst.short,Meyer\nc,C,,,,\n");
        assert!(file.lines.iter().all(|line| line.problem.is_none()), "{file:?}");
        assert_eq!(file.lines[1].typed.email, "");
        assert!(read("User ID,Last Name\na,A,more\n").lines[0].problem.is_some());
    }

    #[test]
    fn what_a_spreadsheet_keeps_from_itself_is_the_text_that_was_meant() {
        let file =
            read("User ID,Last Name,Mobile\n\"=\"\"00045\"\"\",Meyer,'+49 170\n=\"00046\",O'Neill,\n'-7,'t Hooft,\n");
        let cells: Vec<_> = file.lines.iter().map(|line| (&*line.typed.user_id, &*line.typed.last_name)).collect();
        assert_eq!(cells, [("00045", "Meyer"), ("00046", "O'Neill"), ("-7", "'t Hooft")]);
        assert_eq!(file.lines[0].typed.mobile, "+49 170");
    }

    #[test]
    fn text_is_read_as_it_was_saved() {
        let text = "User ID;Last Name\r\nd;Dürer\r\n";
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let windows: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        for (bytes, noted) in [
            ([b"\xFF\xFE", &utf16[..]].concat(), false),
            ([b"\xFE\xFF", &big[..]].concat(), false),
            (utf16, false),
            (windows, true),
            ([text.as_bytes(), b"\x1A"].concat(), false),
        ] {
            let file = File::read(&bytes).unwrap();
            assert_eq!(file.lines[0].typed.last_name, "Dürer");
            assert_eq!((file.lines.len(), file.notes.iter().any(|note| note.contains("Windows-1252"))), (1, noted));
        }
        let quotes = File::read(b"User ID,Last Name\na,O\x92Neill\n").unwrap();
        assert_eq!(quotes.lines[0].typed.last_name, "O’Neill");
    }

    #[test]
    fn one_name_typed_two_ways_is_one() {
        let file = read("User ID,Last Name\nst.jos\u{e9},Garc\u{ed}a\nst.jose\u{301},Garci\u{301}a\n");
        assert_eq!(file.lines[0].typed, file.lines[1].typed);
    }

    #[test]
    fn tables_of_directories_are_understood_and_what_is_passed_over_is_named() {
        for (text, notes) in [
            (
                "\"SamAccountName\",\"sn\",\"GivenName\",\"mail\",\"Department\"\n\"st.ad\",\"Okoro\",\"Ann\",\"st.ad@example.org\",\"IT\"\n",
                vec!["Department was passed over: nothing is read from this column."],
            ),
            (
                "DistinguishedName;Enabled;GivenName;mail;sAMAccountName;Surname;UserPrincipalName\n\"CN=Ann,OU=x\";True;Ann;st.ad@example.org;st.ad;Okoro;x@y\n",
                vec!["DistinguishedName and UserPrincipalName were passed over: nothing is read from these columns."],
            ),
            (
                "userPrincipalName,displayName,surname,mail,givenName,accountEnabled\nst.ad,Ann Okoro,Okoro,st.ad@example.org,Ann,True\n",
                vec!["displayName was passed over: nothing is read from this column."],
            ),
            (
                "user.login,user.firstName,user.lastName,user.email,user.status\nst.ad,Ann,Okoro,st.ad@example.org,ACTIVE\n",
                vec![],
            ),
            ("uid,sn,givenName,mail\nst.ad,Okoro,Ann,st.ad@example.org\n", vec![]),
            ("Benutzername;Nachname;Vorname;E-Mail-Adresse\nst.ad;Okoro;Ann;st.ad@example.org\n", vec![]),
            ("Identifiant;Nom;Prénom;Adresse e-mail\nst.ad;Okoro;Ann;st.ad@example.org\n", vec![]),
        ] {
            let file = read(text);
            let typed = &file.lines[0].typed;
            let cells = [&typed.user_id, &typed.last_name, &typed.first_name, &typed.email];
            assert_eq!(cells, ["st.ad", "Okoro", "Ann", "st.ad@example.org"], "{text}");
            assert_eq!(
                (file.notes.as_slice(), file.lines[0].passed_over.as_ref()),
                (&notes.iter().map(ToString::to_string).collect::<Vec<_>>()[..], None),
                "{text}"
            );
        }
        let google = read(
            "First Name [Required],Last Name [Required],Email Address [Required],Status [READ ONLY]\nAnn,Okoro,a@example.org,Active\n",
        );
        assert_eq!(
            (&*google.lines[0].typed.user_id, &*google.lines[0].typed.email),
            ("a@example.org", "a@example.org")
        );
        assert!(google.notes[0].contains("the email address is the User ID"));
        let blank = read("User ID,Last Name,\na,A,x\n");
        assert!(blank.notes[0].starts_with("Column 3, which has no name, was passed over"), "{:?}", blank.notes);
    }

    #[test]
    fn an_account_that_is_disabled_where_it_comes_from_is_passed_over() {
        for (column, disabled, enabled) in [
            ("Enabled", "False", "True"),
            ("accountEnabled", "false", ""),
            ("user.status", "SUSPENDED", "ACTIVE"),
            ("Status [READ ONLY]", "Suspended", "Active"),
            ("Disabled", "True", "False"),
            ("Aktiviert", "Falsch", "Wahr"),
        ] {
            let file = read(&format!("User ID,Last Name,{column}\na,A,{disabled}\nb,B,{enabled}\n"));
            let reasons: Vec<_> = file.lines.iter().map(|line| line.passed_over.is_some()).collect();
            assert_eq!(reasons, [true, false], "{column}");
        }
    }
}
