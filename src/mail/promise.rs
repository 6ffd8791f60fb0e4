//! What may be said of an email that was just written: that it leaves, or what it waits for. No page promises more.

use crate::config::Settings;

/// What email waits for where nothing can leave, at the end of a sentence.
const WAITS_FOR: &str = "no mail server is set (setting smtp_url)";

/// Of one: "The email is on its way.", or that it waits.
pub fn one(settings: &Settings, email: &str) -> String {
    if settings.mail_leaves() { format!("{email} is on its way.") } else { format!("{email} waits: {WAITS_FOR}.") }
}

/// Of many: "The emails are on their way.", or that they wait.
pub fn of_many(settings: &Settings, emails: &str) -> String {
    if settings.mail_leaves() { format!("{emails} are on their way.") } else { format!("{emails} wait: {WAITS_FOR}.") }
}

/// What is added to a sentence that tells of emails without promising anything: nothing, or that they wait.
pub fn or_waits(settings: &Settings) -> String {
    if settings.mail_leaves() { String::new() } else { of_many(settings, "Emails") }
}
