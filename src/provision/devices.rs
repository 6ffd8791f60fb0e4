//! Devices that are given to a user by hand, which must leave enough for the users of open tasks.

use chrono::NaiveDate;

use crate::{
    clock::Timestamp,
    db::{self, AnyConn, Lock},
    desk::Desk,
    error::{Error, Result},
    operators::{Scope, Who},
    policy,
    provision::{plan::Stock, store},
    tokens::{self, AuthenticationType, Token},
    users,
};

/// Inventory and reservations of a type within a scope (PRODUCT.md §2).
pub fn stock(conn: &mut AnyConn, scope: &Scope, kind: AuthenticationType, today: NaiveDate) -> Result<Stock> {
    let limit = policy::current(conn)?.attempts_allowed;
    store::candidates::stock(conn, scope, kind, limit, today)
}

/// The hardware tokens of a scope, for a page that shows them beside what it is about: where they are many, as they were
/// at most a minute ago.
pub fn stock_lately(desk: &Desk, conn: &mut AnyConn, scope: &Scope, now: Timestamp) -> Result<Stock> {
    let today = desk.settings.zone.today(now);
    let rows = |stock: &Stock| stock.reserved + stock.inventory.unwrap_or(0);
    let count = || stock(conn, scope, AuthenticationType::HardwareToken, today);
    Ok(desk.kept.or_count(&format!("hardware tokens {scope:?} {today}"), now, rows, count)?.0)
}

/// Gives a device from inventory to a user by hand, unless it is reserved for somebody else.
///
/// # Errors
/// `NotFound` if the device is out of scope, `Invalid` if the user is, or is of another container than the device,
/// `Refused` if it is not in Inventory, or if all in inventory are reserved.
pub fn assign_device(desk: &Desk, who: &Who, now: Timestamp, serial: &str, user_id: &str) -> Result<Token> {
    let today = desk.settings.zone.today(now);
    desk.db.write(|conn| {
        db::hold(conn, Lock::Provision)?;
        let user = users::find(conn, who, user_id).map_err(|error| match error {
            Error::NotFound { .. } => Error::mistake("user_id", "There is no such user in your scope."),
            other => other,
        })?;
        let left = |stock: Stock| stock.inventory.unwrap_or_default() - stock.reserved;
        let before = left(stock(conn, &Scope::All, AuthenticationType::HardwareToken, today)?);
        let token = tokens::assign(desk, conn, who, now, serial, &user)?;
        // A device for somebody who has an enrollment in an open task takes the one that was reserved for them.
        let after = left(stock(conn, &Scope::All, AuthenticationType::HardwareToken, today)?);
        if after < 0 && after < before {
            let sentence = "All hardware tokens in inventory are reserved for users of open provisioning tasks.";
            return Err(Error::Refused(sentence.into()));
        }
        Ok(token)
    })
}
