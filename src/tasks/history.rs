//! The history of a task as its page tells it.

use crate::clock::Timestamp;

/// Verbs whose entries are written for each of many users, beside one that sums them up.
pub const PER_USER: [&str; 4] =
    ["tasks.provision_user", "tasks.remove_user", "tasks.stop_date_user", "tasks.resend_user"];

/// An entry of the audit log about a task.
#[derive(Clone, Debug)]
pub struct Told {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// What, by the stable name.
    pub verb: String,
    /// How it ended.
    pub outcome: String,
    /// On whom; empty for the task as a whole.
    pub subject: String,
    /// What happened.
    pub sentence: String,
}

impl Told {
    /// The drawing in front of it.
    pub fn icon(&self) -> &'static str {
        match self.verb.as_str() {
            "tasks.provision" => "ticket",
            "tasks.stop_date" => "calendar",
            "tasks.resend" => "send",
            "tasks.unlock" => "lock-open",
            "tasks.remove" | "tasks.remove_users" | "tasks.replace" => "user-minus",
            "mail.send" => "mail-x",
            verb if verb.starts_with("enrollment.") && self.outcome == "refused" => "lock",
            _ => "circle-check",
        }
    }
}
