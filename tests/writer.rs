//! Changes of the embedded database that wait for each other are committed together, and are as much by themselves as ever:
//! what one does wrong leaves the others, and nobody is told before it is on the disk. PostgreSQL keeps the same promises.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use diesel::{Connection, RunQueryDsl, connection::SimpleConnection, prelude::*};
use tokendesk::{
    db::{self, AnyConn, Db},
    error::{Error, Result},
    schema::containers,
};

use crate::{
    on_both,
    support::{On, World},
};

/// As many changes as a test makes at once.
const MANY: usize = 12;

fn insert(conn: &mut AnyConn, world: &World, name: &str) -> Result<()> {
    let at = world.now();
    diesel::insert_into(containers::table)
        .values((containers::name.eq(name), containers::name_key.eq(name), containers::created_at.eq(at)))
        .execute(conn)?;
    Ok(())
}

fn names(conn: &mut AnyConn) -> Result<Vec<String>> {
    Ok(containers::table.select(containers::name).order(containers::name).load(conn)?)
}

fn name(n: usize) -> String {
    format!("c{n:02}")
}

fn all_but(left_out: Option<usize>) -> Vec<String> {
    (0..MANY).filter(|n| Some(*n) != left_out).map(name).collect()
}

/// What came of each of `MANY` changes that waited for the same moment: on SQLite they wait in one line behind somebody
/// who writes until all of them are there.
fn together<T: Send>(db: &Db, change: impl Fn(usize) -> Result<T> + Sync) -> Vec<thread::Result<Result<T>>> {
    let change = &change;
    thread::scope(|scope| {
        let threads = db
            .write(|_| {
                let threads: Vec<_> = (0..MANY)
                    .map(|n| {
                        let thread = scope.spawn(move || catch_unwind(AssertUnwindSafe(|| change(n))));
                        // One after the other, so that they stand in the order of their numbers.
                        while !db.is_postgres() && db.waiting() <= n {
                            thread::yield_now();
                        }
                        thread
                    })
                    .collect();
                Ok(threads)
            })
            .expect("the one in front comes to an end");
        threads.into_iter().map(|thread| thread.join().expect("panics are caught")).collect()
    })
}

on_both! {
    fn who_changes_something_at_the_same_time_finds_all_of_it_there(world) {
        let db = &world.desk.db;
        let told = together(db, |n| {
            db.write(|conn| insert(conn, &world, &name(n)))?;
            db.read(names)
        });
        for (n, told) in told.into_iter().enumerate() {
            assert!(told.unwrap().unwrap().contains(&name(n)), "a reader does not see what {n} was told is done");
        }
        assert_eq!(db.read(names).unwrap(), all_but(None));
    }

    fn whoever_fails_leaves_the_changes_of_the_others(world) {
        let db = &world.desk.db;
        let told = together(db, |n| db.write(|conn| {
            insert(conn, &world, &name(n))?;
            if n == 4 { Err(Error::Conflict("on purpose".into())) } else { Ok(()) }
        }));
        for (n, told) in told.into_iter().enumerate() {
            match told.unwrap() {
                Ok(()) => assert_ne!(n, 4),
                Err(error) => assert_eq!((n, error.to_string()), (4, "on purpose".to_owned())),
            }
        }
        assert_eq!(db.read(names).unwrap(), all_but(Some(4)));
    }

    fn whoever_panics_leaves_the_changes_of_the_others(world) {
        let db = &world.desk.db;
        let told = together(db, |n| db.write(|conn| {
            insert(conn, &world, &name(n))?;
            assert!(n != 4, "on purpose");
            // In a savepoint of its own, on the way to which a panic may come as well.
            conn.transaction(|conn| { assert!(n != 6, "on purpose"); names(conn) })
        }));
        let panicked: Vec<usize> = (0..MANY).filter(|n| told[*n].is_err()).collect();
        assert_eq!(panicked, [4, 6], "each panics where it would have");
        let left: Vec<String> = all_but(Some(4)).into_iter().filter(|one| *one != name(6)).collect();
        assert_eq!(db.read(names).unwrap(), left);
        db.write(|conn| insert(conn, &world, "afterwards")).unwrap();
    }

    fn what_is_done_once_it_is_committed_is_done_for_those_that_are(world) {
        let db = &world.desk.db;
        let done = Arc::new(AtomicUsize::new(0));
        together(db, |n| db.write(|conn| {
            let done = done.clone();
            db::once_committed(move || { done.fetch_add(1, SeqCst); });
            insert(conn, &world, &name(n))?;
            if n % 2 == 0 { Err(Error::Conflict("on purpose".into())) } else { Ok(()) }
        }));
        assert_eq!(done.load(SeqCst), MANY / 2);
    }
}

/// Does `round` until changes shared a commit in it: a machine that is busy enough may leave each by itself.
fn until_some_share(mut round: impl FnMut(&World) -> bool) {
    let shared = (0..50).any(|_| round(&World::new(On::Sqlite)));
    assert!(shared, "each change was committed by itself");
}

