//! Users.

use clap::Subcommand;

use crate::{commands::Place, error::Result};

/// What can be done.
#[derive(Subcommand)]
pub enum Command {
    /// Import users from a CSV file.
    Import {
        #[command(flatten)]
        place: Place,
    },
}

/// Does it.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn run(command: Command) -> Result<()> {
    match command {
        Command::Import { place } => place.desk().map(|_| ()),
    }
}
