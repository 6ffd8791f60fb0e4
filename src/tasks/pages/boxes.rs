//! What Edit of a task reads: the rows of a view, who is ticked, and how many there are.

use crate::{
    clock::Timestamp,
    db::AnyConn,
    desk::Desk,
    error::Result,
    ids::{EnrollmentId, TaskId},
    operators::Who,
    policy::{self, Policy},
    tasks::{
        Status,
        list::Row,
        members::{EnrollmentRow, Filter},
        reading, store,
    },
    web::Paging,
};

/// Enrolled users who are named at the foot of the list; all of them are rows of the view All.
const ENROLLED: i64 = 50;

/// Which users of the task are rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// Active, Locked and Expired ones together, as far as they have not enrolled.
    Open,
    /// Those who may enroll.
    Active,
    /// Too many failed attempts.
    Locked,
    /// Past the Stop Date.
    Expired,
    /// Those who enrolled, too.
    All,
}

impl View {
    /// All of them, in the order of the links.
    pub const ALL: [View; 5] = [View::Open, View::Active, View::Locked, View::Expired, View::All];

    /// The word in the address; empty for the first.
    pub fn code(self) -> &'static str {
        match self {
            View::Open => "",
            View::Active => "active",
            View::Locked => "locked",
            View::Expired => "expired",
            View::All => "all",
        }
    }

    /// The view of this word; the first for any other.
    pub fn from_code(word: &str) -> Self {
        View::ALL.into_iter().find(|view| view.code() == word.trim().to_lowercase()).unwrap_or(View::Open)
    }

    /// The words on the link.
    pub fn label(self) -> &'static str {
        match self {
            View::Open => "Still to enroll",
            View::Active => "Active",
            View::Locked => "Locked",
            View::Expired => "Expired",
            View::All => "All",
        }
    }

    /// The drawing on the link; empty for none.
    pub fn icon(self) -> &'static str {
        match self {
            View::Active => "status-active",
            View::Locked => "status-locked",
            View::Expired => "status-expired",
            View::Open | View::All => "",
        }
    }

    /// As the list of members takes it.
    pub fn filter(self) -> Filter {
        let status = match self {
            View::Open | View::All => None,
            View::Active => Some(Status::Active),
            View::Locked => Some(Status::Locked),
            View::Expired => Some(Status::Expired),
        };
        Filter { status, open: self != View::All, ..Filter::default() }
    }
}

/// All of it.
pub struct Boxes {
    /// The task.
    pub row: Row,
    /// The rows of the page.
    pub members: Vec<EnrollmentRow>,
    /// Rows of the view.
    pub total: i64,
    /// Who is ticked and can be changed, on this page or another.
    pub ticked: Vec<EnrollmentRow>,
    /// How many of the view have not enrolled.
    pub matching: i64,
    /// How many of those can be resent to, if all were asked for.
    pub can_resend: i64,
    /// How many of those can be unlocked, if all were asked for.
    pub can_unlock: i64,
    /// Rows of each view with this search.
    pub by_view: [i64; 5],
    /// The first of those who enrolled.
    pub enrolled: Vec<EnrollmentRow>,
    /// The policy.
    pub policy: Policy,
}

/// Reads it.
///
/// # Errors
/// `NotFound` out of scope.
#[allow(clippy::too_many_arguments, reason = "of which task, which rows, and who is ticked")]
pub fn read(
    desk: &Desk,
    who: &Who,
    now: Timestamp,
    id: TaskId,
    filter: &Filter,
    ticks: &[EnrollmentId],
    paging: Paging,
    all: bool,
) -> Result<Boxes> {
    let (zone, scope) = (desk.settings.zone, &who.scope);
    let today = zone.today(now);
    desk.db.read(|conn| {
        let row = reading::find(conn, who, now, zone, id)?;
        let policy = policy::current(conn)?;
        let attempts = policy.attempts_allowed;
        let count =
            |conn: &mut AnyConn, filter: Filter| store::members::count(conn, id, scope, &filter, attempts, today);
        let page = |conn: &mut AnyConn, filter: &Filter, offset, limit| {
            store::members::page(conn, id, scope, filter, attempts, today, offset, limit)
        };
        let (members, total) = page(conn, filter, paging.offset(), paging.size)?;
        let enrolled = Filter { enrolled: true, ..Filter::default() };
        let enrolled = if row.task.counts.enrolled > 0 { page(conn, &enrolled, 0, ENROLLED)?.0 } else { Vec::new() };
        let mut by_view = [0; 5];
        if filter.q.is_empty() {
            let (counts, progress) = (&row.task.counts, row.progress);
            let active = counts.resendable(progress);
            by_view =
                [active + progress.locked + progress.expired, active, progress.locked, progress.expired, counts.users];
        } else {
            for (count_of, view) in by_view.iter_mut().zip(View::ALL) {
                *count_of = count(conn, Filter { q: filter.q.clone(), ..view.filter() })?;
            }
        }
        let ticked = match ticks {
            [] => Vec::new(),
            ticks => {
                let open = Filter { open: true, ..Filter::default() };
                store::members::ticked(conn, id, scope, &open, Some(ticks), attempts, today)?
            }
        };
        let matching = count(conn, Filter { open: true, ..filter.clone() })?;
        // What can be done to all that match is counted as the verbs decide.
        let mut able = |status: Status| match filter.status {
            _ if !all => Ok(0),
            Some(other) if other != status => Ok(0),
            _ => count(conn, Filter { status: Some(status), open: true, reachable: true, ..filter.clone() }),
        };
        let (can_resend, can_unlock) = (able(Status::Active)?, able(Status::Locked)?);
        Ok(Boxes { row, members, total, ticked, matching, can_resend, can_unlock, by_view, enrolled, policy })
    })
}
