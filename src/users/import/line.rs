//! A line of a file.

use crate::users::user::Typed;

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number, as an editor shows it, from 1.
    pub number: usize,
    /// The text of its cells, without outer spaces; a line break within a cell is a space.
    pub typed: Typed,
    /// Why it cannot be read.
    pub problem: Option<String>,
    /// Why nothing is done with it.
    pub passed_over: Option<String>,
}
