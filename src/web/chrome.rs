//! The shell around every page of the console: navigation, account, flash.

use actix_session::Session;
use serde::{Deserialize, Serialize};

use crate::{
    clock::Timestamp,
    config::Settings,
    db::{AnyConn, Total},
    desk::Desk,
    error::Result,
    operators::{Permission, Who},
};

/// What every page tells: the numbers beside the navigation, and the operator's own long work.
#[derive(Clone, Debug, Default)]
pub struct Numbers {
    /// Open provisioning tasks.
    pub open_tasks: Total,
    /// Emails that failed and still matter.
    pub mail_failures: Total,
    /// The operator's newest long work that goes on.
    pub work: Option<OpenWork>,
}

/// Long work that goes on, in one line.
#[derive(Clone, Debug)]
pub struct OpenWork {
    /// Its page.
    pub href: String,
    /// What is done to how many.
    pub title: String,
    /// How much of it is prepared.
    pub percent: i64,
}

/// Counts them; given by `app`, since the shell itself knows no feature.
#[derive(Clone, Copy)]
pub struct Counts(pub fn(&Desk, &mut AnyConn, &Who, Timestamp) -> Result<Numbers>);

/// What `layout.html` expects.
pub struct Chrome {
    /// The organization's name.
    pub org: String,
    /// Host and port people typed.
    pub host: String,
    /// The time zone of all times on the page.
    pub time_zone: String,
    /// "", "light" or "dark".
    pub theme: &'static str,
    /// True if the keys of `/shortcuts` work in this browser.
    pub keys: bool,
    /// The operator's UserID.
    pub user_id: String,
    /// Their role.
    pub role: String,
    /// Two letters for the disc.
    pub initials: String,
    /// The navigation, without what the role cannot open.
    pub nav: Vec<NavGroup>,
    /// What happened just now.
    pub flash: Vec<Flash>,
    /// True in the demo: a banner says what is different there.
    pub demo: bool,
    /// True if no email can leave, since no mail server is set: a banner says so, and what to do.
    pub mail_waits: bool,
    /// The operator's own long work that goes on, on all pages but its own.
    pub work: Option<OpenWork>,
    /// True if the Find box is drawn.
    pub find: bool,
    /// This page's address, for forms that come back to it.
    pub path: String,
}

/// A group of the navigation.
pub struct NavGroup {
    /// Its heading; empty for the first.
    pub label: &'static str,
    /// Its entries.
    pub items: Vec<NavItem>,
}

/// An entry of the navigation.
pub struct NavItem {
    /// The words.
    pub label: &'static str,
    /// The address.
    pub href: &'static str,
    /// The icon's name in the sprite.
    pub icon: &'static str,
    /// The letter that leads there after "g"; empty for none.
    pub key: &'static str,
    /// True if the page is in this module.
    pub current: bool,
    /// The number beside it.
    pub count: Option<String>,
    /// True if the number wants attention.
    pub alarm: bool,
}

/// What happened just now, shown once on the next page.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Flash {
    /// "good", "warn" or "bad".
    pub kind: String,
    /// The fact.
    pub bold: String,
    /// What else there is to know.
    pub detail: String,
    /// One way on: address and words.
    pub link: Option<(String, String)>,
}

impl Flash {
    /// It worked.
    pub fn good(bold: impl Into<String>, detail: impl Into<String>) -> Self {
        Flash { kind: "good".into(), bold: bold.into(), detail: detail.into(), link: None }
    }

    /// It worked, with something to look at.
    pub fn warn(bold: impl Into<String>, detail: impl Into<String>) -> Self {
        Flash { kind: "warn".into(), ..Flash::good(bold, detail) }
    }

    /// It did not work.
    pub fn bad(bold: impl Into<String>, detail: impl Into<String>) -> Self {
        Flash { kind: "bad".into(), ..Flash::good(bold, detail) }
    }

    /// Adds the one way on.
    #[must_use]
    pub fn link(mut self, href: impl Into<String>, words: impl Into<String>) -> Self {
        self.link = Some((href.into(), words.into()));
        self
    }
}

const FLASH: &str = "flash";

pub(crate) fn put_flash(session: &Session, flash: &Flash) {
    let mut list: Vec<Flash> = session.get(FLASH).ok().flatten().unwrap_or_default();
    list.push(flash.clone());
    // A flash that cannot be kept is not worth failing a change that was made.
    let _ = session.insert(FLASH, list);
}

pub(crate) fn take_flash(session: &Session) -> Vec<Flash> {
    // Removing what is not there would count as a change of the session, and be written on every page.
    if !session.contains_key(FLASH) {
        return Vec::new();
    }
    session.remove_as::<Vec<Flash>>(FLASH).and_then(|list| list.ok()).unwrap_or_default()
}

