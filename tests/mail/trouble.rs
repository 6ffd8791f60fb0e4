//! Mail servers that refuse, stall, drop and are not there.

use chrono::Duration;
use tokendesk::mail::{NewEmail, State};

use super::*;
use crate::{
    on_both,
    support::smtp::{Manner, Setup},
};

on_both! {
    fn a_temporary_refusal_is_tried_again_with_growing_pauses_and_one_message_id(world) {
        let sink = Sink::ruled(|_, before| match before {
            0..3 => Manner::AtRcpt("451 4.7.1 Greylisted, try again later"),
            3 => Manner::AtData("452 4.3.1 Out of space"),
            _ => Manner::Accept,
        });
        post_to(&world, &["a@example.org"]);
        let id = only(&world).message_id;
        for (n, pause) in [1, 5, 15, 60].into_iter().enumerate() {
            assert_eq!(send(&world, &sink), 1);
            let email = only(&world);
            assert_eq!((email.state.code(), email.tries), ("Deferred", n as i64 + 1));
            assert_eq!(email.next_try_at, Some(world.now() + Duration::minutes(pause)));
            world.advance(Duration::minutes(pause) - Duration::seconds(1));
            assert_eq!(send(&world, &sink), 0, "not before its time");
            world.advance(Duration::seconds(1));
        }
        assert_eq!(only(&world).last_answer, "452 4.3.1 Out of space");
        assert_eq!(send(&world, &sink), 1);
        assert_eq!(states(&world), ["Sent"]);
        assert!(sink.received()[0].data.contains(&format!("Message-ID: {id}")));
        let (_, tries) = world.desk.db.read(|conn| mail::find(conn, None, only(&world).id)).expect("it is there");
        let outcomes: Vec<State> = tries.iter().map(|one| one.outcome).collect();
        assert_eq!(outcomes, [State::Sent, State::Deferred, State::Deferred, State::Deferred, State::Deferred]);
    }

    fn a_permanent_refusal_fails_with_the_answer_and_keeps_no_secret(world) {
        let sink = Sink::ruled(|to, _| match to {
            "gone@example.org" => Manner::AtRcpt("550 5.1.1 No such user here"),
            "spam@example.org" => Manner::AtData("554 5.7.1 Looks like ABCDE23456 to us"),
            _ => Manner::Accept,
        });
        post_to(&world, &["gone@example.org", "spam@example.org", "fine@example.org"]);
        assert_eq!(send(&world, &sink), 3);
        assert_eq!(states(&world), ["Failed", "Failed", "Sent"]);
        let list = outbox(&world);
        assert_eq!(list[0].last_answer, "550 5.1.1 No such user here");
        assert_eq!(list[1].last_answer, "554 5.7.1 Looks like ••• to us");
        assert!(list.iter().all(|email| email.next_try_at.is_none()));
        assert!(!everything_kept(&world).contains(CODE));
        let log = world.dump("audit_entries");
        assert!(log.contains("Email to gone@example.org was refused: 550 5.1.1 No such user here"), "{log}");
        world.advance(Duration::days(2));
        assert_eq!(send(&world, &sink), 0, "it is not tried again");
        assert_eq!(sink.received()[0].connection, 1, "the connection outlives refusals");
    }

    fn an_email_is_given_up_at_the_end_of_its_stop_date(world) {
        let sink = Sink::ruled(|_, _| Manner::AtRcpt("450 4.2.1 Mailbox busy"));
        post_to(&world, &["a@example.org"]);
        while let Some(next) = only(&world).next_try_at {
            assert!(next < only(&world).give_up_at);
            world.advance(next - world.now());
            assert_eq!(send(&world, &sink), 1);
        }
        assert_eq!(states(&world), ["Failed"]);
        let email = only(&world);
        assert_eq!(email.last_answer, "450 4.2.1 Mailbox busy");
        assert!(email.give_up_at - world.now() < Duration::hours(5));
        assert!(world.dump("audit_entries").contains("Email to a@example.org was given up: 450 4.2.1 Mailbox busy"));
        assert!(!everything_kept(&world).contains(CODE));
    }

    fn an_email_that_could_not_leave_in_time_is_not_sent_late(world) {
        let sink = Sink::new();
        post_to(&world, &["a@example.org"]);
        world.advance(Duration::days(8));
        assert_eq!(send(&world, &sink), 1);
        assert_eq!(states(&world), ["Failed"]);
        assert!(sink.tries().is_empty());
    }

    fn a_server_that_is_down_delays_and_loses_nothing(world) {
        let port = { std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound").port() };
        post_to(&world, &["a@example.org", "b@example.org", "c@example.org"]);
        let down = carrier_to(&world.desk, &format!("smtp://127.0.0.1:{port}"));
        assert_eq!(courier::run_once(&world.desk, &down).expect("the database answers"), 1);
        assert_eq!(states(&world), ["Deferred", "Queued", "Queued"], "the others wait without a mark");
        let answer = outbox(&world)[0].last_answer.clone();
        assert!(answer.starts_with("No connection to the mail server:"), "{answer}");
        let sink = Sink::new();
        world.advance(Duration::minutes(1));
        assert_eq!(send(&world, &sink), 3);
        assert_eq!(states(&world), ["Sent", "Sent", "Sent"]);
        assert_eq!(sink.received().len(), 3);
    }

    fn a_server_that_turns_everyone_away_delays_and_fails_nothing(world) {
        let setups = [
            Setup { greeting: Some("554 5.3.2 Not today"), ..Setup::default() },
            Setup { greeting: Some("421 4.3.2 Shutting down"), ..Setup::default() },
            Setup { at_mail: Some("550 5.7.1 Sender not allowed"), ..Setup::default() },
            Setup { at_mail: Some("451 4.3.0 Trouble"), ..Setup::default() },
            Setup { auth: Some(("user", "password")), ..Setup::default() },
        ];
        for setup in setups {
            post_to(&world, &["a@example.org"]);
            let sink = Sink::with(setup.clone(), |_, _| Manner::Accept);
            send(&world, &sink);
            let email = outbox(&world).pop().expect("it is there");
            assert_eq!(email.state, State::Deferred, "{setup:?}: {}", email.last_answer);
            assert!(!email.last_answer.is_empty());
        }
    }

    fn a_server_that_does_not_answer_any_more_delays_the_email(world) {
        let sink = Sink::ruled(|_, before| if before == 0 { Manner::Stall } else { Manner::Accept });
        post_to(&world, &["a@example.org"]);
        send(&world, &sink);
        let email = only(&world);
        assert_eq!(email.state, State::Deferred);
        assert!(email.last_answer.contains("no answer within 3 s"), "{}", email.last_answer);
        world.advance(Duration::minutes(1));
        send(&world, &sink);
        assert_eq!((states(&world), sink.received().len()), (vec!["Sent"], 1));
    }

    fn a_connection_that_ends_in_the_middle_delays_the_email(world) {
        for manner in [Manner::DropAtRcpt, Manner::DropBeforeData] {
            let first = manner.clone();
            let sink = Sink::ruled(move |_, before| if before == 0 { first.clone() } else { Manner::Accept });
            post_to(&world, &["a@example.org"]);
            send(&world, &sink);
            assert_eq!(outbox(&world).last().expect("it is there").state, State::Deferred, "{manner:?}");
            world.advance(Duration::minutes(1));
            send(&world, &sink);
            assert_eq!(outbox(&world).last().expect("it is there").state, State::Sent, "{manner:?}");
            assert_eq!(sink.received().len(), 1);
        }
    }

    fn an_email_whose_fate_is_unknown_goes_again_under_the_same_message_id(world) {
        let sink = Sink::ruled(|_, before| if before == 0 { Manner::DropAfterData } else { Manner::Accept });
        post_to(&world, &["a@example.org"]);
        send(&world, &sink);
        let email = only(&world);
        assert_eq!(email.state, State::Deferred);
        assert!(email.last_answer.starts_with("The connection ended before the answer to the message"));
        world.advance(Duration::minutes(1));
        send(&world, &sink);
        let received = sink.received();
        assert_eq!(received.len(), 2);
        let ids: Vec<&str> =
            received.iter().filter_map(|m| m.data.lines().find(|line| line.starts_with("Message-ID:"))).collect();
        assert_eq!(ids[0], ids[1]);
        assert_eq!(states(&world), ["Sent"]);
    }

    fn a_kept_connection_that_was_closed_meanwhile_costs_no_try(world) {
        let sink = Sink::with(Setup { letters_a_connection: Some(1), ..Setup::default() }, |_, _| Manner::Accept);
        post_to(&world, &["a@example.org", "b@example.org", "c@example.org"]);
        assert_eq!(send(&world, &sink), 3);
        assert_eq!(states(&world), ["Sent", "Sent", "Sent"]);
        assert_eq!(sink.received().len(), 3);
        assert!(outbox(&world).iter().all(|email| email.tries == 1));
    }

    fn what_is_no_address_fails_without_asking_the_server(world) {
        let sink = Sink::new();
        post_to(&world, &["nobody", "a@example.org\r\nRCPT TO:<b@example.org>", "ü@example.org", "x@münchen.example"]);
        send(&world, &sink);
        assert_eq!(states(&world), ["Failed", "Failed", "Failed", "Sent"]);
        assert_eq!(sink.tries(), ["x@xn--mnchen-3ya.example"]);
    }

    fn another_master_key_opens_no_secret_and_loses_no_email(world) {
        let sink = Sink::new();
        post_to(&world, &["a@example.org"]);
        let mut other = world.desk.clone();
        other.keys = std::sync::Arc::new(tokendesk::keys::Keys::new(&[9; 32]));
        courier::run_once(&other, &carrier_to(&other, &sink.url())).expect("the database answers");
        let email = only(&world);
        assert_eq!(email.state, State::Deferred);
        assert!(email.last_answer.contains("master key"));
        world.advance(Duration::minutes(1));
        send(&world, &sink);
        assert_eq!(states(&world), ["Sent"]);
    }

    fn a_failure_asks_for_attention_until_a_newer_email_follows(world) {
        let sink = Sink::ruled(|to, before| match to {
            "gone@example.org" => Manner::AtRcpt("550 5.1.1 No such user here"),
            "grey@example.org" if before == 0 => Manner::AtRcpt("451 4.7.1 Greylisted"),
            _ => Manner::Accept,
        });
        post(&world, &[
            enrollment_to(&world, "gone@example.org"),
            NewEmail { enrollment: Some(EnrollmentId(71)), ..enrollment_to(&world, "grey@example.org") },
        ]);
        send(&world, &sink);
        let counts = |world: &World| {
            let now = world.now();
            let filter = Filter::default();
            world.desk.db.read(|conn| {
                let here = mail::failures(conn, now, Some(&[ContainerId(1)]))?;
                let elsewhere = mail::failures(conn, now, Some(&[ContainerId(2)]))?;
                assert_eq!(mail::failures(conn, now, None)?, here);
                Ok((mail::count(conn, now, None, &filter, View::Attention)?.rows, here.rows, elsewhere.rows))
            }).expect("the outbox can be read")
        };
        assert_eq!(counts(&world), (2, 1, 0));
        post_to(&world, &["right@example.org"]);
        assert_eq!(counts(&world), (1, 0, 0), "a newer email to the same enrollment settles it");
        world.advance(Duration::days(31));
        assert_eq!(counts(&world), (0, 0, 0));
    }
}
