//! Reports as files: whole, harmless, and noted in the audit log.

use diesel::prelude::*;
use tokendesk::{
    clock::Timestamp,
    operators::BuiltIn,
    schema::{audit_entries, tasks},
};

use crate::{
    on_both,
    support::{Browser, Page, World},
};

/// The lines of a file, as a CSV reader gets them.
fn records(page: &Page) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(false).from_reader(page.body.as_bytes());
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// Rows of tasks that were made by one per hour, `count` of them.
fn many_tasks(world: &World, count: i64) {
    let first: Timestamp = "2026-01-01T00:00:00".parse().unwrap();
    let rows: Vec<_> = (0..count)
        .map(|n| {
            let made = first + chrono::Duration::hours(n);
            (
                (
                    tasks::operator.eq("k.lindqvist"),
                    tasks::operator_key.eq("k.lindqvist"),
                    tasks::authentication_type.eq("authenticator-app"),
                    tasks::description.eq(format!("Round {n}, \"quoted\"\u{e9}")),
                    tasks::start_on.eq(made.date()),
                    tasks::created_at.eq(made),
                    tasks::removed_by.eq(""),
                    tasks::users.eq(1i64),
                ),
                (
                    tasks::enrolled.eq(1i64),
                    tasks::used.eq(1i64),
                    tasks::locked.eq(0i64),
                    tasks::earliest_stop_on.eq(made.date()),
                    tasks::latest_stop_on.eq(made.date()),
                    tasks::emailed_to.eq("a.berg@example.org"),
                    tasks::emailed_to_key.eq("a.berg@example.org"),
                    tasks::emailed_users.eq(1i64),
                ),
                (tasks::version.eq(1i64),),
            )
        })
        .collect();
    for rows in rows.chunks(500) {
        world.desk.db.write(|conn| Ok(tokendesk::insert_all!(conn, tasks::table, rows)?)).unwrap();
    }
}

fn audited(world: &World) -> Vec<(String, String)> {
    let found = world.desk.db.read(|conn| {
        Ok(audit_entries::table
            .filter(audit_entries::verb.eq("reports.download"))
            .order(audit_entries::id)
            .select((audit_entries::actor, audit_entries::sentence))
            .load(conn)?)
    });
    found.unwrap()
}

on_both! {
    fn a_file_of_thousands_of_rows_is_complete_and_equal_to_the_pages(world) {
        let browser = world.signed_in("k.lindqvist", BuiltIn::Operator);
        many_tasks(&world, 4_321);
        let file = browser.get("/reports/provisioning.csv?from=any").expect(200);
        assert_eq!(file.header("content-type"), "text/csv; charset=utf-8; header=present");
        assert_eq!(file.header("content-disposition"), "attachment; filename=\"provisioning-history-2026-11-20.csv\"");
        assert!(file.body.starts_with('\u{FEFF}') && file.body.matches('\u{FEFF}').count() == 1, "Excel knows it for UTF-8");
        assert!(file.body.ends_with("\r\n"));
        let records = records(&file);
        assert_eq!(records.len(), 4_322);
        assert_eq!(records[0][0], "Task");
        let numbers: Vec<i64> = records[1..].iter().map(|record| record[0].parse().unwrap()).collect();
        assert!(numbers.is_sorted_by(|a, b| a > b), "the newest first, none twice");
        for page in [1, 20, 44] {
            let shown = browser.get(&format!("/reports/provisioning?from=any&size=100&page={page}")).expect(200);
            let lines = &records[1..][(page - 1) * 100..(page * 100).min(4_321)];
            for record in lines {
                assert!(shown.body.contains(&format!("href=\"/tasks/{}\"", record[0])), "task {}", record[0]);
                assert!(shown.text().contains(&record[4]), "{}", record[4]);
            }
        }
    }

    fn a_file_holds_what_its_filter_finds(world) {
        let history = world.history();
        let browser = Browser::signed_in(&world.url, &world.desk, &history.lindqvist);
        let lines = records(&browser.get("/reports/provisioning.csv?outcome=incomplete").expect(200));
        assert_eq!(lines.len(), 2);
        let task = history.incomplete.to_string();
        assert_eq!(lines[1], [
            task.as_str(), "k.lindqvist", "late.2@example.org and 2 others", "Authenticator app (TOTP)", "",
            "2026-10-01", "2026-10-15", "", "3", "0", "1", "2", "0", "Incomplete",
        ]);
        let lines = records(&browser.get("/reports/not-enrolled.csv?operator=a.reyes&status=active").expect(200));
        let users: Vec<&str> = lines[1..].iter().map(|line| line[0].as_str()).collect();
        assert_eq!(users, ["open.3", "mixed.1"]);
        assert_eq!(lines[1][6..], ["Active", "2026-12-02", "open.3@example.org", "Queued", "2026-11-18 11:00"]);
        let lines = records(&browser.get("/reports/tokens.csv").expect(200));
        assert_eq!(lines[1], ["Authenticator app (TOTP)", "Active", "5"]);
        let lines = records(&browser.get("/reports/operators.csv?operator=a.reyes").expect(200));
        assert_eq!(lines[1][..4], ["a.reyes", "Tasks: provision", "tasks.provision", "2"]);
    }

    fn no_cell_of_a_file_is_a_formula(world) {
        let browser = world.signed_in("=cmd|' /C calc'!A0", BuiltIn::Operator);
        many_tasks(&world, 1);
        world.desk.db.write(|conn| {
            Ok(diesel::update(tasks::table)
                .set((tasks::description.eq("@SUM(1,2)"), tasks::operator.eq("+49"), tasks::emailed_to.eq("-1\t\r")))
                .execute(conn)?)
        }).unwrap();
        let lines = records(&browser.get("/reports/provisioning.csv?from=any").expect(200));
        assert_eq!(lines[1][1], "'+49");
        assert_eq!(lines[1][2], "'-1\t\r");
        assert_eq!(lines[1][4], "'@SUM(1,2)");
        let lines = records(&browser.get("/reports/operators.csv").expect(200));
        assert_eq!(lines[1][0], "'=cmd|' /C calc'!A0");
    }

    fn who_took_a_file_is_in_the_audit_log(world) {
        let history = world.history();
        let browser = Browser::signed_in(&world.url, &world.desk, &history.lindqvist);
        browser.get("/reports/provisioning?outcome=open").expect(200);
        assert!(audited(&world).is_empty(), "looking is not taking");
        browser.get("/reports/provisioning.csv?outcome=open").expect(200);
        browser.get("/reports/not-enrolled.csv?status=expired&operator=a.reyes").expect(200);
        let by = |sentence: &str| ("k.lindqvist".to_owned(), sentence.to_owned());
        assert_eq!(audited(&world), [
            by("Downloaded Provisioning history as CSV, 2 rows"),
            by("Downloaded Users not enrolled as CSV, 1 row"),
        ]);
        assert!(world.dump("audit_entries").contains("outcome: open"), "with what it was narrowed to");
    }

    fn a_file_within_a_scope_holds_the_scope(world) {
        let history = world.history();
        let keeper = world.operator_in("j.tanaka", BuiltIn::Auditor, &[history.legal]);
        let keeper = Browser::signed_in(&world.url, &world.desk, &keeper);
        let lines = records(&keeper.get("/reports/not-enrolled.csv").expect(200));
        assert!(lines[1..].iter().all(|line| line[2] == "Legal"));
        assert_eq!(lines.len(), 4);
        let lines = records(&keeper.get("/reports/provisioning.csv").expect(200));
        assert_eq!(lines.iter().find(|line| line[0] == history.open.to_string()).unwrap()[8], "2");
    }
}
