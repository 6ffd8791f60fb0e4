//! What people type, in one form: composed, compared without case, searched without marks; and the characters that make one
//! text look like another.
//!
//! The data is that of ICU4X, which is in the program anyway (`url` compares host names by it).

use icu_normalizer::{
    ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed, properties::CanonicalCombiningClassMapBorrowed,
};
use icu_properties::{props::Script, script::ScriptWithExtensions};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Marks up to this combining class are part of a letter (the voicing of kana, the nukta and virama of Indic letters);
/// those above are accents, and points that may be left out.
const LAST_CLASS_OF_LETTERS: u8 = 9;

/// What is encoded of a text in an address: all but letters, digits, the marks of RFC 3986 §2.3, and @.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'@');

/// The text encoded so that it stays one part of an address. Not as in forms: what reads an address shows a "+" for a space
/// as it stands.
pub fn in_address(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// The text in Normalization Form C (UAX #15), in which texts are stored: é is one character, whoever typed it.
pub fn composed(text: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc().normalize(text).into_owned()
}

/// The text in Normalization Form KC: characters that only look otherwise (full width, ﬁ, a space that does not break) are
/// the plain ones.
pub fn compatible(text: &str) -> String {
    ComposingNormalizerBorrowed::new_nfkc().normalize(text).into_owned()
}

/// The form in which names are compared and sorted: without outer spaces, case, and variants of letters that only look
/// otherwise (ſ, ﬁ, full width), as RFC 8265 §3.3 does for user names.
pub fn key(text: &str) -> String {
    let text = text.trim();
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    // The sigma at the end of a word is a sigma, so that the beginning of a word is the beginning of its key.
    let lower = compatible(text).to_lowercase().replace('ς', "σ");
    compatible(&lower).trim().to_owned()
}

/// The form in which names were compared before [`key`]: of two users whom `key` takes for one, the younger keeps it.
pub fn key_as_written(text: &str) -> String {
    text.trim().to_lowercase()
}

/// The form in which names are searched: a [`key`] without accents, in plain letters where there are such (ø is o, ß is ss).
pub fn folded(text: &str) -> String {
    fold(&key(text), plain)
}

/// [`folded`] as those write who have no keyboard for it: ö is oe. The same as `folded` for most texts.
pub fn folded_in_pairs(text: &str) -> String {
    let key = key(text);
    let pairs: String = key.chars().map(|letter| pair(letter).map_or(letter.to_string(), str::to_owned)).collect();
    fold(&pairs, plain)
}

fn fold(key: &str, plain: impl Fn(char) -> Option<&'static str>) -> String {
    if key.is_ascii() {
        return key.to_owned();
    }
    let classes = CanonicalCombiningClassMapBorrowed::new();
    let apart = DecomposingNormalizerBorrowed::new_nfd().normalize(key).into_owned();
    let mut bare = String::with_capacity(apart.len());
    for letter in apart.chars().filter(|letter| classes.get_u8(*letter) <= LAST_CLASS_OF_LETTERS && !joins(*letter)) {
        match plain(letter) {
            Some(letters) => bare.push_str(letters),
            None => bare.push(letter),
        }
    }
    composed(&bare)
}

/// Letters that are no letter with a mark to Unicode and yet are spoken of as one.
fn plain(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ı' => "i",
        'ħ' => "h",
        'ŧ' => "t",
        'ŋ' => "n",
        'ə' => "e",
        '’' | '‘' | 'ʼ' | '´' | '`' => "'",
        '‐' | '‑' | '‒' | '–' | '—' => "-",
        _ => return None,
    })
}

/// Letters that are written as two where the keyboard lacks them.
fn pair(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ä' => "ae",
        'ö' | 'ø' => "oe",
        'ü' => "ue",
        'å' => "aa",
        _ => return None,
    })
}

/// True for the two marks that join letters or keep them apart, which Persian and Indic names need.
fn joins(letter: char) -> bool {
    matches!(letter, '\u{200C}' | '\u{200D}')
}

/// True for control characters, and for marks without a width of their own: those that reorder what stands beside them
/// (UAX #9), that join and separate, and that begin files.
pub fn is_unseen(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}'
            | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// True for letters that are read from right to left, and for the marks that order text (UAX #9): the blocks that Unicode
