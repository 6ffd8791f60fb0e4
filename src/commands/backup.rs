//! `tokendesk backup`: a copy of the embedded database while the server runs.

use std::path::{Path, PathBuf};

use crate::{
    commands::Place,
    config::is_postgres,
    desk::Desk,
    error::{Error, Result},
    reports::first_start,
};

/// Writes a copy to `file`, which must not be there yet.
///
/// # Errors
/// A sentence that says why not.
pub fn run(place: &Place, file: &Path) -> Result<()> {
    let settings = place.settings()?;
    if is_postgres(&settings.database_url) {
        return Err(Error::Internal(
            "The database is PostgreSQL: use pg_dump, and keep the setting master_key.".into(),
        ));
    }
    if file.exists() {
        return Err(Error::Internal(format!("The file {} is there already; it is not overwritten.", file.display())));
    }
    let key: Option<PathBuf> = settings.master_key.is_none().then(|| settings.data_dir.join("master.key"));
    let desk = Desk::open(settings)?;
    desk.db.copy_to(file)?;
    // The copy is there, whatever becomes of the note: a database of an older version has no place for it.
    if let Err(error) = first_start::note_backup(&desk, desk.now()) {
        tracing::warn!(%error, "the backup was made, and could not be noted for the Snapshot");
    }
    println!("The database was copied to {}.", file.display());
    match key {
        Some(key) => {
            println!("Keep a copy of {} too, in another place: without it no token can be checked.", key.display())
        }
        None => println!("Keep the setting master_key too, in another place: without it no token can be checked."),
    }
    Ok(())
}
