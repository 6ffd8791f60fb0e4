//! What a user is found by: the words of a search and the words of a user, in one form.

use std::collections::BTreeSet;

use crate::{
    text::{folded, folded_in_pairs},
    users::telephone,
};

/// What stands before the digits of a mobile number, which are kept from the last to the first: the end of a number is
/// what people say of it. No word of a name begins so.
const DIGITS: char = '#';

/// The fewest digits by which a mobile number is found: what people say is "the last four".
const FEWEST_DIGITS: usize = 4;

/// From so many digits on a text of two groups or more is a telephone number, and a 0 in front may be that of its country.
const A_WHOLE_NUMBER: usize = 7;

/// Digits of a country's code (ITU-T E.164 §6.2.1).
const COUNTRY_DIGITS: std::ops::RangeInclusive<usize> = 1..=3;

/// Words kept of one user: beyond so many, Custom 1 to 3 hold a text and no words to be found by.
const MOST_WORDS: usize = 48;

/// Words of a search that count: beyond so many nobody types a name.
const MOST_TYPED: usize = 6;

/// The texts of a user that are searched.
#[derive(Clone, Copy, Debug)]
pub struct Texts<'a> {
    /// User ID.
    pub user_id: &'a str,
    /// Last and first name.
    pub names: [&'a str; 2],
    /// The address in the profile.
    pub email: &'a str,
    /// Telephone.
    pub mobile: &'a str,
    /// Custom 1 to 3.
    pub custom: [&'a str; 3],
}

/// The words of a user: of names, User ID and email all, of Custom 1 to 3 as many as there is room for, then the telephone
/// number.
pub fn words(of: &Texts<'_>) -> Vec<String> {
    let (mut words, mut parts) = (BTreeSet::new(), BTreeSet::new());
    for name in of.names {
        for plain in both(name) {
            if split(&plain).len() > 1 {
                words.insert(joined(&plain));
            }
            gather(&plain, &mut words, &mut parts);
        }
    }
    for text in [of.user_id, of.email] {
        for plain in both(text) {
            let local = plain.split('@').next().unwrap_or_default();
            parts.extend(inner(local));
            parts.insert(joined(local));
            parts.insert(plain);
        }
    }
    let mut own = with_parts(words, parts);
    let (mut words, mut parts) = (BTreeSet::new(), BTreeSet::new());
    for plain in of.custom.into_iter().flat_map(both) {
        gather(&plain, &mut words, &mut parts);
    }
    let room = MOST_WORDS.saturating_sub(own.len());
    let more: Vec<String> =
        with_parts(words, parts).into_iter().filter(|word| !own.contains(word)).take(room).collect();
    own.extend(more);
    let mut words: Vec<String> = own.into_iter().take(MOST_WORDS).collect();
    let digits = telephone::digits(of.mobile);
    if digits.len() >= FEWEST_DIGITS {
        words.push(from_the_end(&digits));
    }
    words
}

/// The words of a folded text, with and without the signs in them, and the parts between these.
fn gather(plain: &str, words: &mut BTreeSet<String>, parts: &mut BTreeSet<String>) {
    for word in split(plain) {
        parts.extend(inner(&word));
        if !is_joined(&word) {
            words.insert(joined(&word));
        }
        words.insert(word);
    }
}

/// A part that another word begins with is found by that; the longer of two that begin alike stands behind the other.
fn with_parts(mut words: BTreeSet<String>, parts: BTreeSet<String>) -> BTreeSet<String> {
    for part in parts.into_iter().rev() {
        let after = words.range(part.clone()..).next();
        if !after.is_some_and(|word| word.starts_with(&part)) {
            words.insert(part);
        }
    }
    words.remove("");
    words
}

/// A text as it is searched, and as those write it who lack its letters.
fn both(text: &str) -> Vec<String> {
    let mut both = vec![folded(text)];
    if !text.is_ascii() {
        both.push(folded_in_pairs(text));
        both.dedup();
    }
    both
}

/// The words of a folded text: between spaces, commas, semicolons and brackets.
fn split(text: &str) -> Vec<String> {
    let apart = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')' | '"');
    text.split(apart).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The parts of a word between its signs: "berg" of "van-den-berg".
fn inner(word: &str) -> Vec<String> {
    let parts = word.split(|c: char| !c.is_alphanumeric() && !is_mark(c)).filter(|part| !part.is_empty());
    parts.filter(|part| *part != word).map(str::to_owned).collect()
}

/// A word without the signs in it: "oneill" of "o'neill".
fn joined(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric() || is_mark(*c)).collect()
}

fn is_joined(word: &str) -> bool {
    word.chars().all(|c| c.is_alphanumeric() || is_mark(c))
}

/// Vowels of Indic and other letters are marks, and no signs between words.
fn is_mark(letter: char) -> bool {
    !letter.is_ascii() && !letter.is_alphanumeric() && !letter.is_whitespace() && !"«»“”„–—·…".contains(letter)
}

fn from_the_end(digits: &str) -> String {
    std::iter::once(DIGITS).chain(digits.chars().rev()).collect()
}

/// One thing that a word of the user has to be, for a user to be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// It begins so.
    Beginning(String),
    /// It is this.
    Whole(String),
}

/// What a text asks for: for each of its words the things of which one has to be there, in any order.
pub fn wanted(typed: &str) -> Vec<Vec<Wanted>> {
    let by_telephone = telephones(typed);
    let mut list: Vec<Vec<Wanted>> = typed_words(typed).iter().map(|word| beginnings(word)).collect();
    match list.as_mut_slice() {
        // A number in groups is one number.
        [_, _, ..] if !by_telephone.is_empty() => list = vec![by_telephone],
        [only] => only.extend(by_telephone),
        _ => {}
    }
    list
}

