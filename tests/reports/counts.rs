//! Totals equal a recount, filters are in the address, and a scope sees its own.

use chrono::NaiveDate;
use diesel::prelude::*;
use tokendesk::{
    clock::Timestamp,
    ids::ContainerId,
    operators::{BuiltIn, Who},
    reports::{self, Filter, Period, history},
    schema::{enrollments, tasks, users},
    tasks::{EnrollmentFacts, Status, status},
};

use crate::{
    on_both,
    support::{Browser, World},
};

/// The whole history, as `who` sees it.
fn listed(world: &World, who: &Who, query: &str) -> (Vec<history::Row>, history::Totals) {
    let (desk, now) = (&world.desk, world.now());
    let filter = Filter::parse(query, Period::default());
    let listed = desk.db.read(|conn| reports::provisioning(desk, conn, who, now, &filter, (0, 1_000))).unwrap();
    (listed.rows, listed.totals)
}

type Place = (i64, NaiveDate, i64, Option<Timestamp>, Option<Timestamp>, Option<Timestamp>, String, Option<Timestamp>);

/// Counted row by row, with the rules and without the SQL of the reports.
fn recounted(world: &World, containers: Option<&[ContainerId]>) -> history::Totals {
    let enrollments: Vec<(Place, i64)> = world
        .desk
        .db
        .read(|conn| {
            Ok(enrollments::table
                .inner_join(users::table)
                .inner_join(tasks::table)
                .select((
                    (
                        enrollments::task_id,
                        enrollments::stop_on,
                        enrollments::failures,
                        enrollments::enrolled_at,
                        enrollments::used_at,
                        enrollments::removed_at,
                        enrollments::removed_why,
                        tasks::removed_at,
                    ),
                    users::container_id,
                ))
                .load(conn)?)
        })
        .unwrap();
    let today = world.desk.settings.zone.today(world.now());
    let mut totals = history::Totals::default();
    let mut seen = Vec::new();
    for ((task, stop_on, failures, enrolled_at, used_at, removed_at, why, task_removed_at), container) in enrollments {
        if containers.is_some_and(|list| !list.contains(&ContainerId(container))) {
            continue;
        }
        let counts = &mut totals.counts;
        counts.removed += i64::from(removed_at.is_some());
        if removed_at.is_some() && why != "task removed" {
            continue;
        }
        if !seen.contains(&task) {
            seen.push(task);
        }
        counts.users += 1;
        match status(&EnrollmentFacts { stop_on, failures, enrolled_at, used_at }, 5, today) {
            Status::Completed => counts.completed += 1,
            Status::Locked if task_removed_at.is_none() => counts.locked += 1,
            Status::Expired if task_removed_at.is_none() => counts.expired += 1,
            _ => {}
        }
    }
    totals.tasks = i64::try_from(seen.len()).unwrap();
    totals
}

fn outcomes(rows: &[history::Row], today: NaiveDate) -> Vec<(i64, &'static str)> {
    rows.iter().map(|row| (row.task.id.0, row.outcome(today).code())).collect()
}

