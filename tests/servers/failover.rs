//! The primary of a pair is killed while people work, and its standby promoted: what anybody was told is done is there.

use std::{
    sync::{
        Condvar, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

use tokendesk::{
    config::Settings,
    db::Db,
    error::Error,
    oath::{self, Algorithm},
};

use crate::support::{
    Browser,
    cluster::Cluster,
    program::{PATIENCE, Program},
};

/// The key of a device.
const SEED: &[u8] = b"12345678901234567890";

/// People who work at the same time.
const OPERATORS: usize = 4;

/// Changes that are confirmed before the primary is killed, and again after it.
const CHANGES: usize = 40;

/// Users that were made, by their User IDs, and values that the auth node was told to take.
#[derive(Default)]
struct Confirmed {
    users: Mutex<Vec<String>>,
    another: Condvar,
    accepted: Mutex<Vec<u64>>,
}

impl Confirmed {
    fn note(&self, user_id: String) {
        self.users.lock().expect("nobody panicked").push(user_id);
        self.another.notify_all();
    }

    fn count(&self) -> usize {
        self.users.lock().expect("nobody panicked").len()
    }

    /// Waits until there are so many users.
    #[track_caller]
    fn reach(&self, count: usize) {
        let users = self.users.lock().expect("nobody panicked");
        let (users, _) =
            self.another.wait_timeout_while(users, PATIENCE, |users| users.len() < count).expect("nobody panicked");
        assert!(users.len() >= count, "{} of {count} changes were made", users.len());
    }
}

/// Waits until something is so.
#[track_caller]
fn until(what: &str, mut so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !so() {
        assert!(begin.elapsed() < PATIENCE, "not so in time: {what}");
        thread::yield_now();
    }
}

/// Makes a user; whether the console said that it was done. It may not answer at all.
fn create(console: &Browser, user_id: &str) -> bool {
    let form = [
        ("user_id", user_id),
        ("last_name", "Last"),
        ("first_name", "First"),
        ("email", "somebody@example.org"),
        ("container", "Default"),
    ];
    console.request("/users/new").form(&form).send().is_ok_and(|answer| answer.status() == 303)
}

#[test]
#[ignore = "needs PostgreSQL and oathtool: tests/run installs them"]
fn nothing_that_was_confirmed_is_lost_when_the_primary_is_killed_and_the_standby_promoted() {
    let primary = Cluster::primary();
    let standby = Cluster::synchronous_standby(&primary);
    until("the primary waits for its standby", || primary.is_synchronous());
    let settings = [
        format!(
            "database_url=postgres://tokendesk@127.0.0.1:{},127.0.0.1:{}/td?target_session_attrs=read-write",
            primary.port, standby.port
        ),
        format!("master_key=\"{}\"", "07".repeat(32)),
        "log_level=warn".to_owned(),
    ];
    let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
    let mut server = Program::of(env!("CARGO_BIN_EXE_tokendesk").as_ref(), &settings);
    server.add_kim();
    let file = tempfile::NamedTempFile::new().expect("a file");
    let devices = format!(
        "Serial Number;Seed;Type;Algorithm;Digits;Period;Container\nHW-1;{};HOTP;SHA1;6;;\n",
        data_encoding::HEXLOWER.encode(SEED)
    );
    std::fs::write(file.path(), devices).expect("the file can be written");
    server.run(&["tokens", "import", &file.path().display().to_string()]);
    let key = server.run(&["auth-node", "add", "VPN"]);
    let key = key.lines().find(|line| line.starts_with("td_")).expect("the key is shown once").to_owned();
    server.serve();
    let console = server.signed_in();
    assert!(create(&console, "t.adeyemi"));
    console.post("/tokens/HW-1/assign", &[("user_id", "t.adeyemi")]).expect(303);
    // As if its user had enrolled it.
    primary.execute("td", "UPDATE tokens SET state = 'Active' WHERE serial = 'HW-1'");
    // What the auth node is answered, if anything.
    let ask = |press: u64| {
        let otp = oath::hotp(SEED, press, 6, Algorithm::Sha1);
        let asked = serde_json::json!({ "user_id": "t.adeyemi", "otp": otp });
        let request = console.bare("/api/v1/authenticate").bearer_auth(&key).json(&asked);
        request.send().ok().map(|answer| answer.status().as_u16())
    };

    let (confirmed, stop) = (Confirmed::default(), AtomicBool::new(false));
    thread::scope(|scope| {
        let (confirmed, stop, console, ask) = (&confirmed, &stop, &console, &ask);
        for operator in 0..OPERATORS {
            scope.spawn(move || {
                for number in (0..).take_while(|_| !stop.load(SeqCst)) {
                    let user_id = format!("u{operator}.{number}");
                    if create(console, &user_id) {
                        confirmed.note(user_id);
                    }
                }
            });
        }
        scope.spawn(move || {
            let mut press = 1;
            while !stop.load(SeqCst) {
                match ask(press) {
                    Some(200) => confirmed.accepted.lock().expect("nobody panicked").push(press),
                    // Accepted before, and nobody was told.
                    Some(403) => {}
                    _ => continue,
                }
                press += 1;
            }
        });
        // Whatever fails here, the others are to end.
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            confirmed.reach(CHANGES);
            primary.kill();
            until("it is noticed", || !server.is_ready());
            let page = console.get("/tasks").expect(503).says("The database does not answer");
            assert!(!page.header("retry-after").is_empty());
            standby.promote();
            let promoted = Instant::now();
            let before = confirmed.count();
            confirmed.reach(before + 1);
            println!("Serving again {} ms after the promotion.", promoted.elapsed().as_millis());
            confirmed.reach(before + CHANGES);
            until("it is ready", || server.is_ready());
        }));
        stop.store(true, SeqCst);
        outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });

    let users = confirmed.users.into_inner().expect("nobody panicked");
    println!("{} changes were confirmed.", users.len());
    let lost: Vec<&String> = users
        .iter()
        .filter(|user_id| standby.number(&format!("SELECT COUNT(*) AS n FROM users WHERE user_id = '{user_id}'")) != 1)
        .collect();
    assert_eq!(lost, Vec::<&String>::new());
    let entries = standby.number("SELECT COUNT(*) AS n FROM audit_entries WHERE verb = 'users.create'");
    assert!(entries >= i64::try_from(users.len()).expect("a small number"), "{entries}");
    // What was accepted from the one is not accepted by the other.
    let accepted = confirmed.accepted.into_inner().expect("nobody panicked");
    let last = accepted.last().copied().expect("some were accepted");
    assert_eq!(ask(last), Some(403), "press {last} was accepted before");
}

#[test]
#[ignore = "needs PostgreSQL: tests/run starts one"]
fn a_connection_that_takes_no_writes_is_not_lent() {
    let primary = Cluster::primary();
    let standby = Cluster::synchronous_standby(&primary);
    let mut settings = Settings::plain("http://localhost", &standby.url()).expect("the settings are right");
    settings.database_wait = Duration::from_millis(100);
    let db = Db::open(&settings, 1).expect("a standby takes connections");
    assert!(matches!(db.read(|_| Ok(())), Err(Error::Away)));
    primary.kill();
    standby.promote();
    until("the promoted one is lent", || db.read(|_| Ok(())).is_ok());
}
