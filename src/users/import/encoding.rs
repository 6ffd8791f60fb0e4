//! The text of a file, however it was saved.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// What is said of a file that is taken for Windows-1252.
const WINDOWS: &str =
    "The file is not UTF-8. It was read as Windows-1252, as spreadsheets save it: see that accents are right.";

/// The file as UTF-8 without a byte order mark, and what there is to say of it. UTF-16 is read as it says itself. A file in
/// which no letter is UTF-8 and some are beyond ASCII is Windows-1252; one that has both is handed on, and its wrong lines
/// are refused.
///
/// # Errors
/// A sentence, if it is no text.
pub(super) fn decoded(bytes: &[u8]) -> Result<(Cow<'_, [u8]>, Option<&'static str>), String> {
    if let Some(encoding) = utf16(bytes) {
        let (text, _) = encoding.decode_with_bom_removal(bytes);
        return Ok((Cow::Owned(text.into_owned().into_bytes()), None));
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    // DOS ended its files so.
    let bytes = bytes.strip_suffix(b"\x1A").unwrap_or(bytes);
    if bytes.contains(&0) {
        return Err("This is not a text file. Save the table as “CSV UTF-8” and choose it again.".into());
    }
    let some_utf8 = bytes.utf8_chunks().any(|chunk| !chunk.valid().is_ascii());
    if some_utf8 || bytes.is_ascii() {
        return Ok((Cow::Borrowed(bytes), None));
    }
    let (text, _) = WINDOWS_1252.decode_without_bom_handling(bytes);
    Ok((Cow::Owned(text.into_owned().into_bytes()), Some(WINDOWS)))
}

/// UTF-16 has a byte order mark, or a letter and a zero byte at its beginning.
fn utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes {
        [0xFF, 0xFE, ..] => Some(UTF_16LE),
        [0xFE, 0xFF, ..] => Some(UTF_16BE),
        [a, 0, b, 0, ..] if *a != 0 && *b != 0 => Some(UTF_16LE),
        [0, a, 0, b, ..] if *a != 0 && *b != 0 => Some(UTF_16BE),
        _ => None,
    }
}
