//! Emails that are ticked, or all that match.

use tokendesk::{
    mail::State,
    outbox::{
        self, Change,
        ticked::{self, Query, TickedEmails},
    },
};

use super::*;
use crate::on_both;

fn all(state: State) -> TickedEmails {
    TickedEmails::Matching(Query { view: View::State(state), filter: Filter::default() })
}

/// `count` users told that their enrollment was canceled, and whom no email reached.
fn refused(world: &World, who: &Who, count: usize) {
    let people = world.crowd(count);
    let task = world.task(who, &people);
    assert_eq!(world.deliver(Verdict::Accepted), count);
    remove::remove_task(&world.desk, who, world.now(), task, true, count).expect("it can be removed");
    assert_eq!(world.deliver(Verdict::Refused), count);
}

on_both! {
    fn all_that_match_are_sent_again_in_parts_and_in_one_transaction(world) {
        let who = world.lindqvist();
        // More than are read at a time.
        refused(&world, &who, 2_100);
        let preview = ticked::preview(&world.desk, &who, world.now(), &all(State::Failed), Change::SendAgain).unwrap();
        assert_eq!((preview.queued, preview.first.len(), preview.left()), (2_100, 10, 0));
        assert!(world.states().iter().all(|state| *state != "Queued"), "the page changes nothing");
        let done = ticked::apply(&world.desk, &who, world.now(), &all(State::Failed), Change::SendAgain, world.now()).unwrap();
        assert_eq!(done.count(), 2_100);
        assert_eq!(world.deliver(Verdict::Accepted), 2_100);
        let audit = world.dump("audit_entries");
        assert_eq!(audit.matches("mail.send_again_each").count(), 2_100);
        assert!(audit.contains("Sent 2,100 emails again"));
    }

    fn ticked_ones_are_canceled_and_the_others_wait_on(world) {
        let who = world.lindqvist();
        let users = ["a.berg", "b.cole", "c.dahl"].map(|name| world.user(name, "Sales").id);
        world.task(&who, &users);
        let ids: Vec<EmailId> = world.outbox().iter().map(|email| email.id).collect();
        let ticked = TickedEmails::These(ids[..2].to_vec());
        let done = ticked::apply(&world.desk, &who, world.now(), &ticked, Change::Cancel, world.now()).unwrap();
        assert_eq!(done.canceled, 2);
        assert_eq!(world.states(), ["Canceled", "Canceled", "Queued"]);
    }

    fn what_cannot_be_sent_again_is_left_and_counted_by_reason(world) {
        let who = world.lindqvist();
        let (user, task, _) = provisioned(&world, &who);
        world.tell_canceled(&who, task, &[&user]);
        world.deliver(Verdict::Refused);
        let others = ["b.cole", "c.dahl"].map(|name| world.user(name, "Sales").id);
        let next = world.task(&who, &others);
        world.deliver(Verdict::Refused);
        world.task(&who, &[world.user("d.eng", "Sales").id]);
        let everything = TickedEmails::Matching(Query { view: View::All, filter: Filter::default() });
        let preview = ticked::preview(&world.desk, &who, world.now(), &everything, Change::SendAgain).unwrap();
        // The first email was canceled with the enrollment, and the last one waits.
        assert_eq!(preview.left_out, [
            ("With a link and an activation code that are no longer kept; Resend makes new ones", 2),
            ("Waiting for the first try", 1),
            ("Canceled", 1),
        ]);
        assert_eq!(preview.queued, 1);
        assert_eq!(preview.tasks.into_iter().collect::<Vec<_>>(), [(next, 2)]);
        let done = ticked::apply(&world.desk, &who, world.now(), &everything, Change::SendAgain, world.now()).unwrap();
        assert_eq!((done.count(), world.states()), (1, vec!["Canceled", "Queued", "Failed", "Failed", "Queued"]));
    }

    fn nothing_is_done_to_what_changed_since_the_page_was_shown(world) {
        let who = world.lindqvist();
        let users = ["a.berg", "b.cole"].map(|name| world.user(name, "Sales"));
        let task = world.task(&who, &users.each_ref().map(|user| user.id));
        world.deliver(Verdict::Accepted);
        world.tell_canceled(&who, task, &[&users[0]]);
        world.deliver(Verdict::Refused);
        let shown_at = world.now();
        let preview = ticked::preview(&world.desk, &who, shown_at, &all(State::Failed), Change::SendAgain).unwrap();
        assert_eq!(preview.queued, 1);
        world.advance(chrono::Duration::seconds(1));
        world.tell_canceled(&who, task, &[&users[1]]);
        world.deliver(Verdict::Refused);
        let done = ticked::apply(&world.desk, &who, world.now(), &all(State::Failed), Change::SendAgain, shown_at).unwrap();
        assert_eq!((done.queued, done.left_out), (1, vec![("Something else since the page was shown", 1)]));
        let again = ticked::apply(&world.desk, &who, world.now(), &all(State::Failed), Change::SendAgain, shown_at);
        assert_eq!(why(again), "None of these emails is still as it was. Nothing was done.");
    }

    fn ticks_reach_no_further_than_the_scope(world) {
        let who = world.lindqvist();
        let (near, far) = (world.user("n.ear", "Near"), world.user("f.ar", "Far"));
        world.task(&who, &[near.id, far.id]);
        let narrow = world.operator_in("carla", BuiltIn::Operator, &[near.container]);
        let ids = world.outbox().iter().map(|email| email.id).collect();
        for ticked in [TickedEmails::These(ids), all(State::Queued)] {
            let preview = ticked::preview(&world.desk, &narrow, world.now(), &ticked, Change::Cancel).unwrap();
            assert_eq!((preview.canceled, preview.left()), (1, 0), "what is outside is not even counted");
        }
        ticked::apply(&world.desk, &narrow, world.now(), &all(State::Queued), Change::Cancel, world.now()).unwrap();
        let left: Vec<_> = world.outbox().into_iter().filter(|email| email.state == State::Queued).collect();
        assert_eq!((left.len(), left[0].user), (1, Some(far.id)));
        let outcome = ticked::preview(&world.desk, &auditor(&world), world.now(), &all(State::Queued), Change::Cancel);
        assert!(matches!(outcome, Err(Error::Forbidden(_))));
    }

    fn nothing_ticked_is_said(world) {
        let who = world.lindqvist();
        let outcome = ticked::preview(&world.desk, &who, world.now(), &TickedEmails::These(Vec::new()), Change::Cancel);
        assert!(matches!(outcome, Err(Error::Invalid(_))));
    }
}

#[test]
fn one_email_and_ticked_ones_are_judged_alike() {
    let world = World::new(crate::support::On::Sqlite);
    let who = world.lindqvist();
    let (user, task, _) = provisioned(&world, &who);
    world.tell_canceled(&who, task, &[&user]);
    world.deliver(Verdict::Refused);
    let others = ["b.cole", "c.dahl"].map(|name| world.user(name, "Sales").id);
    world.task(&who, &others);
    for change in [Change::SendAgain, Change::Cancel] {
        for email in world.outbox() {
            let preview =
                ticked::preview(&world.desk, &who, world.now(), &TickedEmails::These(vec![email.id]), change).unwrap();
            let seen = world
                .desk
                .db
                .read(|conn| outbox::see(conn, &who, world.now(), &world.desk.settings, email.id))
                .unwrap();
            let one = outbox::again::judge(change, &seen.in_context.email, &seen.in_context.context, &seen.basis);
            assert_eq!(preview.count() == 1, one.is_ok(), "{change:?} {email:?}");
        }
    }
}
