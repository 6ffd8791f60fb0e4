//! Which passwords operators may choose. Length and guessability only: NIST 800-63B-4 §3.1.1.2 forbids rules about kinds
//! of characters, since they make passwords worse, and asks for a list of common and leaked passwords and of the words
//! that are near at hand: the service's, the organization's and the person's own.
//!
//! The list is that of zxcvbn (the commonest of ten million leaked passwords, names, and words of English, with what people
//! do to them: capitals, digits behind, signs for letters, rows of keys, dates). Something common is refused unless so
//! much stands around it that the whole is hard to guess.

use zxcvbn::{matching::patterns::MatchPattern, zxcvbn};

use crate::config::Settings;

/// The shortest, in characters. NIST 800-63B-4 §3.1.1.2 asks for 15 where the password is all there is and for 8 where
/// a second factor follows; the second factor can be switched off here (the demo), so the middle holds for both.
pub const SHORTEST: usize = 12;

/// The longest, in characters: twice what NIST 800-63B-4 §3.1.1.2 asks to be allowed, and little work to hash.
pub const LONGEST: usize = 128;

/// Guesses, as a power of ten, that it must take: what a thief of the database could try against argon2id in a month with
/// some dozen machines (zxcvbn's own border of "very unguessable").
const HARD: f64 = 10.0;

/// The same for what is left without the spaces and signs that people put into a common one: a million guesses are the
/// list, and what is usually done to what stands on it.
const TAKEN_APART: f64 = 6.0;

/// Characters that are looked at together: the work grows faster than the length, and takes up to a second for 128
/// characters that were made to cost. Each part is looked at, and one that is hard to guess is enough.
const PART: usize = 48;

/// The shortest name that may not stand in a password, in letters and digits: shorter ones stand in ordinary words.
const SHORTEST_NAME: usize = 4;

/// The name of the product.
const PRODUCT: &str = "tokendesk";

/// Words that are tried first because of where a password is for, and whose it is.
#[derive(Clone, Debug, Default)]
pub struct OwnWords {
    /// Names that may not stand in it at all, plain.
    names: Vec<(String, &'static str)>,
    /// Words that make it no harder to guess.
    words: Vec<String>,
}

impl OwnWords {
    /// Those of the installation: product, organization, help desk, host.
    pub fn of(settings: &Settings) -> Self {
        let mut own = OwnWords::default();
        own.name(PRODUCT, "the name of the product");
        own.name(&settings.organization, "the name of the organization");
        own.split(&settings.help_desk);
        own.split(&settings.host);
        own
    }

    /// The same, and those of a person.
    #[must_use]
    pub fn and_of(mut self, user_id: &str, name: &str, email: &str) -> Self {
        self.name(user_id, "the User ID");
        self.name(name, "the person’s name");
        self.name(email.split('@').next().unwrap_or_default(), "the email address");
        self.split(email);
        self
    }

    fn name(&mut self, text: &str, what: &'static str) {
        let plain = plain(text);
        // "k.lindqvist2" is k.lindqvist to whoever guesses.
        let bare = plain.trim_end_matches(|letter: char| letter.is_ascii_digit());
        if bare.chars().count() >= SHORTEST_NAME {
            self.names.push((bare.to_owned(), what));
        }
        self.words.push(plain);
        self.words.push(text.to_lowercase());
        self.split(text);
    }

    fn split(&mut self, text: &str) {
        let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
        self.words.extend(words.map(str::to_lowercase));
    }
}

/// What is wrong with `password`, as a sentence that says what to do; `None` if it is taken.
pub fn mistake(password: &str, own: &OwnWords) -> Option<String> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Some(format!("Use at least {SHORTEST} characters."));
    }
    if length > LONGEST {
        return Some(format!("Use at most {LONGEST} characters."));
    }
    let spelled = spellings(password);
    let held = own.names.iter().find(|(name, _)| spelled.iter().any(|spelled| spelled.contains(name.as_str())));
    if let Some((_, what)) = held {
        return Some(format!("Leave {what} out of the password: it is tried first."));
    }
    is_common(password, own).then(|| {
        "This password is among the commonest ones or close to one, and those are tried first. Choose another: some words \
         in a row that have nothing to do with each other."
            .into()
    })
}

/// True if all of it is easy to guess because of something common in it.
fn is_common(password: &str, own: &OwnWords) -> bool {
    let first = password.chars().next();
    if password.chars().all(|letter| Some(letter) == first) {
        return true;
    }
    let words: Vec<&str> = own.words.iter().map(String::as_str).collect();
    let letters: Vec<char> = password.chars().collect();
    letters.chunks(PART).all(|part| {
        let part: String = part.iter().collect();
        let joined: String = part.chars().filter(|letter| letter.is_alphanumeric()).collect();
        let taken_apart = joined.chars().count() * 2 >= part.chars().count();
        is_easy(&part, &words, HARD) || (taken_apart && is_easy(&joined, &words, TAKEN_APART))
    })
}

/// True if it takes fewer guesses, and there is more in it than signs that were put together by chance, or one of them
/// that stands more than once in a row.
fn is_easy(text: &str, words: &[&str], hard: f64) -> bool {
    let entropy = zxcvbn(text, words);
    let known = |pattern: &MatchPattern| !matches!(pattern, MatchPattern::BruteForce | MatchPattern::Repeat(_));
    let common = match entropy.sequence() {
        [whole] => !matches!(whole.pattern, MatchPattern::BruteForce),
        parts => parts.iter().any(|part| known(&part.pattern)),
    };
    common && entropy.guesses_log10() < hard
}