#[test]
fn changes_that_wait_share_one_commit_and_nobody_is_told_before() {
    until_some_share(|world| {
        let db = &world.desk.db;
        let told = AtomicUsize::new(0);
        let seen = together(db, |n| {
            let seen = db.write(|conn| {
                insert(conn, world, &name(n))?;
                // Time for whoever was told too early to come back.
                (0..100).for_each(|_| thread::yield_now());
                Ok((names(conn)?.len(), told.load(SeqCst), db.read(names)?.len()))
            })?;
            told.fetch_add(1, SeqCst);
            Ok(seen)
        });
        assert_eq!(db.read(names).unwrap(), all_but(None));
        let seen: Vec<_> = seen.into_iter().map(|seen| seen.unwrap().unwrap()).collect();
        assert!(seen.iter().all(|(_, told, read)| told <= read), "told, and no reader sees it: {seen:?}");
        // The one of the change at hand is not there for readers either.
        seen.iter().any(|(here, _, read)| here - read > 1)
    });
}

#[test]
fn where_a_commit_fails_all_it_was_for_are_told_and_nothing_has_happened() {
    until_some_share(|world| {
        let db = &world.desk.db;
        let done = Arc::new(AtomicUsize::new(0));
        let told = together(db, |n| {
            db.write(|conn| {
                let done = done.clone();
                db::once_committed(move || {
                    done.fetch_add(1, SeqCst);
                });
                if n == 0 {
                    // A row that refers to none is found at COMMIT only.
                    let sql = "INSERT INTO operator_containers (operator_id, container_id) VALUES (4711, 4711)";
                    conn.batch_execute(&format!("PRAGMA defer_foreign_keys = ON; {sql}"))?;
                }
                insert(conn, world, &name(n))
            })
        });
        let told: Vec<Result<()>> = told.into_iter().map(|told| told.expect("no panic")).collect();
        assert!(told.iter().all(|told| matches!(told, Ok(()) | Err(Error::Database(_)))), "{told:?}");
        assert!(told[0].is_err(), "what cannot be committed is not");
        let there: Vec<String> = (0..MANY).filter(|n| told[*n].is_ok()).map(name).collect();
        assert_eq!(db.read(names).unwrap(), there, "{told:?}");
        assert_eq!(done.load(SeqCst), there.len());
        db.write(|conn| insert(conn, world, "afterwards")).expect("the writer writes on");
        told.iter().filter(|told| told.is_err()).count() > 1
    });
}

#[test]
fn whoever_waits_beside_a_long_change_is_told_without_it() {
    let world = World::new(On::Sqlite);
    let db = &world.desk.db;
    let seen = together(db, |n| {
        let change = |conn: &mut AnyConn| {
            insert(conn, &world, &name(n))?;
            Ok((names(conn)?.len(), db.read(names)?.len()))
        };
        if n == 5 { db.write_alone(change) } else { db.write(change) }
    });
    let (here, read) = *seen[5].as_ref().unwrap().as_ref().unwrap();
    assert_eq!((here, read), (6, 5), "those before the long one are on the disk when it begins");
    let (here, read) = *seen[6].as_ref().unwrap().as_ref().unwrap();
    assert_eq!((here, read), (7, 6), "it is on the disk when the next one begins");
}

#[test]
fn whoever_finds_too_many_waiting_is_told_that_it_is_busy() {
    let world = World::new(On::Sqlite);
    let db = &world.desk.db;
    thread::scope(|scope| {
        let refused = db.write(|_| {
            for _ in 0..256 {
                scope.spawn(|| db.write(|_| Ok(())).expect("there was a place"));
            }
            while db.waiting() < 256 {
                thread::yield_now();
            }
            Ok(scope.spawn(|| db.write(|_| Ok(()))).join())
        });
        let refused = refused.expect("the one in front comes to an end").expect("no panic");
        assert!(matches!(refused, Err(Error::Busy)), "{refused:?}");
    });
    db.write(|conn| insert(conn, &world, "afterwards")).expect("the line is empty again");
    assert_eq!(db.waiting(), 0);
}

#[test]
fn whoever_waits_for_too_long_gives_up_and_the_others_come_to_their_turn() {
    let wait = Duration::from_millis(50);
    let world = World::limited(On::Sqlite, |_| {}, |settings| settings.database_wait = wait);
    let db = &world.desk.db;
    db.write(|conn| {
        let refused = thread::scope(|scope| scope.spawn(|| db.write(|_| Ok(()))).join().expect("no panic"));
        assert!(matches!(refused, Err(Error::Busy)), "{refused:?}");
        assert_eq!(db.waiting(), 0, "who gave up stands in the line no more");
        insert(conn, &world, "first")
    })
    .expect("the one in front comes to an end");
    db.write(|conn| insert(conn, &world, "second")).expect("nobody has the writer");
    assert_eq!(db.write_if_free(names).unwrap().expect("nobody has it").len(), 2);
}

#[test]
fn who_reads_keeps_little_of_a_large_world_in_memory() {
    #[derive(diesel::QueryableByName)]
    struct Kept {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        cache_size: i64,
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        temp_store: i64,
    }
    let world = World::new(On::Sqlite);
    let sql = "SELECT * FROM pragma_cache_size, pragma_temp_store";
    let kept: Kept = world.desk.db.read(|conn| Ok(diesel::sql_query(sql).get_result(conn)?)).unwrap();
    assert!((-2_000..0).contains(&kept.cache_size), "KB a connection: {}", kept.cache_size);
    assert_eq!(kept.temp_store, 1, "what does not fit is sorted in a file");
}
