//! `tokendesk serve`: the real thing.

use crate::{
    acme,
    clock::Clock,
    commands::{ConfigArgs, doors::Doors, renew, server},
    desk::{Desk, Opened, folder},
    error::Result,
    mail::{self, courier::Carrier},
    operators, work,
};

/// Serves until SIGTERM or SIGINT.
pub fn run(args: &ConfigArgs) -> Result<()> {
    let settings = args.settings()?;
    server::log(&settings);
    let doors = Doors::open(&settings, Clock::System.now())?;
    let Opened { desk, migrated } = Desk::open(settings)?;
    renew(&desk)?;
    for name in migrated {
        tracing::info!(migration = %name, "the database was brought up to date");
    }
    if desk.db.read(operators::none_yet)? {
        tracing::warn!("nobody can sign in yet: run `tokendesk operator add` to add the first operator");
    }
    if desk.settings.smtp_url.is_none() {
        tracing::warn!("smtp_url is not set: email waits in the outbox until it is");
    }
    let alone = folder::serve_alone(&desk.settings)?;
    if alone.is_some() {
        // A killed server's claims would wait until their leases are over.
        mail::release_all(&desk, desk.now())?;
        work::stop_all(&desk)?;
        acme::release_all(&desk)?;
    }
    let carrier = Carrier::of(&desk.settings)?;
    server::run(desk, carrier, doors)
}
