//! The folder of the embedded database: nobody but its owner reads it (PRODUCT.md §13).

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    config::Settings,
    error::{Error, Result},
};

mod owner;

/// The file of the master key in the folder.
pub const MASTER_KEY: &str = "master.key";

/// What everybody but the owner may do, in the bits of a mode; nothing of it is left.
const OTHERS: u32 = 0o077;

/// The bit of folders that many share, such as /tmp: they are not ours to close.
const SHARED: u32 = 0o1000;

/// The file of the embedded database; `None` for PostgreSQL.
pub fn database(settings: &Settings) -> Option<PathBuf> {
    settings.database_url.strip_prefix("sqlite:").map(PathBuf::from)
}

/// That the folder, the database and the key are this user's, as far as they are there.
///
/// # Errors
/// `Internal` with whose they are and what to do.
pub fn require_own(settings: &Settings) -> Result<()> {
    let Some(file) = database(settings) else { return Ok(()) };
    owner::require(&[settings.data_dir.clone(), file, settings.data_dir.join(MASTER_KEY)])
}

/// Makes the folder if it is not there, and closes it and its files to others: an earlier version left them open.
///
/// # Errors
/// `Internal` if the folder cannot be made, or is another user's.
pub fn prepare(settings: &Settings) -> Result<()> {
    require_own(settings)?;
    if database(settings).is_none() {
        return Ok(());
    }
    let folder = &settings.data_dir;
    make(folder)
        .map_err(|error| Error::Internal(format!("The folder {} cannot be made: {error}.", folder.display())))?;
    for (path, mode) in open_to_others(settings) {
        match close(&path, mode) {
            Ok(()) => {
                tracing::warn!("{} could be read by others on this machine; now its owner alone can", path.display())
            }
            Err(error) => tracing::warn!(
                "{} can be read by others on this machine, and that cannot be changed: {error}",
                path.display()
            ),
        }
    }
    Ok(())
}

/// The folder, held until this is dropped: of several first starts on one folder each makes key and tables after the other.
/// `None` for PostgreSQL, where a lock of the database does it.
///
/// # Errors
/// `Internal` if the folder cannot be held.
pub fn hold(settings: &Settings) -> Result<Option<fs::File>> {
    if database(settings).is_none() {
        return Ok(None);
    }
    let folder = &settings.data_dir;
    let held = fs::File::open(folder).and_then(|open| lock(&open).map(|()| open));
    let held =
        held.map_err(|error| Error::Internal(format!("The folder {} cannot be held: {error}.", folder.display())))?;
    Ok(Some(held))
}

#[cfg(unix)]
fn lock(folder: &fs::File) -> io::Result<()> {
    Ok(rustix::fs::flock(folder, rustix::fs::FlockOperation::LockExclusive)?)
}

#[cfg(not(unix))]
fn lock(_: &fs::File) -> io::Result<()> {
    Ok(())
}

/// What of the folder others on this machine can read, each with its mode.
pub fn open_to_others(settings: &Settings) -> Vec<(PathBuf, u32)> {
    let mut paths = vec![settings.data_dir.clone(), settings.data_dir.join(MASTER_KEY)];
    if let Some(file) = database(settings) {
        paths.extend(["-wal", "-shm"].map(|end| {
            let mut name = file.clone().into_os_string();
            name.push(end);
            PathBuf::from(name)
        }));
        paths.push(file);
    }
    paths
        .into_iter()
        .filter_map(|path| Some((mode(&path)?, path)))
        .filter(|(mode, _)| mode & OTHERS != 0 && mode & SHARED == 0)
        .map(|(mode, path)| (path, mode))
        .collect()
}

#[cfg(unix)]
fn make(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

/// The mode of a file or folder itself; `None` if it is not there, or is a link to something elsewhere.
#[cfg(unix)]
fn mode(path: &Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt as _;
    fs::symlink_metadata(path).ok().filter(|about| !about.is_symlink()).map(|about| about.mode())
}

#[cfg(not(unix))]
fn mode(_: &Path) -> Option<u32> {
    None
}

#[cfg(unix)]
fn close(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode & 0o7777 & !OTHERS))
}

#[cfg(not(unix))]
fn close(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}

/// Held by the one server of an embedded database, until it is dropped or the process ends.
pub struct SoleServer(#[allow(dead_code, reason = "held for its Drop")] fs::File);

/// Makes sure that no other server has the embedded database; `None` for PostgreSQL, which takes more than one. The file beside
/// the database that is held for it stays when it is let go of.
///
/// # Errors
/// `Internal` if another server has it.
pub fn serve_alone(settings: &Settings) -> Result<Option<SoleServer>> {
    let Some(file) = database(settings) else { return Ok(None) };
    let mut name = file.clone().into_os_string();
    name.push(".server");
    let path = PathBuf::from(name);
    let held = fs::OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let held = held.map_err(|error| Error::Internal(format!("{} cannot be written: {error}.", path.display())))?;
    if hold_now(&held).is_err() {
        return Err(Error::Internal(format!(
            "Another server has the database {} already. Stop it first; several servers need PostgreSQL.",
            file.display()
        )));
    }
    Ok(Some(SoleServer(held)))
}

#[cfg(unix)]
fn hold_now(file: &fs::File) -> io::Result<()> {
    Ok(rustix::fs::flock(file, rustix::fs::FlockOperation::NonBlockingLockExclusive)?)
}

#[cfg(not(unix))]
fn hold_now(_: &fs::File) -> io::Result<()> {
    Ok(())
}
