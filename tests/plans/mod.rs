//! A request reads what it shows, and a little more that does not grow with the world (PRODUCT.md §8): every page is opened in a
//! world that is large beside what is counted, by who works everywhere and by who works in some containers, and no statement
//! reads more than a stated number of rows (PostgreSQL, which says how many it read), walks a table that grows to its end, or
//! sorts what may be all of it (SQLite, which says how it will).

mod pages;
mod reading;

use std::collections::BTreeSet;

use diesel::connection::SimpleConnection;
use tokendesk::{
    authentication,
    db::{AnyConn, total::CAP},
    demo::{ACCOUNTS, people::CONTAINERS, world},
    ids::{ContainerId, TaskId},
    operators::{BuiltIn, Scope, Who},
    reports, users,
};

use crate::{
    on_both,
    support::{Browser, World, plan},
};

/// The most rows that one statement may read: as many as are counted, from lists of which one row in seven matches, and for each
/// one or two more that belong to it. The largest tables of this world hold more.
const MOST_READ: u64 = 20 * CAP.unsigned_abs();

/// A large world: tasks, of which many are open, their users and what was done.
fn large(world: &World) -> (Who, Who) {
    for account in ACCOUNTS {
        world.operator(account.user_id, BuiltIn::named(account.role).expect("a built-in role"));
    }
    for (n, (container, _)) in CONTAINERS.iter().enumerate() {
        world.user(&format!("first.{n}"), container);
    }
    authentication::add_node(&world.desk, &Who::command_line(), world.now(), "VPN").expect("the auth node is new");
    let size = world::Size::of(8_000, None, 0.5).expect("there is such a size");
    world::make(&world.desk, size, &mut |_| {}).expect("the world is made");
    let (first, last) =
        (world.number("SELECT MIN(id) AS n FROM tasks"), world.number("SELECT MAX(id) AS n FROM tasks"));
    world.multiply_tasks(1, TaskId(first), TaskId(last));
    // PostgreSQL sees to its statistics by itself; SQLite has none where the server runs.
    if world.desk.db.is_postgres() {
        let analyze = |conn: &mut AnyConn| Ok(SimpleConnection::batch_execute(conn, "ANALYZE")?);
        world.desk.db.write(analyze).expect("statistics");
    }
    let containers = world.desk.db.read(|conn| users::containers(conn, &Scope::All)).expect("the containers");
    let some: Vec<ContainerId> = containers.into_iter().take(3).map(|(id, _)| id).collect();
    (world.operator("all.berg", BuiltIn::Operator), world.operator_in("some.cole", BuiltIn::Operator, &some))
}

on_both! {
    fn no_page_reads_more_of_a_world_than_it_shows_and_a_constant(world) {
        let (everywhere, inside) = large(&world);
        let mut wrong = BTreeSet::new();
        for who in [&everywhere, &inside] {
            let browser = Browser::signed_in(&world.url, &world.desk, who);
            // The round of the server, which these tests have not.
            reports::fold_numbers(&world.desk, world.now()).expect("the numbers of the scope are counted");
            for address in pages::addresses(&world, who) {
                let mut status = 0;
                let heard = plan::heard(&world, || status = browser.get(&address).status);
                // 422: a page that says why what it is for cannot be done.
                if ![200, 303, 403, 422].contains(&status) {
                    wrong.insert(format!("{status}\n   {address} for {}", who.name()));
                }
                for statement in heard {
                    for fault in reading::faults(&world, &statement) {
                        wrong.insert(format!("{fault}\n   {address} for {}\n   {statement}", who.name()));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{} statements:\n{}", wrong.len(), wrong.into_iter().collect::<Vec<_>>().join("\n"));
    }
}
