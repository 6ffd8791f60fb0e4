//! Permissions: what an operator may do (PRODUCT.md §5), and a type for each that handlers ask for.

/// Declares the permissions: the enum, the words people read, and a type for each that handlers ask for.
macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $words:literal),+ $(,)?) => {
        /// What an operator may do; checked on every request at the server.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Permission {
            $($(#[$doc])* $name,)+
        }

        impl Permission {
            /// All of them, in the order of the table.
            pub const ALL: &'static [Permission] = &[$(Permission::$name,)+];

            /// The words people read; the refusal page names the permission by them.
            pub fn label(self) -> &'static str {
                match self { $(Permission::$name => $words,)+ }
            }

            /// The stable name in the database.
            pub fn name(self) -> &'static str {
                match self { $(Permission::$name => stringify!($name),)+ }
            }
        }

        /// A type for each permission, so that a handler cannot be written without saying what it needs.
        pub mod may {
            use super::Permission;

            /// Says which permissions open a handler.
            pub trait Need: 'static {
                /// One of each of these lists; no list: being signed in is enough.
                const NEEDS: &'static [&'static [Permission]];
                /// True for what is in no container and counts in all of them: roles, auth nodes.
                const EVERYWHERE: bool = false;
            }

            /// The same, for operators whose scope is everything.
            pub struct Everywhere<N>(std::marker::PhantomData<N>);
            impl<N: Need> Need for Everywhere<N> {
                const NEEDS: &'static [&'static [Permission]] = N::NEEDS;
                const EVERYWHERE: bool = true;
            }

            /// Being signed in is enough.
            pub struct SignedIn;
            impl Need for SignedIn {
                const NEEDS: &'static [&'static [Permission]] = &[];
            }

            $($(#[$doc])* pub struct $name;
            impl Need for $name {
                const NEEDS: &'static [&'static [Permission]] = &[&[Permission::$name]];
            })+

            /// What is done to ticked users of a task needs to see the task besides.
            pub struct InTask<N>(std::marker::PhantomData<N>);
            impl<N: Single> Need for InTask<N> {
                const NEEDS: &'static [&'static [Permission]] = &[&[Permission::SeeTasks], &[N::PERMISSION]];
            }

            /// A need of exactly one permission.
            pub trait Single: 'static {
                /// That permission.
                const PERMISSION: Permission;
            }

            $(impl Single for $name {
                const PERMISSION: Permission = Permission::$name;
            })+

            /// Doing anything to ticked users of a task.
            pub struct EditTask;
            impl Need for EditTask {
                const NEEDS: &'static [&'static [Permission]] = &[
                    &[Permission::SeeTasks],
                    &[Permission::ChangeStopDate, Permission::Remove, Permission::Resend, Permission::Unlock],
                ];
            }

            /// Sending an email of the outbox again, or canceling it.
            pub struct ChangeOutbox;
            impl Need for ChangeOutbox {
                const NEEDS: &'static [&'static [Permission]] = &[&[Permission::SeeOutbox], &[Permission::SendAgain]];
            }

            /// Giving a device to a user by hand.
            pub struct AssignTokens;
            impl Need for AssignTokens {
                const NEEDS: &'static [&'static [Permission]] = &[&[Permission::ImportTokens, Permission::Provision]];
            }

            /// Taking a list away as a file needs to see the list besides.
            pub struct Export<N>(std::marker::PhantomData<N>);
            impl<N: Single> Need for Export<N> {
                const NEEDS: &'static [&'static [Permission]] = &[&[N::PERMISSION], &[Permission::Reports]];
            }

            /// Taking the audit log away as a file: one's own entries are one's own (PRODUCT.md §5).
            pub struct ExportAudit;
            impl Need for ExportAudit {
                const NEEDS: &'static [&'static [Permission]] =
                    &[&[Permission::SeeAudit, Permission::SeeOwnAudit], &[Permission::Reports, Permission::SeeOwnAudit]];
            }

            /// Reading the audit log: all of it, or one's own entries.
            pub struct ReadAudit;
            impl Need for ReadAudit {
                const NEEDS: &'static [&'static [Permission]] = &[&[Permission::SeeAudit, Permission::SeeOwnAudit]];
            }
        }
    };
}

