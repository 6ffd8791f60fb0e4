//! `/metrics`: numbers for monitors, in the text format of Prometheus (exposition format 0.0.4). No secrets, and nobody's
//! name.

use std::fmt::{Display, Write as _};

use chrono::NaiveDate;

use crate::{
    clock::{Timestamp, unix_seconds},
    db::{AnyConn, PoolState},
    desk::Desk,
    error::Result,
    mail,
    meter::{BOUNDS, Counted},
    policy,
    reports::store::metrics as store,
    rounds::Round,
};

pub use super::stock::{EnrollmentCounts, Stock};

/// Counts what the database holds.
pub fn stock(conn: &mut AnyConn, today: NaiveDate) -> Result<Stock> {
    let limit = policy::current(conn)?.attempts_allowed;
    let last_accepted_at = mail::health(conn)?.last_accepted_at;
    Ok(Stock { last_accepted_at, ..store::stock(conn, today, limit)? })
}

/// All of it, as monitors read it. Without a database the numbers of the process alone: that is when they are needed.
pub fn text(desk: &Desk, now: Timestamp) -> String {
    let stock = desk.meter.remembered(now, || {
        let stock = desk.db.read(|conn| stock(conn, desk.settings.zone.today(now)))?;
        Ok(of_stock(&stock))
    });
    if let Err(error) = &stock {
        tracing::warn!("the database does not answer the monitor: {error}");
    }
    let mut page = Page::default();
    page.head("tokendesk_build_info", "gauge", "The version that runs.");
    page.line("tokendesk_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
    page.head("tokendesk_database_up", "gauge", "1 if the database answers.");
    page.line("tokendesk_database_up", &[], i32::from(stock.is_ok()));
    of_process(&mut page, &desk.meter.counted(), &desk.db.pools());
    let name = "tokendesk_database_waiting";
    page.head(name, "gauge", "Changes that wait for the writer of the embedded database.");
    page.line(name, &[], desk.db.waiting());
    of_rounds(&mut page, desk);
    page.text + stock.unwrap_or_default().as_str()
}

/// Lines as they grow.
#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// Names and values of labels are words of our own, without a quote or a line end.
    fn line(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.text, "{name}{labels} {value}");
    }
}

fn of_process(page: &mut Page, counted: &Counted, pools: &[PoolState]) {
    page.head("tokendesk_http_requests_total", "counter", "Requests answered, by class of status.");
    for (class, count) in ["1xx", "2xx", "3xx", "4xx", "5xx"].into_iter().zip(counted.requests) {
        page.line("tokendesk_http_requests_total", &[("status", class)], count);
    }
    let name = "tokendesk_http_request_duration_seconds";
    page.head(name, "histogram", "How long requests took.");
    let mut so_far = 0;
    for (slot, count) in counted.durations.into_iter().enumerate() {
        so_far += count;
        let bound = BOUNDS.get(slot).map_or_else(|| "+Inf".into(), |bound| seconds(bound * 1_000));
        page.line(&format!("{name}_bucket"), &[("le", &bound)], so_far);
    }
    page.line(&format!("{name}_sum"), &[], seconds(counted.microseconds));
    page.line(&format!("{name}_count"), &[], so_far);
    page.head("tokendesk_sign_in_failures_total", "counter", "Sign-ins of operators that were refused.");
    page.line("tokendesk_sign_in_failures_total", &[], counted.sign_in_failures);
    page.head("tokendesk_database_connections", "gauge", "Connections to the database, by pool and use.");
    for pool in pools {
        for (state, count) in [("busy", pool.open.saturating_sub(pool.idle)), ("idle", pool.idle)] {
            page.line("tokendesk_database_connections", &[("pool", pool.name), ("state", state)], count);
        }
    }
    page.head("tokendesk_database_connections_max", "gauge", "The most connections of a pool.");
    for pool in pools {
        page.line("tokendesk_database_connections_max", &[("pool", pool.name)], pool.most);
    }
}

fn of_rounds(page: &mut Page, desk: &Desk) {
    let name = "tokendesk_round_failures_total";
    page.head(name, "counter", "Rounds of the server (reminding, alerting, trying to write) that did not end well.");
    let failures = desk.meter.round_failures();
    for round in Round::ALL {
        page.line(name, &[("round", round.code())], failures.get(round.code()).copied().unwrap_or(0));
    }
    page.head("tokendesk_database_writable", "gauge", "1 if the last write that was tried went well.");
    page.line("tokendesk_database_writable", &[], i32::from(desk.meter.write_trouble().is_none()));
    if let Some(bytes) = desk.db.room() {
        page.head("tokendesk_database_disk_free_bytes", "gauge", "Room on the disk of the embedded database.");
        page.line("tokendesk_database_disk_free_bytes", &[], bytes);
    }
}

/// Microseconds as a number of seconds, without the error of binary fractions.
fn seconds(microseconds: u64) -> String {
    let text = format!("{}.{:06}", microseconds / 1_000_000, microseconds % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn of_stock(stock: &Stock) -> String {
    let mut page = Page::default();
    page.head("tokendesk_tasks_open", "gauge", "Provisioning tasks in which someone has yet to enroll.");
    page.line("tokendesk_tasks_open", &[], stock.open_tasks);
    page.head("tokendesk_enrollments", "gauge", "Enrollments in provisioning tasks, by status.");
    for (status, count) in stock.enrollments.by_status() {
        page.line("tokendesk_enrollments", &[("status", status.code())], count);
    }
    page.head("tokendesk_enrollments_unused", "gauge", "Of the active ones: enrolled, and the token is not used yet.");
    page.line("tokendesk_enrollments_unused", &[], stock.enrollments.enrolled - stock.enrollments.used);
    page.head("tokendesk_tokens", "gauge", "Tokens, by state.");
    for (state, count) in &stock.tokens {
        page.line("tokendesk_tokens", &[("state", &state.to_lowercase())], count);
    }
    page.head("tokendesk_emails", "gauge", "Emails in the outbox, by what became of them.");
    for (state, count) in &stock.emails {
        page.line("tokendesk_emails", &[("state", &state.to_lowercase())], count);
    }
    let name = "tokendesk_mail_last_accepted_timestamp_seconds";
    page.head(name, "gauge", "When the mail server last accepted an email; no line if it never did.");
    if let Some(at) = stock.last_accepted_at {
        page.line(name, &[], unix_seconds(at));
    }
    page.text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_written_without_rounding() {
        assert_eq!([0, 5_000, 1_000_000, 2_500_000, 12_000_001].map(seconds), ["0", "0.005", "1", "2.5", "12.000001"]);
    }

    #[test]
    fn a_histogram_adds_up_to_its_count() {
        let mut durations = [0; BOUNDS.len() + 1];
        (durations[0], durations[3], durations[10]) = (2, 1, 1);
        let mut page = Page::default();
        of_process(&mut page, &Counted { durations, microseconds: 31_000, ..Counted::default() }, &[]);
        for line in
            ["_bucket{le=\"0.005\"} 2", "_bucket{le=\"0.05\"} 3", "_bucket{le=\"+Inf\"} 4", "_sum 0.031", "_count 4"]
        {
            assert!(page.text.contains(&format!("tokendesk_http_request_duration_seconds{line}\n")), "{}", page.text);
        }
    }

    #[test]
    fn every_enrollment_has_one_status() {
        let enrollments = EnrollmentCounts { used: 3, enrolled: 5, waiting: 10, locked: 2, expired: 4 };
        assert_eq!(enrollments.by_status().map(|(_, count)| count), [3, 6, 2, 4]);
    }
}
