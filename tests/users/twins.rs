//! One name is one name however it is typed, and what an older version wrote is brought up to that without failing.

use diesel::{RunQueryDsl, sql_query};
use tokendesk::{
    db,
    operators::{BuiltIn, Scope, Who},
    users::{self, Details, Import, Typed, User},
};

use super::{found, user};
use crate::{
    on_both,
    support::{Page, World},
};

/// é as most type it, and as a Mac and some directories write it.
const COMPOSED: &str = "jos\u{e9}";
const APART: &str = "jose\u{301}";

/// A user with the User ID, key and last name that an older version would have written, without words.
fn as_before(world: &World, made: &User, user_id: &str, last_name: &str) {
    let key = user_id.to_lowercase();
    world
        .desk
        .db
        .write(|conn| {
            sql_query(format!("DELETE FROM user_words WHERE user_id = {}", made.id.0)).execute(conn)?;
            let last_key = last_name.to_lowercase();
            sql_query(format!(
                "UPDATE users SET user_id = '{user_id}', user_id_key = '{key}', last_name = '{last_name}', \
             last_name_key = '{last_key}', keyed = FALSE, twin_of = NULL WHERE id = {}",
                made.id.0
            ))
            .execute(conn)?;
            Ok(())
        })
        .unwrap();
}

fn find(world: &World, user_id: &str) -> User {
    world.desk.db.read(|conn| users::find(conn, &Who::command_line(), user_id)).unwrap()
}

fn twins(world: &World) -> Vec<(String, String)> {
    world.desk.db.read(|conn| users::twins(conn, &Scope::All)).unwrap()
}

/// Two who were two to an older version, brought up to this one.
fn pair(world: &World) -> (User, User) {
    let older = user(world, "first", "A", "A", "Sales");
    let younger = user(world, "second", "B", "B", "Sales");
    as_before(world, &older, COMPOSED, "Jovanović");
    as_before(world, &younger, APART, "García");
    assert_eq!(users::renew(&world.desk).unwrap(), 2);
    (older, younger)
}

