//! Another address typed for Resend is used for that one email, and then it is nowhere (PRODUCT.md §2, Resend).

use diesel::{
    Connection, QueryableByName, RunQueryDsl, SqliteConnection, connection::SimpleConnection, prelude::*, sql_query,
};
use tokendesk::{
    app,
    audit::Actor,
    bounces,
    ids::{EmailId, TaskId, UserId},
    mail::masked,
    operators::{BuiltIn, Who},
    schema::emails,
    tasks::{
        remove, resend,
        ticked_users::{self, TickedUsers},
    },
};

use super::*;
use crate::{
    on_both,
    support::{Browser, log::Ear, smtp::Manner},
};

/// What is typed. No word of it stands anywhere else in a world.
const ADDRESS: &str = "Zephyrine.Quill@quartz-cottage.example";
/// The parts of it that nobody may find: a mail server writes them one by one too.
const PARTS: [&str; 3] = ["zephyrine.quill@quartz-cottage.example", "zephyrine.quill", "quartz-cottage"];

/// Bytes of a sealed secret that nothing else in a file can hold by chance.
const PIECE: usize = 12;

/// A user in a task, whose first email has gone out.
struct Guest {
    task: TaskId,
    user: UserId,
    who: Who,
}

impl Guest {
    fn new(world: &World) -> Self {
        let who = world.lindqvist();
        let user = world.user("a.berg", "Sales").id;
        let task = world.task(&who, &[user]);
        send(world, &Sink::new());
        Guest { task, user, who }
    }

    /// Resends to the address by the verb; the new email.
    fn resend(&self, world: &World) -> EmailId {
        resend::resend(&world.desk, &self.who, world.now(), self.task, self.user, Some(ADDRESS)).expect("it is resent");
        last(world).id
    }

    fn ticked(&self, world: &World) -> TickedUsers {
        TickedUsers::These(vec![world.enrollment(self.task, self.user).id])
    }
}

fn last(world: &World) -> Email {
    outbox(world).pop().expect("there is an email")
}

/// The sealed secret of an email, as long as it is there.
fn sealed(world: &World, id: EmailId) -> Option<Vec<u8>> {
    world
        .desk
        .db
        .read(|conn| Ok(emails::table.find(id.0).select(emails::sealed).first(conn)?))
        .expect("the email is there")
}

/// Every table of the database.
fn tables(world: &World) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Table {
        #[diesel(sql_type = diesel::sql_types::Text)]
        name: String,
    }
    let sql = if world.desk.db.is_postgres() {
        "SELECT CAST(table_name AS TEXT) AS name FROM information_schema.tables WHERE table_schema = 'public'"
    } else {
        "SELECT name FROM sqlite_master WHERE type = 'table'"
    };
    let tables: Vec<Table> =
        world.desk.db.read(|conn| Ok(sql_query(sql).load(conn)?)).expect("the tables can be listed");
    assert!(tables.len() > 20, "all tables are listed");
    tables.into_iter().map(|table| table.name).collect()
}

/// Fails the test if a part of the address stands in `text`, in any case.
#[track_caller]
fn holds_no_part(text: &str, what: &str) {
    let text = text.to_lowercase();
    for part in PARTS {
        // A column of bytes is printed in hexadecimal digits.
        for part in [part.to_owned(), data_encoding::HEXLOWER.encode(part.as_bytes())] {
            let found = text.find(&part).map(|at| text[at.saturating_sub(200)..].chars().take(400).collect::<String>());
            assert!(found.is_none(), "{what} holds {part}: {}", found.unwrap_or_default());
        }
    }
}

/// Fails the test if a part of the address stands in any column of any table, or anywhere in the files of SQLite.
#[track_caller]
fn no_table_holds_it(world: &World) {
    for table in tables(world) {
        holds_no_part(&world.dump(&table), &table);
    }
    for (file, bytes) in files(world) {
        holds_no_part(&String::from_utf8_lossy(&bytes), &file);
    }
}

/// The files of SQLite, as whoever copies them gets them; none for PostgreSQL.
fn files(world: &World) -> Vec<(String, Vec<u8>)> {
    let Some(path) = world.desk.settings.database_url.strip_prefix("sqlite:") else { return Vec::new() };
    let names = ["", "-wal"].map(|end| format!("{path}{end}"));
    names.into_iter().filter_map(|name| std::fs::read(&name).ok().map(|bytes| (name, bytes))).collect()
}

/// Writes SQLite's log back into the file, as happens by itself with time.
fn checkpoint(world: &World) {
    if let Some(path) = world.desk.settings.database_url.strip_prefix("sqlite:") {
        let mut conn = SqliteConnection::establish(path).expect("the file opens");
        conn.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)").expect("the log is written back");
    }
}

/// The sealed secret of the email `id`, which waits: it is there, and in the files of SQLite as well.
#[track_caller]
fn waiting(world: &World, id: EmailId) -> Vec<u8> {
    let sealed = sealed(world, id).expect("it waits");
    checkpoint(world);
    let files = files(world);
    let found = files.iter().any(|(_, bytes)| bytes.windows(sealed.len()).any(|window| window == sealed));
    assert!(found || files.is_empty(), "the file is read right");
    sealed
}

