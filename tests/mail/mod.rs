//! Email, from the outbox to a mail server (PRODUCT.md §6).

use tokendesk::{
    desk::Desk,
    ids::{ContainerId, EnrollmentId, TaskId, UserId},
    mail::{
        self, Carrier, Email, Facts, Filter, Kind, NewEmail, Secret, View,
        courier::{self, Smtp, Timeouts},
    },
};

use crate::support::{World, smtp::Sink};

mod alternate;
mod bounce_kinds;
pub(crate) mod bounces;
mod mta;
mod pages;
mod sending;
mod trouble;
mod workers;

/// The code in the emails of these tests.
const CODE: &str = "ABCDE23456";
/// The handle in them.
const HANDLE: &str = "c2VjcmV0LWhhbmRsZS0x";

/// An enrollment email to this address, not yet posted.
fn enrollment_to(world: &World, to: &str) -> NewEmail {
    NewEmail {
        kind: Kind::Enrollment,
        to: to.into(),
        alternate: false,
        user: Some(UserId(7)),
        container: Some(ContainerId(1)),
        task: Some(TaskId(1042)),
        enrollment: Some(EnrollmentId(70)),
        facts: Facts {
            first_name: "Tobi".into(),
            name: "Tobi Adeyemi".into(),
            user_id: "t.adeyemi".into(),
            authentication_type: "Authenticator app".into(),
            task: Some(1042),
            stop_on: "2026-11-27".parse().ok(),
            requester: "k.lindqvist".into(),
            ..Facts::default()
        },
        secret: Some(Secret {
            handle: Some(HANDLE.into()),
            code: Some(CODE.into()),
            carries_code: true,
            alternate_to: None,
        }),
        give_up_at: world.desk.settings.zone.end_of("2026-11-27".parse().expect("a date")),
    }
}

fn post(world: &World, emails: &[NewEmail]) {
    world
        .desk
        .db
        .write(|conn| mail::post(&world.desk, conn, world.now(), "k.lindqvist", emails))
        .expect("they are posted");
}

fn post_to(world: &World, addresses: &[&str]) {
    let emails: Vec<NewEmail> = addresses.iter().map(|to| enrollment_to(world, to)).collect();
    post(world, &emails);
}

/// What carries mail to `url`, with timeouts that a test can wait for.
fn carrier_to(desk: &Desk, url: &str) -> Carrier {
    Carrier::Smtp(Box::new(server(desk, url)))
}

fn server(desk: &Desk, url: &str) -> Smtp {
    let url = url.parse().expect("an address");
    // Long enough for a busy machine, short enough to wait for in the tests of servers that stall.
    let short = std::time::Duration::from_secs(3);
    let connect = std::time::Duration::from_secs(5);
    Smtp::new(&desk.settings, &url).expect("the address is right").timeouts(Timeouts { connect, command: short })
}

/// Sends what is due to `sink`, and says how many tries that were.
fn send(world: &World, sink: &Sink) -> usize {
    courier::run_once(&world.desk, &carrier_to(&world.desk, &sink.url())).expect("the database answers")
}

/// All emails, the oldest first.
fn outbox(world: &World) -> Vec<Email> {
    let filter = Filter::default();
    let mut list = world
        .desk
        .db
        .read(|conn| mail::rows(conn, world.now(), None, &filter, View::All, (0, 10_000)))
        .expect("the outbox can be read");
    list.reverse();
    list
}

fn only(world: &World) -> Email {
    let mut list = outbox(world);
    assert_eq!(list.len(), 1);
    list.remove(0)
}

/// The words of the states of all emails, the oldest first.
fn states(world: &World) -> Vec<&'static str> {
    outbox(world).iter().map(|email| email.state.code()).collect()
}

/// Everything that the database keeps of emails.
fn everything_kept(world: &World) -> String {
    ["emails", "email_tries", "audit_entries"].map(|table| world.dump(table)).join("\n")
}
