//! `backup`, and what is made of it.

use std::{fs, os::unix::fs::symlink};

use super::Place;
use crate::support::{On, World};

#[test]
fn a_backup_writes_a_new_file_whole_or_not_at_all() {
    let place = Place::new();
    assert!(place.run(&["backup", "early.db"]).refused().contains("There is no database"));
    place.add_operator("kim").well();

    symlink(place.path("elsewhere.db"), place.path("link.db")).unwrap();
    assert!(place.run(&["backup", "link.db"]).refused().contains("is there already"));
    assert!(!place.path("elsewhere.db").exists(), "it went where the link leads");

    place.write("taken.db", "mine");
    assert!(place.run(&["backup", "taken.db"]).refused().contains("is there already"));
    assert_eq!(fs::read_to_string(place.path("taken.db")).unwrap(), "mine");

    place.run(&["backup", "no/such/folder.db"]).refused();
    // What is no database cannot be copied, and leaves nothing under the name.
    let url = format!("database_url=sqlite:{}", place.path("taken.db").display());
    place.run(&["backup", "broken.db", "--set", &url]).refused();
    let list = fs::read_dir(place.folder.path()).unwrap();
    let names: Vec<String> = list.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    assert!(!names.iter().any(|name| name.starts_with("broken") || name.contains("backup")), "{names:?}");

    let said = place.run(&["backup", "copy.db"]).well();
    assert!(said.contains("copy.db") && said.contains("master.key"), "{said}");
}

#[test]
fn what_a_backup_brings_back_checks_one_time_passwords_as_before() {
    let world = World::new(On::Sqlite);
    let user = world.user("t.adeyemi", "Sales");
    let app = world.app_of(&user);
    let place = Place::new();
    let source =
        [format!("database_url={}", world.desk.settings.database_url), format!("master_key={}", "07".repeat(32))];
    place.run(&["backup", "copy.db", "--set", &source[0], "--set", &source[1]]).well();

    // Restored as README says: the file and the key in an empty data_dir.
    fs::create_dir(place.data()).unwrap();
    fs::rename(place.path("copy.db"), place.data().join("tokendesk.db")).unwrap();
    fs::write(place.key_file(), "07".repeat(32)).unwrap();
    place.add_operator("kim").well();
    let key = place.run(&["auth-node", "add", "vpn"]).well();
    let key = key.lines().find(|line| line.starts_with("td_")).expect("the key of the node");
    let report = place.run(&["check"]).text;
    assert!(report.contains("well      counts") && report.contains("well      master key"), "{report}");
    let _serving = place.serve();
    let asked = reqwest::blocking::Client::new()
        .post(format!("http://127.0.0.1:{}/api/v1/authenticate", place.port))
        .bearer_auth(key)
        .json(&serde_json::json!({ "user_id": "t.adeyemi", "otp": app.at(tokendesk::clock::Clock::System.now()) }))
        .send()
        .expect("the server answers");
    assert_eq!(asked.status(), 200);
    assert!(asked.text().expect("text").contains("accept"));
}
