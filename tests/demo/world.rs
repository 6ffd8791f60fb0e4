//! A world of any size: what is counted in it is right, no rule of the verbs is broken, and it is the same each time.

use std::process::Command;

use chrono::NaiveDate;
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use tokendesk::{
    authentication::{self, Caller},
    clock::unix_seconds,
    counts,
    demo::{ACCOUNTS, people::CONTAINERS, world},
    ids::TaskId,
    oath,
    operators::{BuiltIn, Who},
    policy,
    tasks::{self, EnrollmentFacts, Status},
    users,
};

use crate::{
    on_both,
    support::{
        On, World,
        demo::{Demo, TIME},
    },
};

/// A row of numbers and texts, whatever they are.
#[derive(QueryableByName, Debug, PartialEq, Eq)]
struct Line {
    #[diesel(sql_type = diesel::sql_types::Text)]
    line: String,
}

fn lines(world: &World, query: &str) -> Vec<String> {
    let lines: Vec<Line> = world.desk.db.read(|conn| Ok(sql_query(query).load(conn)?)).expect("it can be read");
    lines.into_iter().map(|line| line.line).collect()
}

/// A world of 300 tasks, beside the operators and the containers of the demo.
fn made(world: &World) {
    for account in ACCOUNTS {
        world.operator(account.user_id, BuiltIn::named(account.role).expect("a built-in role"));
    }
    for (n, (container, _)) in CONTAINERS.iter().enumerate() {
        world.user(&format!("first.{n}"), container);
    }
    let size = world::Size::of(300, None, 0.3).expect("there is such a size");
    assert_eq!((size.users, size.open), (1_000, 90));
    let mut stages = Vec::new();
    world::make(&world.desk, size, &mut |stage| stages.push(stage)).expect("the world is made");
    assert_eq!(stages.last(), Some(&world::Stage::Indexes));
    assert!(world::is_made(&world.desk).expect("it can be asked"));
}

/// What a task keeps, as a text.
const KEPT: &str = "SELECT CAST(id AS TEXT) || ' ' || users || ' ' || enrolled || ' ' || used || ' ' || locked || ' ' || \
    earliest_stop_on || ' ' || latest_stop_on || ' ' || emailed_to || ' ' || emailed_to_key || ' ' || emailed_users || ' ' || \
    last_email_id AS line FROM tasks ORDER BY id";

const PARTS: &str = "SELECT CAST(task_id AS TEXT) || ' ' || container_id || ' ' || CASE WHEN removed THEN '-' ELSE '+' END \
    || users || ' ' || enrolled || ' ' || used || ' ' || locked || ' ' || earliest_stop_on || ' ' || latest_stop_on || ' ' || \
    emailed_users || ' ' || last_email_id AS line FROM task_containers ORDER BY task_id, container_id";

const WORDS: &str = "SELECT word || ' ' || user_id AS line FROM user_words ORDER BY word, user_id";

/// Nothing to find: each query lists what breaks a rule.
const BROKEN: [&str; 7] = [
    // PRODUCT.md §2: nobody is to enroll the same kind of token in two tasks.
    "SELECT CAST(user_id AS TEXT) AS line FROM enrollments WHERE removed_at IS NULL AND enrolled_at IS NULL \
     GROUP BY user_id, authentication_type HAVING COUNT(*) > 1",
    "SELECT CAST(enrollment_id AS TEXT) AS line FROM enrollment_links WHERE superseded_at IS NULL \
     GROUP BY enrollment_id HAVING COUNT(*) > 1",
    "SELECT CAST(e.id AS TEXT) AS line FROM enrollments e LEFT JOIN tokens t ON t.id = e.token_id \
     WHERE (e.enrolled_at IS NULL) <> (t.id IS NULL) OR t.user_id <> e.user_id OR t.bound_at <> e.enrolled_at",
    "SELECT CAST(m.id AS TEXT) AS line FROM emails m \
     WHERE m.tries <> (SELECT COUNT(*) FROM email_tries t WHERE t.email_id = m.id)",
    "SELECT CAST(id AS TEXT) AS line FROM emails WHERE (next_try_at IS NULL) <> (sealed IS NULL) \
     OR (next_try_at IS NULL) <> (state NOT IN ('Queued', 'Deferred'))",
    "SELECT CAST(e.id AS TEXT) AS line FROM enrollments e WHERE e.last_email_id <> (SELECT MAX(m.id) FROM emails m \
     WHERE m.enrollment_id = e.id AND m.kind IN ('enrollment', 'reminder'))",
    "SELECT CAST(e.id AS TEXT) AS line FROM enrollments e JOIN tasks t ON t.id = e.task_id WHERE e.opened_at < t.created_at \
     OR e.enrolled_at < e.code_accepted_at OR e.code_accepted_at < e.opened_at OR e.used_at < e.enrolled_at \
     OR e.stop_on < t.start_on OR e.authentication_type <> t.authentication_type",
];

