//! Everything that is done to many users at once, done to 40,000: no statement binds as many values as there are rows
//! (SQLite takes 32,766 of them, PostgreSQL 65,535).

use std::collections::BTreeMap;

use diesel::{RunQueryDsl, prelude::*, sql_query};
use tokendesk::{
    clock::Timestamp,
    ids::{EnrollmentId, TaskId},
    mail::{self, State, View},
    operators::Who,
    outbox::{
        self,
        ticked::{Query, TickedEmails},
    },
    provision::{
        self,
        choice::{Choice, Selection},
    },
    schema::{emails, enrollments},
    tasks::{
        members::Filter,
        resend, stop_date,
        ticked::{self, Change, TickedTasks},
        ticked_users::{self, TickedUsers},
    },
};

use crate::{
    on_both,
    support::{Browser, World, plan},
};

/// More than SQLite takes values in a statement.
const USERS: usize = 40_000;

/// A task of so many users: one is provisioned by the verb, and the others are put beside as that one is.
fn crowded(world: &World, who: &Who) -> TaskId {
    let people = world.crowd(USERS);
    let task = world.task(who, &people[..1]);
    let like_the_first = format!(
        "INSERT INTO enrollments (task_id, user_id, authentication_type, stop_on, failures, removed_by, removed_why, \
           emailed_to, emailed_at, version) \
         SELECT e.task_id, u.id, e.authentication_type, e.stop_on, 0, '', '', u.email, e.emailed_at, 1 \
         FROM enrollments e, users u WHERE e.task_id = {task} AND e.user_id = {} AND u.user_id_key LIKE 'p%' \
           AND u.id <> e.user_id",
        people[0]
    );
    world
        .desk
        .db
        .write(|conn| {
            sql_query(&like_the_first).execute(conn)?;
            tokendesk::counts::recount(conn, task)
        })
        .expect("the others are put beside");
    task
}

fn queued(world: &World, kind: &str) -> i64 {
    let query = emails::table.filter(emails::kind.eq(kind).and(emails::state.eq("Queued"))).count();
    world.desk.db.read(|conn| Ok(query.get_result(conn)?)).expect("the database answers")
}

/// What an email tells, by its number, and until when it is tried.
type Told = BTreeMap<i64, (serde_json::Value, Timestamp)>;

fn told(world: &World) -> Told {
    let columns = (emails::id, emails::facts, emails::give_up_at);
    let rows: Vec<(i64, String, Timestamp)> =
        world.desk.db.read(|conn| Ok(emails::table.select(columns).load(conn)?)).expect("the database answers");
    let told =
        |(id, facts, until): (i64, String, Timestamp)| (id, (serde_json::from_str(&facts).expect("facts"), until));
    rows.into_iter().map(told).collect()
}

