//! Reports as files. However long one is, only a batch of it is in memory.

use chrono::NaiveDate;

use crate::{
    audit::{self, Entry, Verb},
    clock::Timestamp,
    db::AnyConn,
    desk::Desk,
    english::counted,
    error::Result,
    ids::{EnrollmentId, TaskId},
    operators::{Permission, Who},
    reports::{
        activity::{DEED_COLUMNS, STAND_COLUMNS},
        basis, deeds,
        filter::Filter,
        history, not_enrolled,
        store::{self, Basis},
        tokens,
    },
    sheet,
};

/// Rows read at once.
pub const BATCH: i64 = 1_000;

/// The reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// Provisioning history.
    Provisioning,
    /// Users not enrolled.
    NotEnrolled,
    /// Tokens by type and state.
    Tokens,
    /// What operators did.
    Operators,
}

impl Report {
    /// All of them, in the order of the tabs.
    pub const ALL: [Report; 4] = [Report::Provisioning, Report::NotEnrolled, Report::Tokens, Report::Operators];

    /// The words on the tab.
    pub fn label(self) -> &'static str {
        match self {
            Report::Provisioning => "Provisioning history",
            Report::NotEnrolled => "Users not enrolled",
            Report::Tokens => "Tokens",
            Report::Operators => "Operator activity",
        }
    }

    /// The address of the page; the file's is the same with `.csv` behind it.
    pub fn path(self) -> &'static str {
        match self {
            Report::Provisioning => "/reports/provisioning",
            Report::NotEnrolled => "/reports/not-enrolled",
            Report::Tokens => "/reports/tokens",
            Report::Operators => "/reports/operators",
        }
    }

    /// The name of the file, without the day.
    fn file(self) -> &'static str {
        match self {
            Report::Provisioning => "provisioning-history",
            Report::NotEnrolled => "users-not-enrolled",
            Report::Tokens => "tokens",
            Report::Operators => "operator-activity",
        }
    }
}

/// Where a file goes on.
#[derive(Clone, Copy, Debug)]
enum Next {
    Head,
    History(Option<(NaiveDate, TaskId)>),
    NotEnrolled(Option<(NaiveDate, EnrollmentId)>),
    Stands,
    Deeds,
    End,
}

/// A file that is being written.
pub struct Download {
    report: Report,
    filter: Filter,
    basis: Basis,
    who: Who,
    now: Timestamp,
    next: Next,
}

/// Begins a file of everything the filter finds, and notes in the audit log who took it and how much it was.
pub fn download(desk: &Desk, who: &Who, now: Timestamp, report: Report, filter: Filter) -> Result<Download> {
    who.need(Permission::Reports)?;
    let zone = desk.settings.zone;
    let (basis, rows) = desk.db.read(|conn| {
        let basis = basis(conn, who, now, zone)?.narrowed(conn, who, &filter)?;
        let rows = match report {
            Report::Provisioning => store::history::totals(conn, &basis, &filter)?.tasks,
            Report::NotEnrolled => store::not_enrolled::totals(conn, &basis, &filter)?.enrollments,
            Report::Tokens => length(&tokens(desk, conn, who, now, &filter)?.0),
            Report::Operators => length(&deeds(desk, conn, who, now, &filter)?.0),
        };
        Ok((basis, rows))
    })?;
    let many = counted(rows, "row");
    let sentence = format!("Downloaded {} as CSV, {many}", report.label());
    let mut entry = Entry::done(&who.actor, Verb::ReportsDownload, sentence);
    let narrowed = filter.pairs().iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join(", ");
    if !narrowed.is_empty() {
        entry = entry.fact("Filter", narrowed);
    }
    desk.db.write(|conn| audit::record(conn, now, &entry))?;
    Ok(Download { report, filter, basis, who: who.clone(), now, next: Next::Head })
}

fn length<T>(list: &[T]) -> i64 {
    i64::try_from(list.len()).unwrap_or(i64::MAX)
}

impl Download {
    /// "provisioning-history-2026-11-20.csv".
    pub fn file_name(&self) -> String {
        format!("{}-{}.csv", self.report.file(), self.basis.today)
    }

    /// The next part of the file; `None` at its end. Rows that come or go meanwhile may or may not be in it; no row is
    /// in it twice.
    ///
    /// # Errors
    /// The file is then not whole.
    pub fn part(&mut self, desk: &Desk) -> Result<Option<Vec<u8>>> {
        match self.next {
            Next::Head => {
                let (head, next) = match self.report {
                    Report::Provisioning => (sheet::head(&history::COLUMNS), Next::History(None)),
                    Report::NotEnrolled => (sheet::head(&not_enrolled::COLUMNS), Next::NotEnrolled(None)),
                    Report::Tokens => (sheet::head(&STAND_COLUMNS), Next::Stands),
                    Report::Operators => (sheet::head(&DEED_COLUMNS), Next::Deeds),
                };
                self.next = next;
                Ok(Some(head))
            }
            Next::End => Ok(None),
            _ => desk.db.read(|conn| self.rows(desk, conn)).map(|lines| (!lines.is_empty()).then(|| lines.concat())),
        }
    }

    fn rows(&mut self, desk: &Desk, conn: &mut AnyConn) -> Result<Vec<Vec<u8>>> {
        let (basis, filter, zone) = (&self.basis, &self.filter, desk.settings.zone);
        let (today, attempts) = (basis.today, basis.attempts_allowed);
        let (next, lines): (Next, Vec<Vec<u8>>) = match self.next {
            Next::History(after) => {
                let rows = store::history::batch(conn, basis, filter, after, BATCH)?;
                let last = rows.last().map(|row| (row.task.start_on, row.task.id));
                (Next::History(last), rows.iter().map(|row| sheet::line(&row.cells(zone, today))).collect())
            }
            Next::NotEnrolled(after) => {
                let rows = store::not_enrolled::batch(conn, basis, filter, after, BATCH)?;
                let last = rows.last().map(|row| (row.facts.stop_on, row.id));
                (
                    Next::NotEnrolled(last),
                    rows.iter().map(|row| sheet::line(&row.cells(attempts, zone, today))).collect(),
                )
            }
            Next::Stands => {
                let (rows, _) = tokens(desk, conn, &self.who, self.now, filter)?;
                (Next::End, rows.iter().map(|row| sheet::line(&row.cells())).collect())
            }
            Next::Deeds => {
                let (rows, _) = deeds(desk, conn, &self.who, self.now, filter)?;
                (Next::End, rows.iter().map(|row| sheet::line(&row.cells(zone))).collect())
            }
            Next::Head | Next::End => (Next::End, Vec::new()),
        };
        // A short batch was the last one.
        self.next = if length(&lines) < BATCH { Next::End } else { next };
        Ok(lines)
    }
}
