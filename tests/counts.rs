//! What stands with a task, as a whole and for each container of its users.

use diesel::connection::SimpleConnection as _;
use tokendesk::{
    counts,
    db::Total,
    ids::UserId,
    operators::{BuiltIn, Scope, Who},
    tasks::{
        self,
        list::{Column, Order, Query, View},
        reading::{self, Beside, Listed},
    },
    users,
};

use crate::{on_both, support::World};

fn list(world: &World, who: &Who, query: &Query, limit: i64) -> Listed {
    let zone = world.desk.settings.zone;
    world.desk.db.read(|conn| reading::list(conn, who, world.now(), zone, query, (0, limit))).expect("a list")
}

fn beside(world: &World, who: &Who, me: &str, listed: &Listed) -> Beside {
    let desk = &world.desk;
    desk.db.read(|conn| reading::beside(desk, conn, who, world.now(), me, listed)).expect("numbers")
}

fn numbers(listed: &Listed) -> Vec<i64> {
    listed.rows.iter().map(|row| row.task.id.0).collect()
}

fn miscounts(world: &World) -> Vec<counts::Miscount> {
    world.desk.db.read(counts::miscounted).expect("the tasks can be counted")
}

on_both! {
    fn a_user_who_moves_takes_their_part_of_the_counts_along(world) {
        let who = world.lindqvist();
        let (a, b) = (world.user("a.berg", "Sales"), world.user("b.cole", "Sales"));
        let legal = world.user("c.dahl", "Legal").container;
        let task = world.task(&who, &[a.id, b.id]);
        world.enroll(task, a.id);
        let there = world.operator_in("m.okafor", BuiltIn::Operator, &[legal]);
        let here = world.operator_in("j.tanaka", BuiltIn::Operator, &[a.container]);
        let count = |who: &Who| list(&world, who, &Query::default(), 18).rows.first().map(|row| {
            (row.task.counts.users, row.task.counts.enrolled, row.task.emailed_to.clone())
        });
        assert_eq!((count(&here), count(&there)), (Some((2, 1, "b.cole@example.org".into())), None));
        // By the form.
        let details = users::Details::parse(&users::user::Typed { container: "Legal".into(), ..b.typed() }).unwrap();
        users::edit(&world.desk, &who, world.now(), "b.cole", b.version, &details).unwrap();
        assert_eq!(count(&there), Some((1, 0, "b.cole@example.org".into())));
        assert_eq!(count(&here), None, "who is left there has enrolled");
        assert_eq!(miscounts(&world), []);
        // By a file.
        let file = "User ID,First Name,Last Name,Email,Container\na.berg,A,Berg,a.berg@example.org,Legal\n";
        let how = users::Import { container: "Sales".into(), dry_run: false, good_lines: false };
        users::import(&world.desk, &who, world.now(), file.as_bytes(), &how).unwrap();
        assert_eq!(count(&there).map(|(users, enrolled, _)| (users, enrolled)), Some((2, 1)));
        assert_eq!(miscounts(&world), []);
    }

    fn a_task_that_was_removed_is_over_for_whoever_saw_a_part_of_it(world) {
        let who = world.lindqvist();
        let (a, b) = (world.user("a.berg", "Sales"), world.user("b.cole", "Legal"));
        let task = world.task(&who, &[a.id, b.id]);
        let there = world.operator_in("m.okafor", BuiltIn::Operator, &[b.container]);
        let open = || [&who, &there].map(|who| numbers(&list(&world, who, &Query::default(), 18)));
        assert_eq!(open(), [[task.0], [task.0]]);
        tasks::remove::remove_task(&world.desk, &who, world.now(), task, true, 2).unwrap();
        assert_eq!(open(), [[0; 0], [0; 0]]);
        assert_eq!(counts::restore(&world.desk).unwrap(), 0);
    }

    fn a_count_that_is_wrong_in_one_container_is_named(world) {
        let who = world.lindqvist();
        let task = world.task(&who, &[world.user("a.berg", "Sales").id, world.user("b.cole", "Legal").id]);
        assert_eq!(miscounts(&world), []);
        world.desk.db.write(|conn| {
            conn.batch_execute(&format!("UPDATE task_containers SET used = 1 WHERE task_id = {task} AND container_id = 1"))?;
            Ok(())
        }).unwrap();
        let wrong = miscounts(&world);
        assert_eq!((wrong.len(), wrong[0].task, wrong[0].counted.as_str()), (1, task.0, "1, 0, 0, 0"));
    }

    fn many_open_tasks_of_some_containers_are_listed_as_those_of_all(world) {
        let (kim, maya) = (world.lindqvist(), world.operator("m.okafor", BuiltIn::Operator));
        let person = |name: &str, container: &str| -> UserId { world.user(name, container).id };
        let first = world.task(&maya, &[person("d.ek", "Sales"), person("e.fox", "Legal")]);
        world.advance(chrono::Duration::days(15));
        world.task(&kim, &[person("a.berg", "Sales"), person("b.cole", "Legal")]);
        world.task(&maya, &[person("c.dahl", "Sales")]);
        let last = world.task(&kim, &[person("f.gray", "Legal")]);
        // The first has passed its Stop Date, the others come to theirs.
        world.advance(chrono::Duration::days(13));
        let sales = world.desk.db.read(|conn| users::find(conn, &kim, "a.berg")).unwrap().container;
        let span = world.multiply_tasks(9, first, last);
        assert!(span > 2_000);
        let everywhere = world.operator("a.reyes", BuiltIn::Auditor);
        let containers = world.desk.db.read(|conn| users::containers(conn, &Scope::All)).unwrap();
        let ids: Vec<_> = containers.into_iter().map(|(id, _)| id).collect();
        let each = world.operator_in("s.moreau", BuiltIn::Auditor, &ids);
        let some = world.operator_in("d.iyer", BuiltIn::Auditor, &[sales]);
        for view in View::ALL {
            for column in [Column::Task, Column::Operator, Column::Start] {
                for (q, by) in [("", ""), ("", "m.okafor"), ("m.ok", "")] {
                    let order = Order { column, descending: true };
                    let query = Query { view, order, q: q.into(), operator: by.into(), me: "m.okafor".into(), ..Query::default() };
                    let (all, parts) = (list(&world, &everywhere, &query, 5_000), list(&world, &each, &query, 5_000));
                    assert_eq!((numbers(&all), all.total), (numbers(&parts), parts.total), "{query:?}");
                    let beside = |who, listed| beside(&world, who, &query.me, listed).views;
                    assert_eq!(beside(&everywhere, &all), beside(&each, &parts));
                    assert!(!all.rows.is_empty() || [View::Locked, View::Mail].contains(&view) || !q.is_empty() || !by.is_empty());
                    let mut inside = numbers(&all);
                    inside.retain(|id| (id - first.0) % (span >> 9) != last.0 - first.0);
                    assert_eq!(numbers(&list(&world, &some, &query, 5_000)), inside, "{query:?}");
                }
            }
        }
        // Of the copies only the first has an email of its own, to Legal.
        let emailed = Query { q: "f.gray".into(), ..Query::default() };
        assert_eq!(numbers(&list(&world, &each, &emailed, 18)), [last.0]);
        assert_eq!(numbers(&list(&world, &some, &emailed, 18)), [0; 0]);
        let listed = list(&world, &some, &Query::default(), 18);
        assert_eq!((listed.total, listed.sorts.len()), (Total { rows: 1_000, more: true }, 3));
        assert!(listed.rows.iter().all(|row| row.task.counts.users == 1));
        let by_count = Query { order: Order { column: Column::Count, descending: false }, ..Query::default() };
        assert_eq!(numbers(&list(&world, &some, &by_count, 18)), numbers(&listed), "no index, no order by it");
    }

    fn what_an_older_server_changed_is_counted_anew_and_nothing_else(world) {
        let who = world.lindqvist();
        let person = |name: &str, container: &str| world.user(name, container).id;
        let tasks: Vec<_> = ["a", "b", "c", "d", "e"]
            .map(|name| world.task(&who, &[person(&format!("{name}.one"), "Sales"), person(&format!("{name}.two"), "Legal")]))
            .into();
        let versions = || world.dump("tasks");
        let before = versions();
        assert_eq!(counts::restore(&world.desk).unwrap(), 0);
        assert_eq!(versions(), before, "who has a page of it open is not disturbed");
        let now = world.now();
        counts::restore_beside_older(&world.desk, now).unwrap();
        let version = |task: usize| world.number(&format!("SELECT version AS n FROM tasks WHERE id = {}", tasks[task]));
        let first = [0, 1, 2, 3, 4].map(version);
        // As an older one does: it knows the enrollments and the tasks, and not their containers.
        let older = |sql: &str| world.desk.db.write(|conn| Ok(conn.batch_execute(sql)?)).unwrap();
        older(&format!("UPDATE enrollments SET enrolled_at = '2026-11-20 13:00:00' WHERE task_id = {}", tasks[0]));
        older(&format!("UPDATE tasks SET enrolled = 2 WHERE id = {}", tasks[0]));
        older(&format!("UPDATE enrollments SET stop_on = '2026-12-31' WHERE task_id = {}", tasks[1]));
        older(&format!("UPDATE tasks SET last_email_id = NULL WHERE id = {}", tasks[2]));
        older("UPDATE users SET container_id = (SELECT id FROM containers WHERE name = 'Legal') WHERE user_id = 'd.one'");
        let there = world.operator_in("m.okafor", BuiltIn::Operator, &[world.user("f.one", "Legal").container]);
        let users = || {
            let listed = list(&world, &there, &Query::default(), 18).rows;
            let mut users: Vec<_> = listed.iter().map(|row| (row.task.id, row.task.counts.users)).collect();
            users.sort_unstable_by_key(|(task, _)| task.0);
            users
        };
        assert_eq!((miscounts(&world).is_empty(), users().contains(&(tasks[3], 2))), (false, false));
        // On SQLite no other server can have been there; among several it is looked for again and again, for a day.
        counts::restore_beside_older(&world.desk, now + chrono::Duration::hours(25)).unwrap();
        assert!(!miscounts(&world).is_empty());
        counts::restore_beside_older(&world.desk, now + chrono::Duration::hours(23)).unwrap();
        assert_eq!(miscounts(&world).is_empty(), world.desk.db.is_postgres());
        let restored = counts::restore(&world.desk).unwrap();
        assert_eq!(restored, if world.desk.db.is_postgres() { 0 } else { 4 });
        assert_eq!((miscounts(&world), counts::restore(&world.desk).unwrap()), (vec![], 0));
        assert_eq!(users(), [(tasks[1], 1), (tasks[2], 1), (tasks[3], 2), (tasks[4], 1)]);
        assert_eq!([0, 1, 2, 3, 4].map(|task| version(task) - first[task]), [1, 1, 1, 1, 0]);
    }
}
