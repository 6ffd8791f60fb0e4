//! Several workers, several servers, and workers that are killed.

use std::collections::BTreeSet;

use chrono::Duration;
use tokendesk::{
    clock::Clock,
    ids::Random,
    mail::{Courier, EndedTry, State, Verdict},
};
use tokio::runtime::Runtime;

use super::*;
use crate::on_both;

on_both! {
    fn two_servers_never_send_an_email_twice(world) {
        let sink = Sink::new();
        let addresses: Vec<String> = (0..300).map(|n| format!("user{n}@example.org")).collect();
        post_to(&world, &addresses.iter().map(String::as_str).collect::<Vec<_>>());
        let runtime = runtime();
        runtime.block_on(async {
            let couriers = [another_server(&world, 2), another_server(&world, 3)]
                .map(|desk| Courier::start(desk.clone(), carrier_to(&desk, &sink.url()), 4));
            wait(&sink, 300).await;
            for courier in couriers {
                courier.stop().await;
            }
        });
        let received = sink.received();
        let unlike: BTreeSet<&str> = received.iter().map(|message| message.to[0].as_str()).collect();
        assert_eq!((received.len(), unlike.len()), (300, 300));
        assert!(outbox(&world).iter().all(|email| email.state == State::Sent && email.tries == 1));
    }

    fn claims_of_two_workers_never_meet(world) {
        let addresses: Vec<String> = (0..40).map(|n| format!("user{n}@example.org")).collect();
        post_to(&world, &addresses.iter().map(String::as_str).collect::<Vec<_>>());
        let (one, two) = (another_server(&world, 2), another_server(&world, 3));
        let now = world.now();
        let claimed: Vec<i64> = std::thread::scope(|scope| {
            let workers = [(&one, "one"), (&two, "two")].map(|(desk, name)| {
                scope.spawn(move || {
                    let mut mine = Vec::new();
                    loop {
                        let batch = mail::claim(desk, now, name, 3).expect("the database answers");
                        if batch.is_empty() {
                            return mine;
                        }
                        mine.extend(batch.iter().map(|email| email.id.0));
                    }
                })
            });
            workers.into_iter().flat_map(|worker| worker.join().expect("no worker panics")).collect()
        });
        // A worker passes over rows another one is claiming, so it may leave early, and then the rest is due still.
        let rest = mail::claim(&world.desk, now, "three", 100).expect("the database answers");
        let all: BTreeSet<i64> = claimed.iter().copied().chain(rest.iter().map(|email| email.id.0)).collect();
        assert_eq!((all.len(), claimed.len() + rest.len()), (40, 40));
    }

    fn the_claim_of_a_killed_worker_runs_out_and_the_email_goes(world) {
        let sink = Sink::new();
        post_to(&world, &["a@example.org"]);
        let claimed = mail::claim(&world.desk, world.now(), "killed", 10).expect("the database answers");
        assert_eq!(claimed.len(), 1);
        world.advance(mail::email::lease() - Duration::seconds(1));
        assert_eq!(send(&world, &sink), 0, "the claim holds");
        world.advance(Duration::seconds(1));
        assert_eq!(send(&world, &sink), 1);
        assert_eq!((states(&world), sink.received().len()), (vec!["Sent"], 1));
    }

    fn a_claim_that_is_renewed_is_nobody_elses_and_a_killed_servers_is_free_within_ten_seconds(world) {
        post_to(&world, &["a@example.org", "b@example.org"]);
        let other = || mail::claim(&world.desk, world.now(), "other", 10).expect("the database answers");
        let mine = mail::claim(&world.desk, world.now(), "mine", 10).expect("the database answers");
        let ids: Vec<_> = mine.iter().map(|email| email.id).collect();
        for _ in 0..20 {
            world.advance(Duration::seconds(3));
            assert_eq!(mail::renew(&world.desk, world.now(), "mine", &ids).expect("the database answers"), ids);
            assert!(other().is_empty(), "a copy while the first is alive");
        }
        world.advance(Duration::seconds(9));
        assert_eq!(other().len(), 2, "the claims of a killed worker are free");
        // Who comes back late is told that the emails are no longer its own.
        assert!(mail::renew(&world.desk, world.now(), "mine", &ids).expect("the database answers").is_empty());
    }

    fn the_only_server_of_a_database_lets_go_of_all_claims_at_its_start(world) {
        let sink = Sink::new();
        post_to(&world, &["a@example.org", "b@example.org", "c@example.org"]);
        assert_eq!(mail::claim(&world.desk, world.now(), "killed", 2).expect("the database answers").len(), 2);
        assert!(mail::any_in_hand(&world.desk, world.now()).expect("the database answers"));
        assert_eq!(mail::release_all(&world.desk, world.now()).expect("the database answers"), 2);
        assert!(!mail::any_in_hand(&world.desk, world.now()).expect("the database answers"));
        assert_eq!(send(&world, &sink), 3);
    }

    fn a_worker_that_comes_back_late_does_not_undo_what_another_did(world) {
        let sink = Sink::new();
        post_to(&world, &["a@example.org"]);
        let late = mail::claim(&world.desk, world.now(), "late", 1).expect("the database answers").remove(0);
        world.advance(Duration::minutes(5));
        send(&world, &sink);
        settle(&world, "late", late, Verdict::Refused, "550 5.1.1 No such user");
        assert_eq!(states(&world), ["Sent"]);
        assert_eq!(only(&world).last_answer, "250 2.0.0 queued as 1");
    }

    fn an_email_canceled_in_a_workers_hand_is_shown_as_it_went(world) {
        for (verdict, state) in [(Verdict::Accepted, "Sent"), (Verdict::RefusedForNow, "Canceled"), (Verdict::Refused, "Canceled")] {
            post_to(&world, &["a@example.org"]);
            let email = mail::claim(&world.desk, world.now(), "worker", 1).expect("the database answers").remove(0);
            world.desk.db.write(|conn| mail::cancel_waiting(conn, &[EnrollmentId(70)])).expect("it is canceled");
            settle(&world, "worker", email, verdict, "an answer");
            let email = outbox(&world).pop().expect("it is there");
            assert_eq!((email.state.code(), email.next_try_at), (state, None), "{verdict:?}");
        }
    }

    fn workers_notice_what_is_posted_while_they_rest(world) {
        let sink = Sink::new();
        let runtime = runtime();
        runtime.block_on(async {
            let courier = Courier::start(world.desk.clone(), carrier_to(&world.desk, &sink.url()), 2);
            post_to(&world, &["a@example.org"]);
            wait(&sink, 1).await;
            post_to(&world, &["b@example.org"]);
            wait(&sink, 2).await;
            courier.stop().await;
        });
        assert_eq!(states(&world), ["Sent", "Sent"]);
    }

    fn a_stop_finishes_the_email_in_hand_and_lets_go_of_the_rest(world) {
        let (reached, at_rcpt) = std::sync::mpsc::channel();
        let (go, wait_for_go) = std::sync::mpsc::channel::<()>();
        let gate = std::sync::Mutex::new((reached, wait_for_go));
        let sink = Sink::ruled(move |to, _| {
            if to == "user3@example.org" {
                let gate = gate.lock().expect("no thread panics with it");
                gate.0.send(()).expect("the test waits");
                gate.1.recv().expect("the test says go");
            }
            crate::support::smtp::Manner::Accept
        });
        let addresses: Vec<String> = (0..10).map(|n| format!("user{n}@example.org")).collect();
        post_to(&world, &addresses.iter().map(String::as_str).collect::<Vec<_>>());
        let patient = Timeouts::default();
        let carrier = Carrier::Smtp(Box::new(server(&world.desk, &sink.url()).timeouts(patient)));
        let runtime = runtime();
        runtime.block_on(async {
            let courier = Courier::start(world.desk.clone(), carrier, 1);
            let at_rcpt = tokio::task::spawn_blocking(move || at_rcpt.recv());
            at_rcpt.await.expect("it waits").expect("the fourth is on its way");
            let stopping = tokio::spawn(courier.stop());
            tokio::task::yield_now().await;
            go.send(()).expect("the sink waits");
            stopping.await.expect("it stops");
        });
        let list = outbox(&world);
        let sent = list.iter().filter(|email| email.state == State::Sent).count();
        assert_eq!(sent, sink.received().len(), "what is in hand is finished and written down");
        assert!((4..=5).contains(&sent), "{sent}");
        assert!(list[5..].iter().all(|email| email.state == State::Queued && email.next_try_at == Some(world.now())));
    }

    fn nobody_carries_mail_without_a_mail_server(world, |settings| settings.smtp_url = String::new()) {
        post_to(&world, &["a@example.org"]);
        assert_eq!(courier::run_once(&world.desk, &Carrier::None).expect("the database answers"), 0);
        assert_eq!(states(&world), ["Queued"]);
        assert!(matches!(Carrier::of(&world.desk.settings), Ok(Carrier::None)));
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

async fn wait(sink: &Sink, count: usize) {
    tokio::task::block_in_place(|| sink.wait_for(count));
}

/// A second server on the same database, with randomness of its own.
fn another_server(world: &World, seed: u64) -> Desk {
    let settings = (*world.desk.settings).clone();
    Desk::assemble(settings, &crate::support::MASTER, Random::seeded(seed), Clock::fixed(world.now()))
        .expect("it opens")
}

fn settle(world: &World, worker: &str, email: mail::Claimed, verdict: Verdict, answer: &str) {
    let settled = EndedTry { worker: worker.into(), email, verdict, answer: answer.into() };
    mail::settle(&world.desk, world.now(), &[settled]).expect("it is written down");
}
