//! Tokens.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use data_encoding::HEXLOWER_PERMISSIVE;
use zeroize::Zeroizing;

use crate::{
    commands::ConfigArgs,
    error::{Error, Result},
    operators::Who,
    tokens::import::{self, Choices, Opening, Report},
};

/// Refused lines that are printed; `--outcomes` has all.
const LINES_PRINTED: usize = 50;

/// What can be done.
#[derive(Subcommand)]
pub enum Command {
    /// Import tokens from a CSV or a PSKC (RFC 6030) file, or one of otpauth:// addresses, one a line. The first line of a CSV
    /// file names the columns: Serial Number, Seed, Type, Algorithm, Digits, Period, Counter, User ID, Authentication Type,
    /// Container. Those with a User ID go to their owners and work at once, the others to inventory.
    Import {
        /// The file.
        file: PathBuf,
        /// The pre-shared key of an encrypted PSKC file, in hexadecimal. Others on this machine can see it while the
        /// command runs.
        #[arg(long, value_name = "HEX", conflicts_with = "password_file")]
        key: Option<String>,
        /// The file with the password of an encrypted PSKC file, on its first line.
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
        /// Say what would become of each token, and change nothing.
        #[arg(long)]
        dry_run: bool,
        /// The container of tokens that the file names neither one nor an owner for; left out: the whole organization.
        #[arg(long, value_name = "NAME", default_value = "")]
        container: String,
        /// Tell the owners by email that their tokens are here.
        #[arg(long)]
        tell_owners: bool,
        /// Import what is right even if some are refused; else one refused token stops all.
        #[arg(long)]
        good_ones: bool,
        /// Write the outcome of every token to this file (CSV).
        #[arg(long, value_name = "FILE")]
        outcomes: Option<PathBuf>,
        #[command(flatten)]
        args: ConfigArgs,
    },
}

/// Does it.
///
/// # Errors
/// A sentence that says what is wrong; also if a token was refused, so that scripts see it.
pub fn run(command: Command) -> Result<()> {
    match command {
        Command::Import { file, key, password_file, dry_run, container, tell_owners, good_ones, outcomes, args } => {
            let bytes = Zeroizing::new(read(&file)?);
            let opening = opening(key, password_file.as_deref())?;
            let desk = args.desk()?;
            let choices = Choices { opening, container, tell_owners, good_ones, dry_run };
            let report = import::import(&desk, &Who::command_line(), desk.now(), &bytes, &choices)?;
            if let Some(path) = outcomes {
                std::fs::write(&path, report.to_csv())
                    .map_err(|error| Error::Internal(format!("{} cannot be written: {error}.", path.display())))?;
            }
            print(&report)
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| Error::Internal(format!("{} cannot be read: {error}.", path.display())))
}

fn opening(key: Option<String>, password_file: Option<&Path>) -> Result<Opening> {
    if let Some(key) = key.map(Zeroizing::new) {
        let key = HEXLOWER_PERMISSIVE.decode(key.trim().as_bytes());
        let key = key.map_err(|_| Error::Internal("The key is not hexadecimal.".into()))?;
        return Ok(Opening::Key(Zeroizing::new(key)));
    }
    let Some(path) = password_file else { return Ok(Opening::Nothing) };
    let text = Zeroizing::new(read(path)?);
    let line = std::str::from_utf8(&text).ok().and_then(|text| text.lines().next());
    let password = line.ok_or_else(|| Error::Internal(format!("{} has no password.", path.display())))?;
    Ok(Opening::Password(Zeroizing::new(password.to_owned())))
}

fn print(report: &Report) -> Result<()> {
    let part = report.format.part().to_lowercase();
    let refused = report.lines.iter().filter_map(|line| {
        line.refused.as_ref().map(|reason| format!("{part} {}: {} refused: {reason}", line.number, line.serial))
    });
    refused.take(LINES_PRINTED).for_each(|line| println!("{line}"));
    let passed_over = report.passed_over_words();
    if !passed_over.is_empty() {
        println!("Passed over: {passed_over}");
    }
    let what = if report.carried_out { "Imported" } else { "Nothing was imported" };
    println!("{what}: {} good, {} refused.", report.imported(), report.refused());
    if report.owned() > 0 {
        println!("{}", report.owners_words());
    }
    match report.refused() {
        0 => Ok(()),
        1 => Err(Error::Internal("1 token was refused.".into())),
        n => Err(Error::Internal(format!("{n} tokens were refused."))),
    }
}
