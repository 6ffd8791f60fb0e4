//! Resend, Unlock and New Stop Date of many users as long work.

use diesel::{RunQueryDsl, sql_query};
use tokendesk::{
    desk::Desk,
    error::{Error, Result},
    ids::{TaskId, WorkId},
    operators::Who,
    tasks::{
        members::Filter,
        remove,
        resend::{self, RESEND, UNLOCK},
        stop_date,
        ticked_users::{self, TickedUsers},
        work::{self, Begun, Change, prepare},
    },
    work::{Running, State},
};

use super::{MANY, provision::task_of, told::told};
use crate::{on_both, support::World};

/// All users of a task.
fn all() -> TickedUsers {
    TickedUsers::Matching(Filter::default())
}

/// What the page would have shown.
fn shown(world: &World, who: &Who, task: TaskId, change: &str) -> String {
    let preview = ticked_users::preview(&world.desk, who, world.now(), task, &all()).expect("they can be changed");
    preview.shown(&world.desk.keys, change)
}

/// The long work that the button begins.
fn begin(world: &World, who: &Who, task: TaskId, change: Change) -> WorkId {
    let name = match &change {
        Change::Resend => RESEND.to_owned(),
        Change::Unlock(_) => UNLOCK.to_owned(),
        Change::StopDate(date, _) => stop_date::moving(*date),
        Change::Remove(_) => remove::REMOVE.to_owned(),
    };
    let shown = shown(world, who, task, &name);
    match work::begin(&world.desk, who, world.now(), task, &all(), change, &shown).expect("it is begun") {
        Begun::Work(work) => work,
        Begun::AtOnce(words) => panic!("done at once: {words}"),
    }
}

fn lock(world: &World, task: TaskId) {
    let sql = format!("UPDATE enrollments SET failures = 5 WHERE task_id = {task}");
    world.desk.db.write(|conn| Ok(sql_query(sql.as_str()).execute(conn)?)).expect("they are locked");
}

/// Two tasks of as many users, made at once and three days old.
fn two_tasks(world: &World, who: &Who) -> (TaskId, TaskId) {
    let (left, right) = (world.many("left"), world.many("rght"));
    let tasks = (world.task(who, &left), world.task(who, &right));
    world.advance(chrono::Duration::days(3));
    tasks
}