/// The words of a search, as they were typed.
pub fn typed_words(typed: &str) -> Vec<String> {
    let mut words = split(typed);
    words.truncate(MOST_TYPED);
    words
}

/// What a word of a user begins with that was typed so.
fn beginnings(word: &str) -> Vec<Wanted> {
    let mut ways = both(word);
    let without_signs: Vec<String> =
        ways.iter().filter(|way| way.contains(['\'', '-'])).map(|way| joined(way)).collect();
    ways.extend(without_signs);
    ways.retain(|way| !way.is_empty());
    ways.dedup();
    ways.into_iter().map(Wanted::Beginning).collect()
}

/// The mobile numbers that a text may be the end of, or all of.
fn telephones(typed: &str) -> Vec<Wanted> {
    let in_groups = typed_words(typed).len() > 1;
    let plain = typed.chars().all(|c| c.is_ascii_digit() || c.is_whitespace() || "+()-/.".contains(c));
    let typed_digits: String = typed.replace("(0)", "").chars().filter(char::is_ascii_digit).collect();
    let fewest = if in_groups { A_WHOLE_NUMBER } else { FEWEST_DIGITS };
    if !plain || typed_digits.len() < fewest {
        return Vec::new();
    }
    if typed_digits.len() < A_WHOLE_NUMBER {
        return vec![Wanted::Beginning(from_the_end(&typed_digits))];
    }
    let digits = telephone::digits(typed);
    if digits.len() < FEWEST_DIGITS {
        return Vec::new();
    }
    let mut list = vec![Wanted::Beginning(from_the_end(&digits))];
    if telephone::names_country(typed) {
        // The profile may hold the number as it is dialled within the country.
        let within = COUNTRY_DIGITS.filter_map(|code| digits.get(code..));
        let within =
            within.map(|digits| digits.trim_start_matches('0')).filter(|digits| digits.len() >= A_WHOLE_NUMBER - 1);
        list.extend(within.map(|digits| Wanted::Whole(from_the_end(digits))));
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZOE: Texts<'static> = Texts {
        user_id: "z.berg",
        names: ["van den Bérg-Ødegård", "Zoë"],
        email: "z.berg@example.org",
        mobile: "+49 (0)170/123456",
        custom: ["Büro 12", "", ""],
    };

    fn finds(of: &Texts<'_>, typed: &str) -> bool {
        let words = words(of);
        let is_there = |wanted: &Wanted| match wanted {
            Wanted::Beginning(text) => words.iter().any(|word| word.starts_with(text.as_str())),
            Wanted::Whole(text) => words.contains(text),
        };
        let wanted = wanted(typed);
        !wanted.is_empty() && wanted.iter().all(|ways| ways.iter().any(is_there))
    }

    #[test]
    fn people_are_found_as_they_are_spoken_of() {
        for typed in [
            "zoe", "Zoë", "berg", "BERG ZOE", "zoe berg", "odegard", "oedegaard", "Ødegård", "van den berg", "den van",
            "vandenb", "bérg-ø", "berg, zoe", "z.ber", "zberg", "z.berg@example.org", "Z.BERG@EX", "buro", "buero",
            "büro 12", "3456", "123456", "0170 123456", "0170/123456", "+49 170 123456", "0049170123456",
            "49170123456", "+49 (0) 170 12 34 56", "(0170) 12-34-56",
        ] {
            assert!(finds(&ZOE, typed), "{typed}: {:?} of {:?}", wanted(typed), words(&ZOE));
        }
        for typed in ["", "%", "erg", "zoe hansen", "zoe berg bo", "456", "123457", "+48 170 123456", "example", "org"]
        {
            assert!(!finds(&ZOE, typed), "{typed}");
        }
        let within = Texts { mobile: "0170 123456", ..ZOE };
        for typed in ["+49 170 123456", "0049 170 123456", "0170123456", "170 123456", "3456"] {
            assert!(finds(&within, typed), "{typed}");
        }
        let irish =
            Texts { user_id: "o'neill", names: ["O’Neill", "Jean-Pierre"], email: "", mobile: "", custom: [""; 3] };
        for typed in ["o'neill", "O’Neill", "oneill", "neill", "jean-pierre", "jean pierre", "Jeanpierre", "pierre"] {
            assert!(finds(&irish, typed), "{typed}");
        }
    }

    #[test]
    fn a_user_has_few_words() {
        let plain = Texts {
            user_id: "t.adeyemi",
            names: ["Adeyemi", "Tobi"],
            email: "t.adeyemi@example.org",
            mobile: "",
            custom: [""; 3],
        };
        assert_eq!(words(&plain), ["adeyemi", "t.adeyemi@example.org", "tadeyemi", "tobi"]);
        let long = "word ".repeat(40);
        let full = words(&Texts { custom: [&long, "a b c d e f g h i j", "é"], ..plain });
        assert!(full.len() <= MOST_WORDS + 1);
    }

    #[test]
    fn a_custom_text_takes_no_room_from_a_name() {
        let long: String = (100..300).map(|n| format!("{n} ")).collect();
        let zimmer = Texts {
            user_id: "z.zimmer",
            names: ["Zimmer", "Zoë"],
            email: "z.zimmer@example.org",
            mobile: "",
            custom: [&long; 3],
        };
        let found = words(&zimmer);
        assert_eq!(found.len(), MOST_WORDS);
        for word in ["zimmer", "zoe", "z.zimmer@example.org", "100"] {
            assert!(found.iter().any(|one| one == word), "{word}");
        }
    }
}