on_both! {
    fn what_a_task_and_a_user_of_a_world_keep_is_what_counting_anew_finds(world) {
        made(&world);
        assert_eq!(world.desk.db.read(counts::miscounted).expect("they can be counted"), []);
        let [kept, parts, words] = [KEPT, PARTS, WORDS].map(|query| lines(&world, query));
        let ids = lines(&world, "SELECT CAST(id AS TEXT) AS line FROM tasks ORDER BY id");
        assert_eq!(ids.len(), 300);
        world.desk.db.write(|conn| {
            for id in &ids {
                counts::recount(conn, TaskId(id.parse().expect("a number")))?;
            }
            Ok(sql_query("UPDATE users SET keyed = FALSE").execute(conn)?)
        }).expect("all are counted");
        users::renew(&world.desk).expect("the words are made");
        assert_eq!(lines(&world, KEPT), kept);
        assert_eq!(lines(&world, PARTS), parts);
        assert_eq!(lines(&world, WORDS), words);
        for query in BROKEN {
            assert_eq!(lines(&world, query), [""; 0], "{query}");
        }
        let after = tasks::send_reminders(&world.desk, world.now()).expect("reminders are sent");
        assert_eq!(after, 0, "those that are due by now were sent");
    }

    fn verbs_go_on_with_the_numbers_and_the_indexes_that_a_world_has(world) {
        let indexes = if world.desk.db.is_postgres() {
            "SELECT indexdef AS line FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexdef"
        } else {
            "SELECT name || COALESCE(sql, '') AS line FROM sqlite_master WHERE type = 'index' ORDER BY name"
        };
        let before = lines(&world, indexes);
        made(&world);
        assert_eq!(lines(&world, indexes), before);
        let last = lines(&world, "SELECT CAST(MAX(id) AS TEXT) AS line FROM users")[0].parse::<i64>().expect("a number");
        assert_eq!(world.user("somebody.new", "Sales").id.0, last + 1);
    }

    fn an_operator_reads_the_statuses_that_the_rows_of_a_world_have(world) {
        made(&world);
        let operator = world.signed_in("op", BuiltIn::Operator);
        let attempts = world.desk.db.read(policy::current).expect("the policy").attempts_allowed;
        let today = world.desk.settings.zone.today(world.now());
        let open = "SELECT CAST(id AS TEXT) AS line FROM tasks WHERE removed_at IS NULL AND enrolled < users \
            ORDER BY users DESC, id LIMIT 12";
        let mut seen = Vec::new();
        for id in lines(&world, open) {
            let page = operator.get(&format!("/tasks/{id}?size=100")).expect(200).text();
            let list = statuses(&world, &id, attempts, today);
            let count = |status| list.iter().filter(|(_, one)| *one == status).count();
            let [active, completed, locked, expired] = Status::ALL.map(count);
            let counts = format!("Completed {completed} Active {active} Locked {locked} Expired {expired}");
            assert!(page.contains(&counts), "{counts} in {page}");
            for (who, status) in list {
                let (_, row) = page.split_once(&who).unwrap_or_else(|| panic!("{who} in {page}"));
                assert!(row.trim_start().starts_with(status.label()), "{who} is {status:?}: {row}");
                seen.push(status);
            }
        }
        for status in Status::ALL {
            assert!(seen.contains(&status), "{status:?} is among {seen:?}");
        }
    }

    fn a_token_of_a_world_signs_its_user_in(world) {
        made(&world);
        let held = "SELECT t.serial || ' ' || u.user_id AS line FROM tokens t JOIN users u ON u.id = t.user_id \
            JOIN enrollments e ON e.token_id = t.id WHERE t.state = 'Active' AND t.moving_factor = 'time' AND u.disabled_at IS NULL AND e.used_at IS NOT NULL ORDER BY t.id DESC LIMIT 1";
        let held = lines(&world, held).remove(0);
        let (serial, user_id) = held.split_once(' ').expect("two words");
        let sealed = format!("SELECT {} AS line FROM tokens WHERE serial = '{serial}'",
            if world.desk.db.is_postgres() { "encode(seed, 'hex')" } else { "hex(seed)" });
        let sealed = data_encoding::HEXLOWER_PERMISSIVE.decode(lines(&world, &sealed)[0].as_bytes()).expect("hex");
        let seed = world.desk.keys.open(&format!("tokens.seed:{serial}"), &sealed).expect("it opens for its token");
        let otp = oath::totp(&seed, unix_seconds(world.now()), 30, 6, oath::Algorithm::Sha1);
        let key = authentication::add_node(&world.desk, &Who::command_line(), world.now(), "door").expect("a node");
        let door: Caller = authentication::admit(&world.desk, world.now(), Some(&key), "", "").expect("its key");
        assert!(authentication::authenticate(&world.desk, &door, world.now(), user_id, &otp).expect("an answer"));
    }
}