/// keeps for such scripts (`DerivedBidiClass.txt`, "@missing"), so that those still to come are among them.
pub fn turns_direction(letter: char) -> bool {
    matches!(letter,
        '\u{590}'..='\u{8FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFE}' | '\u{10800}'..='\u{10FFF}'
        | '\u{1E800}'..='\u{1EFFF}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// True if the text is one line that shows all it holds. A joiner is fine between two letters.
pub fn is_one_plain_line(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    let letter_at = |at: Option<usize>| {
        at.and_then(|at| letters.get(at)).is_some_and(|c| !c.is_ascii() && !is_unseen(*c) && !c.is_whitespace())
    };
    letters.iter().enumerate().all(|(at, letter)| {
        let between = joins(*letter) && letter_at(at.checked_sub(1)) && letter_at(at.checked_add(1));
        !is_unseen(*letter) || between
    })
}

/// The text without what no name holds and nobody sees: what a search is made of.
pub fn searchable(text: &str, longest: usize) -> String {
    composed(text).trim().chars().filter(|letter| !is_unseen(*letter) || joins(*letter)).take(longest).collect()
}

/// The scripts of the letters before an @, if they are not of one (UTS #39 §5.1): "аdmin" with a Cyrillic а. Letters that
/// are written together in Chinese, Japanese and Korean are of one.
pub fn mixed_scripts(text: &str) -> Option<Vec<&'static str>> {
    let local = text.split('@').next().unwrap_or_default();
    if local.is_ascii() {
        return None;
    }
    let scripts = ScriptWithExtensions::new();
    let mut found: Vec<Script> = Vec::new();
    for letter in local.chars() {
        let script = scripts.get_script_val(letter);
        if ![Script::Common, Script::Inherited].contains(&script) && !found.contains(&script) {
            found.push(script);
        }
    }
    let together = [
        [Script::Han, Script::Hiragana, Script::Katakana, Script::Latin],
        [Script::Han, Script::Bopomofo, Script::Latin, Script::Latin],
        [Script::Han, Script::Hangul, Script::Latin, Script::Latin],
    ];
    let of_one = found.len() < 2 || together.iter().any(|set| found.iter().all(|script| set.contains(script)));
    (!of_one).then(|| found.into_iter().map(script_name).collect())
}

fn script_name(script: Script) -> &'static str {
    match script {
        Script::Latin => "Latin",
        Script::Cyrillic => "Cyrillic",
        Script::Greek => "Greek",
        Script::Armenian => "Armenian",
        Script::Hebrew => "Hebrew",
        Script::Arabic => "Arabic",
        Script::Han => "Chinese",
        Script::Hangul => "Korean",
        Script::Hiragana | Script::Katakana => "Japanese",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_has_one_key_however_it_was_typed() {
        for (one, other) in [
            ("José", "Jose\u{301}"),
            ("secure", "ſecure"),
            ("Fi", "ﬁ"),
            ("abc", "ＡＢＣ"),
            ("ΟΔΟΣ", "οδος"),
            (" T.Adeyemi ", "t.adeyemi"),
            ("Åsa", "\u{212B}sa"),
        ] {
            assert_eq!(key(one), key(other), "{one} {other}");
            assert_eq!(key(&key(other)), key(other), "a key is its own key");
        }
        assert_ne!(key("jose"), key("josé"), "an accent is a letter of its own");
        assert_ne!(key("admin"), key("аdmin"));
    }

    #[test]
    fn what_is_searched_has_no_accents() {
        for (typed, plain) in [
            ("Jovanović", "jovanovic"),
            ("Zoë", "zoe"),
            ("Łukasz Đorđević", "lukasz dordevic"),
            ("Straße", "strasse"),
            ("IŞIK ışık", "isik isik"),
            ("Søren Ærø", "soren aero"),
            ("O’Neill", "o'neill"),
            ("Nguyễn", "nguyen"),
            ("Йордан", "иордан"),
            ("が", "が"),
            ("한글", "한글"),
        ] {
            assert_eq!(folded(typed), plain);
        }
        assert_eq!(folded_in_pairs("Jörg Müller-Åß"), "joerg mueller-aass");
        assert_eq!(folded_in_pairs("Zoë"), "zoe");
    }

    #[test]
    fn marks_that_nobody_sees_are_in_no_name() {
        for fine in ["van den Berg", "محمد‌رضا", "क्‍ष", "👩‍💻", "O'Neill", "ประยุทธ์"]
        {
            assert!(is_one_plain_line(fine), "{fine:?}");
        }
        for code in [
            0x200B, 0x200E, 0x200F, 0x202A, 0x202E, 0x2066, 0x2069, 0x2028, 0x2029, 0xFEFF, 0x2060, 0xAD, 0x61C, 0, 10,
            0xE0041,
        ] {
            let mark = char::from_u32(code).unwrap();
            assert!(!is_one_plain_line(&format!("An{mark}na")), "U+{code:04X}");
            assert_eq!(searchable(&format!("An{mark}na"), 9), "Anna");
        }
        assert!(!is_one_plain_line("An\u{200D}na"), "Latin letters are not joined");
        assert!(!is_one_plain_line("محمد\u{200C}"), "nothing to join at the end");
    }

    #[test]
    fn a_name_of_two_scripts_is_noticed() {
        assert_eq!(mixed_scripts("аdmin"), Some(vec!["Cyrillic", "Latin"]));
        assert_eq!(mixed_scripts("а.adeyemi@example.org"), Some(vec!["Cyrillic", "Latin"]));
        for one in ["admin", "Ünal", "иванов@example.org", "иванов.2", "山田たろう", "ann山田", "παπας"]
        {
            assert_eq!(mixed_scripts(one), None, "{one}");
        }
    }
}
