//! Rows of accounts, certificates, orders and challenges.

use diesel::prelude::*;

use super::standing::Standing;
use crate::{
    clock::Timestamp,
    config::Acme,
    db::AnyConn,
    error::Result,
    on,
    schema::{acme_accounts, acme_certificates, acme_challenges, acme_orders},
};

/// How it stands with the certificate of this host from this authority.
pub fn standing(conn: &mut AnyConn, acme: &Acme) -> Result<Standing> {
    type Tried = (i64, String, Option<Timestamp>, Option<Timestamp>);
    let certificate: Option<(Timestamp, Timestamp)> = acme_certificates::table
        .find((&acme.host, &acme.directory))
        .select((acme_certificates::ends_at, acme_certificates::renew_at))
        .first(conn)
        .optional()?;
    let order: Option<Tried> = acme_orders::table
        .find((&acme.host, &acme.directory))
        .select((acme_orders::failures, acme_orders::problem, acme_orders::failed_at, acme_orders::next_try_at))
        .first(conn)
        .optional()?;
    let (failures, problem, failed_at, next_try_at) = order.unwrap_or_default();
    let (ends_at, renew_at) = certificate.unzip();
    Ok(Standing { ends_at, renew_at, failures, problem, failed_at, next_try_at })
}

/// Makes the row of the order, if there is none.
pub fn note(conn: &mut AnyConn, acme: &Acme) -> Result<()> {
    let new = (
        acme_orders::host.eq(&acme.host),
        acme_orders::directory.eq(&acme.directory),
        acme_orders::server.eq(""),
        acme_orders::failures.eq(0_i64),
        acme_orders::problem.eq(""),
    );
    on!(&mut *conn, |conn| diesel::insert_into(acme_orders::table).values(new).on_conflict_do_nothing().execute(conn))?;
    Ok(())
}

/// Gives the right to order to `server`, if nobody has it; false if somebody has.
pub fn claim(conn: &mut AnyConn, acme: &Acme, now: Timestamp, until: Timestamp, server: &str) -> Result<bool> {
    let free = acme_orders::lease_ends_at.is_null().or(acme_orders::lease_ends_at.le(now));
    let row = acme_orders::table.find((&acme.host, &acme.directory)).filter(free);
    let changed = diesel::update(row)
        .set((acme_orders::server.eq(server), acme_orders::lease_ends_at.eq(until)))
        .execute(conn)?;
    Ok(changed == 1)
}

/// Takes the right from `server`, if it still has it.
pub fn release(conn: &mut AnyConn, acme: &Acme, server: &str) -> Result<()> {
    let row = acme_orders::table.find((&acme.host, &acme.directory)).filter(acme_orders::server.eq(server));
    diesel::update(row).set(acme_orders::lease_ends_at.eq(None::<Timestamp>)).execute(conn)?;
    Ok(())
}

/// Takes it from whoever has it.
pub fn release_all(conn: &mut AnyConn) -> Result<()> {
    diesel::update(acme_orders::table).set(acme_orders::lease_ends_at.eq(None::<Timestamp>)).execute(conn)?;
    Ok(())
}

/// The order of `server` went well.
pub fn succeed(conn: &mut AnyConn, acme: &Acme, server: &str) -> Result<()> {
    let row = acme_orders::table.find((&acme.host, &acme.directory));
    diesel::update(row)
        .set((
            acme_orders::failures.eq(0),
            acme_orders::problem.eq(""),
            acme_orders::failed_at.eq(None::<Timestamp>),
            acme_orders::next_try_at.eq(None::<Timestamp>),
        ))
        .execute(conn)?;
    release(conn, acme, server)
}

