//! What can go wrong, said without a word of HTTP; `web::fault` translates it at the edge.
//!
//! Every function that is handed a connection, or the desk that has one, may answer `Database`, `Away`, `Busy` and `DiskFull`. No docstring
//! repeats that, nor what the signature or the first line of the function says: a sentence where the error is a `String`, `Forbidden` of
//! `who.need`. `# Errors` names what else a function answers, and when. A function without this heading answers nothing else.

use std::fmt;

/// What a verb or a query answers when it cannot do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing, or it is outside the operator's scope, which is the same (PRODUCT.md §1).
    #[error("There is no {what} {name}.")]
    NotFound {
        /// What kind of thing: "task", "user".
        what: &'static str,
        /// The name it was asked for by.
        name: String,
    },
    /// The operator's role lacks this permission; it is named on the page (PRODUCT.md §7).
    #[error("This needs the permission “{0}”.")]
    Forbidden(&'static str),
    /// Nobody is signed in, or no longer.
    #[error("Nobody is signed in.")]
    SignedOut,
    /// The password was given by someone else: choosing one comes before anything else.
    #[error("A password of one's own has to be chosen first.")]
    PasswordDue,
    /// What was typed cannot be taken; nothing has changed.
    #[error("{0}")]
    Invalid(Mistakes),
    /// Something moved between the page and the button; nothing has changed. The text says what.
    #[error("{0}")]
    Conflict(String),
    /// A rule does not allow it, whoever was first; nothing has changed. The text says the rule, and what to do instead.
    #[error("{0}")]
    Refused(String),
    /// The thing was there and is over, with a sentence for who asks (an ended link).
    #[error("{0}")]
    Gone(String),
    /// Too many requests; how many seconds to wait.
    #[error("Too many requests. Wait {0} seconds and try again.")]
    TooMany(u64),
    /// There is too much to do, or others keep the database: a few seconds later it goes. Nothing has changed.
    #[error("Tokendesk is busy. Try again in a few seconds.")]
    Busy,
    /// There is no room left where the database is kept. Nothing has changed.
    #[error("The disk of the database is full. Make room on it, then try again.")]
    DiskFull,
    /// The database's server is away, perhaps while another one takes its place. Nothing has changed.
    #[error("The database does not answer. Try again in a few seconds.")]
    Away,
    /// The database failed at it.
    #[error("The database failed: {0}")]
    Database(Box<dyn std::error::Error + Send + Sync>),
    /// Anything unforeseen; the text goes to the log and never to a page.
    #[error("{0}")]
    Internal(String),
}

/// The usual answer of verbs.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// There is no `what` called `name`.
    pub fn not_found(what: &'static str, name: impl Into<String>) -> Self {
        Error::NotFound { what, name: name.into() }
    }

    /// One mistake in one field.
    pub fn mistake(field: &'static str, sentence: impl Into<String>) -> Self {
        let mut mistakes = Mistakes::default();
        mistakes.add(field, sentence);
        Error::Invalid(mistakes)
    }
}

/// The mistakes in a form: a sentence for each field that has one, in the order of the form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mistakes(Vec<(&'static str, String)>);

impl Mistakes {
    /// Notes a mistake; a field keeps its first sentence.
    pub fn add(&mut self, field: &'static str, sentence: impl Into<String>) {
        if self.of(field).is_empty() {
            self.0.push((field, sentence.into()));
        }
    }

    /// Takes over the mistakes of `error`, so that a form names all of them at once.
    ///
    /// # Errors
    /// `error` itself if it is anything else.
    pub fn take(&mut self, error: Error) -> Result<()> {
        match error {
            Error::Invalid(mistakes) => {
                mistakes.0.into_iter().for_each(|(field, sentence)| self.add(field, sentence));
                Ok(())
            }
            other => Err(other),
        }
    }

    /// The sentence for `field`, empty if it has none (what a template prints).
    pub fn of(&self, field: &str) -> &str {
        self.0.iter().find(|(name, _)| *name == field).map_or("", |(_, sentence)| sentence)
    }

    /// All of them, for the summary at the top of the form.
    pub fn all(&self) -> &[(&'static str, String)] {
        &self.0
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `Ok` if there is none, else all of them as an error.
    pub fn into_result(self) -> Result<()> {
        if self.is_empty() { Ok(()) } else { Err(Error::Invalid(self)) }
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, (_, sentence)) in self.0.iter().enumerate() {
            if n > 0 {
                f.write_str(" ")?;
            }
            f.write_str(sentence)?;
        }
        Ok(())
    }
}
