//! Why a database refused, read from what it says: diesel hands on neither PostgreSQL's codes nor SQLite's.

use diesel::result::DatabaseErrorKind;

use crate::error::Error;

/// What SQLite (SQLITE_FULL) and PostgreSQL (53100, in the words of the operating system) say when there is no room. Where
/// diesel inserts many rows within a savepoint, it tells only that it could not go back to it: SQLite has ended the
/// whole transaction by itself, which it does when it cannot write.
const FULL: &[&str] = &[
    "database or disk is full", "no space left on device", "disk quota exceeded", "no such savepoint: diesel_savepoint",
];

/// What SQLite (SQLITE_BUSY) and PostgreSQL (55P03) say when others held what was asked for to the end of the wait.
const BUSY: &[&str] = &["database is locked", "database table is locked", "lock timeout"];

/// True for what SQLite and PostgreSQL (42P01) say of a table that was not made yet.
fn lacks_a_table(message: &str) -> bool {
    says(message, &["no such table"]) || says(message, &["relation \""]) && says(message, &["\" does not exist"])
}

fn says(message: &str, words: &[&str]) -> bool {
    let message = message.to_lowercase();
    words.iter().any(|word| message.contains(word))
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        use diesel::result::Error as Diesel;
        // Told is what went wrong first (SQLite ends a transaction by itself when the disk is full).
        if let Diesel::RollbackErrorOnCommit { rollback_error, commit_error } = error {
            tracing::error!(
                "a transaction was not rolled back: {rollback_error}; it was not committed: {commit_error}"
            );
            return Error::from(*commit_error);
        }
        match &error {
            Diesel::DatabaseError(_, told) if says(told.message(), FULL) => Error::DiskFull,
            Diesel::DatabaseError(_, told) if says(told.message(), BUSY) => Error::Busy,
            Diesel::DatabaseError(_, told) if lacks_a_table(told.message()) => {
                Error::Internal(format!("The database is not set up yet: start the server once ({}).", told.message()))
            }
            _ => Error::Database(Box::new(error)),
        }
    }
}

/// True if PostgreSQL ended the transaction because it and another one waited for each other. diesel does not hand on the
/// code (40P01), so the message is read; in most of the languages a server may speak it holds this word.
pub(super) fn is_deadlock(error: &Error) -> bool {
    use diesel::result::Error as Diesel;
    matches!(error, Error::Database(inner) if matches!(
        inner.downcast_ref::<Diesel>(),
        Some(Diesel::DatabaseError(_, told)) if told.message().to_lowercase().contains("deadlock")
    ))
}

/// True if a unique index refused the row: the name is taken.
pub fn is_taken(error: &Error) -> bool {
    use diesel::result::Error as Diesel;
    matches!(error, Error::Database(inner) if matches!(
        inner.downcast_ref::<Diesel>(),
        Some(Diesel::DatabaseError(DatabaseErrorKind::UniqueViolation, _))
    ))
}