on_both! {
    fn what_an_older_version_wrote_is_found_as_what_this_one_writes(world) {
        let old = user(&world, "old", "A", "A", "Sales");
        as_before(&world, &old, "Zo\u{308}e", "Jovanović");
        assert!(found(&world, &Who::command_line(), "q=jovanovic").is_empty());
        assert_eq!(users::renew(&world.desk).unwrap(), 1);
        assert_eq!(users::renew(&world.desk).unwrap(), 0, "once");
        assert_eq!(found(&world, &Who::command_line(), "q=jovanovic"), ["Zo\u{308}e"]);
        assert_eq!(found(&world, &Who::command_line(), "last_name=jovanovic").len(), 1);
        assert_eq!(find(&world, "z\u{f6}e").id, old.id, "by its User ID as others type it");
        assert!(twins(&world).is_empty());
    }

    fn of_two_users_who_have_become_one_the_younger_keeps_its_key_and_both_are_named(world) {
        let (older, younger) = pair(&world);
        assert_eq!((find(&world, COMPOSED).id, find(&world, APART).id), (older.id, younger.id));
        assert_eq!(find(&world, "JOS\u{c9}").id, older.id);
        assert_eq!(twins(&world), [(APART.to_owned(), COMPOSED.to_owned())]);
        let browser = world.signed_in("m.okafor", BuiltIn::ProvisioningManager);
        browser.get("/").expect(200).says("1 User ID is there twice").says(COMPOSED);
        let page: Page = browser.get(&format!("/users/{}", tokendesk::web::segment(APART)));
        page.expect(200).says("García");
        assert_eq!(found(&world, &Who::command_line(), "q=jos%C3%A9").len(), 2, "both are found");
        // The younger can be worked on, and keeps its User ID until it is given another.
        let who = Who::command_line();
        let typed = |id: &str, first: &str| Details::parse(&Typed {
            user_id: id.into(), first_name: first.into(), last_name: "García".into(), container: "Sales".into(), ..Typed::default()
        }).unwrap();
        let user = users::edit(&world.desk, &who, world.now(), APART, younger.version, &typed(APART, "Pepe")).unwrap();
        assert_eq!((user.id, user.first_name.as_str(), user.user_id.as_str()), (younger.id, "Pepe", APART));
        let how = Import { container: "Sales".into(), dry_run: false, good_lines: false };
        let table = format!("User ID,Last Name\n{COMPOSED},Imported\n");
        users::import(&world.desk, &who, world.now(), table.as_bytes(), &how).unwrap();
        assert_eq!((find(&world, COMPOSED).last_name.as_str(), find(&world, APART).last_name.as_str()), ("Imported", "García"));
        users::edit(&world.desk, &who, world.now(), APART, user.version, &typed("pepe", "Pepe")).unwrap();
        assert!(twins(&world).is_empty());
        browser.get("/").expect(200).does_not_say("is there twice");
        assert_eq!(find(&world, APART).id, older.id);
    }

    fn one_user_id_is_taken_however_it_is_typed(world) {
        let who = Who::command_line();
        let details = |id: &str| Details::parse(&Typed {
            user_id: id.into(), last_name: "X".into(), container: "Sales".into(), ..Typed::default()
        }).unwrap();
        users::create(&world.desk, &who, world.now(), &details(APART)).unwrap();
        assert_eq!(find(&world, COMPOSED).user_id, COMPOSED, "it is stored composed");
        users::create(&world.desk, &who, world.now(), &details("secure")).unwrap();
        for taken in [COMPOSED, "JOSE\u{301}", "ſecure", "ＳＥＣＵＲＥ"] {
            assert!(users::create(&world.desk, &who, world.now(), &details(taken)).is_err(), "{taken}");
        }
        assert_eq!(found(&world, &who, "q=jose%CC%81"), [COMPOSED], "a search from a Mac");
        let browser = world.signed_in("m.okafor", BuiltIn::ProvisioningManager);
        let form = |id: &'static str, last: &'static str| [("user_id", id), ("last_name", last), ("container", "Sales")];
        let answer = browser.post("/users/new", &form("аdmin", "X"));
        browser.get(answer.location()).expect(200).says("Cyrillic and Latin letters");
        for mark in ["A\u{202E}B", "A\u{200B}B", "A\u{2028}B", "A\u{2066}B", "A\u{FEFF}B"] {
            browser.post("/users/new", &form("marked", mark)).expect(422).says("invisible marks");
        }
        let how = Import { container: "Sales".into(), dry_run: true, good_lines: false };
        let report = users::import(&world.desk, &who, world.now(), "User ID,Last Name\nаdele,X\n".as_bytes(), &how).unwrap();
        assert!(report.notes[0].contains("Line 2: The User ID аdele has Cyrillic and Latin letters"), "{:?}", report.notes);
    }

    fn keys_of_other_names_are_made_anew_once_and_a_namesake_keeps_its_own(world) {
        let names = ["Zu\u{308}rich", "Bu\u{308}ro", "B\u{fc}ro"];
        world.desk.db.write(|conn| {
            for name in names {
                sql_query(format!(
                    "INSERT INTO containers (name, name_key, created_at) VALUES ('{name}', '{}', '2026-01-01 00:00:00')", name.to_lowercase()
                )).execute(conn)?;
            }
            sql_query("DELETE FROM upgrades").execute(conn)?;
            Ok(())
        }).unwrap();
        let at = |name: &str| world.desk.db.read(|conn| users::container(conn, name)).unwrap();
        assert_eq!(at("Z\u{fc}rich"), None);
        let as_written = (at("Bu\u{308}ro"), at("B\u{fc}ro"));
        db::keys::renew(&world.desk.db, world.now()).unwrap();
        db::keys::renew(&world.desk.db, world.now()).unwrap();
        assert!(at("Z\u{fc}rich").is_some());
        assert_eq!((at("Bu\u{308}ro"), at("B\u{fc}ro")), as_written, "two containers stay two");
    }
}
