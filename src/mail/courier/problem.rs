//! What may go wrong while an email is handed over.

use crate::mail::letter::one_line;
use lettre::transport::smtp;

/// What went wrong on a connection.
#[derive(Debug)]
pub(super) enum Problem {
    /// The server refused, with its code and its words.
    Answer(u16, String),
    /// No connection, no answer, or nonsense.
    Lost(String),
}

impl From<smtp::Error> for Problem {
    fn from(error: smtp::Error) -> Self {
        let source = std::error::Error::source(&error).map(ToString::to_string);
        match error.status() {
            Some(code) => Problem::Answer(code.into(), source.unwrap_or_default()),
            None => Problem::Lost(source.unwrap_or_else(|| error.to_string())),
        }
    }
}

impl Problem {
    /// As it is kept: "451 4.7.1 Greylisted", "no connection: Connection refused".
    pub(super) fn label(&self, doing: &str) -> String {
        match self {
            Problem::Answer(code, text) => one_line(&format!("{code} {text}")),
            Problem::Lost(text) => one_line(&format!("{doing}: {text}")),
        }
    }
}
