//! Users.

use std::path::PathBuf;

use clap::Subcommand;

use crate::{
    clock::Timestamp,
    commands::ConfigArgs,
    error::{Error, Result},
    operators::Who,
    tasks::address::{self, LinksOf},
    users::{self, Import, Report, import::Outcome, user::DEFAULT_CONTAINER},
};

/// Refused lines that are printed; `--outcomes` has all.
const LINES_PRINTED: usize = 50;

/// What can be done.
#[derive(Subcommand)]
pub enum Command {
    /// Import users from a CSV file: new User IDs become users, known ones are updated. The first line names the
    /// columns: User ID, Last Name, First Name, Email, Mobile, Container, Custom 1 to 3, or the names that Active Directory,
    /// Entra, Google, Okta and LDAP give them. What is passed over is named.
    Import {
        /// The file.
        file: PathBuf,
        /// Say what would become of each line, and change nothing.
        #[arg(long)]
        dry_run: bool,
        /// The container of new users whose line names none.
        #[arg(long, value_name = "NAME", default_value = DEFAULT_CONTAINER)]
        container: String,
        /// Import the valid lines even if others are refused; otherwise one invalid line stops the import.
        #[arg(long)]
        good_lines: bool,
        /// Write the outcome of every line to this file (CSV).
        #[arg(long, value_name = "FILE")]
        outcomes: Option<PathBuf>,
        #[command(flatten)]
        args: ConfigArgs,
    },
}

/// Does it.
///
/// # Errors
/// A sentence that says what is wrong; also if a line was refused, so that scripts see it.
pub fn run(command: Command) -> Result<()> {
    match command {
        Command::Import { file, dry_run, container, good_lines, outcomes, args } => {
            let problem = |what: &str, path: &PathBuf, error: &std::io::Error| {
                Error::Internal(format!("{} cannot be {what}: {error}.", path.display()))
            };
            let bytes = std::fs::read(&file).map_err(|error| problem("read", &file, &error))?;
            let desk = args.desk()?;
            let how = Import { container, dry_run, good_lines };
            let (who, now) = (Who::command_line(), desk.now());
            let report = users::import(&desk, &who, now, &bytes, &how)?;
            if let Some(path) = outcomes {
                std::fs::write(&path, report.to_csv()).map_err(|error| problem("written", &path, &error))?;
            }
            if report.carried_out {
                tell_ended(desk.db.read(|conn| address::count(conn, &who, LinksOf::ChangedAt(now)))?, now);
            }
            print(&report)
        }
    }
}

/// Says how many links have ended with an older address, and where they are sent to the new ones.
fn tell_ended(links: usize, at: Timestamp) {
    if links > 0 {
        println!("{} Resend to the new ones: {}", address::words(links), address::page_at(at));
    }
}

fn print(report: &Report) -> Result<()> {
    report.notes.iter().for_each(|note| println!("{note}"));
    let not_taken = report.lines.iter().filter_map(|line| match &line.outcome {
        Outcome::Refused(reason) | Outcome::PassedOver(reason) => {
            Some(format!("line {}: {} {}: {reason}", line.number, line.user_id, line.outcome.code()))
        }
        _ => None,
    });
    not_taken.take(LINES_PRINTED).for_each(|line| println!("{line}"));
    if !report.new_containers.is_empty() {
        println!("New containers: {}.", report.new_containers.join(", "));
    }
    let what = if report.carried_out { "Imported" } else { "Nothing was imported" };
    println!("{what}: {}.", report.summary());
    match report.count("refused") {
        0 => Ok(()),
        1 => Err(Error::Internal("1 line was refused.".into())),
        n => Err(Error::Internal(format!("{n} lines were refused."))),
    }
}
