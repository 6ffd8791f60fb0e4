//! Reminders before the Stop Date (PRODUCT.md §2: reminder days).

use chrono::{Duration, NaiveDate};
use diesel::prelude::*;
use tokendesk::{
    clock::Timestamp,
    ids::{TaskId, UserId},
    mail,
    operators::{BuiltIn, Who},
    policy::{Policy, PolicyForm},
    provision::{self, choice::Selection},
    schema::{emails, enrollment_links, enrollment_sessions, enrollments, tasks as rows},
    tasks,
};

use crate::{on_both, support::World};

/// Moves the clock to this moment of the organization's wall clock (Berlin in winter: an hour before it in UTC).
fn at(world: &World, local: &str) -> Timestamp {
    let local: Timestamp = local.parse().unwrap();
    world.desk.clock.set(local - Duration::hours(1));
    world.now()
}

fn send(world: &World) -> usize {
    tasks::send_reminders(&world.desk, world.now()).unwrap()
}

fn task_until(world: &World, who: &Who, users: &[UserId], stop_on: &str) -> TaskId {
    let choice = tokendesk::provision::choice::Choice { stop_on: stop_on.parse().unwrap(), ..world.app_choice() };
    provision::provision(&world.desk, who, world.now(), &Selection::Users(users.to_vec()), &choice).unwrap()
}

fn reminders(world: &World) -> Vec<(String, String)> {
    let kind = mail::Kind::Reminder.code();
    let sent = emails::table.filter(emails::kind.eq(kind)).order(emails::id);
    world.desk.db.read(|conn| Ok(sent.select((emails::shown_to, emails::state)).load(conn)?)).unwrap()
}

fn people(world: &World) -> [UserId; 2] {
    [world.user("a.berg", "Sales").id, world.user("b.cole", "Sales").id]
}

