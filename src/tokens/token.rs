//! Rules of tokens: types, states, serial numbers.

use crate::{
    clock::Timestamp,
    ids::{ContainerId, Random, TokenId, UserId},
    tokens::{one_time::Making, validity::Validity},
};

pub use super::authentication_type::AuthenticationType;

/// What a token is doing (PRODUCT.md §4 and the console's token pages).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumString, strum::IntoStaticStr)]
pub enum TokenState {
    /// Nobody has it yet.
    Inventory,
    /// Given to a user by hand, not enrolled yet.
    Assigned,
    /// Its one-time passwords are accepted.
    Active,
    /// Taken out of use for a while by an operator.
    Suspended,
    /// Too many wrong one-time passwords in a row.
    Locked,
    /// Revoked: lost.
    Lost,
    /// Revoked: broken.
    Faulty,
}

impl TokenState {
    /// All of them.
    pub const ALL: [TokenState; 7] = [
        TokenState::Inventory,
        TokenState::Assigned,
        TokenState::Active,
        TokenState::Suspended,
        TokenState::Locked,
        TokenState::Lost,
        TokenState::Faulty,
    ];

    /// The state in the database and in addresses.
    pub fn code(self) -> &'static str {
        self.into()
    }

    /// The state on the screen; the words are those of the database, so that a monitor and a page say the same.
    pub fn label(self) -> &'static str {
        self.code()
    }

    /// The state of this code.
    pub fn from_code(word: &str) -> Option<Self> {
        word.parse().ok()
    }
}

/// One credential, without its secret.
#[derive(Clone, Debug)]
pub struct Token {
    /// The row.
    pub id: TokenId,
    /// The serial number, unique without case.
    pub serial: String,
    /// What kind it is.
    pub authentication_type: AuthenticationType,
    /// How it makes its values.
    pub making: Making,
    /// What it is doing.
    pub state: TokenState,
    /// Why it is in this state; empty if there is nothing to say.
    pub state_reason: String,
    /// The container; `None`: stock of the whole organization.
    pub container: Option<ContainerId>,
    /// Who has it.
    pub user: Option<UserId>,
    /// Wrong one-time passwords in a row.
    pub failures: i64,
    /// Since when it is known here.
    pub created_at: Timestamp,
    /// Since when its user has it.
    pub bound_at: Option<Timestamp>,
    /// The first accepted one-time password after enrollment.
    pub first_used_at: Option<Timestamp>,
    /// The last accepted one.
    pub last_used_at: Option<Timestamp>,
    /// From when and until when it is good.
    pub validity: Validity,
}

/// A serial number for a token that comes without one, such as an app: `TD-9R4X-51730`. 36 bits, so that the chance that
/// one of a million is drawn again is 1 in 80,000; who draws looks whether it is there.
pub fn draw_serial(random: &Random) -> String {
    let number = u32::from_be_bytes(random.bytes()) % 100_000;
    format!("TD-{}-{number:05}", random.unmistakable(4))
}

/// A serial number as people type it from the back of a device: without spaces, in any case.
pub fn serial_key(typed: &str) -> String {
    typed.split_whitespace().collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serial_numbers_look_like_tickets() {
        let serial = draw_serial(&Random::seeded(3));
        let parts: Vec<_> = serial.split('-').collect();
        assert_eq!((parts[0], parts[1].len(), parts[2].len()), ("TD", 4, 5), "{serial}");
        assert!(parts[2].bytes().all(|digit| digit.is_ascii_digit()));
    }

    #[test]
    fn serial_numbers_are_read_without_case_and_spaces() {
        assert_eq!(serial_key(" td-9R4x- 51730"), "td-9r4x-51730");
    }
}
