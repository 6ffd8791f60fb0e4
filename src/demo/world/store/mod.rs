//! Rows of the world as they are written, a slice after the other.

use diesel::prelude::*;

use crate::{
    audit,
    clock::Timestamp,
    db::AnyConn,
    error::Result,
    ids::UserId,
    insert_all,
    schema::{
        email_reports, email_tries, emails, enrollment_links, enrollments, task_containers, tasks, tokens, upgrades,
        users,
    },
};

pub mod rows;

use rows::{EmailRow, EnrollmentRow, LinkRow, PartRow, ReportRow, TaskRow, TokenRow, TryRow};

/// The tables that are filled.
pub const TABLES: [&str; 11] = [
    "users", "user_words", "tasks", "task_containers", "enrollments", "enrollment_links", "emails", "email_tries",
    "email_reports", "tokens", "audit_entries",
];

/// Rows in one statement. SQLite takes 32,766 values in one, and the widest row here has 26; a statement of more rows is no
/// faster.
const ROWS: usize = 500;

/// What an installation notes once a world is made in it.
const MADE: &str = "demo world";

/// True if a world was made here.
pub fn is_made(conn: &mut AnyConn) -> Result<bool> {
    Ok(upgrades::table.find(MADE).select(upgrades::name).first::<String>(conn).optional()?.is_some())
}

/// How many open tasks there are, however many.
pub fn open_tasks(conn: &mut AnyConn) -> Result<i64> {
    let open = tasks::table.filter(tasks::removed_at.is_null()).filter(tasks::enrolled.lt(tasks::users));
    Ok(open.count().get_result(conn)?)
}

/// Notes that a world was made.
pub fn note_made(conn: &mut AnyConn, now: Timestamp) -> Result<()> {
    diesel::insert_into(upgrades::table).values((upgrades::name.eq(MADE), upgrades::done_at.eq(now))).execute(conn)?;
    Ok(())
}

/// The last numbers that were given before the world is made.
#[derive(Clone, Copy, Debug)]
pub struct Numbers {
    pub task: i64,
    pub enrollment: i64,
    pub link: i64,
    pub email: i64,
    pub token: i64,
    pub user: i64,
}

/// The last numbers in the tables.
pub fn numbers(conn: &mut AnyConn) -> Result<Numbers> {
    macro_rules! last {
        ($table:ident) => {
            $table::table.select($table::id).order($table::id.desc()).first::<i64>(conn).optional()?.unwrap_or(0)
        };
    }
    Ok(Numbers {
        task: last!(tasks),
        enrollment: last!(enrollments),
        link: last!(enrollment_links),
        email: last!(emails),
        token: last!(tokens),
        user: last!(users),
    })
}

/// Disables these users.
pub fn disable(conn: &mut AnyConn, at: Timestamp, users: &[UserId]) -> Result<()> {
    let ids: Vec<i64> = users.iter().map(|user| user.0).collect();
    diesel::update(users::table.filter(users::id.eq_any(ids))).set(users::disabled_at.eq(at)).execute(conn)?;
    Ok(())
}

/// Rows of some tasks, with all that belongs to them.
#[derive(Default)]
pub struct Slice {
    pub tasks: Vec<TaskRow>,
    pub parts: Vec<PartRow>,
    pub enrollments: Vec<EnrollmentRow>,
    pub links: Vec<LinkRow>,
    pub emails: Vec<EmailRow>,
    pub tries: Vec<TryRow>,
    pub reports: Vec<ReportRow>,
    pub tokens: Vec<TokenRow>,
    pub entries: Vec<audit::NewRow>,
}

impl Slice {
    /// Writes the rows, and is empty then. What others refer to comes first.
    pub fn write(&mut self, conn: &mut AnyConn) -> Result<()> {
        macro_rules! write {
            ($($rows:ident into $table:ident),+) => {$(
                self.$rows.chunks(ROWS).try_for_each(|rows| insert_all!(&mut *conn, $table::table, rows))?;
                self.$rows.clear();
            )+};
        }
        write!(
            tasks into tasks,
            parts into task_containers,
            tokens into tokens,
            emails into emails,
            enrollments into enrollments,
            links into enrollment_links,
            tries into email_tries,
            reports into email_reports
        );
        audit::append(conn, &self.entries)?;
        self.entries.clear();
        Ok(())
    }
}
