//! The command line: what `main` hands over to.

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::{
    counts,
    desk::{Desk, Opened},
    english::counted_as,
    error::Result,
};

pub mod auth_node;
pub mod backup;
pub mod bounces;
pub mod certify;
mod check;
mod config_args;
pub mod demo;
pub mod doors;
pub mod init;
pub mod operator;
mod overheard;
mod progress;
pub mod radius;
mod renew;
pub mod rounds;
pub mod serve;
pub mod server;
pub mod service;
pub mod tokens;
pub mod users;

pub use config_args::ConfigArgs;

use renew::renew;

/// Tokendesk hands out authentication tokens.
#[derive(Parser)]
#[command(name = "tokendesk", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show a believable world that needs nothing.
    Demo(demo::Flags),
    /// Set up a first server: ask, try, write the settings, add the first operator.
    Init(Box<init::Flags>),
    /// Serve.
    Serve(ConfigArgs),
    /// Print a unit of systemd for the server.
    Service(service::Flags),
    /// See that settings, database, counts, clock and mail server are well.
    Check(ConfigArgs),
    /// Operators of the console.
    #[command(subcommand)]
    Operator(operator::Command),
    /// Users, the people who get tokens.
    #[command(subcommand)]
    Users(users::Command),
    /// Tokens and the inventory of devices.
    #[command(subcommand)]
    Tokens(tokens::Command),
    /// Systems that ask for one-time passwords to be checked.
    #[command(subcommand)]
    AuthNode(auth_node::Command),
    /// What became of emails after the mail server accepted them.
    #[command(subcommand)]
    Bounces(bounces::Command),
    /// Bring the database up to this version.
    Migrate(ConfigArgs),
    /// Copy the embedded database to a file while the server runs.
    Backup {
        #[command(flatten)]
        args: ConfigArgs,
        /// The file to write; it must not be there yet.
        file: PathBuf,
    },
}

/// Runs the command line; a mistake ends in one sentence on standard error and exit code 1.
pub fn run() -> ExitCode {
    // What is written, from SQLite's files to backups, is its owner's alone from the first moment (PRODUCT.md §13).
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    let outcome = match Cli::parse().command {
        Command::Demo(flags) => demo::run(&flags),
        Command::Init(flags) => init::run(&flags),
        Command::Service(flags) => service::run(&flags),
        Command::Serve(args) => serve::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Operator(command) => operator::run(command),
        Command::Users(command) => users::run(command),
        Command::Tokens(command) => tokens::run(command),
        Command::AuthNode(command) => auth_node::run(command),
        Command::Bounces(command) => return bounces::run(command),
        Command::Migrate(args) => migrate(&args),
        Command::Backup { args, file } => backup::run(&args, &file),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn migrate(args: &ConfigArgs) -> Result<()> {
    let Opened { desk, migrated: done } = Desk::open(args.settings()?)?;
    renew(&desk)?;
    let restored = counts::restore(&desk)?;
    match done.len() {
        0 => println!("The database is at this version already."),
        1 => println!("1 migration was run: {}.", done.join(", ")),
        n => println!("{n} migrations were run: {}.", done.join(", ")),
    }
    if restored > 0 {
        println!("{} counted anew: an older version had changed them.", counted_as(restored, "task was", "tasks were"));
    }
    Ok(())
}
