//! `backup`, and what is made of it.

use std::{fs, os::unix::fs::symlink};

use super::Place;
use crate::support::{On, World};

#[test]
fn a_backup_writes_a_new_file_whole_or_not_at_all() {
    let enrollment = Place::new();
    assert!(enrollment.run(&["backup", "early.db"]).refused().contains("There is no database"));
    enrollment.add_operator("kim").well();

    symlink(enrollment.path("elsewhere.db"), enrollment.path("link.db")).unwrap();
    assert!(enrollment.run(&["backup", "link.db"]).refused().contains("is there already"));
    assert!(!enrollment.path("elsewhere.db").exists(), "it went where the link leads");

    enrollment.write("taken.db", "mine");
    assert!(enrollment.run(&["backup", "taken.db"]).refused().contains("is there already"));
    assert_eq!(fs::read_to_string(enrollment.path("taken.db")).unwrap(), "mine");

    enrollment.run(&["backup", "no/such/folder.db"]).refused();
    // What is no database cannot be copied, and leaves nothing under the name.
    let url = format!("database_url=sqlite:{}", enrollment.path("taken.db").display());
    enrollment.run(&["backup", "broken.db", "--set", &url]).refused();
    let list = fs::read_dir(enrollment.folder.path()).unwrap();
    let names: Vec<String> = list.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    assert!(!names.iter().any(|name| name.starts_with("broken") || name.contains("backup")), "{names:?}");

    let said = enrollment.run(&["backup", "copy.db"]).well();
    assert!(said.contains("copy.db") && said.contains("master.key"), "{said}");
}

#[test]
fn what_a_backup_brings_back_checks_one_time_passwords_as_before() {
    let world = World::new(On::Sqlite);
    let user = world.user("t.adeyemi", "Sales");
    let app = world.app_of(&user);
    let enrollment = Place::new();
    let source =
        [format!("database_url={}", world.desk.settings.database_url), format!("master_key={}", "07".repeat(32))];
    enrollment.run(&["backup", "copy.db", "--set", &source[0], "--set", &source[1]]).well();

    // Restored as README says: the file and the key in an empty data_dir.
    fs::create_dir(enrollment.data()).unwrap();
    fs::rename(enrollment.path("copy.db"), enrollment.data().join("tokendesk.db")).unwrap();
    fs::write(enrollment.key_file(), "07".repeat(32)).unwrap();
    enrollment.add_operator("kim").well();
    let key = enrollment.run(&["auth-node", "add", "vpn"]).well();
    let key = key.lines().find(|line| line.starts_with("td_")).expect("the key of the node");
    let report = enrollment.run(&["check"]).text;
    assert!(report.contains("OK        counts") && report.contains("OK        master key"), "{report}");
    let _serving = enrollment.serve();
    let asked = reqwest::blocking::Client::new()
        .post(format!("http://127.0.0.1:{}/api/v1/authenticate", enrollment.port))
        .bearer_auth(key)
        .json(&serde_json::json!({ "user_id": "t.adeyemi", "otp": app.at(tokendesk::clock::Clock::System.now()) }))
        .send()
        .expect("the server answers");
    assert_eq!(asked.status(), 200);
    assert!(asked.text().expect("text").contains("accept"));
}
