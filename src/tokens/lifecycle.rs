//! Rules of what a token may become (the console's token pages): which change is allowed from which state.

use crate::{
    text::is_one_plain_line,
    tokens::token::{Token, TokenState},
};

/// The longest reason, in characters: it stands in one line of a table.
pub const LONGEST_REASON: usize = 200;

/// What becomes of a token that is taken from its user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Fate {
    /// It is here and works: the next user can have it. Devices only.
    Inventory,
    /// It is gone.
    Lost,
    /// It is broken.
    Faulty,
}

impl Fate {
    /// All of them, in the order of the form.
    pub const ALL: [Fate; 3] = [Fate::Inventory, Fate::Lost, Fate::Faulty];

    /// The word in forms.
    pub fn code(self) -> &'static str {
        self.into()
    }

    /// The fate of this word.
    pub fn from_code(word: &str) -> Option<Self> {
        word.parse().ok()
    }

    /// The state it leads to.
    pub fn state(self) -> TokenState {
        match self {
            Fate::Inventory => TokenState::Inventory,
            Fate::Lost => TokenState::Lost,
            Fate::Faulty => TokenState::Faulty,
        }
    }
}

/// What an operator can do to a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Take it out of use for a while.
    Suspend,
    /// End that.
    Resume,
    /// Take it out of use since its user no longer has it.
    ReportLost,
    /// Forgive wrong one-time passwords.
    Unlock,
    /// Bring it back into step; it stays in its state.
    Resync,
    /// Take it from its user, or out of stock.
    Revoke(Fate),
    /// Give a device from inventory to a user by hand.
    Assign,
}

impl Change {
    /// The state that the change leads to from the token's present one.
    pub fn of(self, token: &Token) -> Result<TokenState, String> {
        use TokenState as S;
        let now = token.state;
        let only = |from: S, to: S, what: &str| {
            if now == from {
                Ok(to)
            } else {
                Err(format!("{} is {now_word}; only {what}.", token.serial, now_word = now.code()))
            }
        };
        match self {
            Change::Suspend => only(S::Active, S::Suspended, "an Active token can be suspended"),
            Change::ReportLost if now == S::Locked => Ok(S::Suspended),
            Change::ReportLost => only(S::Active, S::Suspended, "a token in use can be reported lost"),
            Change::Resume => only(S::Suspended, S::Active, "a Suspended token can be resumed"),
            Change::Unlock => only(S::Locked, S::Active, "a Locked token can be unlocked"),
            Change::Resync if matches!(now, S::Active | S::Locked | S::Suspended) => Ok(now),
            Change::Resync => Err(format!(
                "{} is {}; only a token that its user has enrolled can be resynchronized.",
                token.serial,
                now.code()
            )),
            Change::Assign if !token.authentication_type.needs_inventory() => {
                Err(format!("{} is not a device, so that it cannot be handed to somebody.", token.serial))
            }
            Change::Assign => only(S::Inventory, S::Assigned, "a token in Inventory can be assigned"),
            Change::Revoke(Fate::Inventory) if !token.authentication_type.needs_inventory() => {
                Err(format!("{} is not a device: it cannot go back to inventory.", token.serial))
            }
            Change::Revoke(fate) if fate.state() == now => Err(format!("{} is {} already.", token.serial, now.code())),
            Change::Revoke(fate) => Ok(fate.state()),
        }
    }

    /// True if it can be done now.
    pub fn is_possible(self, token: &Token) -> bool {
        self.of(token).is_ok()
    }
}

/// True for the states in which a user has the token in use, so that its end concerns them.
pub fn is_in_use(state: TokenState) -> bool {
    matches!(state, TokenState::Active | TokenState::Suspended | TokenState::Locked)
}

/// True for the states of which a user was told, so that they are told of the end too.
pub fn concerns_user(state: TokenState) -> bool {
    is_in_use(state) || state == TokenState::Assigned
}

/// Reads a reason: one line, which is kept and shown for ever.
pub fn reason(typed: &str) -> Result<String, String> {
    let text = typed.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.chars().count() {
        0 => Err("Enter a reason.".into()),
        length if length > LONGEST_REASON => {
            Err(format!("A reason has at most {LONGEST_REASON} characters; this one has {length}."))
        }
        _ if !is_one_plain_line(&text) => Err("A reason is plain text.".into()),
        _ => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ids::{TokenId, UserId},
        tokens::{AuthenticationType, Making},
    };

    fn token(kind: AuthenticationType, state: TokenState) -> Token {
        Token {
            id: TokenId(1),
            serial: "FT-1".into(),
            authentication_type: kind,
            making: Making::APP,
            state,
            state_reason: String::new(),
            container: None,
            user: Some(UserId(1)),
            failures: 0,
            created_at: "2026-11-20T13:32:00".parse().unwrap(),
            bound_at: None,
            first_used_at: None,
            last_used_at: None,
            validity: crate::tokens::Validity::ALWAYS,
        }
    }

    const CHANGES: [Change; 9] = [
        Change::Suspend,
        Change::ReportLost,
        Change::Resume,
        Change::Unlock,
        Change::Resync,
        Change::Revoke(Fate::Inventory),
        Change::Revoke(Fate::Lost),
        Change::Revoke(Fate::Faulty),
        Change::Assign,
    ];

    #[test]
    fn only_a_token_that_was_enrolled_ever_becomes_active_again() {
        for kind in AuthenticationType::ALL {
            for state in TokenState::ALL {
                for change in CHANGES {
                    if change.of(&token(kind, state)) == Ok(TokenState::Active) {
                        assert!(is_in_use(state), "{change:?} from {state:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn an_app_never_goes_back_to_inventory() {
        for state in TokenState::ALL {
            for change in CHANGES {
                let after = change.of(&token(AuthenticationType::AuthenticatorApp, state));
                assert!(!matches!(after, Ok(TokenState::Inventory | TokenState::Assigned)), "{change:?} {state:?}");
            }
        }
    }

    #[test]
    fn every_change_changes_the_state_but_resynchronizing() {
        for state in TokenState::ALL {
            for change in CHANGES {
                if let Ok(after) = change.of(&token(AuthenticationType::HardwareToken, state)) {
                    assert_eq!(after == state, change == Change::Resync, "{change:?} {state:?}");
                }
            }
        }
    }

    #[test]
    fn a_device_can_always_be_taken_out_of_use() {
        for state in TokenState::ALL {
            let token = token(AuthenticationType::HardwareToken, state);
            assert!(Change::Revoke(Fate::Lost).is_possible(&token) || state == TokenState::Lost);
            assert!(Change::Revoke(Fate::Faulty).is_possible(&token) || state == TokenState::Faulty);
        }
    }

    #[test]
    fn a_reason_is_one_line() {
        assert_eq!(reason(" left in\n a taxi ").unwrap(), "left in a taxi");
        assert!(reason("  ").is_err() && reason(&"a".repeat(201)).is_err());
    }
}