on_both! {
    fn an_operator_resends_by_long_work_as_at_once(world) {
        let who = world.lindqvist();
        let (left, right) = two_tasks(&world, &who);
        let shown = shown(&world, &who, left, RESEND);
        assert_eq!(resend::resend_all(&world.desk, &who, world.now(), left, &all(), &shown).unwrap(), MANY);
        let work = begin(&world, &who, right, Change::Resend);
        world.work_as(work::apply);
        assert_eq!(task_of(&world, work), right);
        let (one, other) = (told(&world, left, "left"), told(&world, right, "rght"));
        assert!(one.len() > 6 * MANY, "{}", one.len());
        one.iter().zip(&other).for_each(|(one, other)| assert_eq!(one, other));
        assert_eq!((one.len(), world.prepared()), (other.len(), 0));
    }

    fn an_operator_unlocks_by_long_work_as_at_once(world) {
        let who = world.lindqvist();
        let (left, right) = two_tasks(&world, &who);
        lock(&world, left);
        lock(&world, right);
        let shown = shown(&world, &who, left, UNLOCK);
        let done = resend::unlock(&world.desk, &who, world.now(), left, &all(), "They called", &shown);
        assert_eq!(done.unwrap(), MANY);
        let work = begin(&world, &who, right, Change::Unlock("They called".into()));
        world.work_as(work::apply);
        assert_eq!(task_of(&world, work), right);
        let (one, other) = (told(&world, left, "left"), told(&world, right, "rght"));
        assert!(one.iter().any(|line| line.contains("They called")));
        one.iter().zip(&other).for_each(|(one, other)| assert_eq!(one, other));
        assert_eq!((one.len(), world.prepared()), (other.len(), 0));
    }

    fn an_operator_moves_the_stop_date_by_long_work_as_at_once(world) {
        let who = world.lindqvist();
        let (left, right) = two_tasks(&world, &who);
        let date = "2026-12-08".parse().unwrap();
        let shown = shown(&world, &who, left, &stop_date::moving(date));
        stop_date::change_stop_date(&world.desk, &who, world.now(), left, &all(), date, true, &shown).unwrap();
        let work = begin(&world, &who, right, Change::StopDate(date, true));
        world.work_as(work::apply);
        assert_eq!(task_of(&world, work), right);
        assert!(world.piece(work).sentence.contains("1,002 users get 4 more days"), "{}", world.piece(work).sentence);
        let (one, other) = (told(&world, left, "left"), told(&world, right, "rght"));
        one.iter().zip(&other).for_each(|(one, other)| assert_eq!(one, other));
        assert_eq!((one.len(), world.prepared()), (other.len(), 0));
        assert!(one.iter().any(|line| line.contains("new-stop-date")));
    }

    fn an_operator_removes_users_by_long_work_as_at_once(world) {
        let who = world.lindqvist();
        let (left, right) = two_tasks(&world, &who);
        let shown = shown(&world, &who, left, remove::REMOVE);
        remove::remove_users(&world.desk, &who, world.now(), left, &all(), true, &shown).unwrap();
        let work = begin(&world, &who, right, Change::Remove(true));
        world.work_as(work::apply);
        assert_eq!(task_of(&world, work), right);
        let (one, other) = (told(&world, left, "left"), told(&world, right, "rght"));
        one.iter().zip(&other).for_each(|(one, other)| assert_eq!(one, other));
        assert_eq!((one.len(), world.prepared()), (other.len(), 0));
        assert!(one.iter().any(|line| line.contains("Email notification")));
    }

    fn a_user_who_enrolled_while_rows_were_prepared_keeps_the_link_and_nobody_is_resent_to(world) {
        let who = world.lindqvist();
        let users = world.many("user");
        let task = world.task(&who, &users);
        let work = begin(&world, &who, task, Change::Resend);
        let before = world.provisioned_rows();
        fn late(desk: &Desk, running: &Running<'_>) -> Result<()> {
            let prepared = prepare(desk, running)?.expect("it is in this worker's hand");
            let gone = "UPDATE enrollments SET removed_at = created_at FROM tasks \
                WHERE tasks.id = enrollments.task_id AND enrollments.id = (SELECT MIN(id) FROM enrollments)";
            desk.db.write(|conn| Ok(sql_query(gone).execute(conn)?))?;
            prepared.finish(desk, running)
        }
        world.work_as(late);
        let piece = world.piece(work);
        assert_eq!(piece.state, State::Moved, "{}", piece.sentence);
        assert_eq!((world.provisioned_rows(), world.prepared()), (before, 0));
        assert_eq!(world.number("SELECT COUNT(*) AS n FROM enrollment_links WHERE superseded_at IS NOT NULL"), 0);
    }

    fn resending_twice_is_the_same_work_and_no_reason_begins_no_unlock(world) {
        let who = world.lindqvist();
        let task = world.task(&who, &world.many("user"));
        let first = begin(&world, &who, task, Change::Resend);
        assert_eq!(begin(&world, &who, task, Change::Resend), first);
        lock(&world, task);
        let shown = shown(&world, &who, task, UNLOCK);
        let none = work::begin(&world.desk, &who, world.now(), task, &all(), Change::Unlock(" ".into()), &shown);
        assert!(matches!(none, Err(Error::Invalid(_))), "{none:?}");
        let other = work::begin(&world.desk, &who, world.now(), task, &all(), Change::Resend, "something else");
        assert!(matches!(other, Err(Error::Conflict(_) | Error::Invalid(_))), "{other:?}");
    }
}