/// The order of `server` failed; nothing is noted if its right is another's by now.
pub fn fail(
    conn: &mut AnyConn,
    acme: &Acme,
    now: Timestamp,
    next: Timestamp,
    server: &str,
    problem: &str,
) -> Result<()> {
    let row = acme_orders::table.find((&acme.host, &acme.directory)).filter(acme_orders::server.eq(server));
    diesel::update(row)
        .set((
            acme_orders::lease_ends_at.eq(None::<Timestamp>),
            acme_orders::failures.eq(acme_orders::failures + 1),
            acme_orders::problem.eq(problem),
            acme_orders::failed_at.eq(now),
            acme_orders::next_try_at.eq(next),
        ))
        .execute(conn)?;
    Ok(())
}

/// Replaces the certificate by a newer one.
pub fn keep(
    conn: &mut AnyConn,
    acme: &Acme,
    now: Timestamp,
    sealed: &[u8],
    ends_at: Timestamp,
    renew_at: Timestamp,
) -> Result<()> {
    diesel::delete(acme_certificates::table.find((&acme.host, &acme.directory))).execute(conn)?;
    diesel::insert_into(acme_certificates::table)
        .values((
            acme_certificates::host.eq(&acme.host),
            acme_certificates::directory.eq(&acme.directory),
            acme_certificates::sealed.eq(sealed),
            acme_certificates::made_at.eq(now),
            acme_certificates::ends_at.eq(ends_at),
            acme_certificates::renew_at.eq(renew_at),
        ))
        .execute(conn)?;
    Ok(())
}

/// The certificate, sealed, and when it came, unless that is `known`.
pub fn certificate(conn: &mut AnyConn, acme: &Acme, known: Option<Timestamp>) -> Result<Option<(Vec<u8>, Timestamp)>> {
    let of_host = acme_certificates::table.find((&acme.host, &acme.directory));
    let made_at: Option<Timestamp> = of_host.select(acme_certificates::made_at).first(conn).optional()?;
    if made_at.is_none() || made_at == known {
        return Ok(None);
    }
    Ok(of_host.select((acme_certificates::sealed, acme_certificates::made_at)).first(conn).optional()?)
}

/// The account at the authority, sealed.
pub fn account(conn: &mut AnyConn, acme: &Acme) -> Result<Option<Vec<u8>>> {
    Ok(acme_accounts::table.find(&acme.directory).select(acme_accounts::sealed).first(conn).optional()?)
}

/// Keeps the account.
pub fn keep_account(conn: &mut AnyConn, acme: &Acme, now: Timestamp, sealed: &[u8]) -> Result<()> {
    forget_account(conn, acme)?;
    diesel::insert_into(acme_accounts::table)
        .values((
            acme_accounts::directory.eq(&acme.directory),
            acme_accounts::sealed.eq(sealed),
            acme_accounts::made_at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}

/// Forgets the account, which the authority does not know any more.
pub fn forget_account(conn: &mut AnyConn, acme: &Acme) -> Result<()> {
    diesel::delete(acme_accounts::table.find(&acme.directory)).execute(conn)?;
    Ok(())
}

/// What is answered to the challenge of this token, sealed.
pub fn challenge(conn: &mut AnyConn, now: Timestamp, token: &str) -> Result<Option<Vec<u8>>> {
    let open = acme_challenges::table.find(token).filter(acme_challenges::ends_at.gt(now));
    Ok(open.select(acme_challenges::sealed).first(conn).optional()?)
}

/// Keeps what is answered.
pub fn keep_challenge(conn: &mut AnyConn, token: &str, sealed: &[u8], ends_at: Timestamp) -> Result<()> {
    diesel::delete(acme_challenges::table.find(token)).execute(conn)?;
    diesel::insert_into(acme_challenges::table)
        .values((
            acme_challenges::token.eq(token),
            acme_challenges::sealed.eq(sealed),
            acme_challenges::ends_at.eq(ends_at),
        ))
        .execute(conn)?;
    Ok(())
}

/// Throws away what is asked for no more.
pub fn sweep_challenges(conn: &mut AnyConn, now: Timestamp) -> Result<()> {
    diesel::delete(acme_challenges::table.filter(acme_challenges::ends_at.le(now))).execute(conn)?;
    Ok(())
}
