//! Which span of a list is read: rows by their number, as far as rows are counted; beyond that, rows from one on, which an index
//! of the list's order finds whatever stands before it.

/// Where a span of a list begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// After so many rows.
    Row(i64),
    /// After the row of this number.
    After(i64),
    /// So far before the row of this number that the span ends there.
    Before(i64),
    /// So far before the end that the span ends there.
    End,
}

/// A span of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Where it begins.
    pub begin: Begin,
    /// Rows in it, at most.
    pub limit: i64,
}

impl From<(i64, i64)> for Span {
    /// The rows `offset..offset + limit`.
    fn from((offset, limit): (i64, i64)) -> Self {
        Span { begin: Begin::Row(offset), limit }
    }
}

impl Span {
    /// True if the list is read from its end; [`Span::in_order`] turns the rows round again.
    pub fn backwards(self) -> bool {
        matches!(self.begin, Begin::Before(_) | Begin::End)
    }

    /// Rows that are passed over.
    pub fn offset(self) -> i64 {
        match self.begin {
            Begin::Row(offset) => offset,
            _ => 0,
        }
    }

    /// The number of the row that it begins after or ends before.
    pub fn anchor(self) -> Option<i64> {
        match self.begin {
            Begin::After(id) | Begin::Before(id) => Some(id),
            Begin::Row(_) | Begin::End => None,
        }
    }

    /// The condition for the rows of `table` beyond its anchor, where they stand in the order of `columns` and then of their
    /// numbers, all in one direction. `seen`: the condition by which the anchor, `a`, exists for who asks; beyond one that does
    /// not there is nothing. The first column is bounded by itself, so that both databases seek in an index of it.
    pub fn beyond(self, table: &str, columns: &[&str], descending: bool, seen: &str) -> Option<String> {
        let id = self.anchor()?;
        let sign = if descending == self.backwards() { '>' } else { '<' };
        let of_anchor = |column: &str| format!("(SELECT a.{column} FROM {table} a WHERE a.id = {id} AND {seen})");
        let last = format!("{table}.id {sign} {}", of_anchor("id"));
        let behind = |rest: String, column: &&str| {
            let value = of_anchor(column);
            format!("{table}.{column} {sign} {value} OR ({table}.{column} = {value} AND ({rest}))")
        };
        let Some((first, others)) = columns.split_first() else { return Some(last) };
        let rest = others.iter().rev().fold(last, behind);
        let value = of_anchor(first);
        Some(format!("{table}.{first} {sign}= {value} AND ({table}.{first} {sign} {value} OR ({rest}))"))
    }

    /// Of the numbers of all rows of a list, the newest first, those in it.
    pub fn of_newest(self, mut ids: Vec<i64>) -> Vec<i64> {
        match self.begin {
            Begin::After(id) => ids.retain(|one| *one < id),
            Begin::Before(id) => ids.retain(|one| *one > id),
            Begin::Row(_) | Begin::End => {}
        }
        let most = usize::try_from(self.limit).unwrap_or(0);
        let skip = usize::try_from(self.offset()).unwrap_or(usize::MAX);
        let skip = if self.backwards() { ids.len().saturating_sub(most) } else { skip };
        ids.into_iter().skip(skip).take(most).collect()
    }

    /// Rows that were read, in the order of the list.
    pub fn in_order<T>(self, mut rows: Vec<T>) -> Vec<T> {
        if self.backwards() {
            rows.reverse();
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_column_bounds_what_is_beyond() {
        let span = Span { begin: Begin::After(7), limit: 18 };
        assert_eq!(
            span.beyond("t", &[], true, "1 = 1").unwrap(),
            "t.id < (SELECT a.id FROM t a WHERE a.id = 7 AND 1 = 1)"
        );
        let text = span.beyond("t", &["x"], false, "1 = 1").unwrap();
        let (x, id) =
            ("(SELECT a.x FROM t a WHERE a.id = 7 AND 1 = 1)", "(SELECT a.id FROM t a WHERE a.id = 7 AND 1 = 1)");
        assert_eq!(text, format!("t.x >= {x} AND (t.x > {x} OR (t.id > {id}))"));
        let before = Span { begin: Begin::Before(7), limit: 18 };
        assert!(before.beyond("t", &["x"], false, "1 = 1").unwrap().starts_with("t.x <= "));
        assert_eq!(Span { begin: Begin::End, limit: 18 }.beyond("t", &[], true, "1 = 1"), None);
    }
}
