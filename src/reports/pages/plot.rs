//! Drawings that stretch: across all is in per cent, so that bars grow with the page and words keep their size; down all is in
//! pixels. SVG of classes and attributes only (the pages allow no inline style).

use super::chart;
use crate::reports::enrollments::ByStatus;

/// Height of a drawing, in pixels; its floor, and the line of the words below it.
pub const HEIGHT: i64 = 216;
/// As [`HEIGHT`].
pub const FLOOR: i64 = 188;
/// As [`HEIGHT`].
pub const WORDS: i64 = 208;

/// The upper edge of the highest line.
const TOP: i64 = 20;
/// Hundredths of a per cent in all.
const WHOLE: i64 = 10_000;

/// The classes of the statuses in the order of [`ByStatus::ORDER`].
const CLASSES: [&str; 4] = ["bar-done", "bar-active", "bar-locked", "bar-expired"];

/// "12.5%" of hundredths.
fn percent(hundredths: i64) -> String {
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

/// A part of a column or of a bar.
pub struct Part {
    /// What it is drawn as.
    pub class: &'static str,
    /// Where it begins: pixels from the top, or per cent from the left.
    pub at: String,
    /// How long it is, likewise.
    pub length: String,
}

/// A column over its words.
pub struct Column {
    /// Its left edge.
    pub x: String,
    /// Its middle.
    pub middle: String,
    /// How wide it is.
    pub width: String,
    /// What it is made of, from the floor up.
    pub parts: Vec<Part>,
    /// The number over it.
    pub number: i64,
    /// The line of the number.
    pub number_y: i64,
    /// True for the highest.
    pub is_highest: bool,
    /// The words below it.
    pub words: String,
    /// Left out where the page is narrow.
    pub is_every_other: bool,
}

/// Columns, and the lines behind them.
pub struct Columns {
    /// The columns.
    pub columns: Vec<Column>,
    /// How high a line lies, and its number; the floor first.
    pub lines: Vec<(i64, i64)>,
}

/// What a column shows: its words, and the numbers that it is made of with their classes.
type Shown = (String, Vec<(&'static str, i64)>);

/// Draws a column for each of these.
fn columns(list: Vec<Shown>) -> Columns {
    let sum = |parts: &[(&str, i64)]| parts.iter().map(|(_, number)| number).sum::<i64>();
    let highest = list.iter().map(|(_, parts)| sum(parts)).max().unwrap_or(0);
    let step = chart::step(highest);
    let ceiling = step * chart::LINES;
    let height = |number: i64| (FLOOR - TOP) * number / ceiling;
    let count = i64::try_from(list.len()).unwrap_or(1).max(1);
    let slot = WHOLE / count;
    let mut named = false;
    let column = |(at, (words, parts)): (usize, Shown)| {
        let left = slot * i64::try_from(at).unwrap_or(0);
        let number = sum(&parts);
        let mut floor = FLOOR;
        let mut drawn = Vec::with_capacity(parts.len());
        for (class, number) in parts.into_iter().filter(|(_, number)| *number > 0) {
            // One of many is still to be seen, and a line is left free between two parts.
            let tall = height(number).max(2);
            floor -= tall;
            let free = i64::from(tall > 2);
            drawn.push(Part { class, at: floor.to_string(), length: (tall - free).to_string() });
        }
        // Of equal ones the first is named.
        let is_highest = number == highest && number > 0 && !named;
        named = named || is_highest;
        Column {
            x: percent(left + slot * 17 / 100),
            middle: percent(left + slot / 2),
            width: percent(slot * 66 / 100),
            parts: drawn,
            number,
            number_y: floor - 6,
            is_highest,
            words,
            // The last one is named.
            is_every_other: (count - 1 - i64::try_from(at).unwrap_or(0)) % 2 == 1,
        }
    };
    let columns = list.into_iter().enumerate().map(column).collect();
    Columns { columns, lines: (0..=chart::LINES).map(|n| (FLOOR - height(n * step), n * step)).collect() }
}

/// Users by status, a column for each of these words.
pub fn by_status(list: impl Iterator<Item = (String, ByStatus)>) -> Columns {
    columns(list.map(|(words, users)| (words, CLASSES.into_iter().zip(users.numbers()).collect())).collect())
}

/// Numbers of one kind, a column for each of these words.
pub fn numbers(list: impl Iterator<Item = (String, i64)>) -> Columns {
    columns(list.map(|(words, number)| (words, vec![(CLASSES[0], number)])).collect())
}

/// The parts of a bar that lies, where `whole` would be all of the width.
pub fn bar(parts: impl Iterator<Item = (&'static str, i64)>, whole: i64) -> Vec<Part> {
    let mut left = 0;
    parts
        .filter(|(_, number)| *number > 0)
        .map(|(class, number)| {
            let long = WHOLE * number / whole.max(1);
            let part = Part { class, at: percent(left), length: percent(long) };
            left += long;
            part
        })
        .collect()
}

/// A bar of users by status.
pub fn bar_by_status(users: ByStatus, whole: i64) -> Vec<Part> {
    bar(CLASSES.into_iter().zip(users.numbers()), whole)
}

/// Where a number lies on a bar.
pub fn along(number: i64, whole: i64) -> String {
    percent(WHOLE * number.min(whole) / whole.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users(completed: i64, locked: i64) -> ByStatus {
        ByStatus { completed, locked, ..ByStatus::default() }
    }

    #[test]
    fn columns_stand_on_the_floor_one_part_on_the_other_and_stay_inside() {
        let list = [("a", users(10, 1)), ("b", users(0, 0)), ("c", users(0, 30))];
        let plot = by_status(list.into_iter().map(|(words, users)| (words.to_owned(), users)));
        let parts = &plot.columns[0].parts;
        let number = |text: &str| text.parse::<i64>().unwrap();
        assert_eq!((parts[0].class, parts[1].class), ("bar-done", "bar-locked"));
        assert!(number(&parts[0].at) + number(&parts[0].length) <= FLOOR);
        assert!(number(&parts[1].at) + number(&parts[1].length) <= number(&parts[0].at));
        assert!(plot.columns[1].parts.is_empty());
        assert!(plot.columns.iter().flat_map(|column| &column.parts).all(|part| number(&part.at) >= TOP - 2));
        let highest: Vec<bool> = plot.columns.iter().map(|column| column.is_highest).collect();
        assert_eq!(highest, [false, false, true]);
        assert_eq!((plot.lines[0], plot.lines.len()), ((FLOOR, 0), 4));
        // The last words stand, the ones before it give way on a phone.
        let narrow: Vec<bool> = plot.columns.iter().map(|column| column.is_every_other).collect();
        assert_eq!(narrow, [false, true, false]);
    }

    #[test]
    fn of_equal_columns_one_is_the_highest_and_of_nothing_none() {
        let plot = numbers([("a", 4), ("b", 4)].into_iter().map(|(words, n)| (words.to_owned(), n)));
        assert_eq!(plot.columns.iter().filter(|column| column.is_highest).count(), 1);
        let plot = numbers([("a", 0)].into_iter().map(|(words, n)| (words.to_owned(), n)));
        assert!(!plot.columns[0].is_highest && plot.columns[0].parts.is_empty());
    }

    #[test]
    fn a_bar_is_as_long_as_its_share() {
        let parts = bar_by_status(users(1, 1), 8);
        assert_eq!((parts[0].at.as_str(), parts[0].length.as_str()), ("0.00%", "12.50%"));
        assert_eq!((parts[1].at.as_str(), parts[1].length.as_str()), ("12.50%", "12.50%"));
        assert_eq!(along(20, 10), "100.00%");
        assert!(bar_by_status(users(0, 0), 0).is_empty());
    }
}
