//! A full disk: nothing is lost, reading goes on, and everybody is told why they cannot go on.

use diesel::connection::SimpleConnection;
use tokendesk::{
    audit::{self, Entry, Verb},
    clock::Timestamp,
    error::Error,
    operators::{BuiltIn, Who},
    rounds::{self, Round},
};

use crate::{
    operators::{PASSWORD, add},
    support::{On, World},
};

/// From now on the file may not grow, and there is no room left in it for entries of the audit log.
fn fill(world: &World, now: Timestamp) {
    world.desk.db.write(|conn| Ok(conn.batch_execute("PRAGMA max_page_count = 1")?)).expect("the pragma is taken");
    let who = Who::command_line();
    for length in [2_000, 100, 1] {
        let entry = || Entry::done(&who.actor, Verb::OperatorsSignOut, "x".repeat(length));
        while world.desk.db.write(|conn| audit::record(conn, now, &entry())).is_ok() {}
    }
}

#[test]
fn on_a_full_disk_who_is_signed_in_reads_on_and_whoever_writes_is_told_why_not() {
    let world = World::new(On::Sqlite);
    add(&world, "m.okafor", "Help desk");
    let browser = world.signed_in("k.lindqvist", BuiltIn::Operator);
    fill(&world, world.now());
    world.advance(chrono::Duration::minutes(2));
    browser.get("/users").expect(200);
    let user = [
        ("user_id", "t.adeyemi"),
        ("last_name", "Adeyemi"),
        ("first_name", "Tobi"),
        ("container", "Sales"),
        ("email", "tobi@example.org"),
    ];
    let sign_in = [("user_id", "m.okafor"), ("password", PASSWORD)];
    for page in [world.stranger().post("/sign-in", &sign_in), browser.post("/users/new", &user)] {
        let page = page.expect(503).says("The disk is full").says("make room");
        assert_eq!(page.header("retry-after"), "60");
    }
    browser.get("/users/t.adeyemi").expect(404);
    world
        .desk
        .db
        .write(|conn| Ok(conn.batch_execute("PRAGMA max_page_count = 1000000")?))
        .expect("the pragma is taken");
    assert_eq!(world.stranger().post("/sign-in", &sign_in).location(), "/");
}

#[test]
fn what_the_last_tried_write_came_to_is_what_readyz_says() {
    let world = World::new(On::Sqlite);
    let (desk, now) = (&world.desk, world.now());
    let ready = || world.stranger().get("/readyz");
    ready().expect(200);
    rounds::probe(desk, now).expect("it is written");
    ready().expect(200);
    desk.db.write(|conn| Ok(conn.batch_execute("ALTER TABLE rounds RENAME TO lost_rounds")?)).expect("it is renamed");
    assert!(rounds::probe(desk, now).is_err());
    ready().expect(503).says("takes no write");
    desk.db.write(|conn| Ok(conn.batch_execute("ALTER TABLE lost_rounds RENAME TO rounds")?)).expect("it is renamed");
    rounds::run(desk, Round::Probe, now, rounds::probe);
    ready().expect(200);
    assert!(desk.db.room().is_some_and(|bytes| bytes > 0));
}

#[test]
fn the_first_thing_that_went_wrong_is_what_is_told() {
    let world = World::new(On::Sqlite);
    // The transaction is ended within itself, as SQLite does when the disk is full: it cannot be rolled back then.
    let outcome = world.desk.db.write(|conn| {
        conn.batch_execute("ROLLBACK")?;
        Err::<(), _>(Error::Conflict("the first".into()))
    });
    assert!(matches!(&outcome, Err(Error::Conflict(words)) if words == "the first"), "{outcome:?}");
    world.desk.db.write(|_| Ok(())).expect("the next transaction is whole");
}
