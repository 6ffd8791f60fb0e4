//! Operators of the console.

use clap::Subcommand;

use crate::{commands::Place, error::Result};

/// What can be done.
#[derive(Subcommand)]
pub enum Command {
    /// Add an operator.
    Add {
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
        Command::Add { place } => place.desk().map(|_| ()),
    }
}