permissions! {
    /// See users and the tokens of a user.
    SeeUsers = "see users",
    /// Create, edit and import users.
    EditUsers = "create, edit, import users",
    /// The "provisioning management permission" of PRODUCT.md §5: the Task in a user's table is a link.
    SeeTasks = "see provisioning tasks",
    /// Make provisioning tasks.
    Provision = "provision",
    /// Change the Stop Date of users in a task.
    ChangeStopDate = "change a stop date",
    /// Remove users from a task, or the whole task.
    Remove = "remove users or tasks",
    /// Resend an enrollment email.
    Resend = "resend",
    /// Unlock an enrollment or a token.
    Unlock = "unlock an enrollment or a token",
    /// Suspend or revoke a token.
    SuspendTokens = "suspend, revoke a token",
    /// Check whether a caller is who they say.
    CheckCaller = "check a caller",
    /// Give a user ten digits to sign in with for a while.
    TemporaryCode = "give a temporary code",
    /// Hand over link and activation code at the desk or on paper.
    HandOver = "hand over a link and a code",
    /// Report a token as lost.
    ReportLost = "report as lost",
    /// Replace a token, and put back one that was reported lost.
    ReplaceToken = "replace a token",
    /// Import tokens to the inventory.
    ImportTokens = "import tokens",
    /// See the outbox.
    SeeOutbox = "see the outbox",
    /// Send an email of the outbox again, or cancel it.
    SendAgain = "send an email again",
    /// Edit messages and policies.
    EditPolicies = "edit messages and policies",
    /// Read and export reports.
    Reports = "reports; export",
    /// Read the whole audit log.
    SeeAudit = "audit log",
    /// Read one's own entries in the audit log.
    SeeOwnAudit = "own entries of the audit log",
    /// Operators, roles and auth nodes.
    ManageOperators = "operators, roles, auth nodes",
}

impl Permission {
    /// Where it stands in the console: the group of the navigation, and the module in it. Roles are made from check
    /// boxes in this order.
    pub fn menu(self) -> (&'static str, &'static str) {
        use Permission::*;
        match self {
            SeeUsers | EditUsers => ("Manage", "Assignment"),
            SeeTasks | Provision | ChangeStopDate | Remove | Resend | Unlock | HandOver => {
                ("Manage", "Provisioning Tasks")
            }
            SuspendTokens | CheckCaller | TemporaryCode | ReportLost | ReplaceToken | ImportTokens => {
                ("Manage", "Tokens")
            }
            SeeOutbox | SendAgain => ("Oversee", "Outbox"),
            Reports => ("Oversee", "Reports"),
            SeeAudit | SeeOwnAudit => ("Oversee", "Audit"),
            EditPolicies => ("Set up", "Policy and messages"),
            ManageOperators => ("Set up", "Operators"),
        }
    }

    /// What it opens, in one sentence, for who makes a role.
    pub fn meaning(self) -> &'static str {
        use Permission::*;
        match self {
            SeeUsers => "Find users, read their details and tokens, and why one cannot enroll.",
            EditUsers => "Also disable and enable accounts.",
            SeeTasks => "The list of tasks and each task; without it a Task is a plain number.",
            Provision => "Choose users, make a task, and send the enrollment emails.",
            ChangeStopDate => "For users of a task, or for whole tasks.",
            Remove => "Takes the ability to enroll from users. It cannot be reversed.",
            Resend => "Send a user a new enrollment email, also to another address.",
            Unlock => "Set failed attempts back, and resync a token. Asks for a reason.",
            SuspendTokens => "Also resume; and take a token from its user.",
            CheckCaller => "By a one-time password they read out, or a code to the address on file.",
            TemporaryCode => "As the policy of lost phones allows. Shown once, to be read out.",
            HandOver => "For users without a mailbox: a QR code and the activation code, shown or printed once.",
            ReportLost => "Suspends a user’s token at once, with a reason.",
            ReplaceToken => {
                "A task for the new token; the old one ends when that works. Also puts back one that was lost."
            }
            ImportTokens => "Bring seeds into the inventory, and assign a serial number by hand.",
            SeeOutbox => "Every email, what the mail server answered, and what the user did with it.",
            SendAgain => "Also cancel an email that waits.",
            Reports => "All reports, and their CSV files.",
            SeeAudit => "What everybody did, within the scope.",
            SeeOwnAudit => "Only what they did themselves.",
            EditPolicies => "Self-Enrollment Policy, operator alerts, and the words of emails.",
            ManageOperators => "Who may sign in and do what, and which systems may check one-time passwords.",
        }
    }
}

/// A set of permissions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Permissions(u32);

impl Permissions {
    /// All there are.
    pub fn all() -> Self {
        Permission::ALL.iter().copied().collect()
    }

    /// True if `permission` is among them.
    pub fn has(self, permission: Permission) -> bool {
        self.0 & (1 << permission as u32) != 0
    }

    /// How many.
    pub fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// Those among them that `other` lacks.
    pub fn beyond(self, other: Permissions) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |p| self.has(*p) && !other.has(*p))
    }

    /// Reads the names as the database keeps them; names that are no longer known grant nothing.
    pub fn parse(names: &str) -> Self {
        Permission::ALL.iter().copied().filter(|p| names.split(' ').any(|name| name == p.name())).collect()
    }

    /// The names as the database keeps them.
    pub fn to_names(self) -> String {
        let names: Vec<_> = Permission::ALL.iter().filter(|p| self.has(**p)).map(|p| p.name()).collect();
        names.join(" ")
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<T: IntoIterator<Item = Permission>>(iter: T) -> Self {
        Permissions(iter.into_iter().fold(0, |bits, p| bits | 1 << p as u32))
    }
}