on_both! {
    fn sums_of_many_are_added_up_once_a_minute_and_the_page_says_when(world) {
        let who = world.lindqvist();
        let (a, b) = (world.user("a.berg", "Sales"), world.user("b.cole", "Legal"));
        let task = world.task(&who, &[a.id, b.id]);
        let kim = Browser::signed_in(&world.url, &world.desk, &who);
        let maya = world.operator_in("m.okafor", BuiltIn::Operator, &[a.container]);
        let maya = Browser::signed_in(&world.url, &world.desk, &maya);
        let (few, most) = ("All 1 task in this view", "All 1,024 tasks in this view");
        assert!(!kim.get("/reports/provisioning").says(few).text().contains("as of"));
        assert!(!kim.get("/reports/provisioning").says(few).text().contains("as of"), "few are never kept");
        world.multiply_tasks(10, task, task);
        let all = |browser: &Browser, address: &str| browser.get(address).expect(200).text();
        assert!(all(&kim, "/reports/provisioning").contains(&format!("{most} 2,048")));
        world.lock(task, a.id);
        assert!(all(&kim, "/reports/provisioning").contains(&format!("{most}, as of 14:32 2,048 0 0")));
        assert!(all(&maya, "/reports/provisioning").contains(&format!("{most} 1,024")), "another scope has its own");
        kim.get("/reports/not-enrolled").says("All 2,048 enrollments in this view 2,047 Active, 1 Locked");
        world.advance(chrono::Duration::minutes(1));
        assert!(all(&kim, "/reports/provisioning").contains(&format!("{most} 2,048 0 1")));
    }

    fn every_task_is_in_the_history_with_its_outcome(world) {
        let history = world.history();
        let today = world.desk.settings.zone.today(world.now());
        let (rows, _) = listed(&world, &history.lindqvist, "");
        assert_eq!(outcomes(&rows, today), [
            (history.mixed.0, "Open"),
            (history.open.0, "Open"),
            (history.removed.0, "Removed"),
            (history.incomplete.0, "Incomplete"),
            (history.completed.0, "Completed"),
        ]);
        let page = Browser::signed_in(&world.url, &world.desk, &history.lindqvist).get("/reports/provisioning");
        page.expect(200)
            .says("All 5 tasks in this view")
            .says(&format!("{} a.reyes Authenticator app 2026-11-18", history.open))
            .says("2026-10-20 2026-11-03 2026-10-20 2 0 0 0 1 Removed");
    }

    fn totals_equal_a_recount(world) {
        let history = world.history();
        let (rows, totals) = listed(&world, &history.lindqvist, "");
        assert_eq!(totals, recounted(&world, None));
        let sum = |of: fn(&history::Counts) -> i64| rows.iter().map(|row| of(&row.counts())).sum::<i64>();
        assert_eq!(totals.counts.expired, 3);
        assert_eq!(sum(|counts| counts.expired), totals.counts.expired);
        assert_eq!(sum(|counts| counts.removed), totals.counts.removed);
    }

    fn a_scope_sees_its_own_tasks_and_counts(world) {
        let history = world.history();
        let keeper = world.operator_in("j.tanaka", BuiltIn::Operator, &[history.legal]);
        let today = world.desk.settings.zone.today(world.now());
        let (rows, totals) = listed(&world, &keeper, "");
        assert_eq!(totals, recounted(&world, Some(&[history.legal])));
        // Legal's only user of the mixed task has time left, and its one of the removed task went with it.
        assert_eq!(outcomes(&rows, today).len(), 5);
        assert!(rows.iter().all(|row| !row.task.emailed_to.contains("open.0")), "an address outside of the scope");
        let only_sales = world.task(&history.lindqvist, &[world.user("s.only", "Sales").id]);
        let (rows, _) = listed(&world, &keeper, "");
        assert!(rows.iter().all(|row| row.task.id != only_sales));
        // Who sees all and asks for one container sees the same.
        let (all, narrowed) = listed(&world, &history.lindqvist, "container=legal");
        assert_eq!((all, narrowed), (rows, totals));
        let (rows, totals) = listed(&world, &keeper, "container=Sales");
        assert!(rows.is_empty() && totals == history::Totals::default(), "outside of the scope is nowhere");
    }

    fn every_filter_is_in_the_address(world) {
        let history = world.history();
        let browser = Browser::signed_in(&world.url, &world.desk, &history.lindqvist);
        let all = [history.completed, history.incomplete, history.removed, history.open, history.mixed];
        for (query, found) in [
            ("from=2026-10-01&to=2026-10-19", vec![history.completed, history.incomplete]),
            ("from=2026-11-19", vec![]),
            ("operator=A.Reyes", vec![history.open, history.mixed]),
            ("operator=nobody", vec![]),
            ("type=hardware-token", vec![]),
            ("type=authenticator-app", all.to_vec()),
            ("outcome=open", vec![history.open, history.mixed]),
            ("outcome=completed", vec![history.completed]),
            ("outcome=removed", vec![history.removed]),
            ("outcome=incomplete", vec![history.incomplete]),
            ("operator=k.lindqvist&outcome=removed&container=Legal&from=any", vec![history.removed]),
            ("from=nonsense&page=-1&size=7", all.to_vec()),
        ] {
            let page = browser.get(&format!("/reports/provisioning?{query}")).expect(200);
            for task in all {
                let shown = page.body.contains(&format!("href=\"/tasks/{task}\""));
                assert_eq!(shown, found.contains(&task), "{query}: task {task}");
            }
            assert_eq!(listed(&world, &history.lindqvist, query).0.len(), found.len(), "{query}");
        }
        let page = browser.get("/reports/provisioning?operator=a.reyes&outcome=open&from=2026-11-01").expect(200);
        assert!(page.body.contains("href=\"/reports/provisioning?from=2026-11-01&#38;outcome=open\""), "{}", page.body);
        assert!(page.body.contains("/reports/provisioning.csv?from=2026-11-01&#38;operator=a.reyes&#38;outcome=open"));
    }

    fn users_not_enrolled_are_those_whose_place_waits(world) {
        let history = world.history();
        let browser = Browser::signed_in(&world.url, &world.desk, &history.lindqvist);
        let page = browser.get("/reports/not-enrolled").expect(200);
        let page = page.says("All 7 enrollments in this view").says("2 Active, 2 Locked, 3 Expired");
        for waits in ["late.0", "late.1", "late.2", "open.2", "open.3", "mixed.0", "mixed.1"] {
            assert!(page.body.contains(&format!("/users/{waits}/")), "{waits}");
        }
        let page = browser.get("/reports/not-enrolled?status=locked").expect(200).says("0 Active, 2 Locked, 0 Expired");
        page.says("late.0").says("5 of 5 attempts used").does_not_say("late.1");
        let keeper = world.operator_in("j.tanaka", BuiltIn::Auditor, &[history.legal]);
        let keeper = Browser::signed_in(&world.url, &world.desk, &keeper);
        keeper.get("/reports/not-enrolled").expect(200).says("All 3 enrollments").does_not_say("late.0");
        keeper.get("/reports/not-enrolled?operator=a.reyes").expect(200).says("All 2 enrollments");
        keeper.get("/reports/not-enrolled?container=Sales").expect(200).says("Nobody in this view");
    }

    fn tokens_are_counted_by_type_and_state(world) {
        let history = world.history();
        let browser = Browser::signed_in(&world.url, &world.desk, &history.lindqvist);
        let page = browser.get("/reports/tokens").expect(200);
        page.says("Authenticator app (TOTP) 0 0 5 0 0 0 0 5").says("All types 0 0 5 0 0 0 0 5");
        browser.get("/reports/tokens?container=Legal").expect(200).says("All types 0 0 2 0 0 0 0 2");
    }

    fn operator_activity_is_counted_from_the_audit_log(world) {
        let history = world.history();
        let browser = Browser::signed_in(&world.url, &world.desk, &history.lindqvist);
        let page = browser.get("/reports/operators?from=2026-10-01").expect(200);
        page.says("a.reyes Tasks: provision 2 0").says("k.lindqvist Tasks: provision 3 0");
        let page = browser.get("/reports/operators?from=2026-10-01&to=2026-10-19").expect(200);
        page.says("k.lindqvist Tasks: provision 2 0").does_not_say("Provision user 7");
        let page = browser.get("/reports/operators?operator=a.reyes").expect(200);
        page.says("Tasks: provision user 7 0").does_not_say("k.lindqvist Tasks");
        // What is done in other containers by others is not counted in a scope.
        let keeper = world.operator_in("j.tanaka", BuiltIn::Auditor, &[history.legal]);
        let keeper = Browser::signed_in(&world.url, &world.desk, &keeper);
        keeper.get("/reports/operators?operator=a.reyes").expect(200).says("Tasks: provision user 3 0");
    }

    fn reports_need_their_permission(world) {
        for (role, status) in [
            (BuiltIn::Operator, 200),
            (BuiltIn::ProvisioningManager, 200),
            (BuiltIn::Auditor, 200),
            (BuiltIn::HelpDesk, 403),
        ] {
            let browser = world.signed_in(&role.name().replace(' ', "."), role);
            for path in ["provisioning", "not-enrolled", "tokens", "operators"] {
                browser.get(&format!("/reports/{path}")).expect(status);
                browser.get(&format!("/reports/{path}.csv")).expect(status);
            }
        }
        world.stranger().get("/reports/provisioning.csv").expect(303);
    }
}
