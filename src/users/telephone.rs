//! Telephone numbers as people and directories write them: kept as they are written, compared by their digits.

use crate::text::{compatible, is_unseen};

/// The longest telephone number, in characters, with its extension.
const LONGEST: usize = 32;

/// What an extension begins with, the longer before the shorter.
const EXTENSIONS: [&str; 10] = [";ext=", "extension", "durchwahl", "poste", "extn", "ext.", "ext", "dw", "x", "#"];

/// Reads a telephone number: digits, spaces and `+ ( ) - / .`, an extension ("ext. 5", "x5", ";ext=5"), `tel:` in front
/// (RFC 3966). Spaces of any kind are spaces, and what is invisible is not read. Empty if there is none.
pub fn parse(typed: &str) -> Result<String, String> {
    let wrong = || {
        Err("A mobile number consists of digits, spaces and + ( ) - / . and may end in an extension such as ext. 5."
            .into())
    };
    let plain: String = compatible(typed).chars().filter_map(letter).collect();
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let plain = plain.strip_prefix("tel:").unwrap_or(&plain);
    let (number, extension) = parts(plain);
    if !number.chars().all(|c| c.is_ascii_digit() || "+() -/.".contains(c)) {
        return wrong();
    }
    let text = match extension {
        Some(_) if !number.contains(|c: char| c.is_ascii_digit()) => return wrong(),
        Some(digits) => format!("{number} ext. {digits}"),
        None => number.to_owned(),
    };
    let length = text.chars().count();
    if length > LONGEST {
        return Err(format!("A mobile number has at most {LONGEST} characters; this one has {length}."));
    }
    Ok(text)
}

/// Spaces of any kind are one, dashes of any kind are one, and marks that telephones and directories put around numbers
/// are none.
fn letter(typed: char) -> Option<char> {
    match typed {
        c if c.is_whitespace() => Some(' '),
        c if is_unseen(c) => None,
        '\u{2010}'..='\u{2015}' | '\u{2212}' => Some('-'),
        c => Some(c.to_ascii_lowercase()),
    }
}

/// The number, and the digits of its extension.
fn parts(text: &str) -> (&str, Option<&str>) {
    let before = text.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = &text[before.len()..];
    let head = before.trim_end_matches([' ', ':']);
    match EXTENSIONS.iter().find_map(|word| head.strip_suffix(word)) {
        Some(number) if !digits.is_empty() => (number.trim_end_matches([' ', ',', ';', '-']), Some(digits)),
        _ => (text, None),
    }
}

/// The digits that a number is known by: without `+` or `00` in front, without the 0 that is dialled only within a country,
/// without an extension. Empty for what is no telephone number.
pub fn digits(number: &str) -> String {
    let Ok(number) = parse(number) else { return String::new() };
    let (number, _) = parts(&number);
    let digits: String = number.replace("(0)", "").chars().filter(char::is_ascii_digit).collect();
    digits.trim_start_matches('0').to_owned()
}

/// True if the number names its country.
pub fn names_country(number: &str) -> bool {
    parse(number).is_ok_and(|number| number.starts_with('+') || number.starts_with("00"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telephones_are_taken_as_they_are_meant() {
        for (typed, taken) in [
            ("", ""),
            ("+49 (0)170/123456", "+49 (0)170/123456"),
            ("+49.170.123456", "+49.170.123456"),
            ("+49 170 123456 ext. 5", "+49 170 123456 ext. 5"),
            ("+49 170 123456 x5", "+49 170 123456 ext. 5"),
            ("(030) 1234, Ext 17", "(030) 1234 ext. 17"),
            ("030 1234 Durchwahl 17", "030 1234 ext. 17"),
            ("tel:+49-170-123456;ext=5", "+49-170-123456 ext. 5"),
            ("+49\u{A0}170\u{2009}12 34", "+49 170 12 34"),
            ("\u{202A}+49 170 1234\u{202C}", "+49 170 1234"),
            ("+49 170–12‑34", "+49 170-12-34"),
            ("＋４９ １７０", "+49 170"),
        ] {
            assert_eq!(parse(typed).as_deref(), Ok(taken), "{typed}");
            assert_eq!(parse(taken).as_deref(), Ok(taken), "what was taken is taken again");
        }
        for wrong in [
            "call me",
            "n/a",
            "ext. 5",
            "+49 170 ext.",
            "x",
            "1;2",
            "+49 170 123456 or +49 170 654321",
            &"1".repeat(33),
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_number_is_known_by_its_digits() {
        for same in ["+49 (0)170/123456", "0049 170 123456", "+49.170.123456 ext. 5", "49170123456"] {
            assert_eq!(digits(same), "49170123456", "{same}");
        }
        assert_eq!(digits("0170 123456"), "170123456");
        assert_eq!(digits("call me"), "");
        assert!(names_country("0049 170") && names_country("+49") && !names_country("0170 1"));
    }
}
