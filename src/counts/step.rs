//! What an enrollment comes to, as far as counts go.

/// What became of one user of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Enrolled a token.
    Enrolled,
    /// The token authenticated for the first time.
    Used,
    /// The failed attempts reached the limit.
    Locked,
}
