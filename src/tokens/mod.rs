//! Tokens: one credential each, with a serial number, a type, a state and at most one user.

use crate::{clock::Timestamp, db::AnyConn, desk::Desk, error::Result, ids::ContainerId};

mod assign;
mod authentication_type;
mod bind;
pub mod caller;
mod check;
mod guard;
pub mod import;
pub mod inventory;
pub mod lifecycle;
mod lost;
pub mod one_time;
pub mod pages;
pub mod rejected;
mod report_lost;
mod resync;
mod revoke;
mod store;
mod suspend;
pub mod temporary;
pub mod token;
mod validity;

pub use assign::assign;
pub use guard::find;
pub use lost::LostReport;
pub(crate) use report_lost::lose;
pub use report_lost::{found, report_lost, report_of};
pub use resync::resync;
pub(crate) use revoke::end_replaced;
pub use revoke::revoke;
pub use suspend::{resume, suspend, unlock};

pub use one_time::{Judgment, Making, MovingFactor, Seed, Standing};
pub use rejected::{Rejected, Rejection};
pub use store::{
    available, by_serial,
    list::{counts as state_counts, ends, holders, page as list_page},
    lost::of_user as lost_of,
    of_user,
    rejections::of_user as rejections_of,
};
pub use token::{AuthenticationType, Token, TokenState, serial_key};
pub use validity::{Outside, Validity};

pub use bind::{Binding, BindingRefusal, bind_hardware, enroll_app, new_seed};

pub use check::{Reason, Verdict, check};

/// A device that comes into inventory.
pub struct Device {
    /// The serial number on its back.
    pub serial: String,
    /// Its secret.
    pub seed: Seed,
    /// How it makes its values.
    pub making: Making,
    /// The container it is for; `None`: for the whole organization.
    pub container: Option<ContainerId>,
}

/// Puts devices into inventory.
///
/// # Errors
/// `Database`, also if a serial number is there already (`db::is_taken`).
pub fn insert_inventory(desk: &Desk, conn: &mut AnyConn, now: Timestamp, devices: &[Device]) -> Result<()> {
    let rows: Vec<_> = devices
        .iter()
        .map(|device| store::NewToken {
            serial: device.serial.trim().to_owned(),
            sealed_seed: seal_seed(desk, device.serial.trim(), &device.seed),
            authentication_type: AuthenticationType::HardwareToken,
            making: device.making,
            state: TokenState::Inventory,
            container: device.container,
            user: None,
            standing: Standing::default(),
            validity: Validity::ALWAYS,
        })
        .collect();
    store::insert(conn, now, &rows)
}

fn seal_context(serial: &str) -> String {
    format!("tokens.seed:{serial}")
}

/// The seed as it is kept with the token of this serial number.
pub(crate) fn seal_seed(desk: &Desk, serial: &str, seed: &Seed) -> Vec<u8> {
    desk.keys.seal(&desk.random, &seal_context(serial), seed.bytes())
}

fn open_seed(desk: &Desk, serial: &str, sealed: &[u8]) -> Result<Seed> {
    Ok(desk.keys.open(&seal_context(serial), sealed)?.into())
}
