//! One slip of the fingers: what may have been meant by a word that nobody has.

/// The shortest and the longest word that is looked at, in characters: within a shorter one a slip may be anything, and
/// each letter costs some fifty look-ups in an index.
const LENGTHS: std::ops::RangeInclusive<usize> = 3..=20;

/// Letters that may be missing or be another: those of the alphabet that the word is written in, and digits and the signs
/// of User IDs.
const ALPHABETS: [&str; 3] = [
    "abcdefghijklmnopqrstuvwxyz0123456789.-'",
    "абвгдежзийклмнопрстуфхцчшщъыьэюя0123456789.-",
    "αβγδεζηθικλμνξοπρστυφχψω0123456789.-",
];

/// Every word that is one slip away from a folded one: a letter left out, put in, put otherwise, or two turned round.
/// Empty for a word that is too short or too long.
pub fn one_slip(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    if !LENGTHS.contains(&letters.len()) {
        return Vec::new();
    }
    let alphabet = ALPHABETS
        .into_iter()
        .find(|alphabet| letters.iter().any(|letter| letter.is_alphabetic() && alphabet.contains(*letter)));
    let mut list = Vec::new();
    for at in 0..=letters.len() {
        let (before, after) = letters.split_at(at);
        let mut put = |middle: &[char], after: &[char]| {
            list.push([before, middle, after].concat().into_iter().collect::<String>());
        };
        if let [letter, rest @ ..] = after {
            put(&[], rest);
            if let [next, rest @ ..] = rest {
                put(&[*next, *letter], rest);
            }
        }
        for other in alphabet.unwrap_or_default().chars() {
            put(&[other], after);
            if let [_, rest @ ..] = after {
                put(&[other], rest);
            }
        }
    }
    list.sort();
    list.dedup();
    list.retain(|other| other != word);
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slip_is_one_letter() {
        let near = one_slip("jovanovic");
        for meant in ["jovanvic", "jovannovic", "jovanowic", "jvoanovic", "ovanovic", "jovanovici", "jovanovi"] {
            assert!(near.contains(&meant.to_owned()), "{meant}");
            assert!(one_slip(meant).contains(&"jovanovic".to_owned()), "{meant} back");
        }
        assert!(!near.contains(&"jovanovic".to_owned()));
        assert!(!near.contains(&"jovanwicc".to_owned()));
        assert!(one_slip("иваноф").contains(&"иванов".to_owned()));
    }

    #[test]
    fn a_word_has_a_bounded_number_of_slips() {
        assert!(one_slip("ab").is_empty() && one_slip(&"a".repeat(21)).is_empty());
        assert!(one_slip(&"abcdefghij".repeat(2)).len() < 1_700);
        assert!(one_slip("山田太郎").len() < 10, "only what is there can be turned or left out");
    }
}
