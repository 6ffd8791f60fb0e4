//! Roles: a name and what it holds; four are built in (PRODUCT.md §5).

use crate::{
    access::permission::{Permission, Permissions},
    error::Mistakes,
    ids::RoleId,
    text::is_one_plain_line,
};

/// A role: a name and what it holds.
#[derive(Clone, Debug)]
pub struct Role {
    /// The row.
    pub id: RoleId,
    /// Its name, unique without case.
    pub name: String,
    /// True for those that can be neither edited nor removed.
    pub built_in: bool,
    /// What it holds.
    pub permissions: Permissions,
    /// Counts the changes.
    pub version: i64,
}

/// The longest name of a role, in characters: it stands in the corner of every page.
const LONGEST_NAME: usize = 40;

/// What is wrong with a role as it was made; whether the name is taken is for the database.
pub fn mistakes(name: &str, held: Permissions) -> Mistakes {
    let mut mistakes = Mistakes::default();
    if name.is_empty() {
        mistakes.add("name", "Give the role a name, such as “Night shift”.");
    } else if name.chars().count() > LONGEST_NAME || !is_one_plain_line(name) {
        mistakes
            .add("name", format!("A name has at most {LONGEST_NAME} characters on one line, none of them invisible."));
    }
    if held == Permissions::default() {
        mistakes.add("permissions", "Tick at least one permission: with none there is nothing to sign in for.");
    }
    mistakes
}

/// The four roles every installation has; others are rows of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuiltIn {
    /// Holds all permissions; can be neither edited nor removed.
    Operator,
    /// Runs roll-outs.
    ProvisioningManager,
    /// Has a user on the phone.
    HelpDesk,
    /// Reads.
    Auditor,
}

impl BuiltIn {
    /// The four, in the order of the table.
    pub const ALL: [BuiltIn; 4] =
        [BuiltIn::Operator, BuiltIn::ProvisioningManager, BuiltIn::HelpDesk, BuiltIn::Auditor];

    /// The name of the role.
    pub fn name(self) -> &'static str {
        match self {
            BuiltIn::Operator => "Operator",
            BuiltIn::ProvisioningManager => "Provisioning manager",
            BuiltIn::HelpDesk => "Help desk",
            BuiltIn::Auditor => "Auditor",
        }
    }

    /// The built-in role of this name.
    pub fn named(name: &str) -> Option<Self> {
        BuiltIn::ALL.into_iter().find(|role| role.name().eq_ignore_ascii_case(name.trim()))
    }

    /// The column of the table in PRODUCT.md §5.
    pub fn permissions(self) -> Permissions {
        use Permission::*;
        match self {
            BuiltIn::Operator => Permissions::all(),
            BuiltIn::ProvisioningManager => [
                SeeUsers, EditUsers, SeeTasks, Provision, ChangeStopDate, Remove, Resend, Unlock, SuspendTokens,
                CheckCaller, TemporaryCode, HandOver, ReportLost, ReplaceToken, ImportTokens, SeeOutbox, SendAgain,
                Reports,
            ]
            .into_iter()
            .collect(),
            BuiltIn::HelpDesk => {
                [SeeUsers, Resend, Unlock, CheckCaller, TemporaryCode, HandOver, ReportLost, SeeOutbox, SeeOwnAudit]
                    .into_iter()
                    .collect()
            }
            BuiltIn::Auditor => [SeeUsers, SeeTasks, SeeOutbox, Reports, SeeAudit].into_iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operator_role_holds_every_permission() {
        assert!(Permission::ALL.iter().all(|p| BuiltIn::Operator.permissions().has(*p)));
    }

    #[test]
    fn names_in_the_database_read_back_as_the_same_set() {
        for role in BuiltIn::ALL {
            assert_eq!(Permissions::parse(&role.permissions().to_names()), role.permissions());
        }
        assert_eq!(Permissions::parse("Nonsense"), Permissions::default());
    }

    #[test]
    fn the_help_desk_resends_unlocks_and_reports_as_lost_and_changes_nothing_else() {
        let help_desk = BuiltIn::HelpDesk.permissions();
        assert!(help_desk.has(Permission::Resend) && help_desk.has(Permission::Unlock));
        assert!(help_desk.has(Permission::ReportLost) && !help_desk.has(Permission::ReplaceToken));
        assert!(!help_desk.has(Permission::SeeTasks) && !help_desk.has(Permission::Provision));
    }
}
