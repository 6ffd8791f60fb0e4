//! `/metrics`: who may read it, that the numbers are right, and that nobody is named.

use diesel::connection::SimpleConnection;
use tokendesk::{
    mail::{Carrier, Mailbox, courier},
    operators::BuiltIn,
    reports::metrics,
    tasks::{
        remove,
        ticked_users::{self, TickedUsers},
    },
    tokens::MovingFactor,
};

use crate::{
    on_both,
    support::{Page, World, plan},
};

const KEY: &str = "monitor-key-0123456789-0123456789";

fn read(world: &World) -> Page {
    world.stranger().get_with("/metrics", "authorization", &format!("Bearer {KEY}")).expect(200)
}

/// The value of a line.
#[track_caller]
fn value(page: &Page, line: &str) -> i64 {
    let found = page.body.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(' '));
    found.unwrap_or_else(|| panic!("no {line} in\n{}", page.body)).parse().expect("a whole number")
}

on_both! {
    fn without_a_key_in_the_settings_there_is_no_such_page(world) {
        world.stranger().get("/metrics").expect(404);
        world.stranger().get_with("/metrics", "authorization", "Bearer ").expect(404);
        world.signed_in("k.lindqvist", BuiltIn::Operator).get("/metrics").expect(404);
    }

    fn only_who_has_the_key_reads_them(world, |settings| settings.metrics_key = KEY.into()) {
        let stranger = world.stranger();
        for wrong in ["", "Bearer", "Bearer ", "Bearer monitor", &format!("Basic {KEY}"), &format!("Bearer {KEY}x"), KEY] {
            let page = stranger.get_with("/metrics", "authorization", wrong).expect(401);
            assert_eq!(page.header("www-authenticate"), "Bearer");
            assert!(!page.body.contains("tokendesk_"));
        }
        // A session is no key: pages of other sites could not read it, but neither need operators.
        world.signed_in("k.lindqvist", BuiltIn::Operator).get("/metrics").expect(401);
        assert!(read(&world).header("content-type").starts_with("text/plain; version=0.0.4"));
    }

    fn the_numbers_are_those_of_the_database(world, |settings| settings.metrics_key = KEY.into()) {
        let who = world.lindqvist();
        let users: Vec<_> = (0..7).map(|n| world.user(&format!("u{n}"), "Sales").id).collect();
        let task = world.task(&who, &users);
        courier::run_once(&world.desk, &Carrier::Mailbox(Mailbox::default())).expect("they are sent");
        let sent_at = world.now();
        world.device("D-1", MovingFactor::Counter);
        let token = world.enroll(task, users[0]);
        world.enroll(task, users[1]);
        world.desk.db.write(|conn| tokendesk::tasks::note_used(conn, world.now(), token)).expect("it is used");
        world.lock(task, users[2]);
        let gone = TickedUsers::These(vec![world.enrollment(task, users[3]).id]);
        let seen = ticked_users::preview(&world.desk, &who, world.now(), task, &gone).expect("they can be ticked");
        let seen = seen.shown(&world.desk.keys, remove::REMOVE);
        remove::remove_users(&world.desk, &who, world.now(), task, &gone, true, &seen).expect("they go");
        let page = read(&world);
        for (line, wanted) in [
            ("tokendesk_database_up", 1),
            ("tokendesk_tasks_open", 1),
            ("tokendesk_enrollments{status=\"completed\"}", 1),
            ("tokendesk_enrollments{status=\"active\"}", 4),
            ("tokendesk_enrollments{status=\"locked\"}", 1),
            ("tokendesk_enrollments{status=\"expired\"}", 0),
            ("tokendesk_enrollments_unused", 1),
            ("tokendesk_tokens{state=\"active\"}", 2),
            ("tokendesk_tokens{state=\"inventory\"}", 1),
            ("tokendesk_tokens{state=\"lost\"}", 0),
            ("tokendesk_emails{state=\"sent\"}", 7),
            ("tokendesk_emails{state=\"queued\"}", 1),
            ("tokendesk_mail_last_accepted_timestamp_seconds", sent_at.and_utc().timestamp()),
        ] {
            assert_eq!(value(&page, line), wanted, "{line}");
        }
        // Not counted anew for ten seconds; then the Stop Date has passed for all who are not locked.
        world.advance(chrono::Duration::seconds(9));
        world.user("u9", "Sales");
        world.device("D-2", MovingFactor::Counter);
        assert_eq!(value(&read(&world), "tokendesk_tokens{state=\"inventory\"}"), 1);
        world.advance(chrono::Duration::days(30));
        let page = read(&world);
        assert_eq!(value(&page, "tokendesk_tokens{state=\"inventory\"}"), 2);
        assert_eq!(value(&page, "tokendesk_enrollments{status=\"expired\"}"), 3);
        assert_eq!(value(&page, "tokendesk_enrollments{status=\"active\"}"), 1);
        assert_eq!(value(&page, "tokendesk_enrollments{status=\"locked\"}"), 1);
    }

    fn requests_and_refused_sign_ins_are_counted(world, |settings| settings.metrics_key = KEY.into()) {
        let before = read(&world);
        let stranger = world.stranger();
        stranger.get("/nowhere").expect(404);
        stranger.get("/sign-in").expect(200);
        stranger.post("/sign-in", &[("user_id", "nobody"), ("password", "wrong")]);
        let after = read(&world);
        let grew = |line: &str| value(&after, line) - value(&before, line);
        assert_eq!(grew("tokendesk_sign_in_failures_total"), 1);
        assert!(grew("tokendesk_http_requests_total{status=\"4xx\"}") >= 1);
        assert!(grew("tokendesk_http_requests_total{status=\"2xx\"}") >= 2);
        assert_eq!(grew("tokendesk_http_request_duration_seconds_count"), 4);
        assert_eq!(
            value(&after, "tokendesk_http_request_duration_seconds_bucket{le=\"+Inf\"}"),
            value(&after, "tokendesk_http_request_duration_seconds_count")
        );
    }

    fn nobody_is_named_and_every_line_is_well_formed(world, |settings| settings.metrics_key = KEY.into()) {
        let who = world.lindqvist();
        let user = world.user("a.berg", "Sales").id;
        world.task(&who, &[user]);
        world.stranger().post("/sign-in", &[("user_id", "k.lindqvist"), ("password", "wrong")]);
        let page = read(&world);
        for word in ["berg", "lindqvist", "Sales", "example.org", KEY, "/sign-in"] {
            assert!(!page.body.contains(word), "{word} is in the numbers");
        }
        let mut known = Vec::new();
        for line in page.body.lines() {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                known.push(rest.split(' ').next().expect("a name").to_owned());
            } else if !line.starts_with("# HELP ") {
                let (series, number) = line.rsplit_once(' ').expect("a name and a value");
                let name = series.split('{').next().expect("a name");
                let name = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
                assert!(known.iter().any(|other| other == name), "{name} has no type");
                assert!(number.parse::<f64>().is_ok(), "{line}");
            }
        }
        assert!(page.body.ends_with('\n') && known.len() > 8);
    }

    fn without_a_database_the_process_still_tells_of_itself(world, |settings| settings.metrics_key = KEY.into()) {
        world.desk.db.write(|conn| Ok(conn.batch_execute("ALTER TABLE emails RENAME TO lost")?)).expect("it is renamed");
        let page = read(&world);
        assert_eq!(value(&page, "tokendesk_database_up"), 0);
        let pool = if world.desk.db.is_postgres() { "both" } else { "write" };
        assert!(value(&page, &format!("tokendesk_database_connections_max{{pool=\"{pool}\"}}")) >= 1);
        assert_eq!(value(&page, "tokendesk_database_waiting"), 0);
        assert!(!page.body.contains("tokendesk_tasks_open"));
        world.desk.db.write(|conn| Ok(conn.batch_execute("ALTER TABLE lost RENAME TO emails")?)).expect("it is renamed");
        assert_eq!(value(&read(&world), "tokendesk_database_up"), 1, "a failure is not kept");
    }

    fn no_table_is_read_row_by_row(world) {
        let who = world.lindqvist();
        let users: Vec<_> = (0..3).map(|n| world.user(&format!("u{n}"), "Sales").id).collect();
        world.task(&who, &users);
        let today = world.desk.settings.zone.today(world.now());
        for plan in plan::plans(&world, |conn| metrics::stock(conn, today).map(|_| ())) {
            for table in ["emails", "tasks", "enrollments", "tokens"] {
                assert!(!plan.reads_all_of(table), "{}\n{}", plan.sql, plan.lines.join("\n"));
            }
        }
    }
}
