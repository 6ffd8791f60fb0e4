//! Files that operators bring: kept sealed between their preview and their import, so that what is imported is what was
//! shown, and how much of a file is read at all.
//!
//! [`preview`] is the one way from a file to its import; a feature says by [`Plan`] what its files hold.

use chrono::Duration;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{
    clock::Timestamp,
    db::AnyConn,
    desk::Desk,
    error::{Error, Result},
    ids::OperatorId,
    operators::Who,
};

mod kind;
pub mod limits;
pub mod pages;
pub mod preview;
mod store;
pub mod taken;

pub use preview::{ImportRun, Plan, Preview, State};

pub use kind::Kind;

/// How long a file is kept, in minutes: time to read a preview, and no longer than a session of the portal. Files with
/// seeds never stay (PRODUCT.md §12).
pub const MINUTES_KEPT: i64 = 15;

/// Files that are kept of one operator, so that nobody fills the disk: the newest, for as many open tabs.
pub const MOST_KEPT: i64 = 3;

/// What an operator sent.
struct Sent {
    /// The name of the file, as the browser says it; empty for lines that were pasted.
    file_name: String,
    /// What was chosen beside the file, which may be secret (the key of an encrypted file).
    choices: Zeroizing<String>,
    /// The file.
    bytes: Zeroizing<Vec<u8>>,
}

/// A file that is kept.
struct Kept {
    /// Its handle, which is of no use to anybody but its operator.
    id: String,
    /// What was sent; of an import that was carried out, the outcomes (CSV) stand instead of the file.
    sent: Sent,
    /// When it was sent.
    made_at: Timestamp,
    /// When it was imported.
    done_at: Option<Timestamp>,
}

/// Keeps a file for [`MINUTES_KEPT`]; its handle.
///
/// # Errors
/// `Forbidden` for who is no operator.
fn keep(desk: &Desk, who: &Who, now: Timestamp, kind: Kind, sent: &Sent) -> Result<String> {
    let operator = operator(who)?;
    let id = desk.random.handle();
    let sealed = seal(desk, &id, &sent.choices, &sent.bytes);
    desk.db.write(|conn| {
        store::sweep(conn, now)?;
        store::keep_newest(conn, operator, MOST_KEPT - 1)?;
        store::insert(conn, now, now + Duration::minutes(MINUTES_KEPT), &id, kind, operator, &sent.file_name, &sealed)
    })?;
    Ok(id)
}

/// The operator's own file of this handle; `None` if it has ended, or is no file of theirs.
///
/// # Errors
/// `Internal` if it does not open.
fn kept(desk: &Desk, conn: &mut AnyConn, who: &Who, now: Timestamp, kind: Kind, id: &str) -> Result<Option<Kept>> {
    let Some(row) = store::find(conn, now, id, kind, operator(who)?)? else { return Ok(None) };
    let (choices, bytes) = open(desk, id, &row.sealed)?;
    let sent = Sent { file_name: row.file_name, choices, bytes };
    Ok(Some(Kept { id: id.to_owned(), sent, made_at: row.made_at, done_at: row.done_at }))
}

/// Puts the outcomes instead of the file, in the transaction that carried it out.
fn finish(desk: &Desk, conn: &mut AnyConn, now: Timestamp, id: &str, outcomes: &[u8]) -> Result<()> {
    store::finish(conn, now, id, &seal(desk, id, "", outcomes))
}

/// Throws away what has ended.
pub fn sweep(desk: &Desk, now: Timestamp) -> Result<()> {
    desk.db.write(|conn| store::sweep(conn, now))
}

fn operator(who: &Who) -> Result<OperatorId> {
    who.operator.ok_or(Error::Forbidden("an operator of the console"))
}

fn seal_context(id: &str) -> String {
    format!("imports.sealed:{id}")
}

/// The length of the choices, the choices, the file.
fn seal(desk: &Desk, id: &str, choices: &str, bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(choices.len()).unwrap_or(0).to_be_bytes();
    let mut all = Zeroizing::new(Vec::with_capacity(length.len() + choices.len() + bytes.len()));
    all.extend_from_slice(&length);
    all.extend_from_slice(choices.as_bytes());
    all.extend_from_slice(bytes);
    desk.keys.seal(&desk.random, &seal_context(id), &all)
}

fn open(desk: &Desk, id: &str, sealed: &[u8]) -> Result<(Zeroizing<String>, Zeroizing<Vec<u8>>)> {
    let mut all = desk.keys.open(&seal_context(id), sealed)?;
    let wrong = || Error::Internal(format!("the file of the import {id} is not whole"));
    let (length, rest) = all.split_first_chunk::<4>().ok_or_else(wrong)?;
    let length = u32::from_be_bytes(*length) as usize;
    let choices = rest.get(..length).and_then(|bytes| std::str::from_utf8(bytes).ok()).ok_or_else(wrong)?;
    let choices = Zeroizing::new(choices.to_owned());
    all.drain(..length + 4);
    Ok((choices, all))
}

/// A fingerprint of what a preview shows, part by part.
#[derive(Default)]
pub struct Fingerprint(Sha256);

impl Fingerprint {
    /// Takes in a part; its length too, so that parts do not run into each other.
    pub fn add(&mut self, part: &str) {
        self.0.update((part.len() as u64).to_be_bytes());
        self.0.update(part.as_bytes());
    }

    /// The fingerprint in hexadecimal digits.
    pub fn done(self) -> String {
        data_encoding::HEXLOWER.encode(&self.0.finalize())
    }
}