on_both! {
    fn users_are_reminded_on_the_days_of_the_policy_from_eight_o_clock(world) {
        let users = people(&world);
        let task = task_until(&world, &world.lindqvist(), &users, "2026-11-27");
        at(&world, "2026-11-23T12:00:00");
        assert_eq!(send(&world), 0, "four days before");
        at(&world, "2026-11-24T07:59:00");
        assert_eq!(send(&world), 0, "too early");
        at(&world, "2026-11-24T08:00:00");
        assert_eq!(send(&world), 2);
        assert_eq!(send(&world), 0, "once a day");
        at(&world, "2026-11-24T23:00:00");
        assert_eq!(send(&world), 0, "once a day");
        at(&world, "2026-11-25T09:00:00");
        assert_eq!(send(&world), 0, "two days before");
        at(&world, "2026-11-26T09:00:00");
        assert_eq!(send(&world), 2, "the day before");
        at(&world, "2026-11-27T09:00:00");
        assert_eq!(send(&world), 0, "the day itself");
        assert_eq!(world.enrollment(task, users[0]).facts.stop_on, "2026-11-27".parse::<NaiveDate>().unwrap());
        assert_eq!(world.dump("audit_entries").matches("tasks.remind").count(), 4);
    }

    fn a_reminder_carries_a_new_link_and_the_older_ones_end(world) {
        let users = people(&world);
        let task = task_until(&world, &world.lindqvist(), &users[..1], "2026-11-27");
        let now = at(&world, "2026-11-24T08:00:00");
        assert_eq!(send(&world), 1);
        let enrollment = world.enrollment(task, users[0]);
        let links: Vec<Option<Timestamp>> = world.desk.db.read(|conn| {
            Ok(enrollment_links::table.filter(enrollment_links::enrollment_id.eq(enrollment.id.0)).order(enrollment_links::id)
                .select(enrollment_links::superseded_at).load(conn)?)
        }).unwrap();
        assert_eq!(links, [Some(now), None]);
        // The first email had not gone out yet: its code is dead, so it does not go out any more.
        let states: Vec<(String, String)> = world.desk.db.read(|conn| {
            Ok(emails::table.order(emails::id).select((emails::kind, emails::state)).load(conn)?)
        }).unwrap();
        assert_eq!(states, [("enrollment".into(), "Canceled".into()), ("reminder".into(), "Queued".into())]);
        let (last, to): (Option<i64>, String) = world.desk.db.read(|conn| {
            Ok(rows::table.find(task.0).select((rows::last_email_id, rows::emailed_to)).first(conn)?)
        }).unwrap();
        assert_eq!((last, to.as_str()), (enrollment.last_email.map(|id| id.0), "a.berg@example.org"));
        assert_eq!(enrollment.emailed_at, Some(now));
        let claimed = mail::claim(&world.desk, now, "test", 10).unwrap();
        let secret = claimed[0].secret.as_ref().unwrap();
        let found = world.desk.db.read(|conn| tasks::by_handle(conn, secret.handle.as_deref().unwrap())).unwrap().unwrap();
        assert!(tasks::links::matches(&world.desk.keys, &found.handle, secret.code.as_deref().unwrap(), &found.code_hash));
    }

    fn who_cannot_enroll_or_did_already_is_not_reminded(world) {
        let names = ["enrolled", "locked", "disabled", "addressless", "reminded"];
        let users: Vec<UserId> = names.iter().map(|name| world.user(name, "Sales").id).collect();
        let task = task_until(&world, &world.lindqvist(), &users, "2026-11-27");
        world.enroll(task, users[0]);
        world.lock(task, users[1]);
        tokendesk::users::disable(&world.desk, &Who::system(), world.now(), "disabled").unwrap();
        world.desk.db.write(|conn| {
            use tokendesk::schema::users::dsl;
            Ok(diesel::update(dsl::users.find(users[3].0)).set(dsl::email.eq("")).execute(conn)?)
        }).unwrap();
        at(&world, "2026-11-24T08:00:00");
        assert_eq!(send(&world), 1);
        assert_eq!(reminders(&world), [("reminded@example.org".into(), "Queued".into())]);
    }

    fn who_got_an_email_today_is_not_reminded_on_top(world) {
        let users = people(&world);
        at(&world, "2026-11-24T07:00:00");
        task_until(&world, &world.lindqvist(), &users, "2026-11-27");
        at(&world, "2026-11-24T09:00:00");
        assert_eq!(send(&world), 0);
        at(&world, "2026-11-26T09:00:00");
        assert_eq!(send(&world), 2);
    }

    fn nobody_is_reminded_in_the_middle_of_enrolling(world) {
        let users = people(&world);
        let task = task_until(&world, &world.lindqvist(), &users[..1], "2026-11-27");
        let now = at(&world, "2026-11-24T08:00:00");
        let enrollment = world.enrollment(task, users[0]);
        world.desk.db.write(|conn| {
            let link: i64 = enrollment_links::table.select(enrollment_links::id).first(conn)?;
            Ok(diesel::insert_into(enrollment_sessions::table).values((
                enrollment_sessions::key_hash.eq(vec![1u8]),
                enrollment_sessions::enrollment_id.eq(enrollment.id.0),
                enrollment_sessions::link_id.eq(link),
                enrollment_sessions::created_at.eq(now),
                enrollment_sessions::expires_at.eq(now + Duration::minutes(15)),
            )).execute(conn)?)
        }).unwrap();
        assert_eq!(send(&world), 0);
        at(&world, "2026-11-24T08:20:00");
        assert_eq!(send(&world), 1, "the session is over and the user has not enrolled");
    }

    fn the_policy_says_on_which_days_and_whether_at_all(world) {
        let users = people(&world);
        let who = world.lindqvist();
        task_until(&world, &who, &users, "2026-11-27");
        let typed = |days: &str| PolicyForm { reminder_days: days.into(), ..PolicyForm::of(&Policy::default()) };
        at(&world, "2026-11-24T08:00:00");
        tasks::change_policy(&world.desk, &who, world.now(), &typed(""), 1).unwrap();
        assert_eq!(send(&world), 0);
        tasks::change_policy(&world.desk, &who, world.now(), &typed("2"), 2).unwrap();
        assert_eq!(send(&world), 0);
        at(&world, "2026-11-25T08:00:00");
        assert_eq!(send(&world), 2);
    }

    fn a_reminder_whose_day_passed_is_caught_up_on_once_while_the_stop_date_is_ahead(world) {
        let users = people(&world);
        task_until(&world, &world.lindqvist(), &users, "2026-11-27");
        // The last round of Tuesday came too early, the next one is on Wednesday: the server was down in between.
        at(&world, "2026-11-24T07:50:00");
        assert_eq!(send(&world), 0);
        at(&world, "2026-11-25T00:10:00");
        assert_eq!(send(&world), 0, "not at night");
        at(&world, "2026-11-25T09:00:00");
        assert_eq!(send(&world), 2, "the reminder of the day before");
        assert_eq!(send(&world), 0, "once");
        at(&world, "2026-11-26T08:00:00");
        assert_eq!(send(&world), 2, "the reminder of the day itself is another one");
        at(&world, "2026-11-26T18:00:00");
        assert_eq!(send(&world), 0, "once");
        assert_eq!(reminders(&world).len(), 4);
    }

    fn of_several_that_were_missed_one_goes_out_and_none_on_the_stop_date(world) {
        let users = people(&world);
        task_until(&world, &world.lindqvist(), &users[..1], "2026-11-27");
        task_until(&world, &world.operator("m.okafor", BuiltIn::Operator), &users[1..], "2026-11-26");
        at(&world, "2026-11-26T09:00:00");
        assert_eq!(send(&world), 1, "both days of the first were missed, and the second has its last day");
        at(&world, "2026-11-26T20:00:00");
        assert_eq!(send(&world), 0);
        assert_eq!(reminders(&world), [("a.berg@example.org".into(), "Queued".into())]);
    }

    fn who_got_an_email_since_the_day_that_passed_needs_no_reminder(world) {
        let users = people(&world);
        at(&world, "2026-11-25T10:00:00");
        task_until(&world, &world.lindqvist(), &users, "2026-11-27");
        at(&world, "2026-11-25T18:00:00");
        assert_eq!(send(&world), 0, "three days before they had no task yet");
        at(&world, "2026-11-26T09:00:00");
        assert_eq!(send(&world), 2);
    }

    fn on_weekends_that_the_policy_skips_nobody_is_reminded(world) {
        let users = people(&world);
        let who = world.lindqvist();
        let typed = PolicyForm { reminder_days: "2".into(), skip_weekends: true, ..PolicyForm::of(&Policy::default()) };
        tasks::change_policy(&world.desk, &who, world.now(), &typed, 1).unwrap();
        // Two days before Tuesday 1 December is a Sunday: Friday it is.
        task_until(&world, &who, &users[..1], "2026-12-01");
        at(&world, "2026-11-26T09:00:00");
        assert_eq!(send(&world), 0);
        at(&world, "2026-11-27T09:00:00");
        assert_eq!(send(&world), 1, "the Friday before");
        // Whoever got the email only on Saturday is reminded on Monday, and the first one is not reminded twice.
        at(&world, "2026-11-28T10:00:00");
        task_until(&world, &who, &users[1..], "2026-12-01");
        for weekend in ["2026-11-28T12:00:00", "2026-11-29T12:00:00"] {
            at(&world, weekend);
            assert_eq!(send(&world), 0);
        }
        at(&world, "2026-11-30T09:00:00");
        assert_eq!(send(&world), 1, "the Monday after");
        assert_eq!(send(&world), 0);
        let to: Vec<String> = reminders(&world).into_iter().map(|(to, _)| to).collect();
        assert_eq!(to, ["a.berg@example.org", "b.cole@example.org"]);
    }

    fn what_a_weekend_held_up_goes_out_on_monday(world) {
        let users = people(&world);
        let who = world.lindqvist();
        let typed = PolicyForm { skip_weekends: true, ..PolicyForm::of(&Policy::default()) };
        tasks::change_policy(&world.desk, &who, world.now(), &typed, 1).unwrap();
        task_until(&world, &who, &users, "2026-12-01");
        // Three days before is a Saturday, so that Friday was the day; the server was down.
        at(&world, "2026-11-28T09:00:00");
        assert_eq!(send(&world), 0);
        at(&world, "2026-11-30T09:00:00");
        assert_eq!(send(&world), 2, "one for both that were due by then");
    }

    fn servers_that_remind_at_once_write_to_each_user_once(world) {
        let crowd = world.crowd(1_200);
        task_until(&world, &world.operator("k.lindqvist", BuiltIn::Operator), &crowd, "2026-11-27");
        let now = at(&world, "2026-11-24T08:00:00");
        let sent: usize = std::thread::scope(|scope| {
            let servers: Vec<_> = (0..3).map(|_| scope.spawn(|| tasks::send_reminders(&world.desk, now).unwrap())).collect();
            servers.into_iter().map(|server| server.join().unwrap()).sum()
        });
        assert_eq!(sent, 1_200);
        let mut to: Vec<String> = reminders(&world).into_iter().map(|(to, _)| to).collect();
        to.sort();
        to.dedup();
        assert_eq!(to.len(), 1_200);
        let open: i64 = world.desk.db.read(|conn| {
            Ok(enrollment_links::table.filter(enrollment_links::superseded_at.is_null()).count().get_result(conn)?)
        }).unwrap();
        assert_eq!(open, 1_200);
        let reminded: i64 = world.desk.db.read(|conn| {
            Ok(enrollments::table.filter(enrollments::reminded_on.is_not_null()).count().get_result(conn)?)
        }).unwrap();
        assert_eq!(reminded, 1_200);
    }
}
