//! While others keep the database: who reads reads on, who writes is told when to come back.

use std::{sync::mpsc, thread, time::Duration};

use diesel::connection::SimpleConnection;
use tokendesk::{
    authentication,
    operators::{BuiltIn, Who},
};

use crate::support::{On, World, browser};

/// Long enough to ask for something, short enough for a test.
const WAIT: Duration = Duration::from_millis(200);

/// Does `work` while another thread keeps the database: SQLite's writer, or PostgreSQL's tables against whoever writes.
fn kept(world: &World, work: impl FnOnce()) {
    let (held, is_held) = mpsc::channel();
    let (done, is_done) = mpsc::channel::<()>();
    let db = world.desk.db.clone();
    let keeper = thread::spawn(move || {
        db.write(|conn| {
            if db.is_postgres() {
                let tables = "users, audit_entries, check_throttle, auth_nodes, sign_in_throttle, sessions";
                conn.batch_execute(&format!("LOCK TABLE {tables} IN EXCLUSIVE MODE"))?;
            }
            held.send(()).expect("the test waits");
            let _ = is_done.recv();
            Ok(())
        })
        .expect("nothing was written");
    });
    is_held.recv().expect("the database is kept");
    work();
    drop(done);
    keeper.join().expect("it is let go");
}

fn law(on: On) {
    let world = World::limited(on, |_| {}, |settings| settings.database_wait = WAIT);
    let key = authentication::add_node(&world.desk, &Who::command_line(), world.now(), "vpn").expect("a node");
    let browser = world.signed_in("k.lindqvist", BuiltIn::ProvisioningManager);
    let new = [
        ("user_id", "t.adeyemi"),
        ("last_name", "Adeyemi"),
        ("first_name", "Tobi"),
        ("container", "Sales"),
        ("email", "tobi@example.org"),
    ];
    let ask = || {
        let body = serde_json::json!({ "user_id": "t.adeyemi", "otp": "123456" });
        browser::send(world.stranger().bare("/api/v1/authenticate").bearer_auth(&key).json(&body))
    };
    kept(&world, || {
        // Late enough that the session's last use would be written down.
        world.advance(chrono::Duration::minutes(2));
        let answer = ask().expect(503);
        assert_eq!(answer.header("retry-after"), "5");
        assert!(answer.body.contains("Tokendesk is busy"), "{}", answer.body);
        let page = browser.post("/users/new", &new).expect(503).says("Tokendesk is busy").says("Nothing was changed");
        assert_eq!(page.header("retry-after"), "5");
        let page = world.stranger().post("/sign-in", &[("user_id", "nobody"), ("password", "not the password")]);
        assert_eq!(page.expect(503).header("retry-after"), "5");
        browser.get("/users").expect(200);
        browser.get("/readyz").expect(200).says("true");
        browser.get("/healthz").expect(200);
    });
    assert_ne!(ask().status, 503);
    browser.get("/users/t.adeyemi").expect(404);
    browser.post("/users/new", &new).location();
}

#[test]
fn who_waits_too_long_for_the_database_is_told_to_come_back_and_readers_wait_for_nobody_sqlite() {
    law(On::Sqlite);
}

#[test]
#[ignore = "needs PostgreSQL: tests/run starts one"]
fn who_waits_too_long_for_the_database_is_told_to_come_back_and_readers_wait_for_nobody_postgres() {
    law(On::Postgres);
}

/// Twice as many as there are connections to read by.
const READERS: usize = 8;

#[test]
fn a_server_whose_readers_are_all_busy_is_ready_all_the_same() {
    let world = World::limited(On::Sqlite, |_| {}, |settings| settings.database_wait = WAIT);
    let (done, is_done) = mpsc::channel::<()>();
    let is_done = std::sync::Arc::new(std::sync::Mutex::new(is_done));
    let (held, is_held) = mpsc::channel();
    let readers: Vec<_> = (0..READERS / 2)
        .map(|_| {
            let (db, held, is_done) = (world.desk.db.clone(), held.clone(), is_done.clone());
            thread::spawn(move || {
                db.read(|_| {
                    held.send(()).expect("the test waits");
                    let _ = is_done.lock().map(|done| done.recv());
                    Ok(())
                })
            })
        })
        .collect();
    for _ in &readers {
        is_held.recv().expect("a connection is kept");
    }
    world.stranger().get("/readyz").expect(200);
    drop(done);
    for reader in readers {
        reader.join().expect("it ends").expect("it read");
    }
}
