//! The same against a mail server that others wrote.

use mail_parser::MessageParser;
use tokendesk::mail::Courier;

use super::*;
use crate::support::{On, mta::Mta};

#[test]
#[ignore = "needs aiosmtpd: tests/run installs it"]
fn a_real_mail_server_takes_every_kind_of_email() {
    let world = World::new(On::Sqlite);
    let mta = Mta::start();
    let emails: Vec<NewEmail> = Kind::ALL
        .iter()
        .map(|kind| NewEmail { kind: *kind, ..enrollment_to(&world, &format!("{}@example.org", kind.code())) })
        .collect();
    post(&world, &emails);
    let carrier = carrier_to(&world.desk, &mta.url());
    assert_eq!(courier::run_once(&world.desk, &carrier).expect("the database answers"), emails.len());
    assert!(states(&world).iter().all(|state| *state == "Sent"), "{:?}", outbox(&world));
    let messages = mta.messages();
    assert_eq!(messages.len(), emails.len());
    for email in outbox(&world) {
        let id = email.message_id.trim_matches(['<', '>']);
        let parser = MessageParser::default();
        let message = messages
            .iter()
            .filter_map(|bytes| parser.parse(bytes))
            .find(|message| message.message_id() == Some(id))
            .expect("every email arrived");
        assert_eq!(message.to().and_then(|to| to.first()).and_then(|to| to.address()), Some(email.shown_to.as_str()));
        assert_eq!(message.header("Auto-Submitted").and_then(|header| header.as_text()), Some("auto-generated"));
        assert!(message.body_text(0).expect("a body").starts_with("Hello Tobi,"));
        assert!(message.body_html(0).expect("a body").contains("Hello Tobi,"));
    }
}

#[test]
#[ignore = "needs aiosmtpd: tests/run installs it"]
fn workers_empty_the_outbox_into_a_real_mail_server_sqlite() {
    empties_into_a_real_server(&World::new(On::Sqlite));
}

#[test]
#[ignore = "needs PostgreSQL and aiosmtpd: tests/run has both"]
fn workers_empty_the_outbox_into_a_real_mail_server_postgres() {
    empties_into_a_real_server(&World::new(On::Postgres));
}

fn empties_into_a_real_server(world: &World) {
    let mta = Mta::start();
    let addresses: Vec<String> = (0..60).map(|n| format!("user{n}@example.org")).collect();
    post_to(world, &addresses.iter().map(String::as_str).collect::<Vec<_>>());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let patient = server(&world.desk, &mta.url()).timeouts(Timeouts::default());
    runtime.block_on(async {
        let courier = Courier::start(world.desk.clone(), Carrier::Smtp(Box::new(patient)), 4);
        while states(world).contains(&"Queued") && !states(world).contains(&"Deferred") {
            tokio::task::yield_now().await;
        }
        courier.stop().await;
    });
    assert_eq!(mta.messages().len(), 60);
    assert!(outbox(world).iter().all(|email| email.state.code() == "Sent" && email.tries == 1), "{:?}", outbox(world));
}
