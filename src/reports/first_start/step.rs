//! The steps of the first start.

/// A step of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The mail server accepted an email.
    MailServer,
    /// Emails and the portal name whom to call.
    HelpDesk,
    /// The time zone of Stop Dates was chosen.
    TimeZone,
    /// There is a user.
    Users,
    /// There are devices; wanted by some, so that the list is done without it.
    HardwareTokens,
    /// Two operators can sign in.
    SecondOperator,
    /// A system asked for one-time passwords.
    AuthNode,
    /// A backup ended well, or the organization backs its PostgreSQL up.
    Backup,
}

impl Step {
    /// All of them, in the order of the list.
    pub const ALL: [Step; 8] = [
        Step::MailServer,
        Step::HelpDesk,
        Step::TimeZone,
        Step::Users,
        Step::HardwareTokens,
        Step::SecondOperator,
        Step::AuthNode,
        Step::Backup,
    ];

    /// True if the list is not done without it.
    pub fn is_needed(self) -> bool {
        self != Step::HardwareTokens
    }
}
