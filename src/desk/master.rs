//! The master key: where it is kept, and that it is the one of this database (PRODUCT.md §13).

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use super::{
    folder::{self, MASTER_KEY},
    store,
};
use crate::{
    clock::Timestamp,
    config::{Settings, is_postgres, parse_key},
    db::{self, AnyConn, Db, Lock},
    error::{Error, Result},
    ids::Random,
    keys::{KEY_BYTES, Keys},
};

/// The key as bytes, wiped when it is no longer needed.
pub(super) type Master = Zeroizing<[u8; KEY_BYTES]>;

/// What the file of the key holds.
enum Found {
    Key(Master),
    /// Nothing: a disk was full, or somebody made it.
    Empty,
    Missing,
}

/// The key of the settings or of the file. Where there is none yet and the database holds nothing, one is made; the caller
/// holds the folder ([`folder::hold`]), since another first start may have the same folder.
///
/// # Errors
/// `Internal` with what to do: there is no key although the database holds something, or it cannot be read or written.
pub(super) fn find_or_make(settings: &Settings, random: &Random) -> Result<Master> {
    if let Some(key) = set(settings)? {
        return Ok(key);
    }
    let path = path(settings);
    let problem = |error: io::Error| trouble(&path, "cannot be made", &error);
    match read(&path)? {
        Found::Key(key) => Ok(key),
        found => {
            refuse_beside_data(settings, &path, &found)?;
            let key = Zeroizing::new(random.bytes::<KEY_BYTES>());
            let hex = Zeroizing::new(data_encoding::HEXLOWER.encode(&*key));
            write_whole(&settings.data_dir, &path, &hex).map_err(problem)?;
            Ok(key)
        }
    }
}

/// The key of the settings or of the file; none is made.
///
/// # Errors
/// `Internal` with what to do.
pub(super) fn find(settings: &Settings) -> Result<Master> {
    if let Some(key) = set(settings)? {
        return Ok(key);
    }
    let path = path(settings);
    match read(&path)? {
        Found::Key(key) => Ok(key),
        found => {
            refuse_beside_data(settings, &path, &found)?;
            Err(Error::Internal(format!("There is no master key at {} yet.", path.display())))
        }
    }
}

fn path(settings: &Settings) -> PathBuf {
    settings.data_dir.join(MASTER_KEY)
}

fn set(settings: &Settings) -> Result<Option<Master>> {
    if settings.master_key.is_none() && is_postgres(&settings.database_url) {
        return Err(Error::Internal(
            "With PostgreSQL the setting master_key is needed, the same on every server: 64 hex digits \
             (head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \\n' makes them)."
                .into(),
        ));
    }
    Ok(settings.master_key.map(Zeroizing::new))
}

fn read(path: &Path) -> Result<Found> {
    let hex = match fs::read_to_string(path).map(Zeroizing::new) {
        Ok(hex) => hex,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Missing),
        Err(error) => return Err(trouble(path, "cannot be read", &error)),
    };
    if hex.trim().is_empty() {
        return Ok(Found::Empty);
    }
    let key = parse_key(&hex).ok_or_else(|| {
        Error::Internal(format!(
            "The master key {} is not 64 hex digits. Put the file back from your backup.",
            path.display()
        ))
    })?;
    Ok(Found::Key(Zeroizing::new(key)))
}

/// No new key is made beside a database that holds something: nothing in it would open any more.
fn refuse_beside_data(settings: &Settings, path: &Path, found: &Found) -> Result<()> {
    let Some(file) = folder::database(settings).filter(|file| fs::metadata(file).is_ok_and(|about| about.len() > 0))
    else {
        return Ok(());
    };
    let Some(known) = Db::open(settings, 1)?.read(store::known_keys)? else {
        return Ok(());
    };
    let state = if matches!(found, Found::Empty) { "is empty" } else { "is missing" };
    Err(Error::Internal(format!(
        "The master key {} {state}, and the database {} cannot be read without {}. Put the file back from your backup; no \
         new key is made beside a database that is in use.",
        path.display(),
        file.display(),
        named(&known),
    )))
}

/// Writes a file that its owner alone can read, whole or not at all: beside where it belongs, to the disk, and renamed.
fn write_whole(folder: &Path, path: &Path, text: &str) -> io::Result<()> {
    use io::Write as _;
    // Made for its owner alone, and removed unless it gets its name.
    let mut beside = tempfile::Builder::new().prefix(".master.key-").tempfile_in(folder)?;
    beside.write_all(text.as_bytes())?;
    beside.as_file().sync_all()?;
    beside.persist(path).map_err(|error| error.error)?;
    fs::File::open(folder)?.sync_all()
}

fn trouble(path: &Path, what: &str, error: &io::Error) -> Error {
    Error::Internal(format!("The master key {} {what}: {error}.", path.display()))
}

/// "the key 1a2b…", or "its key" where the database is from before keys had names.
fn named(known: &[String]) -> String {
    match known {
        [] => "the key it was made with".into(),
        ids => format!("the key {}", ids.join(" or ")),
    }
}

/// What the key is to the database.
pub enum Match {
    /// The database knows it.
    Known,
    /// The database knows no key yet; as far as anything is sealed in it, this one opens it.
    New,
}

/// Compares the key with what the database knows of it.
///
/// # Errors
/// `Internal` if it is another one, with which key is expected and what to do.
pub fn compare(conn: &mut AnyConn, settings: &Settings, keys: &Keys) -> Result<Match> {
    let known = store::known_keys(conn)?.unwrap_or_default();
    if known.is_empty() {
        return match store::opens_what_is_sealed(conn, keys)? {
            Some(false) => Err(wrong(settings, keys, &known)),
            Some(true) | None => Ok(Match::New),
        };
    }
    let value = store::check_value(conn, keys.id())?;
    if value.is_some_and(|value| keys.opens_check(&value)) {
        Ok(Match::Known)
    } else {
        Err(wrong(settings, keys, &known))
    }
}

/// Compares, and notes the key of a database that knows none yet. Two servers that start at once note one.
///
/// # Errors
/// As [`compare`].
pub(super) fn compare_and_note(
    db: &Db,
    settings: &Settings,
    keys: &Keys,
    random: &Random,
    now: Timestamp,
) -> Result<()> {
    if matches!(db.read(|conn| compare(conn, settings, keys))?, Match::Known) {
        return Ok(());
    }
    db.write(|conn| {
        db::hold(conn, Lock::Migrate)?;
        match compare(conn, settings, keys)? {
            Match::Known => Ok(()),
            Match::New => store::note_key(conn, keys.id(), &keys.seal_check(random), now),
        }
    })
}

fn wrong(settings: &Settings, keys: &Keys, known: &[String]) -> Error {
    let source = match settings.master_key {
        Some(_) => "of the setting master_key".to_owned(),
        None => path(settings).display().to_string(),
    };
    Error::Internal(format!(
        "The master key {source} is not the one of this database: it is the key {}, and the database needs {}. Put that one \
         back from your backup. Every server of a database needs the same.",
        keys.id(),
        named(known),
    ))
}
