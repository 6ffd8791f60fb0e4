//! What is told, when, and that it is told once.

use std::thread;

use chrono::Duration;
use diesel::connection::SimpleConnection;
use tokendesk::{
    alerts::{
        self,
        alert::LISTED,
        events::{self, Basis, Span},
    },
    mail::letter,
    tokens,
};

use super::*;
use crate::{on_both, support::plan};

fn operator(world: &World) -> Who {
    world.told("k.lindqvist", BuiltIn::Operator, None)
}

fn letter_of(world: &World, alert: &Alert) -> letter::Letter {
    let facts = Facts { first_name: "Klara".into(), alert: Some(alert.clone()), ..Facts::default() };
    letter::render(&world.desk.settings, mail::Kind::Alert, &facts, None, None).unwrap()
}

on_both! {
    fn nothing_is_told_until_somebody_chooses_it(world) {
        let who = operator(&world);
        let users = [world.user("a.berg", "Sales").id, world.user("b.cole", "Sales").id];
        let task = world.task(&who, &users);
        world.refuse_mail();
        world.lock_now(task, users[0]);
        world.clock_at("2027-01-15T12:00:00");
        assert_eq!(world.round(), 0);
        assert_eq!(world.alerts().len(), 0);
        assert_eq!(world.dump("alert_events"), "");
    }

    fn all_that_happened_is_one_email_at_once_and_is_told_once(world) {
        let who = operator(&world);
        for event in Event::ALL {
            world.choose("Operator", event, Delivery::AtOnce);
        }
        let users = [world.user("a.berg", "Sales").id, world.user("b.cole", "Sales").id];
        let task = world.task(&who, &users);
        assert_eq!(world.round(), 0, "nothing happened");
        assert_eq!(world.refuse_mail(), 2);
        world.lock_now(task, users[0]);
        assert_eq!(world.round(), 1);
        assert_eq!(world.round(), 0);
        world.advance(Duration::hours(3));
        assert_eq!(world.round(), 0);
        let (to, alert) = world.alerts().remove(0);
        assert_eq!(to, "k.lindqvist@desk.example");
        assert_eq!(alert.sum, "1 lock-out and 2 failed emails");
        assert!(!alert.digest);
        let letter = letter_of(&world, &alert);
        assert_eq!(letter.subject, "Alert: 1 lock-out and 2 failed emails");
        let url = &world.url;
        for body in [&letter.text, &letter.html] {
            for words in [
                "Hello Klara,",
                "First Last a.berg (a.berg)",
                &format!("Task {task}, Authenticator app: too many failed attempts, the last at 2026-11-20 14:32"),
                &format!("{url}/users/a.berg/authentication-methods"),
                "Enrollment to b.cole@example.org",
                "550 5.1.1 no such user",
                &format!("{url}/outbox/1"),
                &format!("{url}/policy/alerts"),
                "Friday 20 November 2026, 14:32, Europe/Berlin",
                "k.lindqvist",
                "extension 4400",
            ] {
                assert!(body.contains(words), "{words}: {body}");
            }
            assert!(!body.contains("/enroll/"), "no link of a user: {body}");
        }
        assert!(!letter.text.contains("\n\n\n"), "{}", letter.text);
        let audit = world.dump("audit_entries");
        assert_eq!(audit.matches("alerts.send").count(), 1);
        assert!(audit.contains("Sent an operator an alert: 1 lock-out and 2 failed emails"));
    }

    fn what_follows_soon_waits_for_the_pause_and_is_bundled(world) {
        let who = operator(&world);
        world.choose("Operator", Event::LockOut, Delivery::AtOnce);
        let users: Vec<_> = ["a", "b", "c"].map(|name| world.user(name, "Sales").id).into();
        let task = world.task(&who, &users);
        world.lock_now(task, users[0]);
        assert_eq!(world.round(), 1);
        for user in &users[1..] {
            world.advance(Duration::minutes(4));
            world.lock_now(task, *user);
            assert_eq!(world.round(), 0, "within the pause");
        }
        world.advance(Duration::minutes(2));
        assert_eq!(world.round(), 1);
        assert_eq!(world.sums(), ["k.lindqvist@desk.example: 1 lock-out", "k.lindqvist@desk.example: 2 lock-outs"]);
    }

    fn a_stop_date_that_passes_is_told_after_midnight(world) {
        let who = operator(&world);
        world.choose("Operator", Event::Expired, Delivery::AtOnce);
        let users: Vec<_> = ["enrolled", "expired", "locked", "removed"].map(|name| world.user(name, "Sales").id).into();
        let task = world.task(&who, &users);
        world.enroll(task, users[0]);
        world.lock_now(task, users[2]);
        let removed = tokendesk::schema::enrollments::table.find(world.enrollment(task, users[3]).id.0);
        world.desk.db.write(|conn| {
            Ok(diesel::update(removed).set(tokendesk::schema::enrollments::removed_at.eq(world.now())).execute(conn)?)
        }).unwrap();
        world.clock_at("2026-12-04T23:59:00");
        assert_eq!(world.round(), 0);
        world.clock_at("2026-12-05T00:00:00");
        assert_eq!(world.round(), 1);
        for minutes in [5, 30, 700, 1440] {
            world.advance(Duration::minutes(minutes));
            assert_eq!(world.round(), 0);
        }
        let (_, alert) = world.alerts().remove(0);
        assert_eq!(alert.sum, "1 expired enrollment");
        assert_eq!(alert.groups[0].lines[0].detail, format!("Task {task}, Authenticator app: could enroll until Friday 4 December 2026"));
        assert_eq!(alert.groups[0].lines[0].path, "/users/expired/authentication-methods");
    }

    fn a_server_that_was_off_for_days_tells_what_it_missed(world) {
        let who = operator(&world);
        world.choose("Operator", Event::Expired, Delivery::AtOnce);
        let users = [world.user("a.berg", "Sales").id, world.user("b.cole", "Sales").id];
        let choice = tokendesk::provision::choice::Choice { stop_on: "2026-11-30".parse().unwrap(), ..world.app_choice() };
        world.task(&who, &users[..1]);
        tokendesk::provision::provision(&world.desk, &who, world.now(), &tokendesk::provision::choice::Selection::Users(users[1..].to_vec()), &choice).unwrap();
        world.clock_at("2027-02-01T10:00:00");
        assert_eq!(world.round(), 1);
        assert_eq!(world.sums(), ["k.lindqvist@desk.example: 2 expired enrollments"]);
    }

    fn a_digest_goes_out_once_a_day_at_its_hour_and_only_with_something_to_tell(world) {
        let who = operator(&world);
        world.choose("Operator", Event::LockOut, Delivery::Daily);
        world.choose("Operator", Event::FailedMail, Delivery::Daily);
        let users: Vec<_> = ["a", "b", "c"].map(|name| world.user(name, "Sales").id).into();
        let task = world.task(&who, &users);
        world.refuse_mail();
        world.lock_now(task, users[0]);
        assert_eq!(world.round(), 0, "not at once");
        world.clock_at("2026-11-21T06:59:00");
        assert_eq!(world.round(), 0, "too early");
        world.clock_at("2026-11-21T07:00:00");
        assert_eq!(world.round(), 1);
        world.lock_now(task, users[1]);
        world.clock_at("2026-11-21T23:00:00");
        assert_eq!(world.round(), 0, "once a day");
        world.clock_at("2026-11-22T07:05:00");
        assert_eq!(world.round(), 1);
        world.clock_at("2026-11-23T07:05:00");
        assert_eq!(world.round(), 0, "nothing to tell");
        world.clock_at("2026-11-23T08:00:00");
        world.lock_now(task, users[2]);
        assert_eq!(world.round(), 0, "the digest of today was due without a word");
        world.clock_at("2026-11-24T07:00:00");
        assert_eq!(world.round(), 1);
        let alerts = world.alerts();
        assert_eq!(world.sums()[0], "k.lindqvist@desk.example: 1 lock-out and 3 failed emails");
        assert!(alerts.iter().all(|(_, alert)| alert.digest));
        assert!(letter_of(&world, &alerts[0].1).subject.starts_with("Daily digest: 1 lock-out"));
        assert_eq!(alerts[1].1.sum, "1 lock-out");
    }

    fn what_was_set_right_since_says_so_in_the_digest(world) {
        let who = operator(&world);
        world.choose("Operator", Event::LockOut, Delivery::Daily);
        let users = [world.user("a.berg", "Sales").id, world.user("b.cole", "Sales").id];
        let task = world.task(&who, &users);
        users.iter().for_each(|user| world.lock_now(task, *user));
        world.round();
        world.desk.db.write(|conn| {
            let enrollment = tokendesk::schema::enrollments::table.find(world.enrollment(task, users[0]).id.0);
            Ok(diesel::update(enrollment).set(tokendesk::schema::enrollments::failures.eq(0)).execute(conn)?)
        }).unwrap();
        world.clock_at("2026-11-21T07:00:00");
        world.round();
        let (_, alert) = world.alerts().remove(0);
        assert!(alert.groups[0].lines[0].detail.ends_with("14:32 (unlocked since)"), "{alert:?}");
        assert!(alert.groups[0].lines[1].detail.ends_with("14:32"), "{alert:?}");
    }

    fn a_locked_token_is_told_and_told_again_when_it_locks_again(world) {
        operator(&world);
        world.choose("Operator", Event::LockOut, Delivery::AtOnce);
        let user = world.user("t.adeyemi", "Sales");
        let carried = world.app_of(&user);
        let lock = || {
            for _ in 0..10 {
                world.desk.db.write(|conn| tokens::check(&world.desk, conn, world.now(), user.id, "000000")).unwrap();
            }
        };
        lock();
        assert_eq!(world.round(), 1);
        world.advance(Duration::hours(1));
        assert_eq!(world.round(), 0);
        tokens::unlock(&world.desk, &Who::system(), world.now(), &carried.token.serial, "lost and found").unwrap();
        lock();
        assert_eq!(world.round(), 1);
        let serial = &carried.token.serial;
        for (_, alert) in world.alerts() {
            assert_eq!(alert.groups[0].lines[0].path, format!("/tokens/{serial}"));
            assert!(alert.groups[0].lines[0].detail.contains("too many wrong one-time passwords in a row"));
        }
    }

    fn an_alert_that_fails_alerts_nobody(world) {
        let who = operator(&world);
        world.choose("Operator", Event::FailedMail, Delivery::AtOnce);
        let user = world.user("a.berg", "Sales").id;
        world.task(&who, &[user]);
        assert_eq!(world.refuse_mail(), 1);
        assert_eq!(world.round(), 1);
        for _ in 0..3 {
            world.advance(Duration::minutes(30));
            world.refuse_mail();
            assert_eq!(world.round(), 0);
        }
        assert_eq!(world.alerts().len(), 1);
    }

    fn what_came_back_is_failed_mail_as_well(world) {
        let who = operator(&world);
        world.choose("Operator", Event::FailedMail, Delivery::AtOnce);
        let user = world.user("a.berg", "Sales").id;
        world.task(&who, &[user]);
        world.desk.db.write(|conn| {
            Ok(diesel::update(emails::table).set((emails::state.eq("Bounced"), emails::last_answer_at.eq(world.now()))).execute(conn)?)
        }).unwrap();
        assert_eq!(world.round(), 1);
        assert_eq!(world.sums(), ["k.lindqvist@desk.example: 1 failed email"]);
    }

    fn turning_alerts_on_does_not_tell_the_past(world) {
        let who = operator(&world);
        world.told("s.moreau", BuiltIn::HelpDesk, None);
        world.choose("Operator", Event::LockOut, Delivery::AtOnce);
        let users: Vec<_> = ["a", "b", "c"].map(|name| world.user(name, "Sales").id).into();
        let choice = tokendesk::provision::choice::Choice { stop_on: "2026-11-20".parse().unwrap(), ..world.app_choice() };
        let task = tokendesk::provision::provision(&world.desk, &who, world.now(), &tokendesk::provision::choice::Selection::Users(users[..2].to_vec()), &choice).unwrap();
        world.refuse_mail();
        world.lock_now(task, users[0]);
        world.clock_at("2026-11-21T09:00:00");
        // The server did not see the lock-out yet when another role turned it on.
        let role = world.role("Help desk");
        let fields: Vec<String> = Event::ALL.iter().map(|event| alerts::choice::field(role, *event)).collect();
        let typed = AlertForm::of(fields.iter().map(|field| (field.as_str(), "at-once")));
        alerts::change(&world.desk, &Who::system(), world.now(), &typed, 2).unwrap();
        world.round();
        assert_eq!(world.sums(), ["k.lindqvist@desk.example: 1 lock-out"]);
        // From now on both are told.
        let task = world.task(&who, &users[2..]);
        world.lock_now(task, users[2]);
        world.advance(Duration::minutes(20));
        assert_eq!(world.round(), 2);
        assert_eq!(world.sums()[1..], ["k.lindqvist@desk.example: 1 lock-out", "s.moreau@desk.example: 1 lock-out"]);
    }

    fn an_email_names_the_first_ones_and_counts_the_rest(world) {
        let who = operator(&world);
        world.choose("Operator", Event::Expired, Delivery::AtOnce);
        let users = world.crowd(50);
        world.task(&who, &users);
        world.clock_at("2026-12-05T00:01:00");
        assert_eq!(world.round(), 1);
        let (_, alert) = world.alerts().remove(0);
        assert_eq!(alert.groups[0].heading, "50 expired enrollments");
        assert_eq!(i64::try_from(alert.groups[0].lines.len()).unwrap(), LISTED);
        assert_eq!(alert.groups[0].more, 50 - LISTED);
        let letter = letter_of(&world, &alert);
        assert!(letter.text.contains(&format!("and 30 more:\n{}/reports/not-enrolled?status=expired", world.url)), "{}", letter.text);
        assert!(letter.html.contains(">30 more</a>"));
    }

    fn two_servers_at_the_same_time_tell_once(world) {
        let who = operator(&world);
        world.choose("Operator", Event::LockOut, Delivery::AtOnce);
        let user = world.user("a.berg", "Sales").id;
        let task = world.task(&who, &[user]);
        world.lock_now(task, user);
        let sent: usize = thread::scope(|s| {
            let rounds: Vec<_> = (0..4).map(|_| s.spawn(|| world.round())).collect();
            rounds.into_iter().map(|round| round.join().unwrap()).sum()
        });
        assert_eq!(sent, 1);
        assert_eq!(world.alerts().len(), 1);
    }

    fn a_round_that_fails_has_told_nothing_and_the_next_one_does_it(world) {
        let who = operator(&world);
        world.choose("Operator", Event::LockOut, Delivery::AtOnce);
        let user = world.user("a.berg", "Sales").id;
        let task = world.task(&who, &[user]);
        world.lock_now(task, user);
        world.refuse_inserts("emails", "kind = 'alert'");
        assert!(alerts::send(&world.desk, world.now()).is_err());
        assert_eq!(world.dump("alert_events"), "");
        let on = if world.desk.db.is_postgres() { " ON emails" } else { "" };
        world.desk.db.write(|conn| Ok(conn.batch_execute(&format!("DROP TRIGGER refuse{on}"))?)).unwrap();
        assert_eq!(world.round(), 1);
    }

    fn what_happened_is_forgotten_after_a_while_and_not_told_again(world) {
        let who = operator(&world);
        world.choose("Operator", Event::LockOut, Delivery::AtOnce);
        let user = world.user("a.berg", "Sales").id;
        let task = world.task(&who, &[user]);
        world.lock_now(task, user);
        assert_eq!(world.round(), 1);
        world.advance(Duration::days(31));
        assert_eq!(world.round(), 0);
        assert_eq!(world.dump("alert_events"), "");
        assert_eq!(world.round(), 0);
    }

    fn every_statement_of_a_round_is_driven_by_an_index(world) {
        let now = world.now();
        let basis = Basis { now, today: now.date(), attempts_allowed: 5 };
        let span = Span { event: Event::FailedMail, after: 0, to: 10, since: now };
        let plans = plan::plans(&world, |conn| {
            events::collect_expired(conn, &basis, now.date(), now)?;
            events::collect_lock_outs(conn, &basis, now)?;
            events::collect_failed_mail(conn, &basis, now)?;
            events::count(conn, &span)?;
            events::list(conn, &basis, &span, Some(&[tokendesk::ids::ContainerId(1)]), LISTED).map(|_| ())
        });
        assert_eq!(plans.len(), 6);
        for plan in plans {
            for table in ["enrollments", "e", "tokens", "k", "emails", "m", "alert_events", "v"] {
                assert!(!plan.reads_all_of(table), "{plan:#?}");
            }
        }
    }
}
