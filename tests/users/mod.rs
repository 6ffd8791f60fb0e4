//! Users: searching them, scope, creating and editing, importing.

use tokendesk::{
    ids::ContainerId,
    operators::Who,
    users::{self, Details, Search, Typed, User},
};

use crate::support::World;

mod import;
mod pages;
pub mod preview;
mod right_to_left;
mod search;
mod spoken;
mod taken;
mod twins;

/// A user with this User ID, name and container.
pub fn user(world: &World, user_id: &str, first: &str, last: &str, container: &str) -> User {
    let typed = Typed {
        user_id: user_id.into(),
        first_name: first.into(),
        last_name: last.into(),
        email: format!("{}@example.org", user_id.to_lowercase().replace(['%', '*', '<', '>'], "x")),
        container: container.into(),
        ..Typed::default()
    };
    let details = Details::parse(&typed).expect("the user is right");
    users::create(&world.desk, &Who::command_line(), world.now(), &details).expect("the user is new")
}

/// The row of a container.
fn container(world: &World, name: &str) -> ContainerId {
    let all = world.desk.db.read(|conn| users::containers(conn, &tokendesk::operators::Scope::All));
    all.expect("the database answers").into_iter().find(|(_, known)| known == name).expect("the container is there").0
}

/// The User IDs that a search finds, by User ID.
fn found(world: &World, who: &Who, query: &str) -> Vec<String> {
    let search = Search::parse(query);
    let (list, total) = world
        .desk
        .db
        .read(|conn| users::search(conn, &who.scope, &search, users::Order::default(), (0, 1000)))
        .expect("the database answers");
    let ids = world.desk.db.read(|conn| users::ids_matching(conn, &who.scope, &search)).expect("the database answers");
    assert_eq!(list.iter().map(|user| user.id).collect::<Vec<_>>(), ids, "all N are the ones in the list");
    assert_eq!(total.rows, i64::try_from(ids.len()).expect("few"));
    list.into_iter().map(|user| user.user_id).collect()
}
