//! `tokendesk backup`: a copy of the embedded database while the server runs.

use std::{io, path::Path};

use crate::{
    clock::Clock,
    commands::ConfigArgs,
    config::is_postgres,
    db::Db,
    desk::{
        self,
        folder::{self, MASTER_KEY},
    },
    error::{Error, Result},
    reports::first_start,
};

/// Writes a copy to `file`, which must not be there yet: whole or not at all, and for its owner alone.
pub fn run(args: &ConfigArgs, file: &Path) -> Result<()> {
    let settings = args.settings()?;
    if is_postgres(&settings.database_url) {
        return Err(Error::Internal(
            "The database is PostgreSQL: use pg_dump, and keep the setting master_key.".into(),
        ));
    }
    folder::require_own(&settings)?;
    desk::require_database(&settings)?;
    // Also a link that leads nowhere is there.
    if file.symlink_metadata().is_ok() {
        return Err(taken(file));
    }
    let problem = |error: &dyn std::fmt::Display| {
        Error::Internal(format!("The file {} cannot be written: {error}.", file.display()))
    };
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Written beside where it belongs, and removed unless it comes into it.
    let beside = tempfile::Builder::new().prefix(".tokendesk-backup-").tempfile_in(folder);
    let beside = beside.map_err(|error| problem(&error))?;
    let db = Db::open(&settings, 1)?;
    db.copy_to(beside.path()).map_err(|error| problem(&error))?;
    beside.as_file().sync_all().map_err(|error| problem(&error))?;
    beside.persist_noclobber(file).map_err(|failed| match failed.error.kind() {
        io::ErrorKind::AlreadyExists => taken(file),
        _ => problem(&failed.error),
    })?;
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| problem(&error))?;

    // The copy is there, whatever becomes of the note: a database of an older version has no table for it.
    if let Err(error) = first_start::note_backup(&db, Clock::System.now()) {
        tracing::warn!(%error, "the backup was made, and could not be noted for the Snapshot");
    }
    println!("The database was copied to {}.", file.display());
    let key = settings.data_dir.join(MASTER_KEY);
    match settings.master_key {
        Some(_) => println!("Keep the setting master_key too, somewhere else: without it no token can be checked."),
        None if key.exists() => {
            println!("Keep a copy of {} too, somewhere else: without it no token can be checked.", key.display());
        }
        None => eprintln!(
            "The master key {} is missing: without it no token can be checked, also from this copy.",
            key.display()
        ),
    }
    Ok(())
}

fn taken(file: &Path) -> Error {
    Error::Internal(format!("The file {} is there already; it is not overwritten.", file.display()))
}
