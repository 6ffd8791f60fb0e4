//! Lists of more rows than are counted: one page leads to the next, to the end and back.

mod file;

use tokendesk::{
    demo::{ACCOUNTS, people::CONTAINERS, world},
    operators::{BuiltIn, Scope, Who},
    users,
};

use crate::{
    on_both,
    support::{Browser, Page, World},
};

/// A world with more rows of each kind than are counted; who works everywhere, and who works in all of its containers but one.
fn large(world: &World) -> [Who; 2] {
    for account in ACCOUNTS {
        world.operator(account.user_id, BuiltIn::named(account.role).expect("a built-in role"));
    }
    for (n, (container, _)) in CONTAINERS.iter().enumerate() {
        world.user(&format!("first.{n}"), container);
    }
    let size = world::Size::of(4_000, None, 0.4).expect("there is such a size");
    world::make(&world.desk, size, &mut |_| {}).expect("the world is made");
    let containers = world.desk.db.read(|conn| users::containers(conn, &Scope::All)).expect("the containers");
    let most: Vec<_> = containers.into_iter().skip(1).map(|(id, _)| id).collect();
    [world.operator("all.berg", BuiltIn::Operator), world.operator_in("most.cole", BuiltIn::Operator, &most)]
}

/// Where the links of this word behind `rel` lead.
fn link(page: &Page, rel: &str) -> Option<String> {
    let (before, _) = page.body.split_once(&format!("\" rel=\"{rel}\""))?;
    Some(before.rsplit_once("href=\"")?.1.replace("&#38;", "&").replace("&amp;", "&"))
}

/// The names of the rows of a list, by the links that they have.
fn rows(page: &Page, list: &str) -> Vec<String> {
    let (_, table) = page.body.split_once("<tbody>").unwrap_or_default();
    let before = format!("href=\"{list}/");
    let names = table.split(before.as_str()).skip(1).filter_map(|rest| rest.split('"').next());
    let mut names: Vec<String> = names.filter(|name| !name.contains(['/', '?', '#'])).map(str::to_owned).collect();
    names.dedup();
    names
}

/// All rows that one link after the other leads to.
fn walk(browser: &Browser, list: &str, mut address: String, rel: &str) -> (Vec<Vec<String>>, String) {
    let mut found = Vec::new();
    loop {
        let page = browser.get(&address).expect(200);
        found.push(rows(&page, list));
        assert!(found.len() < 200, "{list} comes to no end: {address}");
        match link(&page, rel) {
            Some(next) => address = next,
            None => return (found, address),
        }
    }
}

on_both! {
    fn whoever_goes_on_page_by_page_sees_each_row_once_to_the_end_and_back(world) {
        for who in large(&world) {
            let browser = Browser::signed_in(&world.url, &world.desk, &who);
            for (list, query) in [
                ("/tasks", "size=100"), ("/tasks", "size=100&sort=operator"), ("/tasks", "size=100&sort=-stop"), ("/tasks", "size=100&sort=start"),
                ("/users", "size=100"), ("/users", "size=100&sort=-last_name"), ("/users", "size=100&sort=email"),
                ("/users", "size=100&sort=-container"), ("/tokens", "size=100"), ("/tokens", "size=100&sort=-added"),
                ("/outbox", "state=all&size=100"), ("/audit", "size=100"), ("/audit", "from=2020-01-01&size=100"),
            ] {
                let (there, end) = walk(&browser, list, format!("{list}?{query}"), "next");
                let mut all = there.concat();
                assert!(all.len() > 1_000, "{list}?{query} for {}: {} rows", who.name(), all.len());
                let last = browser.get(&format!("{list}?{query}&page=end"));
                assert_eq!(rows(&last, list), all[all.len() - 100..], "{list}?{query}");
                let (mut back, _) = walk(&browser, list, end, "prev");
                back.reverse();
                assert_eq!(back.concat(), all, "{list}?{query} for {}, from the end", who.name());
                all.sort();
                all.dedup();
                assert_eq!(all.len(), there.concat().len(), "{list}?{query}: a row stands twice");
                // What is no page is the first one.
                for page in ["after-999999999", "before-999999999", "after-x", "end-1", "99999", "-3"] {
                    let page = browser.get(&format!("{list}?{query}&page={page}")).expect(200);
                    assert_eq!(rows(&page, list), there[0], "{list}?{query}");
                }
            }
        }
    }

    fn a_row_out_of_scope_begins_no_page(world) {
        let [_, who] = large(&world);
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        let first = |list: &str| rows(&browser.get(list), list);
        for (list, of) in [("/users", "users"), ("/tokens", "tokens")] {
            let containers = who.scope.containers().expect("some");
            let inside = containers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let sql = format!("SELECT MAX(id) AS n FROM {of} WHERE container_id NOT IN ({inside})");
            let outside = world.number(&sql);
            let page = browser.get(&format!("{list}?page=after-{outside}"));
            assert_eq!(rows(&page, list), first(list));
        }
    }
}
