//! One transaction adds to the counts that stand with a task while another one counts that task anew: the counts are
//! right afterwards, whichever came first.

use chrono::Days;
use tokendesk::{
    counts,
    policy::{self, PolicyForm},
    provision,
    tasks::{resend, stop_date},
    tokens::MovingFactor,
};

use super::*;
use crate::on_both;

/// Two users of one task; nobody has enrolled.
struct Pair {
    task: TaskId,
    one: User,
    other: User,
}

impl Pair {
    fn new(world: &World, name: &str) -> Self {
        let [one, other] = ["1", "2"].map(|n| world.user(&format!("{name}{n}"), "Sales"));
        let task = provision(world, &[&one, &other], AuthenticationType::AuthenticatorApp);
        Pair { task, one, other }
    }

    /// The enrollment of the second one.
    fn other(&self, world: &World) -> TickedUsers {
        TickedUsers::These(vec![world.enrollment(self.task, self.other.id).id])
    }
}

/// The first user of `pair` enrolls and uses the token in a transaction that ends when `verb`, which counts the task
/// anew, waits for it; then the counts must be right.
fn counted_right(world: &World, pair: &Pair, name: &str, verb: impl FnOnce() -> bool + Send) {
    let token = world.device(&format!("D-{name}"), MovingFactor::Counter).token.id;
    let enrollment = world.enrollment(pair.task, pair.one.id).id;
    let mut verb = Some(verb);
    let done = thread::scope(|scope| {
        let added = world.desk.db.write(|conn| {
            tasks::note_enrolled(conn, world.now(), enrollment, token)?;
            tasks::note_used(conn, world.now(), token)?;
            let verb = verb.take().expect("nothing keeps this transaction from ending");
            let second = scope.spawn(verb);
            // On SQLite it waits for the only writer there is, which nobody can look at.
            while world.desk.db.is_postgres() && !second.is_finished() && !somebody_waits_for(conn)? {
                thread::yield_now();
            }
            Ok(second)
        });
        added.expect("the first one enrolls").join().expect("no panic")
    });
    assert!(done, "{name}: the other user is not concerned");
    let miscounted = world.desk.db.read(counts::miscounted).expect("the tasks can be counted");
    assert!(miscounted.is_empty(), "{name}: {miscounted:?}");
    let counts = world.desk.db.read(|conn| tasks::row_of(conn, pair.task)).expect("it can be read");
    let counts = counts.expect("there is such a task").counts;
    assert_eq!((counts.enrolled, counts.used), (1, 1), "{name}");
}

/// True if another session waits for what this one holds.
fn somebody_waits_for(conn: &mut AnyConn) -> Result<bool> {
    #[derive(QueryableByName)]
    struct Waiting {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        waiting: bool,
    }
    let sql = "SELECT EXISTS (SELECT 1 FROM pg_locks l WHERE NOT l.granted \
               AND pg_backend_pid() = ANY (pg_blocking_pids(l.pid))) AS waiting";
    Ok(sql_query(sql).get_result::<Waiting>(conn)?.waiting)
}

on_both! {
    fn who_enrolls_is_counted_by_every_verb_that_counts_the_task_anew(world) {
        let (desk, now, who) = (&world.desk, world.now(), &Who::system());
        let pair = Pair::new(&world, "resend");
        counted_right(&world, &pair, "resend", || {
            done(resend::resend(desk, who, now, pair.task, pair.other.id, None))
        });
        let pair = Pair::new(&world, "several");
        let (ticked, seen) = (pair.other(&world), shown(&world, pair.task, &pair.other(&world), resend::RESEND));
        counted_right(&world, &pair, "resend to several", || {
            done(resend::resend_all(desk, who, now, pair.task, &ticked, &seen))
        });
        let pair = Pair::new(&world, "unlock");
        world.lock(pair.task, pair.other.id);
        let (ticked, seen) = (pair.other(&world), shown(&world, pair.task, &pair.other(&world), resend::UNLOCK));
        counted_right(&world, &pair, "unlock", || {
            done(resend::unlock(desk, who, now, pair.task, &ticked, "Asked", &seen))
        });
        let pair = Pair::new(&world, "stop");
        let date = world.enrollment(pair.task, pair.other.id).facts.stop_on + Days::new(2);
        let ticked = pair.other(&world);
        let seen = shown(&world, pair.task, &ticked, &stop_date::moving(date));
        counted_right(&world, &pair, "new stop date", || {
            done(stop_date::change_stop_date(desk, who, now, pair.task, &ticked, date, true, &seen))
        });
        let pair = Pair::new(&world, "remove");
        let (ticked, seen) = (pair.other(&world), shown(&world, pair.task, &pair.other(&world), remove::REMOVE));
        counted_right(&world, &pair, "remove", || {
            done(remove::remove_users(desk, who, now, pair.task, &ticked, true, &seen))
        });
        let pair = Pair::new(&world, "anew");
        let choice = Choice { include_with_task: true, ..world.app_choice() };
        let selection = Selection::Users(vec![pair.other.id]);
        counted_right(&world, &pair, "provision anew", || {
            done(provision::provision(desk, who, now, &selection, &choice))
        });
    }

    fn locked_users_of_a_removed_task_are_counted_by_the_policy_of_today(world) {
        let pair = Pair::new(&world, "removed");
        let enrollment = world.enrollment(pair.task, pair.one.id).id;
        for _ in 0..3 {
            world.desk.db.write(|conn| tasks::note_failure(conn, enrollment, 5)).expect("it takes attempts");
        }
        remove::remove_task(&world.desk, &Who::system(), world.now(), pair.task, false, 2).expect("it can be removed");
        let policy = world.desk.db.read(policy::current).expect("there is a policy");
        let typed = PolicyForm { attempts_allowed: "2".into(), ..PolicyForm::of(&policy) };
        tasks::change_policy(&world.desk, &Who::system(), world.now(), &typed, policy.version).expect("it may change");
        let miscounted = world.desk.db.read(counts::miscounted).expect("the tasks can be counted");
        assert!(miscounted.is_empty(), "{miscounted:?}");
    }
}
