//! English: numbers and nouns, articles, names, and texts that are parted or cut.

/// "2,914".
pub fn number(count: impl TryInto<i64>) -> String {
    let count = count.try_into().unwrap_or(i64::MAX);
    let digits = count.unsigned_abs().to_string();
    let mut text = String::from(if count < 0 { "−" } else { "" });
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `one` or `many`, whichever goes with the count.
pub fn either<'a>(count: impl TryInto<i64>, one: &'a str, many: &'a str) -> &'a str {
    if matches!(count.try_into(), Ok(1)) { one } else { many }
}

/// "user", "users": nouns that take an s.
pub fn plural(count: impl TryInto<i64>, noun: &str) -> String {
    format!("{noun}{}", either(count, "", "s"))
}

/// "1 user", "2,914 users".
pub fn counted(count: impl TryInto<i64> + Copy, noun: &str) -> String {
    format!("{} {}", number(count), plural(count, noun))
}

/// "1 email failed", "12 emails failed".
pub fn counted_as(count: impl TryInto<i64> + Copy, one: &str, many: &str) -> String {
    format!("{} {}", number(count), either(count, one, many))
}

/// "is" or "are".
pub fn is_are(count: impl TryInto<i64>) -> &'static str {
    either(count, "is", "are")
}

/// "an Auditor", "a Help desk": by the letter, which does for what the product names.
pub fn with_article(noun: &str) -> String {
    format!("{} {noun}", if noun.starts_with(|c| "AEIOUaeiou".contains(c)) { "an" } else { "a" })
}

/// A sentence that goes on after a name: its first letter small.
pub fn continued(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// The beginning of a sentence: its first letter large.
pub fn begun(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// "Tobi Adeyemi"; one of the two names may be missing.
pub fn full_name(first: &str, last: &str) -> String {
    format!("{first} {last}").trim().to_owned()
}

/// The text in groups of `size` letters, as people read it from one screen and type it into another.
pub fn groups(text: &str, size: usize) -> String {
    let letters: Vec<char> = text.chars().collect();
    letters.chunks(size).map(String::from_iter).collect::<Vec<_>>().join(" ")
}

/// The text, or its first `most` letters.
pub fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_parted_and_nouns_follow_them() {
        let said = [0, 999, 1_000, 100_000, -12_345_678].map(|count: i64| number(count));
        assert_eq!(said, ["0", "999", "1,000", "100,000", "−12,345,678"]);
        let said = [0_usize, 1, 2_914].map(|count| counted(count, "task"));
        assert_eq!(said, ["0 tasks", "1 task", "2,914 tasks"]);
        assert_eq!(counted_as(1, "email failed", "emails failed"), "1 email failed");
        assert_eq!([1, 2].map(is_are), ["is", "are"]);
    }

    #[test]
    fn names_and_sentences_are_joined() {
        assert_eq!([full_name("Tobi", "Adeyemi"), full_name("", "Cher")], ["Tobi Adeyemi", "Cher"]);
        assert_eq!([with_article("Auditor"), with_article("Help desk")], ["an Auditor", "a Help desk"]);
        assert_eq!([continued("Sent"), continued("")], ["sent", ""]);
        assert_eq!([groups("ABCDEFGHJK", 5), groups("ABCDE", 4), groups("", 4)], ["ABCDE FGHJK", "ABCD E", ""]);
        assert_eq!([shortened("öäü", 2), shortened("öäü", 3)], ["öä…", "öäü"]);
    }
}
