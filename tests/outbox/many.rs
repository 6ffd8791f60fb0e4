//! Many emails at once.

use tokendesk::{
    mail::State,
    outbox::{
        self, Act,
        several::{self, Chosen},
    },
};

use super::*;
use crate::on_both;

fn all(state: State) -> Chosen {
    Chosen { view: View::State(state), filter: Filter::default() }
}

/// `count` users told that their enrollment was canceled, and whom no email reached.
fn refused(world: &World, who: &Who, count: usize) {
    let people = world.crowd(count);
    let task = world.task(who, &people);
    assert_eq!(world.deliver(Verdict::Accepted), count);
    edit::remove_task(&world.desk, who, world.now(), task, true, count).expect("it can be removed");
    assert_eq!(world.deliver(Verdict::Refused), count);
}

on_both! {
    fn all_that_match_are_sent_again_in_parts_and_in_one_transaction(world) {
        let who = world.lindqvist();
        // More than are read at a time.
        refused(&world, &who, 2_100);
        let looked = several::preview(&world.desk, &who, world.now(), &all(State::Failed), Act::SendAgain).unwrap();
        assert_eq!((looked.queued, looked.first.len(), looked.left()), (2_100, 10, 0));
        assert!(world.states().iter().all(|state| *state != "Queued"), "the page changes nothing");
        let done = several::apply(&world.desk, &who, world.now(), &all(State::Failed), Act::SendAgain, world.now()).unwrap();
        assert_eq!(done.count(), 2_100);
        assert_eq!(world.deliver(Verdict::Accepted), 2_100);
        let audit = world.dump("audit_entries");
        assert_eq!(audit.matches("mail.send_again_each").count(), 2_100);
        assert!(audit.contains("Sent 2100 emails again"));
    }

    fn ticked_ones_are_canceled_and_the_others_wait_on(world) {
        let who = world.lindqvist();
        let users = ["a.berg", "b.cole", "c.dahl"].map(|name| world.user(name, "Sales").id);
        world.task(&who, &users);
        let ids: Vec<EmailId> = world.outbox().iter().map(|email| email.id).collect();
        let chosen = Chosen::these(ids[..2].to_vec());
        let done = several::apply(&world.desk, &who, world.now(), &chosen, Act::Cancel, world.now()).unwrap();
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
        let everything = Chosen { view: View::All, filter: Filter::default() };
        let looked = several::preview(&world.desk, &who, world.now(), &everything, Act::SendAgain).unwrap();
        // The first email was canceled with the enrollment, and the last one waits.
        assert_eq!(looked.left_out, [
            ("With a link and an activation code that are no longer kept; Resend makes new ones", 2),
            ("Waiting for the first try", 1),
            ("Canceled", 1),
        ]);
        assert_eq!(looked.queued, 1);
        assert_eq!(looked.tasks.into_iter().collect::<Vec<_>>(), [(next, 2)]);
        let done = several::apply(&world.desk, &who, world.now(), &everything, Act::SendAgain, world.now()).unwrap();
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
        let looked = several::preview(&world.desk, &who, shown_at, &all(State::Failed), Act::SendAgain).unwrap();
        assert_eq!(looked.queued, 1);
        world.advance(chrono::Duration::seconds(1));
        world.tell_canceled(&who, task, &[&users[1]]);
        world.deliver(Verdict::Refused);
        let done = several::apply(&world.desk, &who, world.now(), &all(State::Failed), Act::SendAgain, shown_at).unwrap();
        assert_eq!((done.queued, done.left_out), (1, vec![("Something else since the page was shown", 1)]));
        let again = several::apply(&world.desk, &who, world.now(), &all(State::Failed), Act::SendAgain, shown_at);
        assert_eq!(why(again), "None of these emails is still as it was. Nothing was done.");
    }

    fn a_choice_reaches_no_further_than_the_scope(world) {
        let who = world.lindqvist();
        let (near, far) = (world.user("n.ear", "Near"), world.user("f.ar", "Far"));
        world.task(&who, &[near.id, far.id]);
        let narrow = world.operator_in("carla", BuiltIn::Operator, &[near.container]);
        let ids = world.outbox().iter().map(|email| email.id).collect();
        for chosen in [Chosen::these(ids), all(State::Queued)] {
            let looked = several::preview(&world.desk, &narrow, world.now(), &chosen, Act::Cancel).unwrap();
            assert_eq!((looked.canceled, looked.left()), (1, 0), "what is outside is not even counted");
        }
        several::apply(&world.desk, &narrow, world.now(), &all(State::Queued), Act::Cancel, world.now()).unwrap();
        let left: Vec<_> = world.outbox().into_iter().filter(|email| email.state == State::Queued).collect();
        assert_eq!((left.len(), left[0].user), (1, Some(far.id)));
        let outcome = several::preview(&world.desk, &auditor(&world), world.now(), &all(State::Queued), Act::Cancel);
        assert!(matches!(outcome, Err(Error::Forbidden(_))));
    }

    fn nothing_chosen_is_said(world) {
        let who = world.lindqvist();
        let outcome = several::preview(&world.desk, &who, world.now(), &Chosen::these(Vec::new()), Act::Cancel);
        assert!(matches!(outcome, Err(Error::Invalid(_))));
    }
}

#[test]
fn one_email_and_many_are_judged_alike() {
    let world = World::new(crate::support::On::Sqlite);
    let who = world.lindqvist();
    let (user, task, _) = provisioned(&world, &who);
    world.tell_canceled(&who, task, &[&user]);
    world.deliver(Verdict::Refused);
    let others = ["b.cole", "c.dahl"].map(|name| world.user(name, "Sales").id);
    world.task(&who, &others);
    for act in [Act::SendAgain, Act::Cancel] {
        for email in world.outbox() {
            let many = several::preview(&world.desk, &who, world.now(), &Chosen::these(vec![email.id]), act).unwrap();
            let seen = world
                .desk
                .db
                .read(|conn| outbox::see(conn, &who, world.now(), &world.desk.settings, email.id))
                .unwrap();
            let one = outbox::again::judge(act, &seen.looked.email, &seen.looked.context, &seen.ground);
            assert_eq!(many.count() == 1, one.is_ok(), "{act:?} {email:?}");
        }
    }
}
