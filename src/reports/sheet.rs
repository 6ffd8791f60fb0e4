//! Tables as CSV (RFC 4180): UTF-8 without a byte order mark, lines end in CRLF, and nothing in a cell is a formula.

/// First letters that make a spreadsheet read a cell as a formula or as the next cell (OWASP, "CSV Injection"), with
/// their full-width twins, which some programs read alike.
const STARTS_A_FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// The text as a cell may hold it: with an apostrophe in front, which spreadsheets do not show, if it would be a formula.
pub fn harmless(text: &str) -> String {
    if text.starts_with(STARTS_A_FORMULA) { format!("'{text}") } else { text.to_owned() }
}

/// One line.
pub fn line<I: AsRef<str>>(cells: &[I]) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let cells: Vec<String> = cells.iter().map(|cell| harmless(cell.as_ref())).collect();
    // Writing to memory cannot fail.
    let _ = writer.write_record(&cells);
    writer.into_inner().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"] {
            assert!(harmless(formula).starts_with('\''), "{formula:?}");
        }
        for fine in ["", "a=b", "2026-11-20", "t.adeyemi@example.org", "'", "O’Neill"] {
            assert_eq!(harmless(fine), fine);
        }
    }

    #[test]
    fn lines_are_quoted_as_rfc_4180_says() {
        assert_eq!(line(&["a", "b, c", "say \"x\"", ""]), b"a,\"b, c\",\"say \"\"x\"\"\",\r\n");
        assert_eq!(line(&["two\r\nlines"]), b"\"two\r\nlines\"\r\n");
        assert_eq!(line(&["=a,b"]), b"\"'=a,b\"\r\n");
    }

    #[test]
    fn a_reader_gets_back_what_was_written() {
        let written = line(&["Ünal \u{1F600}", "a\"b", "c,d"]);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(written.as_slice());
        let record = reader.records().next().unwrap().unwrap();
        assert_eq!(record.iter().collect::<Vec<_>>(), ["Ünal \u{1F600}", "a\"b", "c,d"]);
    }
}
