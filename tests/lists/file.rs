//! A list as a file: exactly what its pages show, harmless, for whoever may take it, and noted in the audit log.

use tokendesk::{
    audit::{self, Entry, Verb},
    db::key,
    operators::BuiltIn,
    provision::{choice::Selection, provision},
};

use super::{large, walk};
use crate::{
    on_both,
    support::{Browser, Page, World},
};

/// The lists that can be taken as a file.
const LISTS: [&str; 5] = ["/tasks", "/users", "/tokens", "/outbox", "/audit"];

/// The lines of a file, as a CSV reader gets them.
fn records(page: &Page) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(false).from_reader(page.body.as_bytes());
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

fn decoded(segment: &str) -> String {
    percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

/// What the newest download is noted as.
fn noted(world: &World) -> (String, String) {
    use diesel::prelude::*;
    use tokendesk::schema::audit_entries::dsl;
    let found = world.desk.db.read(|conn| {
        let downloads = dsl::audit_entries.filter(dsl::verb.eq("reports.download"));
        Ok(downloads.order(dsl::id.desc()).select((dsl::sentence, dsl::detail)).first(conn)?)
    });
    found.unwrap()
}

on_both! {
    fn whoever_takes_a_list_gets_each_row_of_its_pages_once_and_in_their_order(world) {
        for who in large(&world) {
            let browser = Browser::signed_in(&world.url, &world.desk, &who);
            for (list, query) in [
                ("/tasks", "sort=-stop"), ("/users", "sort=-last_name"), ("/tokens", "sort=-added"), ("/outbox", "state=all"),
                ("/audit", "action=tasks&to=2026-11-20"),
            ] {
                let (pages, _) = walk(&browser, list, format!("{list}?{query}&size=100"), "next");
                let shown: Vec<String> = pages.concat().iter().map(|name| decoded(name)).collect();
                let lines = records(&browser.get(&format!("{list}.csv?{query}")).expect(200));
                let mut taken: Vec<String> = lines[1..].iter().map(|line| line[0].clone()).collect();
                if list == "/audit" {
                    // That files were taken was written down meanwhile.
                    taken.retain(|number| shown.contains(number));
                }
                assert!(shown.len() > 1_001, "{list} is read in one part");
                assert_eq!(taken, shown, "{list}?{query} for {}", who.name());
            }
        }
    }

    fn whoever_narrows_a_list_takes_what_is_left_and_the_audit_log_says_of_what(world) {
        let kim = world.lindqvist();
        let users = ["a.berg", "an.cole", "an.dahl"].map(|name| world.user(name, "Sales").id);
        world.task(&kim, &users[..1]);
        let task = world.task(&world.operator("m.okafor", BuiltIn::Operator), &users[1..]);
        world.enroll(task, users[1]);
        let browser = Browser::signed_in(&world.url, &world.desk, &kim);
        let taken = |address: &str| {
            let lines = records(&browser.get(address).expect(200));
            lines[1..].iter().map(|line| line[0].clone()).collect::<Vec<_>>()
        };
        assert_eq!(taken("/tasks.csv?operator=m.okafor"), [task.to_string()]);
        let (sentence, detail) = noted(&world);
        assert_eq!(sentence, "Downloaded Provisioning tasks as CSV, 1 row");
        assert!(detail.contains("operator: m.okafor"), "{detail}");
        assert_eq!(taken("/users.csv?q=an*&sort=-user_id"), ["an.dahl", "an.cole"]);
        let (sentence, detail) = noted(&world);
        assert_eq!(sentence, "Downloaded Users as CSV, 2 rows");
        assert!(detail.contains("q: an*, sort: -user_id"), "{detail}");
        assert_eq!(taken("/users.csv?q=nobody"), [""; 0]);
        assert_eq!(taken("/tokens.csv?user=an.c").len(), 1);
        assert_eq!(taken("/tokens.csv?container=Nowhere"), [""; 0]);
        assert_eq!(taken("/outbox.csv?q=an.dahl").len(), 1);
        assert_eq!(taken("/outbox.csv"), [""; 0], "what wants attention, as the page");
        let entries = records(&browser.get("/audit.csv?operator=m.okafor").expect(200));
        assert!(entries.len() > 1 && entries[1..].iter().all(|entry| entry[2] == "m.okafor"), "{entries:?}");
        // Each page leads to the file of what it shows, with no page in it.
        for (page, file) in [
            ("/tasks?operator=m.okafor&size=50", "/tasks.csv?operator=m.okafor"),
            ("/users?q=an*&sort=-user_id", "/users.csv?q=an%2A&#38;sort=-user_id"),
            ("/tokens?user=an.c", "/tokens.csv?user=an.c"),
            ("/outbox?q=an.dahl", "/outbox.csv?q=an.dahl"),
            ("/audit?operator=m.okafor", "/audit.csv?operator=m.okafor"),
        ] {
            let body = browser.get(page).expect(200).body;
            assert!(body.contains(&format!("href=\"{file}\" download")), "{page} does not lead to {file}");
        }
        browser.get("/users?q=nobody").expect(200).does_not_say("CSV");
    }

    fn a_list_is_taken_by_whoever_may_see_it_and_export(world) {
        let kim = world.lindqvist();
        world.task(&kim, &[world.user("a.berg", "Sales").id]);
        let desk = world.signed_in("s.moreau", BuiltIn::HelpDesk);
        for list in ["/users", "/tokens", "/outbox"] {
            desk.get(list).expect(200).does_not_say("CSV,");
            desk.get(&format!("{list}.csv")).expect(403).says("reports; export");
        }
        desk.get("/tasks.csv").expect(403).says("see provisioning tasks");
        let manager = world.signed_in("p.manager", BuiltIn::ProvisioningManager);
        manager.get("/tasks").expect(200).says("CSV, 1 row");
        manager.get("/audit.csv").expect(403).says("audit log");
        let auditor = world.signed_in("a.reyes", BuiltIn::Auditor);
        for list in LISTS {
            auditor.get(&format!("{list}.csv")).expect(200);
            // Looking at what a file would be takes none.
            world.stranger().get(&format!("{list}.csv")).expect(303);
        }
    }

    fn ones_own_entries_of_the_audit_log_are_taken_without_any_other_permission(world) {
        let kim = world.lindqvist();
        let sam = world.operator("s.moreau", BuiltIn::HelpDesk);
        let write = |entry: &Entry<'_>| world.desk.db.write(|conn| audit::record(conn, world.now(), entry)).unwrap();
        write(&Entry::done(&kim.actor, Verb::TasksProvision, "Created a task for 4 users"));
        write(&Entry::done(&sam.actor, Verb::TasksResend, "Resent the email"));
        let desk = Browser::signed_in(&world.url, &world.desk, &sam);
        desk.get("/audit").expect(200).says("CSV, ");
        let lines = records(&desk.get("/audit.csv?operator=k.lindqvist").expect(200));
        assert!(lines[1..].iter().all(|line| key(&line[2]) == "s.moreau"), "{lines:?}");
        assert!(lines.iter().any(|line| line[7] == "Resent the email"), "{lines:?}");
    }

    fn whoever_works_in_some_containers_takes_nothing_of_the_others(world) {
        let kim = world.lindqvist();
        let [inside, outside, one, other] =
            [("in.side", "Sales"), ("out.side", "Finance"), ("in.two", "Sales"), ("out.side.two", "Finance")]
                .map(|(name, container)| world.user(name, container));
        for user in [&inside, &outside] {
            let task = world.task(&kim, &[user.id]);
            world.enroll(task, user.id);
        }
        world.task(&kim, &[one.id, other.id]);
        let some = world.operator_in("d.iyer", BuiltIn::Operator, &[inside.container]);
        let browser = Browser::signed_in(&world.url, &world.desk, &some);
        for list in LISTS {
            let state = if list == "/outbox" { "?state=all" } else { "" };
            let file = browser.get(&format!("{list}.csv{state}")).expect(200);
            assert!(records(&file).len() > 1 || list == "/audit", "{list} holds what is inside");
            assert!(!file.body.contains("out.side"), "{list}: {}", file.body);
        }
    }

    fn no_cell_of_a_list_is_a_formula(world) {
        let kim = world.lindqvist();
        let mut choice = world.app_choice();
        choice.description = tokendesk::tasks::task::Description::parse("=cmd|'/c calc'!A1").unwrap();
        let users = [world.user("a.berg", "=Sales").id];
        provision(&world.desk, &kim, world.now(), &Selection::Users(users.to_vec()), &choice).unwrap();
        let browser = Browser::signed_in(&world.url, &world.desk, &kim);
        for (list, cell) in [("/tasks", "'=cmd"), ("/users", "'=Sales")] {
            let lines = records(&browser.get(&format!("{list}.csv")).expect(200));
            assert!(lines.iter().flatten().any(|one| one.starts_with(cell)), "{list}: {lines:?}");
            assert!(lines.iter().flatten().all(|one| !one.starts_with('=')), "{list}: {lines:?}");
        }
    }
}