on_both! {
    fn what_waits_for_many_users_tells_each_the_new_stop_date_and_all_else_as_before(world) {
        // More than are written in one statement, one of them with a name that no statement may take for its own.
        let people = world.crowd(2_100);
        let odd = "UPDATE users SET first_name = '\"Zoë\\ {} ''each'' [],' WHERE id = (SELECT MAX(id) FROM users)";
        world.desk.db.write(|conn| Ok(sql_query(odd).execute(conn)?)).unwrap();
        let who = world.lindqvist();
        let task = world.task(&who, &people);
        let sent = "UPDATE emails SET state = 'Sent' WHERE id = (SELECT MAX(id) FROM emails)";
        world.desk.db.write(|conn| Ok(sql_query(sent).execute(conn)?)).unwrap();
        let before = told(&world);
        let (desk, now, all) = (&world.desk, world.now(), TickedUsers::Matching(Filter::default()));
        let date: chrono::NaiveDate = "2026-12-10".parse().unwrap();
        let shown = ticked_users::preview(desk, &who, now, task, &all).unwrap().shown(&desk.keys, &stop_date::moving(date));
        stop_date::change_stop_date(desk, &who, now, task, &all, date, false, &shown).unwrap();
        let after = told(&world);
        assert_eq!(after.len(), 2_100);
        let (last, _) = before.last_key_value().unwrap();
        for (id, (mut facts, until)) in before.clone() {
            if id == *last {
                assert_eq!(after[&id], (facts, until), "what was sent stays");
                continue;
            }
            facts["stop_on"] = date.to_string().into();
            assert_eq!(after[&id], (facts, desk.settings.zone.end_of(date)));
        }
    }

    fn the_emails_of_some_users_are_found_by_these_users_and_not_among_all_that_wait(world) {
        let people = world.crowd(12);
        world.task(&world.lindqvist(), &people);
        let ids: Vec<EnrollmentId> = world
            .desk
            .db
            .read(|conn| Ok(enrollments::table.select(enrollments::id).load::<i64>(conn)?))
            .unwrap()
            .into_iter()
            .map(EnrollmentId)
            .collect();
        let (date, until) = ("2026-12-10".parse().unwrap(), world.now());
        let mut plans = plan::plans(&world, |conn| mail::move_waiting(conn, &ids, date, until));
        plans.extend(plan::of_updates(&world, |conn| mail::cancel_waiting(conn, &ids).map(|_| ())));
        plans.retain(|plan| plan.sql.contains("enrollment_id") && plan.sql.contains("emails"));
        assert!(plans.len() >= 2, "{plans:?}");
        for plan in plans {
            assert!(plan.lines.iter().any(|line| line.contains("emails_enrollment")), "{plan:?}");
            assert!(!plan.lines.iter().any(|line| line.contains("emails_state")), "{plan:?}");
        }
    }

    fn every_verb_takes_40_000_users(world) {
        let who = world.lindqvist();
        let task = crowded(&world, &who);
        let (desk, now, many) = (&world.desk, world.now(), i64::try_from(USERS).unwrap());
        let all = TickedUsers::Matching(Filter::default());
        let shown = |change: &str| ticked_users::preview(desk, &who, now, task, &all).unwrap().shown(&desk.keys, change);
        let row = |task| desk.db.read(|conn| tokendesk::tasks::find(conn, &who, now, desk.settings.zone, task)).unwrap();

        let date = "2026-12-10".parse().unwrap();
        let moving = shown(&stop_date::moving(date));
        let effect = stop_date::change_stop_date(desk, &who, now, task, &all, date, false, &moving).unwrap();
        assert_eq!((effect.later.users, effect.later.most), (USERS, 6));
        assert_eq!(resend::resend_all(desk, &who, now, task, &all, &shown(resend::RESEND)).unwrap(), USERS);
        assert_eq!(queued(&world, "enrollment"), many);
        let waiting = TickedEmails::Matching(Query { view: View::State(State::Queued), filter: mail::Filter::default() });
        let canceled = outbox::ticked::apply(desk, &who, now, &waiting, outbox::Change::Cancel, now).unwrap();
        assert_eq!(canceled.canceled, USERS);

        let ticked = |task| TickedTasks::These(vec![task]);
        let look = |task, change| ticked::preview(desk, &who, now, &ticked(task), change).unwrap().shown(&desk.keys, change);
        let change = Change::StopDate("2026-12-12".parse().unwrap());
        ticked::apply(desk, &who, now, &ticked(task), change, true, &look(task, change)).unwrap();
        assert_eq!(queued(&world, "new-stop-date"), many);

        desk.db.write(|conn| Ok(diesel::update(enrollments::table).set(enrollments::failures.eq(5i64)).execute(conn)?)).unwrap();
        assert_eq!(resend::unlock(desk, &who, now, task, &all, "Measured", &shown(resend::UNLOCK)).unwrap(), USERS);

        // Each of them ticked by name, and the page before Remove.
        let ids: Vec<_> = desk.db.read(|conn| Ok(enrollments::table.select(enrollments::id).load::<i64>(conn)?)).unwrap();
        let these = TickedUsers::These(ids.into_iter().map(EnrollmentId).collect());
        assert_eq!(ticked_users::preview(desk, &who, now, task, &these).unwrap().members.len(), USERS);
        let browser = Browser::signed_in(&world.url, desk, &who);
        browser.post(&format!("/tasks/{task}/edit/remove"), &[("all", "1")]).expect(200).says("Remove 40,000 users");

        // Provision takes them out of the older task, and Remove out of the newer.
        let choice = Choice { include_with_task: true, ..world.app_choice() };
        let everyone = Selection::Matching { query: "q=p".into(), without: Vec::new() };
        let newer = provision::provision(desk, &who, now, &everyone, &choice).unwrap();
        assert_eq!((row(newer).task.counts.users, row(task).task.counts.users), (many, 0));
        ticked::apply(desk, &who, now, &ticked(newer), Change::Remove, false, &look(newer, Change::Remove)).unwrap();
        assert!(row(newer).task.removed_at.is_some());
    }
}
