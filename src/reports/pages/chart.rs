//! Completed enrollments by day, drawn as SVG of classes and attributes only (the pages allow no inline style).

use chrono::{Datelike as _, Weekday};

use crate::reports::snapshot::Day;

/// The drawing's size, in its own units.
pub const WIDTH: i64 = 720;
/// As [`WIDTH`].
pub const HEIGHT: i64 = 244;

const LEFT: i64 = 34;
const TOP: i64 = 16;
const FLOOR: i64 = 216;
/// Lines over the floor.
pub(super) const LINES: i64 = 3;

/// What is drawn.
pub struct Chart {
    /// A bar for each day that has one.
    pub bars: Vec<Bar>,
    /// The lines behind them, the floor first.
    pub lines: Vec<Line>,
    /// The days named below them.
    pub labels: Vec<Label>,
    /// The number over the highest bar.
    pub top: Option<Label>,
}

/// A bar.
pub struct Bar {
    /// Its left edge.
    pub x: i64,
    /// Its upper edge.
    pub y: i64,
    /// How wide it is.
    pub width: i64,
    /// How high it is.
    pub height: i64,
}

/// A line and the number it stands for.
pub struct Line {
    /// How high it lies.
    pub y: i64,
    /// The number.
    pub number: i64,
}

/// A text and the middle it stands over.
pub struct Label {
    /// The middle.
    pub x: i64,
    /// The baseline.
    pub y: i64,
    /// The text.
    pub text: String,
}

/// Draws `days`, the oldest first.
pub fn draw(days: &[Day]) -> Chart {
    let highest = days.iter().map(|day| day.completed).max().unwrap_or(0);
    let step = step(highest);
    let ceiling = step * LINES;
    let count = i64::try_from(days.len()).unwrap_or(1).max(1);
    let height = |number: i64| (FLOOR - TOP) * number / ceiling;
    // In hundredths, so that 30 columns fill the width to its end.
    let column = (WIDTH - LEFT) * 100 / count;
    let left = |at: usize| LEFT + i64::try_from(at).unwrap_or(0) * column / 100;
    let width = (column * 2 / 3 / 100).max(1);
    let bars = days.iter().enumerate().filter(|(_, day)| day.completed > 0).map(|(at, day)| {
        // One of many is still to be seen.
        let tall = height(day.completed).max(2);
        Bar { x: left(at) + width / 4, y: FLOOR - tall, width, height: tall }
    });
    let middle = |at: usize| left(at) + width / 4 + width / 2;
    let last = days.len().saturating_sub(1);
    let named = days.iter().enumerate().filter(|(at, day)| {
        // Mondays, as far as they do not run into "today".
        *at == last || (day.on.weekday() == Weekday::Mon && at + 2 < last)
    });
    let labels = named.map(|(at, day)| Label {
        x: middle(at),
        y: HEIGHT - 8,
        text: if at == last { "today".into() } else { day.on.format("%m-%d").to_string() },
    });
    let top = days.iter().enumerate().find(|(_, day)| highest > 0 && day.completed == highest);
    Chart {
        bars: bars.collect(),
        lines: (0..=LINES).map(|n| Line { y: FLOOR - height(n * step), number: n * step }).collect(),
        labels: labels.collect(),
        top: top.map(|(at, day)| Label {
            x: middle(at),
            y: FLOOR - height(highest) - 5,
            text: day.completed.to_string(),
        }),
    }
}

/// The distance of the lines: a round number, so that three of them are over the highest bar.
pub(super) fn step(highest: i64) -> i64 {
    let least = (highest + LINES - 1) / LINES;
    let mut ten = 1;
    loop {
        for tenths in [10, 12, 15, 16, 20, 25, 30, 40, 50, 60, 80] {
            let round = tenths * ten / 10;
            if tenths * ten % 10 == 0 && round >= least {
                return round;
            }
        }
        ten *= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(numbers: &[i64]) -> Vec<Day> {
        let first: chrono::NaiveDate = "2026-10-22".parse().unwrap();
        numbers.iter().zip(first.iter_days()).map(|(completed, on)| Day { on, completed: *completed }).collect()
    }

    #[test]
    fn lines_are_round_numbers_over_the_highest_bar() {
        assert_eq!([0, 1, 3, 21, 24, 25, 38, 299].map(step), [1, 1, 1, 8, 8, 10, 15, 100]);
    }

    #[test]
    fn every_day_with_something_has_a_bar_inside_of_the_drawing() {
        let chart = draw(&days(&[14, 0, 1, 21, 0, 0, 3]));
        assert_eq!(chart.bars.len(), 4);
        assert!(chart.bars.iter().all(|bar| bar.x >= LEFT && bar.x + bar.width <= WIDTH && bar.y >= TOP));
        assert!(chart.bars.iter().all(|bar| bar.y + bar.height == FLOOR && bar.height >= 2));
        assert_eq!(chart.top.map(|top| top.text).as_deref(), Some("21"));
        assert_eq!(chart.labels.last().map(|label| label.text.as_str()), Some("today"));
    }

    #[test]
    fn nothing_completed_is_an_empty_drawing() {
        let chart = draw(&days(&[0; 30]));
        assert!(chart.bars.is_empty() && chart.top.is_none());
        assert_eq!(chart.lines.len(), 4);
        assert!(draw(&[]).bars.is_empty());
    }
}