/// Fails the test unless the address of `id` is wiped: the mask remains, and of what was sealed no piece is left over in
/// a part of the file that SQLite no longer uses.
#[track_caller]
fn only_the_mask_remains(world: &World, id: EmailId, was_sealed: &[u8]) {
    assert_eq!(sealed(world, id), None, "the secret is wiped");
    no_table_holds_it(world);
    checkpoint(world);
    no_piece_is_left(world, was_sealed);
    no_table_holds_it(world);
    let email = world.desk.db.read(|conn| mail::find(conn, None, id)).expect("the email is there").0;
    assert_eq!((email.shown_to.as_str(), email.alternate), (masked(ADDRESS).as_str(), true));
}

#[track_caller]
fn no_piece_is_left(world: &World, was_sealed: &[u8]) {
    for (file, bytes) in files(world) {
        for piece in was_sealed.chunks_exact(PIECE) {
            let left = bytes.windows(PIECE).any(|window| window == piece);
            assert!(!left, "{file} still holds a piece of what was sealed");
        }
    }
}

/// Every file that can be downloaded, and the pages where an address could stand.
#[track_caller]
fn no_page_shows_it(browser: &Browser, guest: &Guest, id: EmailId) {
    let files =
        app::routes(false).into_iter().filter(|route| route.path.ends_with(".csv")).map(|route| route.path.to_owned());
    let files: Vec<String> = files.collect();
    assert_eq!(files.len(), 9, "every file is looked at: {files:?}");
    let task = guest.task;
    let pages = [
        "/".into(),
        "/users".into(),
        "/users/a.berg".into(),
        "/users/a.berg/authentication-methods".into(),
        format!("/users/a.berg/tasks/{task}/edit"),
        "/tasks".into(),
        format!("/tasks/{task}"),
        format!("/tasks/{task}/edit"),
        "/outbox".into(),
        format!("/outbox/{id}"),
        "/audit".into(),
        "/reports/provisioning".into(),
        "/reports/not-enrolled".into(),
    ];
    for path in files.into_iter().chain(pages) {
        let page = browser.get(&path).expect(200);
        holds_no_part(&page.body, &path);
        let headers: Vec<String> = page.headers.into_iter().map(|(name, value)| format!("{name}: {value}")).collect();
        holds_no_part(&headers.join("\n"), &path);
    }
}

