//! The command line: what `main` hands over to.

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};

use crate::{
    config::Settings,
    desk::{Desk, Opened},
    error::{Error, Result},
};

pub mod auth_node;
pub mod backup;
pub mod bounces;
pub mod check;
pub mod demo;
pub mod operator;
mod overheard;
pub mod rounds;
pub mod serve;
pub mod server;
pub mod tokens;
pub mod users;

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
    /// Serve.
    Serve(ConfigArgs),
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

/// Where the settings come from: the file, then TOKENDESK_… variables, then these flags.
#[derive(Args, Clone, Debug)]
pub struct ConfigArgs {
    /// The settings file (TOML).
    #[arg(long, short = 'c', value_name = "FILE")]
    config: Option<PathBuf>,
    /// Any setting, as NAME=VALUE; may be repeated.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    set: Vec<String>,
}

impl ConfigArgs {
    /// The settings.
    ///
    /// # Errors
    /// `Internal` with a sentence that says which setting is wrong and why.
    pub fn settings(&self) -> Result<Settings> {
        let flag = |pair: &String| {
            let (name, value) = pair
                .split_once('=')
                .ok_or_else(|| Error::Internal(format!("--set takes NAME=VALUE, but was given “{pair}”.")))?;
            Ok((name.trim().to_owned(), value.to_owned()))
        };
        let flags: Vec<(String, String)> = self.set.iter().map(flag).collect::<Result<_>>()?;
        // A variable that is no text is none of ours.
        let texts = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
        Settings::read(self.config.as_deref(), std::env::vars_os().filter_map(texts), &flags)
    }

    /// The desk, with the database at this version.
    ///
    /// # Errors
    /// As [`ConfigArgs::settings`] and [`Desk::open`].
    pub fn desk(&self) -> Result<Desk> {
        let desk = Desk::open(self.settings()?)?.desk;
        renew(&desk)?;
        Ok(desk)
    }
}

/// Runs the command line; a mistake ends in one sentence on standard error and exit code 1.
pub fn run() -> ExitCode {
    // What is written, from SQLite's files to backups, is its owner's alone from the first moment (PRODUCT.md §13).
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    let outcome = match Cli::parse().command {
        Command::Demo(flags) => demo::run(&flags),
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

/// Makes keys and words of names anew that an older version made. Several servers may start at once.
///
/// # Errors
/// `Database` with what failed.
fn renew(desk: &Desk) -> Result<()> {
    crate::db::keys::renew(&desk.db, desk.now())?;
    let renewed = crate::users::renew(desk)?;
    if renewed > 0 {
        tracing::info!(users = renewed, "the keys and words of users were made anew");
    }
    Ok(())
}

fn migrate(args: &ConfigArgs) -> Result<()> {
    let Opened { desk, migrated: done } = Desk::open(args.settings()?)?;
    renew(&desk)?;
    match done.len() {
        0 => println!("The database is at this version already."),
        1 => println!("1 migration was run: {}.", done.join(", ")),
        n => println!("{n} migrations were run: {}.", done.join(", ")),
    }
    Ok(())
}