/// User ID with name, and status, of the users in a task, by the rule of PRODUCT.md §2.
fn statuses(world: &World, task: &str, attempts: i64, today: NaiveDate) -> Vec<(String, Status)> {
    let rows = lines(
        world,
        &format!(
            "SELECT u.user_id || ' ' || u.first_name || ' ' || u.last_name || '|' || CAST(e.stop_on AS TEXT) || ' ' || e.failures || ' ' || \
             CASE WHEN e.enrolled_at IS NULL THEN '-' ELSE '+' END || ' ' || CASE WHEN e.used_at IS NULL THEN '-' ELSE '+' END \
             AS line FROM enrollments e JOIN users u ON u.id = e.user_id WHERE e.task_id = {task} AND e.removed_at IS NULL"
        ),
    );
    let status = |row: &String| {
        let (who, rest) = row.split_once('|').expect("two parts");
        let words: Vec<&str> = rest.split(' ').collect();
        let at = |word: &str| (word == "+").then(|| world.now());
        let facts = EnrollmentFacts {
            stop_on: words[0].parse().expect("a date"),
            failures: words[1].parse().expect("a number"),
            enrolled_at: at(words[2]),
            used_at: at(words[3]),
        };
        (who.to_owned(), tasks::status(&facts, attempts, today))
    };
    rows.iter().map(status).collect()
}

#[test]
fn a_world_of_the_same_size_and_time_is_the_same() {
    let worlds = [World::new(On::Sqlite), World::new(On::Sqlite)];
    let all = worlds.each_ref().map(|world| {
        made(world);
        [
            "SELECT user_id || email || mobile || custom1 || container_id AS line FROM users ORDER BY id",
            "SELECT id || description || created_at || latest_stop_on || operator AS line FROM tasks ORDER BY id",
            "SELECT id || ' ' || user_id || stop_on || COALESCE(enrolled_at, '') AS line FROM enrollments ORDER BY id",
            "SELECT handle || hex(code_hash) AS line FROM enrollment_links ORDER BY id",
            "SELECT message_id || facts || state || created_at AS line FROM emails ORDER BY id",
            "SELECT serial || state || hex(seed) AS line FROM tokens ORDER BY id",
            "SELECT at || verb || subject || sentence || detail AS line FROM audit_entries ORDER BY id",
        ]
        .map(|query| lines(world, query))
    });
    assert!(all[0].iter().all(|lines| lines.len() >= 300));
    assert_eq!(all[0], all[1]);
    assert_eq!(lines(&worlds[0], "SELECT \"table\" AS line FROM pragma_foreign_key_check"), [""; 0]);
}

#[test]
fn a_demo_that_is_kept_is_made_larger_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().display().to_string();
    let flags = ["--data", &folder, "--fixed-time", TIME, "--tasks", "50", "--open", "0.5"];
    let first = Demo::with(&flags);
    for said in ["1,050 of 1,050 users and tasks, 100 %", "making the indexes", "has 1440 users and 65 open tasks"] {
        assert!(first.printed.contains(said), "{}", first.printed);
    }
    drop(first);
    let again = Demo::with(&flags);
    for said in ["was made larger before; it stays as it is.", "has 1440 users and 65 open tasks"] {
        assert!(again.printed.contains(said), "{}", again.printed);
    }
}

#[test]
fn whoever_asks_for_a_world_that_cannot_be_reads_which_number_is_wrong() {
    for (flags, sentence) in [
        (["--tasks", "0"].as_slice(), "--tasks takes a number from 1 to 5,000,000."),
        (&["--tasks", "5000001"], "--tasks takes a number from 1 to 5,000,000."),
        (&["--tasks", "-3"], "--tasks takes a number from 1 to 5,000,000."),
        (&["--tasks", "300", "--users", "0"], "--users takes a number from 10 to 10,000,000."),
        (
            &["--tasks", "300", "--open", "1.5"],
            "--open takes a share from 0 to 1, such as 0.1 for a tenth of the tasks.",
        ),
        (&["--tasks", "300", "--open", "-0.1"], "--open takes a share from 0 to 1"),
        (&["--tasks", "300", "--open", "NaN"], "--open takes a share from 0 to 1"),
        (&["--tasks", "300", "--users", "10", "--open", "1"], "300 tasks, of which 300 are open, need --users "),
        (&["--users", "300"], "--tasks"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_tokendesk"))
            .args(["demo", "--listen", "127.0.0.1:0"])
            .args(flags)
            .output()
            .expect("the program runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(sentence), "{flags:?}: {said}");
    }
    let all = world::Size::of(1_000, None, 1.0).expect("there are as many users as all open tasks need");
    assert!((1_001..3_000).contains(&all.users), "{all:?}");
}
