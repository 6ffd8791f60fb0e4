//! Every kind of email is sent by the verb that causes it.

use std::collections::BTreeSet;

use chrono::Duration;
use tokendesk::{
    alerts::{Delivery, Event},
    clock::unix_seconds,
    oath::{self, Algorithm},
    policy::Policy,
    portal::{Step, Visit},
    provision::choice::{Choice, Selection},
    tasks::{self, links, resend},
    tokens::{
        self, AuthenticationType, MovingFactor,
        import::{Choices, Opening},
    },
};

use super::*;
use crate::on_both;

/// A user in a task of their own, and the newest link to it; the code is the second.
fn invited(world: &World, name: &str) -> (User, TaskId, Visit, String) {
    let user = world.user(name, "Sales");
    let task = world.task(&Who::system(), &[user.id]);
    let (visit, code) = visit(world, task, &user);
    (user, task, visit, code)
}

fn visit(world: &World, task: TaskId, user: &User) -> (Visit, String) {
    let enrollment = world.enrollment(task, user.id).id;
    let link = world
        .desk
        .db
        .write(|conn| links::make(&world.desk, conn, world.now(), enrollment, &Policy::default()))
        .unwrap();
    (Visit { handle: link.handle, session: None, address: "192.0.2.9".into(), request: "test".into() }, link.code)
}

/// Types wrong codes until the enrollment is Locked, and one more.
fn lock_out(world: &World, visit: &Visit) {
    for left in (0..6).rev() {
        let step = tokendesk::portal::accept_code(&world.desk, world.now(), visit, "WRONGWRONG").unwrap();
        assert!(matches!((left, &step), (2.., Step::Wrong(_)) | (..2, Step::Ended(_))), "{left} {step:?}");
    }
}

fn of(world: &World, kind: Kind) -> Vec<Email> {
    world.outbox().into_iter().filter(|email| email.kind == kind).collect()
}