/// Label, address, icon, and the permissions any of which opens it (none: everyone).
type Entry = (&'static str, &'static str, &'static str, &'static [Permission]);

/// The navigation of PRODUCT.md §8 in the groups of the design: Shortcuts first, since the document enters there.
const ENTRIES: &[(&str, &[Entry])] = &[
    ("", &[("Snapshot", "/", "nav-snapshot", &[])]),
    (
        "Shortcuts",
        &[
            ("Provisioning Tasks", "/tasks", "nav-tasks", &[Permission::SeeTasks]),
            ("Outbox", "/outbox", "nav-outbox", &[Permission::SeeOutbox]),
            ("Create User", "/users/new", "user-plus", &[Permission::EditUsers]),
            ("Import Users", "/users/import", "upload", &[Permission::EditUsers]),
        ],
    ),
    (
        "Manage",
        &[
            ("Assignment", "/users", "nav-assignment", &[Permission::SeeUsers]),
            ("Tokens", "/tokens", "nav-tokens", &[Permission::SeeUsers]),
        ],
    ),
    (
        "Oversee",
        &[
            ("Reports", "/reports/enrollments", "nav-reports", &[Permission::Reports]),
            ("Audit log", "/audit", "nav-audit", &[Permission::SeeAudit, Permission::SeeOwnAudit]),
        ],
    ),
    (
        "Set up",
        &[
            ("Policy", "/policy/self-enrollment", "nav-policy", &[Permission::EditPolicies]),
            ("Messages", "/messages", "nav-comms", &[Permission::EditPolicies]),
            ("Operators", "/operators", "nav-operators", &[Permission::ManageOperators]),
        ],
    ),
];

/// The keys of `/shortcuts`: a letter after "g", and the address in the navigation that it leads to.
const KEYS: &[(&str, &str)] = &[
    ("s", "/"),
    ("t", "/tasks"),
    ("o", "/outbox"),
    ("a", "/users"),
    ("k", "/tokens"),
    ("r", "/reports/enrollments"),
    ("l", "/audit"),
    ("p", "/policy/self-enrollment"),
];

impl Chrome {
    /// The shell for `who` on the page at `path`, in a browser that chose nothing.
    pub fn new(settings: &Settings, who: &Who, path: &str, numbers: Numbers, flash: Vec<Flash>) -> Self {
        let here = current(path);
        let entry = |&(label, href, icon, needs): &Entry| {
            who.may_any(needs).then(|| NavItem {
                label,
                href,
                icon,
                key: KEYS.iter().find(|(_, to)| *to == href).map_or("", |(key, _)| key),
                current: here == Some(href),
                count: match href {
                    "/tasks" => Some(numbers.open_tasks.short()),
                    "/outbox" if numbers.mail_failures.rows > 0 => Some(numbers.mail_failures.short()),
                    _ => None,
                },
                alarm: href == "/outbox",
            })
        };
        let nav = ENTRIES
            .iter()
            .map(|(label, entries)| NavGroup { label, items: entries.iter().filter_map(entry).collect() })
            .filter(|group| !group.items.is_empty())
            .collect();
        Chrome {
            org: settings.organization.clone(),
            host: settings.host.clone(),
            time_zone: settings.zone.name().to_owned(),
            theme: "",
            keys: true,
            user_id: who.name().to_owned(),
            role: who.actor.role.clone(),
            initials: initials(who.name()),
            nav,
            flash,
            demo: settings.demo,
            mail_waits: !settings.mail_leaves(),
            work: numbers.work.filter(|work| !path.starts_with(work.href.as_str())),
            find: true,
            path: path.to_owned(),
        }
    }
}

/// The entry that the page at `path` belongs to: the longest address it begins with.
fn current(path: &str) -> Option<&'static str> {
    let begins =
        |module: &str| path.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    let inside = |href: &&str| match *href {
        // All reports are one module, and so on, whichever of their tabs the navigation leads to.
        "/reports/enrollments" => begins("/reports"),
        "/policy/self-enrollment" => begins("/policy"),
        "/operators" => ["/operators", "/roles", "/auth-nodes"].into_iter().any(begins),
        href => begins(href),
    };
    ENTRIES.iter().flat_map(|(_, entries)| *entries).map(|entry| entry.1).filter(inside).max_by_key(|href| href.len())
}

/// "KL" for "k.lindqvist", "AD" for "admin".
pub fn initials(name: &str) -> String {
    let parts: Vec<&str> = name.split(['.', '-', '_', ' ', '@']).filter(|part| !part.is_empty()).collect();
    let letters: String = match parts.as_slice() {
        [first, second, ..] => first.chars().take(1).chain(second.chars().take(1)).collect(),
        [only] => only.chars().take(2).collect(),
        [] => "?".into(),
    };
    letters.to_uppercase()
}
