//! What emails say: the kinds, the facts in them, and their rendering as a subject, plain text and HTML.

use askama::Template;
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::{
    clock::{Timestamp, Zone, long_date},
    config::Settings,
    error::{Error, Result},
    ids::{ContainerId, EnrollmentId, TaskId, UserId},
};

/// Declares the kinds: the enum, its words, and the three templates of each under `templates/letters/<kind>/`.
macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $words:literal, $subject:literal, $text:literal, $html:literal;)+) => {
        /// What an email is about; each kind has a folder under `templates/letters`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Kind {
            $($(#[$doc])* $name,)+
        }

        impl Kind {
            /// All of them.
            pub const ALL: &'static [Kind] = &[$(Kind::$name,)+];

            /// The word in the database and in addresses.
            pub fn word(self) -> &'static str {
                match self { $(Kind::$name => $word,)+ }
            }

            /// What operators read.
            pub fn words(self) -> &'static str {
                match self { $(Kind::$name => $words,)+ }
            }

            fn render(self, v: &View) -> askama::Result<Letter> {
                match self {$(
                    Kind::$name => {
                        #[derive(Template)]
                        #[template(path = $subject)]
                        struct Subject<'a> { v: &'a View }
                        #[derive(Template)]
                        #[template(path = $text)]
                        struct Text<'a> { v: &'a View }
                        #[derive(Template)]
                        #[template(path = $html)]
                        struct Html<'a> { v: &'a View }
                        Ok(Letter {
                            subject: one_line(&Subject { v }.render()?),
                            text: Text { v }.render()?,
                            html: Html { v }.render()?,
                        })
                    }
                )+}
            }
        }
    };
}

kinds! {
    /// The link and the activation code: from Provision, Resend and Unlock.
    Enrollment = "enrollment", "Enrollment",
        "letters/enrollment/subject.txt", "letters/enrollment/body.txt", "letters/enrollment/body.html";
    /// Some days before the Stop Date.
    Reminder = "reminder", "Reminder",
        "letters/reminder/subject.txt", "letters/reminder/body.txt", "letters/reminder/body.html";
    /// The Stop Date was moved.
    NewStopDate = "new-stop-date", "New Stop Date",
        "letters/new-stop-date/subject.txt", "letters/new-stop-date/body.txt", "letters/new-stop-date/body.html";
    /// The user was taken out of the task, or the task was removed.
    Canceled = "canceled", "Canceled",
        "letters/canceled/subject.txt", "letters/canceled/body.txt", "letters/canceled/body.html";
    /// A token was bound to the user.
    Enrolled = "enrolled", "Enrolled",
        "letters/enrolled/subject.txt", "letters/enrolled/body.txt", "letters/enrolled/body.html";
    /// A token was taken out of use for a while.
    TokenSuspended = "token-suspended", "Token suspended",
        "letters/token-suspended/subject.txt", "letters/token-suspended/body.txt",
        "letters/token-suspended/body.html";
    /// A token was revoked.
    TokenRevoked = "token-revoked", "Token revoked",
        "letters/token-revoked/subject.txt", "letters/token-revoked/body.txt", "letters/token-revoked/body.html";
}

impl Kind {
    /// The kind of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Kind::ALL.iter().copied().find(|kind| kind.word() == word)
    }
}

/// What an email tells; nothing in it is secret, and it stays in the outbox.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// How the user is greeted; empty: by the User ID.
    pub first_name: String,
    /// First and last name, for operators; not in the email.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The User ID.
    pub user_id: String,
    /// What users call the type: "Authenticator app".
    pub authentication_type: String,
    /// The task's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<i64>,
    /// The last day on which the user may enroll.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_on: Option<NaiveDate>,
    /// The last day as it was before it was moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_stop_on: Option<NaiveDate>,
    /// The UserID of the operator who asked for it.
    pub requester: String,
    /// The serial number of the token it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
}

/// What must not stay: sealed until the mail server has accepted the email, then wiped (product.md §6).
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Secret {
    /// The end of the enrollment link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handle: Option<String>,
    /// The activation code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The link ends in `#code` (Self-Enrollment Policy).
    pub carries_code: bool,
    /// The address typed for this one email; [`super::post`] puts it here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alternate_to: Option<String>,
}

/// An email to be put into the outbox.
#[derive(Clone)]
pub struct NewEmail {
    /// What it is about.
    pub kind: Kind,
    /// The address it goes to.
    pub to: String,
    /// The address was typed for this one email: it is kept masked, and as itself only in the sealed secret.
    pub alternate: bool,
    /// The user it goes to.
    pub user: Option<UserId>,
    /// The container of that user, for the scope of who may see it.
    pub container: Option<ContainerId>,
    /// The task it belongs to.
    pub task: Option<TaskId>,
    /// The enrollment it belongs to.
    pub enrollment: Option<EnrollmentId>,
    /// What it tells.
    pub facts: Facts,
    /// What of it must not stay.
    pub secret: Option<Secret>,
    /// From then on it is no longer tried: the end of the Stop Date.
    pub give_up_at: Timestamp,
}

