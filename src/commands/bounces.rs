//! Delivery reports from a mailbox or a pipe.

use std::{
    fs,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Subcommand};

use crate::{
    audit::Actor,
    bounces::{self, ReportOutcome, report::REPORT_BYTES},
    commands::ConfigArgs,
    desk::Desk,
    error::{Error, Result},
};

/// EX_TEMPFAIL of sysexits: a mail server that pipes a message to us keeps it and tries again.
const TRY_AGAIN: u8 = 75;

/// What can be done.
#[derive(Subcommand)]
pub enum Command {
    /// Read delivery reports (bounces), and note on each email what became of it.
    Import {
        #[command(flatten)]
        source: Source,
        #[command(flatten)]
        args: ConfigArgs,
    },
}

/// Where the messages are. Exactly one is named.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct Source {
    /// A Maildir: what lies in its folder "new" is read, and then moved to "cur" as seen.
    #[arg(long, value_name = "DIR")]
    maildir: Option<PathBuf>,
    /// A mailbox file (mbox). It is left as it is; what was read before is known.
    #[arg(long, value_name = "FILE")]
    mbox: Option<PathBuf>,
    /// "-": one message from standard input, as a mail server pipes it.
    #[arg(value_name = "-", value_parser = ["-"])]
    input: Option<String>,
}

/// Does it. What cannot be used is skipped and ends well: a mail server that pipes to us must not bounce the bounce. If
/// the database does not answer, the exit code lets the mail server try again.
pub fn run(command: Command) -> ExitCode {
    let Command::Import { source, args } = command;
    match import(&source, &args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(TRY_AGAIN)
        }
    }
}

fn import(source: &Source, args: &ConfigArgs) -> Result<()> {
    let desk = args.desk()?;
    let mut tally = Tally::default();
    if let Some(folder) = &source.maildir {
        maildir(&desk, folder, &mut tally)?;
    } else if let Some(file) = &source.mbox {
        let input = fs::File::open(file).map_err(|error| unreadable(file, &error))?;
        mbox(&desk, BufReader::new(input), &mut tally).map_err(|error| match error {
            Stop::Input(error) => unreadable(file, &error),
            Stop::Desk(error) => error,
        })?;
    } else {
        let mut bytes = Vec::new();
        io::stdin().lock().take(REPORT_BYTES + 1).read_to_end(&mut bytes).map_err(|error| stdin(&error))?;
        tally.take(&desk, "message", &bytes)?;
        // The rest is taken from the mail server, so that it does not write into a closed pipe.
        io::copy(&mut io::stdin().lock(), &mut io::sink()).map_err(|error| stdin(&error))?;
    }
    println!("{} taken, {} skipped.", tally.taken, tally.skipped);
    Ok(())
}

fn unreadable(path: &Path, error: &io::Error) -> Error {
    Error::Internal(format!("{} cannot be read: {error}.", path.display()))
}

fn stdin(error: &io::Error) -> Error {
    Error::Internal(format!("Standard input cannot be read: {error}."))
}

/// How many messages were of use.
#[derive(Default)]
struct Tally {
    taken: usize,
    skipped: usize,
}

impl Tally {
    fn take(&mut self, desk: &Desk, name: &str, bytes: &[u8]) -> Result<()> {
        let taken = bounces::take(desk, desk.now(), &Actor::command_line(), bytes)?;
        self.print(name, &taken);
        Ok(())
    }

    fn print(&mut self, name: &str, taken: &ReportOutcome) {
        println!("{name}: {}", taken.label());
        if taken.is_taken() {
            self.taken += 1;
        } else {
            self.skipped += 1;
        }
    }
}

/// Reads what lies in "new", in the order of the names, which begin with the time of arrival; each message is moved
/// when what it says is on the disk.
fn maildir(desk: &Desk, folder: &Path, tally: &mut Tally) -> Result<()> {
    let (new, cur) = (folder.join("new"), folder.join("cur"));
    let list = fs::read_dir(&new).map_err(|error| unreadable(&new, &error))?;
    let mut names = Vec::new();
    for entry in list {
        let entry = entry.map_err(|error| unreadable(&new, &error))?;
        let kind = entry.file_type().map_err(|error| unreadable(&entry.path(), &error))?;
        // A link could lead anywhere, and files that begin with a point are not messages.
        if kind.is_file() && !entry.file_name().as_encoded_bytes().starts_with(b".") {
            names.push(entry.file_name());
        }
    }
    names.sort();
    for name in names {
        let path = new.join(&name);
        let shown = name.to_string_lossy();
        let input = fs::File::open(&path).map_err(|error| unreadable(&path, &error))?;
        let mut bytes = Vec::new();
        input.take(REPORT_BYTES + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&path, &error))?;
        tally.take(desk, &shown, &bytes)?;
        let mut seen = name.clone();
        // Seen: "2," begins the flags of a message (cr.yp.to/proto/maildir.html).
        if !shown.contains(":2,") {
            seen.push(":2,S");
        }
        let moved = fs::create_dir_all(&cur).and_then(|()| fs::rename(&path, cur.join(&seen)));
        moved.map_err(|error| {
            Error::Internal(format!("{} cannot be moved to {}: {error}.", path.display(), cur.display()))
        })?;
    }
    Ok(())
}

/// Why the reading of a mailbox file ended early.
enum Stop {
    Input(io::Error),
    Desk(Error),
}

/// Takes a mailbox file apart at its "From " lines (RFC 4155). Of a message that is too long only the beginning is held
/// in memory.
fn mbox(desk: &Desk, mut input: impl BufRead, tally: &mut Tally) -> Result<(), Stop> {
    let limit = usize::try_from(REPORT_BYTES).unwrap_or(usize::MAX);
    let mut message: Option<Vec<u8>> = None;
    let (mut number, mut fresh, mut line) = (0, true, Vec::new());
    let finish = |message: Option<Vec<u8>>, number: usize, tally: &mut Tally| match message {
        Some(bytes) => tally.take(desk, &format!("message {number}"), &bytes).map_err(Stop::Desk),
        None => Ok(()),
    };
    loop {
        line.clear();
        // A piece of a line at most: a line may be as long as the file.
        let read = (&mut input).take(8 * 1024).read_until(b'\n', &mut line).map_err(Stop::Input)?;
        if read == 0 {
            return finish(message, number, tally);
        }
        let begins = fresh;
        fresh = line.ends_with(b"\n");
        if begins && line.starts_with(b"From ") {
            finish(message.take(), number, tally)?;
            number += 1;
            message = Some(Vec::new());
        } else if let Some(bytes) = &mut message {
            // ">From " stands for "From " within a message.
            let quoted = begins && line.iter().find(|c| **c != b'>') == Some(&b'F');
            let rest = line.iter().position(|c| *c != b'>').unwrap_or(0);
            let text = if quoted && rest > 0 && line[rest..].starts_with(b"From ") { &line[1..] } else { &line[..] };
            if bytes.len() <= limit {
                bytes.extend_from_slice(text);
            }
        }
    }
}
