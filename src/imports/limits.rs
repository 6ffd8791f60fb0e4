//! How much of a table is read at all: said before anything is built of it.

/// The most lines of a table. They are judged and written in one transaction, and what is known of each is held in memory
/// meanwhile: for so many users some 500 MB at the preview and 1 GB at the import.
pub const LINES: usize = 200_000;

/// The longest line, in bytes: some 20 cells of the longest text that any of them takes.
pub const LINE_BYTES: usize = 64 * 1024;

/// Looks whether a table is within the limits, without keeping any of it. Line ends within quotes count as lines too.
pub fn check(bytes: &[u8]) -> Result<(), String> {
    let too_long = |number: usize| {
        let most = LINE_BYTES / 1024;
        Err(format!(
            "Line {number} is longer than {most} KiB: this is no table, or a quote (\") in it is never closed."
        ))
    };
    // A quote opens a cell at its beginning only; two of them within one are one.
    let opens = |at: usize| at == 0 || matches!(bytes[at - 1], b',' | b';' | b'\t' | b'|' | b'\n' | b'\r' | b'"');
    let (mut lines, mut start, mut first, mut quoted) = (0, 0, 1, false);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'"' => quoted = !quoted && opens(at),
            // Of a carriage return and a line feed, the line feed ends the line.
            b'\r' if bytes.get(at + 1) == Some(&b'\n') => {}
            b'\n' | b'\r' => {
                if !quoted && at - start > LINE_BYTES {
                    return too_long(first);
                }
                lines += 1;
                if !quoted {
                    (start, first) = (at + 1, lines + 1);
                }
            }
            _ => {}
        }
    }
    if bytes.len() - start > LINE_BYTES {
        return too_long(first);
    }
    // The last line may have no end; the header is none of them.
    lines += usize::from(start < bytes.len());
    if lines > LINES + 1 {
        return Err(format!("The file has {lines} lines; at most {LINES} are imported at once. Split it."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_lines_as_are_allowed_and_not_one_more() {
        let table = |lines: usize| "a,\n".repeat(lines);
        assert_eq!(check(table(LINES + 1).as_bytes()), Ok(()));
        assert!(check(table(LINES + 2).as_bytes()).unwrap_err().contains("The file has 200002 lines; at most 200000"));
        assert!(check(format!("{}a", table(LINES + 1)).as_bytes()).is_err());
        assert!(check("a\r".repeat(LINES + 2).as_bytes()).is_err());
        assert_eq!(check("a\r\n".repeat(LINES + 1).as_bytes()), Ok(()));
        assert_eq!(check(b""), Ok(()));
    }

    #[test]
    fn a_line_has_an_end() {
        let long = "a".repeat(LINE_BYTES + 1);
        for text in [long.clone(), format!("a,b\n{long}\nc,d\n"), format!("a,b\n\"{}", "x\n".repeat(LINE_BYTES))] {
            let why = check(text.as_bytes()).unwrap_err();
            assert!(why.contains("is longer than 64 KiB"), "{why}");
        }
        assert!(check(format!("a,b\n{long}\n").as_bytes()).unwrap_err().contains("Line 2"));
        let inches = "a,5\" b\n".repeat(LINE_BYTES);
        assert_eq!(check(inches.as_bytes()), Ok(()), "a quote within a cell opens nothing");
        assert_eq!(check(format!("\"a\n\"\"b\"\"\n\",c\n{}", "d,e\n".repeat(LINE_BYTES)).as_bytes()), Ok(()));
    }
}
