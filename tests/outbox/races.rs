//! What happens at the same moment: an operator and a worker, or two operators. There is one winner.

use std::{sync::Barrier, thread};

use tokendesk::{
    mail::State,
    outbox::{
        self, Change,
        ticked::{self, Query, TickedEmails},
    },
};

use super::*;
use crate::on_both;

/// How often each pair meets: who is first differs from time to time.
const ROUNDS: usize = 10;

fn at_once<A: Send, B: Send>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B + Send) -> (A, B) {
    let start = Barrier::new(2);
    thread::scope(|scope| {
        let first = scope.spawn(|| {
            start.wait();
            one()
        });
        start.wait();
        let second = other();
        (first.join().expect("no panic"), second)
    })
}

#[track_caller]
fn done<T: std::fmt::Debug>(outcome: Result<T, Error>) -> bool {
    match outcome {
        Ok(_) => true,
        Err(Error::Conflict(_) | Error::Refused(_)) => false,
        Err(other) => panic!("nobody should be told of this: {other}"),
    }
}

on_both! {
    fn an_email_is_canceled_or_in_a_workers_hand_and_never_both(world) {
        let who = world.lindqvist();
        for round in 0..ROUNDS {
            world.task(&who, &[world.user(&format!("u{round}"), "Sales").id]);
            let email = world.newest(Kind::Enrollment);
            let now = world.now();
            let (claimed, canceled) = at_once(
                || mail::claim(&world.desk, now, "worker", 9).unwrap(),
                || done(outbox::cancel(&world.desk, &who, now, email.id)),
            );
            let mine: Vec<_> = claimed.into_iter().filter(|claimed| claimed.id == email.id).collect();
            // A worker passes over what somebody holds at this moment: then neither may have it.
            assert!(!canceled || mine.is_empty(), "round {round}");
            if let Some(claimed) = mine.into_iter().next() {
                assert!(claimed.secret.is_some_and(|secret| secret.code.is_some()), "what a worker has is whole");
            }
        }
    }

    fn an_email_is_sent_again_once_however_often_it_is_asked_for(world) {
        let who = world.lindqvist();
        let (_, email) = world.refused_notice(&who);
        for round in 0..ROUNDS {
            let now = world.now();
            let again = || done(outbox::send_again(&world.desk, &who, now, email.id));
            let (one, two) = at_once(again, again);
            assert!(one ^ two, "round {round}: {one} {two}");
            assert_eq!(world.deliver(Verdict::Refused), 1, "round {round}");
        }
        assert_eq!(world.newest(Kind::Canceled).tries, 1 + i64::try_from(ROUNDS).unwrap());
    }

    fn all_that_wait_are_canceled_or_sent_while_workers_are_at_it(world) {
        let who = world.lindqvist();
        let people = world.crowd(200);
        world.task(&who, &people);
        let now = world.now();
        let ticked = TickedEmails::Matching(Query { view: View::State(State::Queued), filter: Filter::default() });
        let (sent, canceled) = at_once(
            || {
                let mut sent = 0;
                loop {
                    let claimed = mail::claim(&world.desk, now, "worker", 16).unwrap();
                    if claimed.is_empty() {
                        return sent;
                    }
                    let settled: Vec<EndedTry> = claimed
                        .into_iter()
                        .map(|email| EndedTry { worker: "worker".into(), email, verdict: Verdict::Accepted, answer: "250 2.0.0".into() })
                        .collect();
                    mail::settle(&world.desk, now, &settled).unwrap();
                    sent += settled.len();
                }
            },
            || ticked::apply(&world.desk, &who, now, &ticked, Change::Cancel, now).map_or(0, |outcome| outcome.canceled),
        );
        let count = |state| world.outbox().iter().filter(|email| email.state == state).count();
        assert_eq!((count(State::Sent), count(State::Canceled)), (sent, canceled), "what was canceled did not go out");
    }
}
