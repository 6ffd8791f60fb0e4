//! `tokendesk demo`: a believable world that needs nothing.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use clap::Args;

use crate::{
    clock::{Clock, Timestamp},
    commands::{doors::Doors, progress::Progress, renew, server},
    config::{Settings, Written},
    counts,
    demo::{
        ACCOUNTS, PASSWORD, story,
        world::{self, Size, Stage},
    },
    desk::{Desk, folder},
    error::{Error, Result},
    ids::Random,
    keys::KEY_BYTES,
    mail::{self, courier::Carrier},
    operators, work,
};

/// The key of every demo: it keeps nothing that matters.
const MASTER: [u8; KEY_BYTES] = *b"the demo keeps nothing secret...";

/// What the randomness of a demo starts from, so that the world is the same each time.
const SEED: u64 = 20_261_120;

/// How to run it.
#[derive(Args)]
pub struct Flags {
    /// Where to listen.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Keep the world in this folder; without it, it is thrown away at the end.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Let the clock stand still at this moment; the world is then the same to the last pixel.
    #[arg(long, value_name = "RFC3339")]
    fixed_time: Option<String>,
    /// Make the world larger by so many tasks of the last two years.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    tasks: Option<i64>,
    /// With --tasks: by so many users; without it, by a fifth of the tasks, and 1,000 at least.
    #[arg(long, value_name = "N", requires = "tasks", allow_negative_numbers = true)]
    users: Option<i64>,
    /// With --tasks: the share of them that is open.
    #[arg(long, value_name = "SHARE", requires = "tasks", allow_negative_numbers = true, default_value = "0.1")]
    open: f64,
}

/// Makes the world, says who may sign in, and serves it.
pub fn run(flags: &Flags) -> Result<()> {
    let fixed = flags.fixed_time.as_deref().map(moment).transpose()?;
    let larger = flags.tasks.map(|tasks| Size::of(tasks, flags.users, flags.open)).transpose()?;
    let scratch = tempfile::Builder::new().prefix("tokendesk-demo-").tempdir();
    let scratch = scratch.map_err(|error| Error::Internal(format!("No folder for the demo can be made: {error}.")))?;
    let data_dir = flags.data.clone().unwrap_or_else(|| scratch.path().to_owned());
    let mut settings = Settings::check(Written {
        listen: flags.listen.to_string(),
        public_url: format!("http://localhost:{}", flags.listen.port()),
        data_dir,
        organization: "Example Org".into(),
        help_desk: "extension 4400, weekdays 8:00 to 18:00".into(),
        time_zone: "Europe/Berlin".into(),
        require_second_factor: false,
        log_level: "warn".into(),
        ..Written::default()
    })?;
    settings.demo = true;
    // Without the port, so that pages of one world look the same on any.
    settings.host = "localhost".into();
    server::log(&settings);
    folder::prepare(&settings)?;
    let doors = Doors::open(&settings, Clock::System.now())?;
    let address = settings.public_url.clone();

    let start = fixed.unwrap_or_else(|| Clock::System.now());
    let desk = Desk::assemble(settings, &MASTER, Random::seeded(SEED), Clock::fixed(start))?;
    desk.db.migrate()?;
    renew(&desk)?;
    // While there is nothing to compare: what follows is of this version.
    counts::restore_beside_older(&desk, start)?;
    let mailbox = story::mailbox();
    if desk.db.read(operators::none_yet)? {
        println!("Making a world …");
        story::play(&desk, &mailbox)?;
    }
    if let Some(size) = larger {
        enlarge(&desk, size)?;
    }
    let (users, tasks) = story::size(&desk)?;
    println!("This world has {users} users and {tasks} open tasks.");
    // A demo whose time is given stays the same in all; otherwise time and randomness are real from here on.
    let desk = match fixed {
        Some(_) => desk,
        None => Desk { clock: Arc::new(Clock::System), random: Arc::new(Random::System), ..desk },
    };
    let _alone = folder::serve_alone(&desk.settings)?;
    mail::release_all(&desk, desk.now())?;
    work::stop_all(&desk)?;
    println!("Tokendesk is at {address} and the emails it sends at {address}/demo/mailbox");
    println!("Sign in as one of these, with the password {PASSWORD}");
    for account in ACCOUNTS {
        let scope =
            if account.containers.is_empty() { String::new() } else { format!(" ({})", account.containers.join(", ")) };
        println!("  {:<12} {}{scope}", account.user_id, account.role);
    }
    server::run(desk, Carrier::Mailbox(mailbox), doors)
}

/// Makes the world as large as it was asked for, once.
fn enlarge(desk: &Desk, size: Size) -> Result<()> {
    if world::is_made(desk)? {
        println!("The world that is kept was made larger before; it stays as it is.");
        return Ok(());
    }
    let mut progress = Progress::begin(size.users + size.tasks, "users and tasks");
    world::make(desk, size, &mut |stage| match stage {
        Stage::Rows(done) => progress.at(done),
        Stage::Indexes => progress.say("All users and tasks, making the indexes"),
    })?;
    progress.end();
    Ok(())
}

fn moment(text: &str) -> Result<Timestamp> {
    chrono::DateTime::parse_from_rfc3339(text)
        .map(|at| at.naive_utc())
        .map_err(|_| Error::Internal(format!("--fixed-time is “{text}”, but must look like 2026-11-20T13:32:00Z.")))
}