/// In lower case, letters and digits alone.
fn plain(text: &str) -> String {
    text.to_lowercase().chars().filter(|letter| letter.is_alphanumeric()).collect()
}

/// A password as plain names could stand in it: as it is, and with the signs read that people write for letters.
fn spellings(password: &str) -> [String; 3] {
    let read = |one: char| {
        let letter = move |sign: char| match sign {
            '0' => 'o',
            '1' | '!' | '|' => one,
            '3' => 'e',
            '4' | '@' => 'a',
            '5' | '$' => 's',
            '7' => 't',
            other => other,
        };
        plain(&password.to_lowercase().chars().map(letter).collect::<String>())
    };
    [plain(password), read('i'), read('l')]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> OwnWords {
        let mut settings = Settings::plain("https://tokens.example.org", "sqlite::memory:").unwrap();
        settings.organization = "Example Org".into();
        settings.help_desk = "extension 4400, weekdays 8:00 to 18:00".into();
        OwnWords::of(&settings).and_of("k.lindqvist", "Kim Lindqvist", "kim.l@example.org")
    }

    #[test]
    fn common_and_leaked_passwords_are_refused_whatever_was_done_to_them() {
        for bad in [
            "Password123!", "qwerty1234567", "football12345", "passw0rd12345", "baseball12345", "iloveyou12345",
            "princess1234", "password1234567", "PassWord1234", "P@ssw0rd2026!!", "Summer2026!!!", "Welcome2026!!",
            "letmein123456789", "Monkey12345678", "dragon!dragon!", "qwertzuiop123", "1q2w3e4r5t6y7u", "zaq12wsxcde3",
            "superman1234", "sunshine2025!", "michael123456", "Passwort123456", "motdepasse2026", "abcdefgh12345678",
            "asdfghjkl1234", "123456789012345", "hunter2hunter2", "liverpool2024", "Manchester1!", "andrew12345678",
            "iloveyouiloveyou", "passwordpassword", "adminadminadmin", "changeme1234", "Berlin2026!!",
            "administrator1", "trustno1trustno1", "pass word 1234", "p.a.s.s.w.o.r.d.1", "q w e r t y 1 2 3 4",
            "DROWSSAP123456", "aaaaaaaaaaaaaaaa", "winter2026!!", "20261120202611",
        ] {
            assert!(mistake(bad, &own()).is_some(), "{bad}");
        }
        let long = "password".repeat(16);
        assert!(mistake(&long, &own()).is_some() && mistake(&"Qwerty!1".repeat(14), &own()).is_some());
    }

    #[test]
    fn names_that_are_near_at_hand_may_not_stand_in_it() {
        for (bad, what) in [
            ("Example Org 1", "organization"),
            ("my 3x4mpl3-0rg password", "organization"),
            ("tokendesk2026", "product"),
            ("T0ken-Desk walks home", "product"),
            ("k.lindqvist12", "User ID"),
            ("Kl1ndqv1st rides a horse", "User ID"),
            ("rain on kim lindqvist", "name"),
            ("a boat for k1m.l today", "email"),
        ] {
            let sentence = mistake(bad, &own()).unwrap_or_default();
            assert!(sentence.contains(what) && sentence.contains("Leave"), "{bad}: {sentence}");
        }
        // Their parts, and the help desk's words, make a password no harder to guess.
        for bad in ["Lindqvist2026!", "extension4400", "Weekdays1234!", "lindqvist-example", "example.org.4400"] {
            assert!(mistake(bad, &own()).is_some(), "{bad}");
        }
    }

    #[test]
    fn some_ordinary_words_in_a_row_are_taken() {
        for good in [
            "a walk in the rain", "grape lantern orbit seventeen", "correct horse battery staple",
            "purple monkey dishwasher", "blue house on a hill", "mein hund ist braun", "quiet harbor lanterns",
            "an example of a long sentence", "x7$kQ9!mZ2pL", "7K2MQ-P3XAB-WQRTY-ZZ9KM", "a password nobody guesses",
        ] {
            assert_eq!(mistake(good, &own()), None, "{good}");
        }
    }

    #[test]
    fn any_characters_make_a_password_if_there_are_enough() {
        for good in [
            "ÄÖÜäöüßéèêëñ",
            "          \u{1F600} x",
            "пароль из пяти слов тут",
            "\u{0} \u{7f}\u{202e}quiet boat at seven",
        ] {
            assert_eq!(mistake(good, &own()), None, "{good:?}");
        }
        assert!(mistake("short", &own()).unwrap().contains("at least 12"));
        assert!(mistake(&"x y".repeat(60), &own()).unwrap().contains("at most 128"));
    }

    #[test]
    fn nothing_typed_makes_it_panic() {
        for odd in ["", "\u{0}", "🙂", "é", "\u{0301}", "ﷺ", "4@8({[<3601!|1710$5+7%2", "(.*)+\\", "\r\n\t"] {
            for times in [1, 7, 12, 40] {
                mistake(&odd.repeat(times), &own());
            }
        }
    }
}
