//! The letters that are built in: `templates/letters/<kind>/`, and what is filled into them.

use super::{Facts, Kind, Secret, alert::Alert, one_line};
use crate::{
    clock::{Timestamp, Zone, long_date},
    config::Settings,
    english::{continued, groups, with_article},
    error::{Error, Result},
};
use askama::Template;
use chrono::{Datelike, NaiveDate};

/// Renders the three templates of the folder of `$kind`. In plain text each space and line end is read.
macro_rules! letters {
    ($kind:expr, $view:expr, $($name:ident: $subject:literal, $text:literal, $html:literal;)+) => {
        match $kind {$(
            Kind::$name => {
                #[derive(Template)]
                #[template(path = $subject, whitespace = "preserve")]
                #[allow(dead_code, reason = "some subjects name nothing")]
                struct Subject<'a> { v: &'a View }
                #[derive(Template)]
                #[template(path = $text, whitespace = "preserve")]
                struct Text<'a> { v: &'a View, facts: &'a [Fact<'a>] }
                #[derive(Template)]
                #[template(path = $html, whitespace = "preserve")]
                struct Html<'a> { v: &'a View, facts: &'a [Fact<'a>] }
                let facts = &$view.facts($kind);
                Ok(Letter {
                    subject: one_line(&Subject { v: $view }.render()?),
                    text: Text { v: $view, facts }.render()?,
                    html: Html { v: $view, facts }.render()?,
                })
            }
        )+}
    };
}

pub(super) fn fill(kind: Kind, v: &View) -> askama::Result<Letter> {
    letters! { kind, v,
        Enrollment: "letters/enrollment/subject.txt", "letters/enrollment/body.txt", "letters/enrollment/body.html";
        Reminder: "letters/reminder/subject.txt", "letters/reminder/body.txt", "letters/reminder/body.html";
        NewStopDate: "letters/new-stop-date/subject.txt", "letters/new-stop-date/body.txt", "letters/new-stop-date/body.html";
        Canceled: "letters/canceled/subject.txt", "letters/canceled/body.txt", "letters/canceled/body.html";
        Enrolled: "letters/enrolled/subject.txt", "letters/enrolled/body.txt", "letters/enrolled/body.html";
        Locked: "letters/locked/subject.txt", "letters/locked/body.txt", "letters/locked/body.html";
        TokenAssigned: "letters/token-assigned/subject.txt", "letters/token-assigned/body.txt", "letters/token-assigned/body.html";
        TokenImported: "letters/token-imported/subject.txt", "letters/token-imported/body.txt", "letters/token-imported/body.html";
        TokenSuspended: "letters/token-suspended/subject.txt", "letters/token-suspended/body.txt", "letters/token-suspended/body.html";
        ReportedLost: "letters/reported-lost/subject.txt", "letters/reported-lost/body.txt", "letters/reported-lost/body.html";
        TemporaryCode: "letters/temporary-code/subject.txt", "letters/temporary-code/body.txt", "letters/temporary-code/body.html";
        CallBackCode: "letters/call-back-code/subject.txt", "letters/call-back-code/body.txt", "letters/call-back-code/body.html";
        TokenRevoked: "letters/token-revoked/subject.txt", "letters/token-revoked/body.txt", "letters/token-revoked/body.html";
        Alert: "letters/alert/subject.txt", "letters/alert/body.txt", "letters/alert/body.html";
        Test: "letters/test/subject.txt", "letters/test/body.txt", "letters/test/body.html";
    }
}

/// The authentication type for which users need the device they were given, and no phone (PRODUCT.md §1).
const HARDWARE: &str = "Hardware token";

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
#[derive(Default)]
pub(super) struct View {
    pub(super) org: String,
    pub(super) sender: String,
    pub(super) help: String,
    pub(super) site: String,
    pub(super) greeting: String,
    pub(super) user_id: String,
    pub(super) authentication_type: String,
    /// "an authenticator app", inside a sentence.
    pub(super) a_token: String,
    /// What the user needs at hand: "phone" or "token".
    pub(super) at_hand: &'static str,
    pub(super) task: String,
    pub(super) requester: String,
    pub(super) serial: String,
    /// "27 November"
    pub(super) day: String,
    /// "Friday 27 November 2026, 23:59, Europe/Berlin"
    pub(super) until: String,
    pub(super) previous_until: String,
    /// "2026-11-21 14:38, Europe/Berlin"
    pub(super) works_until: String,
    pub(super) link: String,
    /// The link without `#code` and without its scheme: what is shown of it.
    pub(super) shown_link: String,
    pub(super) code: String,
    pub(super) alert: Alert,
}

/// The built-in letter.
pub(super) fn built_in(kind: Kind, view: &View) -> Result<Letter> {
    fill(kind, view).map_err(not_rendered)
}

pub(super) fn not_rendered(error: askama::Error) -> Error {
    Error::Internal(format!("a letter was not rendered: {error}"))
}

/// A line under the first words of a letter.
struct Fact<'a> {
    name: &'static str,
    value: &'a str,
}

impl Fact<'_> {
    /// As plain text has it: the values one below the other.
    fn padded(&self) -> String {
        format!("  {:<22}{}", format!("{}:", self.name), self.value)
    }
}

