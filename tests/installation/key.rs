//! The master key of a database: lost, another, empty, made by two at once.

use std::{fs, process::Stdio};

use tokendesk::{
    clock::Clock,
    config::{Settings, Written},
    desk::Desk,
    ids::Random,
    tokens,
};

use super::{Place, modes};
use crate::{
    on_both,
    support::{On, World},
};

/// The id of the key in the report of `check`.
fn id(enrollment: &Place) -> String {
    let report = enrollment.run(&["check"]).text;
    let line = report.lines().find(|line| line.contains("master key:")).unwrap_or_else(|| panic!("{report}"));
    line.split_whitespace().find(|word| word.len() == 16).expect("the id of the key").to_owned()
}

/// Nothing that needs the key works, and each says why.
fn all_refuse(enrollment: &Place, words: &[&str]) {
    for command in [&["serve"][..], &["check"], &["migrate"], &["auth-node", "add", "vpn"], &["auth-node", "list"]] {
        let said = enrollment.run(command).refused();
        for word in words {
            assert!(said.contains(word), "{command:?}: “{word}” is not in: {said}");
        }
    }
    let said = enrollment.add_operator("sam").refused();
    assert!(said.contains(words[0]), "{said}");
}

#[test]
fn a_lost_key_stops_everything_that_needs_it_and_no_new_one_is_made() {
    let enrollment = Place::new();
    enrollment.add_operator("kim").well();
    let (key, id) = (fs::read_to_string(enrollment.key_file()).unwrap(), id(&enrollment));
    fs::remove_file(enrollment.key_file()).unwrap();
    all_refuse(&enrollment, &["is missing", &id, "backup"]);
    assert!(!enrollment.key_file().exists(), "a new key was made");

    fs::write(enrollment.key_file(), "").unwrap();
    all_refuse(&enrollment, &["is empty", &id, "backup"]);
    assert_eq!(fs::read(enrollment.key_file()).unwrap(), b"");

    let other = "9f".repeat(32);
    fs::write(enrollment.key_file(), &other).unwrap();
    all_refuse(&enrollment, &["is not the one of this database", &id, "backup"]);

    fs::write(enrollment.key_file(), "half a key").unwrap();
    all_refuse(&enrollment, &["is not 64 hex digits", "backup"]);

    fs::write(enrollment.key_file(), key).unwrap();
    assert!(enrollment.run(&["check"]).text.contains("OK        master key:"));
    enrollment.add_operator("sam").well();
}

#[test]
fn a_key_that_a_full_disk_left_empty_is_made_anew_while_there_is_nothing_to_open() {
    let enrollment = Place::new();
    fs::create_dir(enrollment.data()).unwrap();
    fs::write(enrollment.key_file(), "").unwrap();
    enrollment.add_operator("kim").well();
    assert_eq!(fs::read_to_string(enrollment.key_file()).unwrap().len(), 64);
    let left: Vec<_> =
        super::modes(&enrollment.data()).into_iter().filter(|(name, _)| name.starts_with(".master")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn two_first_starts_at_once_agree_on_one_key() {
    for _ in 0..5 {
        let enrollment = Place::new();
        let starts: Vec<_> = (0..3)
            .map(|_| enrollment.program(&["migrate"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap())
            .collect();
        for start in starts {
            let output = start.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        assert!(enrollment.run(&["check"]).text.contains("OK        master key:"));
    }
}

#[test]
fn check_before_the_first_start_names_one_cause_and_makes_nothing() {
    let enrollment = Place::with("smtp_url = \"smtp://127.0.0.1:1\"\n");
    let report = enrollment.run(&["check"]).refused();
    let about: Vec<&str> = report.lines().filter(|line| line.starts_with("FAILED    database")).collect();
    assert_eq!(about.len(), 1, "{report}");
    assert!(about[0].contains("There is no database") && about[0].contains("tokendesk operator add"), "{report}");
    assert_eq!(report.lines().filter(|line| line.starts_with("FAILED")).count(), 2, "database, mail server: {report}");
    assert!(!enrollment.data().exists(), "check made something");
}

/// A desk as another server with this key would have it.
fn server(world: &World, key: &str) -> Result<tokendesk::desk::Opened, String> {
    let written = Written {
        database_url: world.desk.settings.database_url.clone(),
        data_dir: tempfile::tempdir().unwrap().keep(),
        master_key: key.into(),
        ..Written::default()
    };
    Desk::open(Settings::check(written).unwrap()).map_err(|error| error.to_string())
}

on_both! {
    fn a_second_server_with_another_key_does_not_start(world) {
        let (right, wrong) = ("07".repeat(32), "08".repeat(32));
        let first = server(&world, &right).expect("the first server starts");
        let refused = server(&world, &wrong).err().expect("another key is refused");
        assert!(refused.contains(first.desk.keys.id()), "{refused}");
        assert!(refused.contains("setting master_key is not the one of this database"), "{refused}");
        server(&world, &right).expect("the right key is let in");
    }

    fn a_database_of_an_earlier_version_takes_the_key_that_opens_what_is_sealed_in_it(world) {
        let user = world.user("t.adeyemi", "Sales");
        let app = world.app_of(&user);
        let refused = server(&world, &"08".repeat(32)).err().expect("it does not open the seed");
        assert!(refused.contains("the key it was made with"), "{refused}");
        let opened = server(&world, &"07".repeat(32)).expect("it opens the seed");
        let typed = app.at(world.now());
        let desk = Desk { clock: Clock::fixed(world.now()).into(), random: Random::seeded(9).into(), ..opened.desk };
        let verdict = desk.db.write(|conn| tokens::check(&desk, conn, world.now(), user.id, &typed)).unwrap();
        assert!(matches!(verdict, tokens::Verdict::Accepted { .. }));
        assert!(server(&world, &"08".repeat(32)).err().expect("it is noted").contains(desk.keys.id()));
    }
}

#[test]
#[ignore = "needs PostgreSQL: tests/run starts one"]
fn a_postgresql_without_a_master_key_says_what_is_needed() {
    let world = World::new(On::Postgres);
    let enrollment = Place::with(&format!("database_url = \"{}\"\n", world.desk.settings.database_url));
    let said = enrollment.run(&["migrate"]).refused();
    assert!(said.contains("the setting master_key is needed"), "{said}");
}

#[test]
fn check_of_a_database_without_tables_says_to_start_the_server_once() {
    let enrollment = Place::new();
    enrollment.add_operator("kim").well();
    for (name, _) in modes(&enrollment.data()) {
        if name.starts_with("tokendesk.db") {
            fs::remove_file(enrollment.data().join(name)).expect("it is removed");
        }
    }
    enrollment.write("data/tokendesk.db", "");
    let report = enrollment.run(&["check"]).refused();
    assert!(report.contains("The database is not set up yet: start the server once"), "{report}");
}
