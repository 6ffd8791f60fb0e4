//! Tables as CSV (RFC 4180), as spreadsheets open them by a double click: UTF-8 that begins with a byte order mark, without
//! which Excel takes it for the letters of the machine; lines end in CRLF, and nothing in a cell is a formula.

/// What says that a file is UTF-8.
pub const BYTE_ORDER_MARK: &str = "\u{FEFF}";

/// First letters that make a spreadsheet read a cell as a formula (OWASP, "CSV Injection"), with their full-width and
/// small twins, which some programs read alike.
const STARTS_A_FORMULA: [char; 13] = ['=', '+', '-', '@', '＝', '＋', '－', '＠', '﹦', '﹢', '﹣', '﹫', '−'];

/// The text as a cell may hold it: with an apostrophe in front, which spreadsheets do not show, if it would be a formula.
/// Spaces and what cannot be seen in front of one do not hinder every program; tabs and line ends begin another cell.
pub fn harmless(text: &str) -> String {
    let is_unseen =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}');
    let is_formula =
        text.trim_start_matches(is_unseen).starts_with(STARTS_A_FORMULA) || text.starts_with(char::is_control);
    if is_formula { format!("'{text}") } else { text.to_owned() }
}

/// The first line of a file: what its columns are called.
pub fn head<I: AsRef<str>>(cells: &[I]) -> Vec<u8> {
    [BYTE_ORDER_MARK.as_bytes(), &line(cells)].concat()
}

/// One line. Quoted is what any spreadsheet might take for the end of a cell, whichever separator it expects.
pub fn line<I: AsRef<str>>(cells: &[I]) -> Vec<u8> {
    let quoted = |cell: &I| {
        let cell = harmless(cell.as_ref());
        if cell.contains(['"', ',', ';', '\t', '\r', '\n', '\'']) {
            return format!("\"{}\"", cell.replace('"', "\"\""));
        }
        cell
    };
    let cells: Vec<String> = cells.iter().map(quoted).collect();
    // A single empty cell is quoted, since a blank line is none.
    if cells == [""] { b"\"\"\r\n".to_vec() } else { format!("{}\r\n", cells.join(",")).into_bytes() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for formula in [
            "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠x", " =1", "  \u{A0}+1",
            "\u{200B}=1", "\u{FEFF}=1", "\u{3000}＝1", "\tx", "\u{0}=1",
        ] {
            assert!(harmless(formula).starts_with('\''), "{formula:?}");
        }
        for fine in ["", "a=b", "2026-11-20", "t.adeyemi@example.org", "'", "O’Neill", " a", "1-1"] {
            assert_eq!(harmless(fine), fine);
        }
    }

    #[test]
    fn lines_are_quoted_as_rfc_4180_says() {
        assert_eq!(line(&["a", "b, c", "say \"x\"", ""]), b"a,\"b, c\",\"say \"\"x\"\"\",\r\n");
        assert_eq!(line(&["two\r\nlines"]), b"\"two\r\nlines\"\r\n");
        assert_eq!(line(&["=a,b"]), b"\"'=a,b\"\r\n");
        assert_eq!(line(&["a;=1"]), b"\"a;=1\"\r\n");
    }

    #[test]
    fn a_file_begins_with_a_byte_order_mark_and_no_other_line_does() {
        assert_eq!(head(&["a", "b"]), b"\xEF\xBB\xBFa,b\r\n");
        assert!(!line(&["a"]).starts_with(b"\xEF"));
    }

    #[test]
    fn a_reader_gets_back_what_was_written() {
        let written = line(&["Ünal \u{1F600}", "a\"b", "c,d"]);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(written.as_slice());
        let record = reader.records().next().unwrap().unwrap();
        assert_eq!(record.iter().collect::<Vec<_>>(), ["Ünal \u{1F600}", "a\"b", "c,d"]);
    }
}