impl View {
    /// The facts of a letter of this `kind`, the same in plain text and in HTML; what is empty is left out.
    fn facts(&self, kind: Kind) -> Vec<Fact<'_>> {
        let (task, serial, by) = (("Task", &self.task), ("Serial Number", &self.serial), &self.requester);
        let until = ("Works until", &self.until);
        let of_user = [("User ID", &self.user_id), ("Authentication Type", &self.authentication_type)];
        let facts = match kind {
            Kind::Enrollment | Kind::Reminder => vec![until, task, ("Requested by", by)],
            Kind::NewStopDate => vec![until, ("Before it was", &self.previous_until), task, ("Requested by", by)],
            Kind::Canceled => vec![task, ("Canceled by", by)],
            Kind::Enrolled => vec![serial, task],
            Kind::Locked => vec![task],
            Kind::TokenAssigned => vec![serial, ("Assigned by", by)],
            Kind::TokenImported => vec![serial, ("Imported by", by)],
            Kind::TokenSuspended => vec![serial, ("Suspended by", by)],
            Kind::ReportedLost => vec![serial, ("Reported to", by)],
            Kind::TemporaryCode => vec![("Works until", &self.works_until), ("Given by", by)],
            Kind::CallBackCode => vec![("Works until", &self.works_until), ("Asked by", by)],
            Kind::TokenRevoked => vec![serial, ("Revoked by", by)],
            Kind::Alert => {
                let Alert { operator, role, until, .. } = &self.alert;
                vec![("UserID", operator), ("Role", role), ("Up to", until)]
            }
            Kind::Test => vec![("Requested by", by)],
        };
        let of_user = of_user.into_iter().filter(|_| !matches!(kind, Kind::Alert | Kind::Test));
        let all = of_user.chain(facts).filter(|(_, value)| !value.is_empty());
        all.map(|(name, value)| Fact { name, value }).collect()
    }

    pub(super) fn new(settings: &Settings, facts: &Facts, secret: Option<&Secret>) -> Self {
        let until = |date: Option<NaiveDate>| date.map(|date| last_moment(settings.zone, date)).unwrap_or_default();
        let first_name = one_line(&facts.first_name);
        let user_id = one_line(&facts.user_id);
        let kind_of_token = one_line(&facts.authentication_type);
        let code = secret.and_then(|secret| secret.code.as_deref()).unwrap_or_default();
        let link = secret.and_then(|secret| link(settings, secret)).unwrap_or_default();
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
            a_token: a_token(&kind_of_token),
            at_hand: if kind_of_token == HARDWARE { "token" } else { "phone" },
            authentication_type: kind_of_token,
            task: facts.task.map(|task| task.to_string()).unwrap_or_default(),
            requester: one_line(&facts.requester),
            serial: one_line(facts.serial.as_deref().unwrap_or_default()),
            day: facts.stop_on.map(|date| format!("{} {}", date.day(), date.format("%B"))).unwrap_or_default(),
            until: until(facts.stop_on),
            previous_until: until(facts.previous_stop_on),
            works_until: facts.works_until.map(|at| moment_of(settings.zone, at)).unwrap_or_default(),
            shown_link: shown(&link).to_owned(),
            link,
            code: grouped(code),
            alert: facts.alert.as_ref().map(|alert| alert.written(&settings.public_url)).unwrap_or_default(),
        }
    }
}

/// "Friday 27 November 2026, 23:59, Europe/Berlin": the user may enroll until the end of the day (PRODUCT.md §2).
fn last_moment(zone: Zone, date: NaiveDate) -> String {
    format!("{}, 23:59, {}", long_date(date), zone.name())
}

/// "an authenticator app", "a hardware token".
pub(super) fn a_token(kind_of_token: &str) -> String {
    with_article(&continued(if kind_of_token.is_empty() { "token" } else { kind_of_token }))
}

/// "2026-11-21 14:38, Europe/Berlin": when a code ends.
fn moment_of(zone: Zone, at: Timestamp) -> String {
    format!("{}, {}", zone.local(at).format("%Y-%m-%d %H:%M"), zone.name())
}

/// An activation code in groups of five, or of four where five does not go in; the portal ignores the spaces. Six digits are
/// two groups of three.
pub fn grouped(code: &str) -> String {
    let size = match code.chars().count() {
        6 => 3,
        letters if letters.is_multiple_of(5) => 5,
        _ => 4,
    };
    groups(code, size)
}

/// The enrollment link; with `carries_code` it ends in `#code`, which no browser sends anywhere (PRODUCT.md §3).
pub fn link(settings: &Settings, secret: &Secret) -> Option<String> {
    let link = format!("{}/enroll/{}", settings.public_url, secret.handle.as_ref()?);
    match &secret.code {
        Some(code) if secret.carries_code => Some(format!("{link}#{code}")),
        _ => Some(link),
    }
}

/// A link without its scheme and its fragment.
pub(super) fn shown(link: &str) -> &str {
    let link = link.split_once("://").map_or(link, |(_, rest)| rest);
    link.split_once('#').map_or(link, |(rest, _)| rest)
}
