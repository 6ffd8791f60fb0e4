//! Rows that were ticked in a list, or the search that stands for all it finds; and the hash of what a page showed of them,
//! by which a verb knows that it does what was shown.

use data_encoding::HEXLOWER;

use crate::keys::{Keys, Purpose};

/// What an operator ticked: 100,000 rows need no 100,000 ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ticked<I, Q> {
    /// These rows.
    These(Vec<I>),
    /// All that match.
    Matching(Q),
}

impl<I: From<i64> + Ord, Q> Ticked<I, Q> {
    /// From a form: the values of its check boxes, or with `all` what was searched for.
    pub fn from_form(values: &[String], all: bool, query: impl FnOnce() -> Q) -> Self {
        if all { Ticked::Matching(query()) } else { Ticked::These(ids(values)) }
    }
}

/// The rows whose check boxes have these values, each once and by number; what is no number is no row.
pub fn ids<I: From<i64> + Ord>(values: &[String]) -> Vec<I> {
    let mut ids: Vec<I> = values.iter().filter_map(|value| value.parse().ok()).map(I::from).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Ends each part of what is hashed: the parts "ab" and "c" are not the parts "a" and "bc".
const PART_ENDS: char = '\u{1e}';

/// The keyed hash of all that a page shows before a change: what is changed, in `parts`, and how each of it is. The page
/// carries it, and the verb compares it with its own: what is done is exactly what was shown.
pub fn shown(keys: &Keys, parts: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let mut text = String::new();
    for part in parts {
        text.push_str(part.as_ref());
        text.push(PART_ENDS);
    }
    HEXLOWER.encode(&keys.hash(Purpose::Preview, text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::TaskId;

    fn ticked(values: &[&str], all: bool) -> Ticked<TaskId, &'static str> {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        Ticked::from_form(&values, all, || "q")
    }

    #[test]
    fn a_form_says_each_row_once_or_the_search() {
        assert_eq!(ticked(&["3", "1", "x", "3"], false), Ticked::These(vec![TaskId(1), TaskId(3)]));
        assert_eq!(ticked(&["3"], true), Ticked::Matching("q"));
    }

    #[test]
    fn what_was_shown_differs_with_each_part_and_with_their_ends() {
        let keys = Keys::new(&[7; 32]);
        assert_eq!(shown(&keys, ["a", "bc"]), shown(&keys, ["a".to_owned(), "bc".to_owned()]));
        assert_ne!(shown(&keys, ["a", "bc"]), shown(&keys, ["ab", "c"]));
        assert_ne!(shown(&keys, ["a"]), shown(&keys, ["a", ""]));
    }
}