on_both! {
    fn an_alternate_address_is_used_once_and_then_it_is_nowhere(world) {
        let guest = Guest::new(&world);
        let browser = world.signed_in("m.okafor", BuiltIn::Operator);
        let ear = Ear::new();
        // The mail server repeats the address in every way it can before it takes the email.
        let sink = Sink::ruled(|to, before| match before {
            _ if to != ADDRESS => Manner::Accept,
            0 => Manner::AtRcpt("451 4.7.1 <zephyrine.quill@Quartz-Cottage.example>: greylisted"),
            1 => Manner::AtRcpt("450 4.2.1 user zephyrine.quill is busy"),
            2 => Manner::AtRcpt("454 4.4.1 mx1.quartz-cottage.example does not answer"),
            _ => Manner::Accept,
        });
        let form = format!("/users/a.berg/tasks/{}/edit", guest.task);
        browser.post(&form, &[("email", "Zephyrine.Quill@quartz-cottage")]).expect(422);
        browser.post(&form, &[("email", ADDRESS)]).location();
        browser.get("/users/a.berg/authentication-methods").expect(200).says("An email to Z•••@q•••.example is on its way.");
        let id = last(&world).id;
        let was_sealed = waiting(&world, id);
        for minutes in [1, 5, 15] {
            no_table_holds_it(&world);
            assert_eq!(send(&world, &sink), 1);
            assert_eq!(last(&world).state.code(), "Deferred");
            no_page_shows_it(&browser, &guest, id);
            world.advance(chrono::Duration::minutes(minutes));
        }
        assert_eq!(send(&world, &sink), 1);
        assert_eq!(sink.received()[0].to, [ADDRESS]);
        only_the_mask_remains(&world, id, &was_sealed);
        no_page_shows_it(&browser, &guest, id);
        browser.get(&format!("/outbox/{id}")).says("Z•••@q•••.example").says("user Z••• is busy").says("mx1.q•••.example");
        browser.get("/reports/not-enrolled.csv").says("Z•••@q•••.example");
        browser.get("/audit?size=100").says("to Z•••@q•••.example (alternate address)");
        // It was used once: the next email goes to the address of the profile, which is what it was.
        resend::resend(&world.desk, &guest.who, world.now(), guest.task, guest.user, None).expect("it is resent");
        assert_eq!(send(&world, &sink), 1);
        assert_eq!(sink.received()[1].to, ["a.berg@example.org"]);
        let heard = ear.heard();
        assert!(heard.contains(&form) && heard.contains("email tried"), "the log was listened to");
        holds_no_part(&heard, "the log");
    }

    fn no_piece_of_a_wiped_secret_is_left_over_among_many(world) {
        let who = world.lindqvist();
        let users: Vec<UserId> = (0..20).map(|n| world.user(&format!("u{n:02}"), "Sales").id).collect();
        let task = world.task(&who, &users);
        send(&world, &Sink::new());
        let ids: Vec<EmailId> = users
            .iter()
            .map(|user| {
                resend::resend(&world.desk, &who, world.now(), task, *user, Some(ADDRESS)).expect("it is resent");
                last(&world).id
            })
            .collect();
        let secrets = ids.iter().map(|id| sealed(&world, *id).expect("it waits"));
        let secrets: Vec<Vec<u8>> = secrets.collect();
        send(&world, &Sink::ruled(|_, before| if before % 2 == 0 { Manner::Accept } else { Manner::AtRcpt("550 No") }));
        checkpoint(&world);
        secrets.iter().for_each(|was_sealed| no_piece_is_left(&world, was_sealed));
    }

    fn an_alternate_address_goes_when_its_email_is_refused_for_good(world) {
        let guest = Guest::new(&world);
        let (id, ear) = (guest.resend(&world), Ear::new());
        let was_sealed = waiting(&world, id);
        send(&world, &Sink::ruled(|_, _| Manner::AtRcpt("550 5.1.1 zephyrine.quill: no such user at quartz-cottage.example")));
        assert_eq!(last(&world).state.code(), "Failed");
        assert_eq!(last(&world).last_answer, "550 5.1.1 Z•••: no such user at q•••.example");
        only_the_mask_remains(&world, id, &was_sealed);
        assert!(ear.heard().contains("email tried"));
        holds_no_part(&ear.heard(), "the log");
    }

    fn an_alternate_address_goes_when_its_email_is_given_up(world) {
        let guest = Guest::new(&world);
        let id = guest.resend(&world);
        let was_sealed = waiting(&world, id);
        world.advance(chrono::Duration::days(40));
        send(&world, &Sink::new());
        assert_eq!(last(&world).state.code(), "Failed");
        only_the_mask_remains(&world, id, &was_sealed);
    }

    fn an_alternate_address_goes_when_a_newer_email_takes_its_place(world) {
        let guest = Guest::new(&world);
        let id = guest.resend(&world);
        let was_sealed = waiting(&world, id);
        resend::resend(&world.desk, &guest.who, world.now(), guest.task, guest.user, None).expect("it is resent");
        only_the_mask_remains(&world, id, &was_sealed);
        let sink = Sink::new();
        send(&world, &sink);
        assert_eq!(sink.tries(), ["a.berg@example.org"]);
    }

    fn an_alternate_address_goes_when_its_user_is_removed(world) {
        let guest = Guest::new(&world);
        let id = guest.resend(&world);
        let was_sealed = waiting(&world, id);
        let ticked = guest.ticked(&world);
        let seen = ticked_users::preview(&world.desk, &guest.who, world.now(), guest.task, &ticked).expect("they can be ticked");
        let seen = seen.shown(&world.desk.keys, remove::REMOVE);
        remove::remove_users(&world.desk, &guest.who, world.now(), guest.task, &ticked, true, &seen).expect("they go");
        only_the_mask_remains(&world, id, &was_sealed);
    }

    fn an_alternate_address_goes_when_its_task_is_removed(world) {
        let guest = Guest::new(&world);
        let id = guest.resend(&world);
        let was_sealed = waiting(&world, id);
        remove::remove_task(&world.desk, &guest.who, world.now(), guest.task, true, 1).expect("it goes");
        only_the_mask_remains(&world, id, &was_sealed);
    }

    fn an_alternate_address_goes_when_its_email_is_canceled_in_a_workers_hand(world) {
        let guest = Guest::new(&world);
        let id = guest.resend(&world);
        let was_sealed = waiting(&world, id);
        let email = mail::claim(&world.desk, world.now(), "w", 9).expect("it is due").remove(0);
        assert_eq!(email.to(), ADDRESS);
        remove::remove_task(&world.desk, &guest.who, world.now(), guest.task, false, 1).expect("it goes");
        let answer = format!("451 <{ADDRESS}>: later");
        let tried = mail::EndedTry { worker: "w".into(), email, verdict: mail::Verdict::RefusedForNow, answer };
        mail::settle(&world.desk, world.now(), &[tried]).expect("it is written down");
        assert_eq!(last(&world).state.code(), "Canceled");
        only_the_mask_remains(&world, id, &was_sealed);
    }

    fn an_alternate_address_does_not_come_back_with_a_delivery_report(world) {
        let guest = Guest::new(&world);
        let id = guest.resend(&world);
        let was_sealed = waiting(&world, id);
        send(&world, &Sink::new());
        let report = crate::mail::bounces::postfix(&last(&world).message_id).replace("a@example.org", ADDRESS);
        let taken = bounces::take(&world.desk, world.now(), &Actor::system(), report.as_bytes());
        assert!(matches!(taken, Ok(bounces::ReportOutcome::Bounced(..))), "{taken:?}");
        only_the_mask_remains(&world, id, &was_sealed);
    }
}