on_both! {
    fn who_is_locked_is_told_once_and_once_more_after_an_unlock(world) {
        let who = world.lindqvist();
        let (user, task, first, _) = invited(&world, "t.adeyemi");
        lock_out(&world, &first);
        let told = of(&world, Kind::Locked);
        assert_eq!((told.len(), told[0].shown_to.as_str(), told[0].task), (1, "t.adeyemi@example.org", Some(task)));
        world.deliver(Verdict::RefusedForNow);
        let ticked = TickedUsers::These(vec![world.enrollment(task, user.id).id]);
        let preview = ticked_users::preview(&world.desk, &who, world.now(), task, &ticked).unwrap();
        let shown = preview.shown(&world.desk.keys, resend::UNLOCK);
        resend::unlock(&world.desk, &who, world.now(), task, &ticked, "they called", &shown).unwrap();
        assert_eq!(of(&world, Kind::Locked)[0].state.code(), "Canceled", "what is no longer so is not sent");
        let (second, _) = visit(&world, task, &user);
        lock_out(&world, &second);
        assert_eq!(of(&world, Kind::Locked).len(), 2);
        // Whoever has no address is not told.
        let (other, _, third, _) = invited(&world, "b.cole");
        world.set_email(&other, "");
        lock_out(&world, &third);
        assert_eq!(of(&world, Kind::Locked).len(), 2);
    }

    fn the_email_about_a_lock_is_sent_again_only_while_it_is_so(world) {
        let who = world.lindqvist();
        let (user, task, visit, _) = invited(&world, "t.adeyemi");
        lock_out(&world, &visit);
        world.deliver(Verdict::Refused);
        let email = of(&world, Kind::Locked).remove(0);
        tokendesk::outbox::send_again(&world.desk, &who, world.now(), email.id).unwrap();
        world.deliver(Verdict::Refused);
        let freed = tokendesk::schema::enrollments::table.find(world.enrollment(task, user.id).id.0);
        let none = tokendesk::schema::enrollments::failures.eq(0);
        world.desk.db.write(|conn| Ok(diesel::update(freed).set(none).execute(conn)?)).unwrap();
        let sentence = why(tokendesk::outbox::send_again(&world.desk, &who, world.now(), email.id));
        assert_eq!(sentence, "What it tells is no longer true: the enrollment is unlocked.");
    }

    fn every_kind_of_email_is_sent_by_the_verb_that_causes_it(world) {
        let who = world.lindqvist();
        world.told("m.okafor", BuiltIn::Operator, None);
        world.choose("Operator", Event::FailedMail, Delivery::AtOnce);
        // Enrollment, by type.
        let holder = world.user("h.older", "Sales");
        world.device("FT-1", MovingFactor::Counter);
        world.device("FT-2", MovingFactor::Counter);
        let hardware = Choice { authentication_type: AuthenticationType::HardwareToken, ..world.app_choice() };
        tokendesk::provision::provision(&world.desk, &who, world.now(), &Selection::Users(vec![holder.id]), &hardware).unwrap();
        let (first, task, visit, code) = invited(&world, "t.adeyemi");
        let types: BTreeSet<String> = of(&world, Kind::Enrollment).into_iter().map(|email| email.facts.authentication_type).collect();
        assert_eq!(types.into_iter().collect::<Vec<_>>(), ["Authenticator app", "Hardware token"]);
        // New Stop Date, Canceled, Locked.
        world.move_stop(&who, task, &first, "2026-12-08");
        let (second, next, _, _) = invited(&world, "b.cole");
        world.tell_canceled(&who, next, &[&second]);
        let (_, _, third, _) = invited(&world, "c.dahl");
        lock_out(&world, &third);
        // Enrolled.
        let Ok(Step::Done(_, session)) = tokendesk::portal::accept_code(&world.desk, world.now(), &visit, &code) else { panic!("the code is right") };
        let visit = Visit { session: Some(session), ..visit };
        let Ok(Step::Done(_, seed)) = tokendesk::portal::show_key(&world.desk, world.now(), &visit) else { panic!("the key is shown") };
        let typed = oath::totp(seed.bytes(), unix_seconds(world.now()), 30, 6, Algorithm::Sha1);
        let Ok(Step::Done(_, token)) = tokendesk::portal::prove(&world.desk, world.now(), &visit, &typed) else { panic!("the key is proven") };
        // Of tokens.
        tokendesk::provision::assign_device(&world.desk, &who, world.now(), "FT-1", "b.cole").unwrap();
        let file = b"Serial,Seed,User ID\nFT-9,3132333435363738393031323334353637383930,c.dahl\n";
        let choices = Choices { opening: Opening::Nothing, container: String::new(), tell_owners: true, good_ones: false, dry_run: false };
        tokens::import::import(&world.desk, &who, world.now(), file, &choices).unwrap();
        tokens::suspend(&world.desk, &who, world.now(), &token.serial, "on leave").unwrap();
        let (state, fate) = (tokens::TokenState::Suspended, tokens::lifecycle::Fate::Lost);
        tokens::revoke(&world.desk, &who, world.now(), &token.serial, state, fate, "in a taxi").unwrap();
        // On the day a phone is lost.
        let kept = world.app_of(&second);
        tokens::report_lost(&world.desk, &who, world.now(), &kept.token.serial, "on the train", true).unwrap();
        tokens::caller::send_code(&world.desk, &who, world.now(), "b.cole").unwrap();
        world.allow_codes(false);
        let wanted = tokens::temporary::Wanted { hours: "24".into(), uses: "20".into(), reason: "lost".into() };
        tokens::temporary::give(&world.desk, &who, world.now(), "b.cole", &wanted).unwrap();
        // Asked for by an operator, to see whether the mail server takes email.
        world.desk.db.write(|conn| {
            use tokendesk::schema::operators::dsl;
            let own = dsl::operators.filter(dsl::user_id.eq("k.lindqvist"));
            Ok(diesel::update(own).set(dsl::email.eq("k@example.org")).execute(conn)?)
        }).unwrap();
        tokendesk::reports::first_start::send_test(&world.desk, &who, world.now()).unwrap();
        world.desk.db.write(|conn| {
            use tokendesk::schema::operators::dsl;
            let own = dsl::operators.filter(dsl::user_id.eq("k.lindqvist"));
            Ok(diesel::update(own).set(dsl::email.eq(None::<String>)).execute(conn)?)
        }).unwrap();
        // What failed, told to an operator.
        world.deliver(Verdict::Refused);
        assert_eq!(world.round(), 1);
        // Some days before the Stop Date, in the morning.
        world.advance(Duration::days(11));
        assert!(tasks::send_reminders(&world.desk, world.now()).unwrap() > 0);
        let sent: BTreeSet<&str> = world.outbox().iter().map(|email| email.kind.code()).collect();
        let all: BTreeSet<&str> = Kind::ALL.iter().map(|kind| kind.code()).collect();
        assert_eq!(sent, all);
    }
}