/// An email as the user reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// One line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// A whole HTML document.
    pub html: String,
}

/// What the templates of letters print.
struct View {
    org: String,
    sender: String,
    help: String,
    site: String,
    greeting: String,
    user_id: String,
    authentication_type: String,
    /// "an authenticator app", inside a sentence.
    a_token: String,
    task: String,
    requester: String,
    serial: String,
    /// "27 November"
    day: String,
    /// "Friday 27 November 2026, 23:59, Europe/Berlin"
    until: String,
    previous_until: String,
    link: String,
    /// The link without `#code` and without its scheme: what is shown of it.
    shown_link: String,
    code: String,
}

/// Renders the email of this `kind`. `secret` is opened only for this; the letter must not be kept either.
///
/// # Errors
/// `Internal` if a template fails.
pub fn render(settings: &Settings, kind: Kind, facts: &Facts, secret: Option<&Secret>) -> Result<Letter> {
    let view = View::new(settings, facts, secret);
    kind.render(&view).map_err(|error| Error::Internal(format!("a letter was not rendered: {error}")))
}

impl View {
    fn new(settings: &Settings, facts: &Facts, secret: Option<&Secret>) -> Self {
        let until = |date: Option<NaiveDate>| date.map(|date| last_moment(settings.zone, date)).unwrap_or_default();
        let first_name = one_line(&facts.first_name);
        let user_id = one_line(&facts.user_id);
        let kind_of_token = one_line(&facts.authentication_type);
        let handle = secret.and_then(|secret| secret.handle.as_deref());
        let code = secret.and_then(|secret| secret.code.as_deref()).unwrap_or_default();
        let plain_link = handle.map(|handle| format!("{}/enroll/{handle}", settings.public_url)).unwrap_or_default();
        let in_link = secret.is_some_and(|secret| secret.carries_code) && !code.is_empty() && handle.is_some();
        View {
            org: one_line(&settings.organization),
            sender: if settings.mail_from.name.is_empty() {
                one_line(&settings.organization)
            } else {
                one_line(&settings.mail_from.name)
            },
            help: one_line(&settings.help_desk),
            site: format!("{}/", settings.public_url),
            greeting: if first_name.is_empty() { user_id.clone() } else { first_name },
            user_id,
            a_token: with_article(&kind_of_token),
            authentication_type: kind_of_token,
            task: facts.task.map(|task| task.to_string()).unwrap_or_default(),
            requester: one_line(&facts.requester),
            serial: one_line(facts.serial.as_deref().unwrap_or_default()),
            day: facts.stop_on.map(|date| format!("{} {}", date.day(), date.format("%B"))).unwrap_or_default(),
            until: until(facts.stop_on),
            previous_until: until(facts.previous_stop_on),
            shown_link: plain_link.split_once("://").map(|(_, rest)| rest.to_owned()).unwrap_or_default(),
            link: if in_link { format!("{plain_link}#{code}") } else { plain_link },
            code: grouped(code),
        }
    }
}

/// "Friday 27 November 2026, 23:59, Europe/Berlin": the user may enroll until the end of the day (product.md §2).
fn last_moment(zone: Zone, date: NaiveDate) -> String {
    format!("{}, 23:59, {}", long_date(date), zone.name())
}

/// "an authenticator app", "a hardware token".
fn with_article(kind_of_token: &str) -> String {
    let mut letters = kind_of_token.chars();
    let Some(first) = letters.next() else { return "a token".into() };
    let article = if "AEIOUaeiou".contains(first) { "an" } else { "a" };
    format!("{article} {}{}", first.to_lowercase(), letters.as_str())
}

/// An activation code in groups of five, or of four where five does not go in; the portal ignores the spaces.
fn grouped(code: &str) -> String {
    let letters: Vec<char> = code.chars().collect();
    let size = if letters.len().is_multiple_of(5) { 5 } else { 4 };
    letters.chunks(size).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// `text` as one line: what would break a line, a header or the direction of writing becomes a space.
pub fn one_line(text: &str) -> String {
    let breaks = |c: char| {
        c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200E}' | '\u{200F}')
            || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    text.split(|c: char| c.is_whitespace() || breaks(c)).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// "a•••@m•••.example": what is kept of an address that was typed for one email.
pub fn masked(address: &str) -> String {
    let start = |part: &str| part.chars().next().map(String::from).unwrap_or_default();
    let address = one_line(address);
    match address.rsplit_once('@') {
        Some((local, domain)) => {
            let end = domain.rsplit_once('.').map(|(_, end)| format!(".{end}")).unwrap_or_default();
            format!("{}•••@{}•••{end}", start(local), start(domain))
        }
        None => format!("{}•••", start(&address)),
    }
}
