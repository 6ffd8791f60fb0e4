//! Certificates that the servers get by themselves from an authority (ACME, RFC 8555; PRODUCT.md §13). Account, certificate
//! and answers to the authority's challenges are sealed in the database, so that every server answers and serves the same.
//! A row says which server orders; no lock and no transaction is held while the authority is asked.

use chrono::Duration;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::{
    clock::Timestamp,
    config::Acme,
    db::AnyConn,
    desk::Desk,
    error::{Error, Result},
};

mod ordering;
mod standing;
mod store;
pub mod trouble;

pub use ordering::order;
pub use standing::Standing;

/// How long a server has the right to order, in seconds. Longer than an order may take, so that two never order at once.
const LEASE_SECONDS: i64 = 300;

/// How long an answer to a challenge is kept, in minutes: an authority asks within seconds, and some ask again for an hour.
const CHALLENGE_MINUTES: i64 = 60;

/// The longest token of a challenge, in characters: authorities use 43 (RFC 8555 §8.3 asks for 128 bits or more).
const LONGEST_TOKEN: usize = 128;

/// A certificate and its key, both in PEM; the key is wiped when it is done with.
#[derive(Clone, Serialize, Deserialize)]
pub struct Pair {
    /// The certificate, and behind it those between it and its authority.
    pub chain: String,
    /// Its private key.
    pub key: String,
}

impl Drop for Pair {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

/// A certificate that was issued.
pub struct Issued {
    /// The certificate and its key.
    pub pair: Pair,
    /// When it came, by which servers know whether they have it.
    pub made_at: Timestamp,
}

/// How it stands.
pub fn standing(conn: &mut AnyConn, acme: &Acme) -> Result<Standing> {
    store::standing(conn, acme)
}

/// Claims the right to order for `server`; false if nothing is to be ordered now, or another server is at it.
pub fn claim(desk: &Desk, acme: &Acme, now: Timestamp, server: &str) -> Result<bool> {
    // Asked without a transaction, since nearly always there is nothing to do.
    if !desk.db.read(|conn| store::standing(conn, acme))?.is_due(now) {
        return Ok(false);
    }
    desk.db.write(|conn| {
        store::note(conn, acme)?;
        let claimed = store::claim(conn, acme, now, now + Duration::seconds(LEASE_SECONDS), server)?;
        // Another server may have got one in between.
        if claimed && !store::standing(conn, acme)?.is_due(now) {
            store::release(conn, acme, server)?;
            return Ok(false);
        }
        Ok(claimed)
    })
}

/// Keeps the certificate that `server` got. The next one is ordered when two thirds of its time are over, which leaves a third for
/// trouble; authorities advise the same.
pub fn keep(desk: &Desk, acme: &Acme, now: Timestamp, server: &str, pair: &Pair, ends_at: Timestamp) -> Result<()> {
    let text = serde_json::to_vec(pair).map(Zeroizing::new);
    let text = text.map_err(|_| Error::Internal("a certificate is no JSON".into()))?;
    let sealed = desk.keys.seal(&desk.random, &certificate_context(&acme.host), &text);
    let renew_at = now + (ends_at - now) * 2 / 3;
    desk.db.write(|conn| {
        store::keep(conn, acme, now, &sealed, ends_at, renew_at)?;
        store::succeed(conn, acme, server)?;
        store::sweep_challenges(conn, now)
    })
}

/// Notes that the order of `server` failed, and when the next one is tried.
pub fn fail(desk: &Desk, acme: &Acme, now: Timestamp, server: &str, problem: &str) -> Result<()> {
    desk.db.write(|conn| {
        let failures = store::standing(conn, acme)?.failures + 1;
        store::fail(conn, acme, now, now + trouble::pause(failures), server, problem)?;
        store::sweep_challenges(conn, now)
    })
}

/// Gives the right to order back.
pub fn release(desk: &Desk, acme: &Acme, server: &str) -> Result<()> {
    desk.db.write(|conn| store::release(conn, acme, server))
}

/// Gives it back, whoever has it. For the only server of a database, before it orders: who had it was killed.
pub fn release_all(desk: &Desk) -> Result<()> {
    desk.db.write(store::release_all)
}

/// The certificate, if it is another one than that of `known`.
///
/// # Errors
/// `Internal` if it does not open.
pub fn newer(desk: &Desk, acme: &Acme, known: Option<Timestamp>) -> Result<Option<Issued>> {
    let Some((sealed, made_at)) = desk.db.read(|conn| store::certificate(conn, acme, known))? else { return Ok(None) };
    let open = desk.keys.open(&certificate_context(&acme.host), &sealed)?;
    let pair = serde_json::from_slice(&open)
        .map_err(|_| Error::Internal(format!("the certificate of {} cannot be read", acme.host)))?;
    Ok(Some(Issued { pair, made_at }))
}

/// What is answered to the challenge of this token; `None` if there is none such.
///
/// # Errors
/// `Internal` if it does not open.
pub fn answer(desk: &Desk, now: Timestamp, token: &str) -> Result<Option<String>> {
    let plain = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'-' | b'_');
    // Scanners ask for anything: what is no token is not looked up.
    if token.is_empty() || token.len() > LONGEST_TOKEN || !token.bytes().all(plain) {
        return Ok(None);
    }
    let Some(sealed) = desk.db.read(|conn| store::challenge(conn, now, token))? else { return Ok(None) };
    let open = desk.keys.open(&challenge_context(token), &sealed)?;
    Ok(String::from_utf8(open.to_vec()).ok())
}

/// Keeps what is answered to a challenge.
fn keep_answer(desk: &Desk, now: Timestamp, token: &str, text: &str) -> Result<()> {
    let sealed = desk.keys.seal(&desk.random, &challenge_context(token), text.as_bytes());
    let ends_at = now + Duration::minutes(CHALLENGE_MINUTES);
    desk.db.write(|conn| store::keep_challenge(conn, token, &sealed, ends_at))
}

/// The credentials of the account at the authority, if there is one.
fn account(desk: &Desk, acme: &Acme) -> Result<Option<Zeroizing<Vec<u8>>>> {
    let sealed = desk.db.read(|conn| store::account(conn, acme))?;
    sealed.map(|sealed| desk.keys.open(&account_context(&acme.directory), &sealed)).transpose()
}

fn keep_account(desk: &Desk, acme: &Acme, now: Timestamp, credentials: &[u8]) -> Result<()> {
    let sealed = desk.keys.seal(&desk.random, &account_context(&acme.directory), credentials);
    desk.db.write(|conn| store::keep_account(conn, acme, now, &sealed))
}

/// What a sealed account belongs to; stored so, and never changed.
pub fn account_context(directory: &str) -> String {
    format!("acme_accounts.sealed:{directory}")
}

/// What a sealed certificate belongs to; stored so, and never changed.
pub fn certificate_context(host: &str) -> String {
    format!("acme_certificates.sealed:{host}")
}

/// What a sealed answer belongs to; stored so, and never changed.
pub fn challenge_context(token: &str) -> String {
    format!("acme_challenges.sealed:{token}")
}
