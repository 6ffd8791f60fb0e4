//! What mends a situation, who may, and which check it fails.

use crate::{
    operators::Permission,
    why::{Facts, Situation},
};

/// What mends a situation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Enable the account.
    EnableAccount,
    /// Write an address into the profile.
    EditEmail,
    /// Provision, or provision anew.
    Provision,
    /// Move the Stop Date on and send a fresh email, in one step.
    GiveMoreTime,
    /// Move the Stop Date.
    MoveStopDate,
    /// Set the failed attempts back, and send a fresh email.
    UnlockEnrollment,
    /// Send a fresh email, to another address if need be.
    Resend,
    /// Bring devices into inventory.
    ImportTokens,
    /// Look what the mail server says.
    LookAtEmail,
    /// Take the token back into use.
    ResumeToken,
    /// Give the user another token instead.
    ReplaceToken,
    /// Give the user digits to sign in with for a while.
    GiveTemporaryCode,
    /// Hand over link and code.
    HandOver,
    /// Forgive the token's wrong one-time passwords.
    UnlockToken,
    /// Bring the token back into step with two one-time passwords.
    ResyncToken,
    /// Put the auth node into use again.
    EnableNode,
    /// Look at the task that replaced this one.
    LookAtNewer,
}

impl Remedy {
    /// What the operator must hold for it.
    pub fn permission(self) -> Permission {
        match self {
            Remedy::EnableAccount | Remedy::EditEmail => Permission::EditUsers,
            Remedy::Provision => Permission::Provision,
            Remedy::MoveStopDate => Permission::ChangeStopDate,
            Remedy::Resend | Remedy::GiveMoreTime => Permission::Resend,
            Remedy::UnlockEnrollment | Remedy::UnlockToken | Remedy::ResyncToken => Permission::Unlock,
            Remedy::ImportTokens => Permission::ImportTokens,
            Remedy::LookAtEmail => Permission::SeeOutbox,
            Remedy::ResumeToken => Permission::SuspendTokens,
            Remedy::ReplaceToken => Permission::ReplaceToken,
            Remedy::GiveTemporaryCode => Permission::TemporaryCode,
            Remedy::HandOver => Permission::HandOver,
            Remedy::EnableNode => Permission::ManageOperators,
            Remedy::LookAtNewer => Permission::SeeUsers,
        }
    }
}

/// Where in the list of checks a situation belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The account.
    Account,
    /// The task.
    Task,
    /// The inventory.
    Inventory,
    /// The email.
    Email,
    /// The link.
    Link,
    /// The activation code, the key, the device.
    Enrolling,
    /// The failed attempts.
    Attempts,
    /// The clock of the phone or the device.
    Clock,
    /// The token.
    Token,
    /// Signing in with it.
    Use,
}

impl Situation {
    /// What mends it: the first one that the operator may do. Nothing, where it is up to the user. None of them lacks what
    /// its form needs: an enrollment to resend to, an address to provision.
    pub fn remedies(self, facts: &Facts) -> Vec<Remedy> {
        let in_task = facts.enrollment.is_some();
        let is_replaced = facts.enrollment.as_ref().is_some_and(|enrollment| enrollment.replaced_by.is_some());
        self.wanted()
            .iter()
            .copied()
            .map(|remedy| match remedy {
                // Provision leaves out who has no address.
                Remedy::Provision if facts.user.email.is_empty() => Remedy::EditEmail,
                other => other,
            })
            .filter(|remedy| match remedy {
                // Who was sent an email had a mailbox: another address may do.
                Remedy::HandOver => in_task && facts.email.is_none(),
                Remedy::Resend | Remedy::GiveMoreTime => in_task,
                Remedy::LookAtNewer => is_replaced,
                Remedy::GiveTemporaryCode => facts.gives_codes,
                // A token that is at hand again needs no replacement.
                Remedy::ReplaceToken if self == Situation::TemporaryCode => !facts.lost.is_empty(),
                Remedy::LookAtEmail => facts.email.is_some(),
                _ => true,
            })
            .collect()
    }
}
