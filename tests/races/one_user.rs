//! A user enrolls an app while an operator changes their enrollment.

use chrono::Days;
use tokendesk::{
    counts,
    mail::{Carrier, Mailbox, courier},
    policy::{self, PolicyForm},
    tasks::{resend, stop_date},
    tokens::{self, TokenState},
};

use super::*;
use crate::on_both;

on_both! {
    fn who_enrolls_is_not_written_to_again(world) {
        for round in 0..ROUNDS {
            let guest = Guest::with_app(&world, &format!("u{round}"));
            let who = Who::system();
            let (end, resent) = at_once(
                || guest.enroll(&world),
                || done(resend::resend(&world.desk, &who, world.now(), guest.task, guest.user.id, None)),
            );
            assert!(matches!((end, resent), (End::Enrolled, false) | (End::TooLate, true)), "{end:?}, resent: {resent}");
            all_agrees(&world);
        }
    }

    fn who_enrolls_is_not_among_those_resent_to(world) {
        for round in 0..ROUNDS {
            let guest = Guest::with_app(&world, &format!("u{round}"));
            let (who, seen) = (Who::system(), guest.shown(&world, resend::RESEND));
            let (end, resent) = at_once(
                || guest.enroll(&world),
                || done(resend::resend_all(&world.desk, &who, world.now(), guest.task, &guest.ticked(), &seen)),
            );
            assert!(matches!((end, resent), (End::Enrolled, false) | (End::TooLate, true)), "{end:?}, resent: {resent}");
            all_agrees(&world);
        }
    }

    fn two_resends_leave_one_code_that_works(world) {
        for round in 0..ROUNDS {
            let guest = Guest::with_app(&world, &format!("u{round}"));
            let who = Who::system();
            let again = || done(resend::resend(&world.desk, &who, world.now(), guest.task, guest.user.id, None));
            assert_eq!(at_once(again, again), (true, true));
            all_agrees(&world);
        }
    }

    fn who_enrolls_is_not_removed_and_who_is_removed_does_not_enroll(world) {
        for round in 0..ROUNDS {
            let guest = Guest::with_app(&world, &format!("u{round}"));
            let (who, seen) = (Who::system(), guest.shown(&world, remove::REMOVE));
            let (end, removed) = at_once(
                || guest.enroll(&world),
                || done(remove::remove_users(&world.desk, &who, world.now(), guest.task, &guest.ticked(), true, &seen)),
            );
            assert!(matches!((end, removed), (End::Enrolled, false) | (End::TooLate, true)), "{end:?}, removed: {removed}");
            all_agrees(&world);
        }
    }

    fn a_task_is_removed_with_those_who_were_counted_or_not_at_all(world) {
        for round in 0..ROUNDS {
            let user = world.user(&format!("u{round}"), "Sales");
            let other = world.user(&format!("v{round}"), "Sales");
            let task = provision(&world, &[&user, &other], AuthenticationType::AuthenticatorApp);
            let guest = Guest::come(&world, user, task, None);
            let who = Who::system();
            let (end, removed) = at_once(
                || guest.enroll(&world),
                || done(remove::remove_task(&world.desk, &who, world.now(), task, true, 2)),
            );
            assert!(matches!((end, removed), (End::Enrolled, false) | (End::TooLate, true)), "{end:?}, removed: {removed}");
            all_agrees(&world);
        }
    }

    fn a_new_stop_date_is_not_that_of_one_who_has_enrolled(world) {
        for round in 0..ROUNDS {
            let guest = Guest::with_app(&world, &format!("u{round}"));
            let before = world.enrollment(guest.task, guest.user.id).facts.stop_on;
            let date = before - Days::new(3);
            let (who, seen) = (Who::system(), guest.shown(&world, &stop_date::moving(date)));
            let (end, moved) = at_once(
                || guest.enroll(&world),
                || {
                    let (desk, ticked) = (&world.desk, guest.ticked());
                    done(stop_date::change_stop_date(desk, &who, world.now(), guest.task, &ticked, date, true, &seen))
                },
            );
            assert_eq!(end, End::Enrolled, "it was not the last day");
            let after = world.enrollment(guest.task, guest.user.id).facts.stop_on;
            assert_eq!(after, if moved { date } else { before });
            all_agrees(&world);
        }
    }

    fn an_unlock_makes_the_older_session_worthless(world) {
        for round in 0..ROUNDS {
            let guest = Guest::with_app(&world, &format!("u{round}"));
            world.lock(guest.task, guest.user.id);
            let (who, seen) = (Who::system(), guest.shown(&world, resend::UNLOCK));
            let (end, unlocked) = at_once(
                || guest.enroll(&world),
                || done(resend::unlock(&world.desk, &who, world.now(), guest.task, &guest.ticked(), "Asked", &seen)),
            );
            assert_eq!((end, unlocked), (End::TooLate, true));
            assert_eq!(world.enrollment(guest.task, guest.user.id).facts.failures, 0);
            all_agrees(&world);
        }
    }

    fn a_wrong_code_counts_against_the_code_it_was_typed_for(world) {
        for round in 0..ROUNDS {
            let guest = Guest::with_app(&world, &format!("u{round}"));
            let who = Who::system();
            let (step, resent) = at_once(
                || tokendesk::portal::accept_code(&world.desk, world.now(), &guest.visit, "WRONG").expect("the portal answers"),
                || done(resend::resend(&world.desk, &who, world.now(), guest.task, guest.user.id, None)),
            );
            assert!(resent);
            let counted = matches!(step, Step::Wrong(_));
            assert_eq!(world.enrollment(guest.task, guest.user.id).facts.failures, i64::from(counted));
            all_agrees(&world);
        }
    }

    fn the_last_attempts_of_many_users_and_a_stricter_policy_are_counted_right(world) {
        let guests: Vec<Guest> = (0..ROUNDS).map(|round| Guest::with_app(&world, &format!("u{round}"))).collect();
        let policy = world.desk.db.read(policy::current).expect("there is a policy");
        let typed = PolicyForm { attempts_allowed: "2".into(), ..PolicyForm::of(&policy) };
        let (_, changed) = at_once(
            || {
                for guest in guests.iter().chain(&guests) {
                    tokendesk::portal::accept_code(&world.desk, world.now(), &guest.visit, "WRONG").expect("the portal answers");
                }
            },
            || done(tasks::change_policy(&world.desk, &Who::system(), world.now(), &typed, policy.version)),
        );
        assert!(changed);
        let locked = guests.iter().filter(|guest| world.enrollment(guest.task, guest.user.id).facts.failures >= 2).count();
        assert_eq!(locked, ROUNDS);
        assert!(world.desk.db.read(counts::miscounted).expect("they can be counted").is_empty());
    }

    fn the_first_use_and_a_suspension_come_one_after_the_other(world) {
        for round in 0..ROUNDS {
            let guest = Guest::with_app(&world, &format!("u{round}"));
            let seed = match tokendesk::portal::show_key(&world.desk, world.now(), &guest.visit) {
                Ok(Step::Done(_, seed)) => seed,
                _ => panic!("the key is shown"),
            };
            assert_eq!(guest.enroll(&world), End::Enrolled);
            let token = world.desk.db.read(|conn| tokens::of_user(conn, guest.user.id)).expect("they can be read").remove(0);
            world.advance(chrono::Duration::seconds(30));
            let typed = oath::totp(seed.bytes(), unix_seconds(world.now()), 30, 6, Algorithm::Sha1);
            let who = Who::system();
            let (used, suspended) = at_once(
                || {
                    let step = tokendesk::portal::try_now(&world.desk, world.now(), &guest.visit, &typed);
                    ended(step.expect("the portal answers")) == End::Enrolled
                },
                || done(tokens::suspend(&world.desk, &who, world.now(), &token.serial, "Phone left behind")),
            );
            assert!(suspended);
            let enrollment = world.enrollment(guest.task, guest.user.id);
            assert_eq!((enrollment.facts.used_at.is_some(), world.token(&token.serial).state), (used, TokenState::Suspended));
            all_agrees(&world);
        }
    }

    fn the_first_use_and_a_revocation_come_one_after_the_other(world) {
        for round in 0..ROUNDS {
            let device = world.device(&format!("FT-{round}"), tokens::MovingFactor::Counter);
            let guest = Guest::with_device(&world, &format!("u{round}"), &device);
            assert_eq!(guest.enroll(&world), End::Enrolled);
            let who = Who::system();
            let (used, revoked) = at_once(
                || {
                    let step = tokendesk::portal::try_now(&world.desk, world.now(), &guest.visit, &device.press(1));
                    step.is_ok_and(|step| matches!(step, Step::Done(..)))
                },
                || {
                    let (seen, fate) = (TokenState::Active, tokens::lifecycle::Fate::Lost);
                    done(tokens::revoke(&world.desk, &who, world.now(), &device.token.serial, seen, fate, "Lost"))
                },
            );
            assert!(revoked);
            assert_eq!(world.enrollment(guest.task, guest.user.id).facts.used_at.is_some(), used);
            all_agrees(&world);
        }
    }

    fn an_email_in_a_workers_hand_and_a_resend(world) {
        let guests: Vec<Guest> = (0..ROUNDS).map(|round| Guest::with_app(&world, &format!("u{round}"))).collect();
        let mailbox = Mailbox::default();
        let (_, resent) = at_once(
            || courier::run_once(&world.desk, &Carrier::Mailbox(mailbox.clone())).expect("the courier runs"),
            || {
                let again = |guest: &Guest| resend::resend(&world.desk, &Who::system(), world.now(), guest.task, guest.user.id, None);
                guests.iter().filter(|guest| done(again(guest))).count()
            },
        );
        assert_eq!(resent, ROUNDS);
        all_agrees(&world);
        courier::run_once(&world.desk, &Carrier::Mailbox(mailbox.clone())).expect("the courier runs");
        for guest in &guests {
            let (parcels, _) = mailbox.search(&guest.user.email, 0, 9);
            let link = parcels[0].link(&world.desk.settings).expect("an email with a link");
            let (path, code) = link.split_once('#').expect("it carries the code");
            let handle = path.rsplit_once('/').expect("it has a handle").1.to_owned();
            let visit = Visit { handle, session: None, ..guest.visit.clone() };
            let step = tokendesk::portal::accept_code(&world.desk, world.now(), &visit, code).expect("the portal answers");
            assert!(matches!(step, Step::Done(..)), "the newest email works");
        }
    }
}
