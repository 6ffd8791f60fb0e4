//! Who may do what, where: every address with every role, inside and outside of the scope. What is expected comes from
//! what the printed table (`tests/routes.txt`) says an address needs, never from its handler.

mod forms;
mod leaks;
mod tables;
mod world;

use std::{sync::Mutex, thread};

use actix_web::http::Method;
use tokendesk::{
    app::{self, Gate, Route},
    operators::{ALL_CONTAINERS, Permissions, Scope},
};

use self::{
    tables::difference,
    world::{Actor, Fixture, LEGAL, SALES, Shared, Side, roles, table},
};
use crate::{
    on_both,
    support::{Browser, On, Page, World},
};

/// What is written by reading and by being refused: who was seen when, and that somebody was refused.
const WRITTEN_BY_READING: [&str; 2] = ["sessions", "audit_entries"];

/// What an address may answer to an empty form, or to being opened, where it lets somebody in: a page, a way on, or what
/// is wrong with the form.
const LETS_IN: [u16; 5] = [200, 303, 400, 409, 422];

/// Which value a segment is filled with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Inside,
    Outside,
    Missing,
}

/// The address of a path, its scoped segments in the order of the path filled as `choose` says.
fn fill(path: &str, table: &[Fixture], choose: impl Fn(usize) -> Which) -> Result<String, String> {
    let mut address = String::new();
    let (mut before, mut scoped) = ("", 0);
    for part in path.split('/').skip(1) {
        address.push('/');
        if !part.starts_with('{') {
            address.push_str(part);
            before = part;
            continue;
        }
        let (name, _) = part.split_at(part.find('}').expect("a segment ends") + 1);
        let segment = format!("{before}/{name}");
        let row = table.iter().find(|row| row.segment == segment).ok_or_else(|| {
            format!(
                "Nothing fills {segment} in {path}: add a line for it to `table` in tests/permissions/world.rs, with a \
                 name that exists in Sales, one that exists in {} (none if it is in no container), and one that does \
                 not exist.",
                LEGAL.container
            )
        })?;
        address.push_str(match (&row.outside, choose(scoped)) {
            (Some(outside), Which::Outside) => outside,
            (Some(_), Which::Missing) => row.missing,
            _ => &row.inside,
        });
        scoped += usize::from(row.outside.is_some());
    }
    Ok(address)
}

/// How many segments of a path are scoped.
fn scoped(path: &str, table: &[Fixture]) -> usize {
    let named = |row: &&Fixture| row.outside.is_some() && path.contains(row.segment);
    table.iter().filter(named).count()
}

/// The world of these tests, with everybody in it.
struct Cast {
    world: World,
    sales: Side,
    legal: Side,
    shared: Shared,
    /// By role: who works everywhere, and who works in Sales.
    pairs: Vec<[Actor; 2]>,
}

impl Cast {
    fn new(world: World) -> Self {
        let shared = world.shared();
        let (sales, legal) = (world.side(&SALES), world.side(&LEGAL));
        let pair = |(n, (role, held)): (usize, (String, Permissions))| {
            let everywhere = world.actor(&format!("everywhere.{n}"), &role, held, None);
            [everywhere, world.actor(&format!("sales.{n}"), &role, held, Some(sales.container))]
        };
        let pairs = roles().into_iter().enumerate().map(pair).collect();
        Cast { sales, legal, shared, pairs, world }
    }

    fn table(&self, actor: &Actor) -> Vec<Fixture> {
        table(actor, &self.sales, &self.legal, &self.shared)
    }

    /// The routes that somebody has to be signed in for.
    fn routes(&self) -> Vec<Route> {
        let all = app::routes(self.world.desk.settings.demo);
        all.into_iter().filter(|route| route.gate.permissions().is_some()).collect()
    }
}

/// What is missing for the address to open; `None`: nothing.
fn missing(gate: Gate, actor: &Actor) -> Option<&'static str> {
    let needs = gate.permissions().unwrap_or_default();
    let lacking = needs.iter().find(|any_of| !any_of.iter().any(|one| actor.who.permissions.has(*one)));
    let lacking = lacking.and_then(|any_of| any_of.first()).map(|one| one.label());
    let partly = matches!(gate, Gate::Everywhere(_)) && actor.who.scope != Scope::All;
    lacking.or(partly.then_some(ALL_CONTAINERS))
}

/// Opens the address, or sends it an empty form.
fn knock(browser: &Browser, method: &Method, address: &str) -> Page {
    if *method == Method::GET { browser.get(address) } else { browser.post(address, &[]) }
}

/// Status, way on and text of a page, without what differs from request to request.
fn told(page: &Page) -> [String; 3] {
    let plain = |text: &str| text.replace(page.header("x-request-id"), "REQUEST");
    [page.status.to_string(), plain(page.header("location")), plain(&page.body)]
}

/// What went wrong, from all threads.
#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

impl Notes {
    fn add(&self, actor: &Actor, method: &Method, address: &str, sentence: impl std::fmt::Display) {
        let (name, role) = (actor.who.name(), &actor.who.actor.role);
        self.0.lock().expect("no thread panics here").push(format!("{method} {address} by {name}, {role}: {sentence}"));
    }

    #[track_caller]
    fn are_none(self) {
        let list = self.0.into_inner().expect("no thread panics here");
        assert!(list.is_empty(), "{} wrong:\n{}", list.len(), list.join("\n"));
    }
}

/// All that an actor may try without anything being changed by it.
fn try_in_vain(cast: &Cast, actor: &Actor, notes: &Notes) {
    let table = cast.table(actor);
    let everywhere = actor.who.scope == Scope::All;
    for Route { method, path, gate, .. } in &cast.routes() {
        let at = |choose: &dyn Fn(usize) -> Which| fill(path, &table, choose).expect("every segment has a line");
        let open = |which| (at(&|_| which), knock(&actor.browser, method, &at(&|_| which)));
        if let Some(words) = missing(*gate, actor) {
            let (address, page) = open(Which::Inside);
            if page.status != 403 || !page.text().contains(&format!("It needs the permission “{words}”")) {
                notes.add(actor, method, &address, format!("{} instead of 403 for “{words}”", page.status));
            }
            continue;
        }
        if *method == Method::GET {
            let (address, page) = open(Which::Inside);
            if !LETS_IN.contains(&page.status) || page.header("location").starts_with("/sign-in") {
                notes.add(actor, method, &address, format!("{} instead of being let in", page.status));
            }
        }
        // Who works everywhere has nothing outside but other people's drafts.
        let count = if everywhere { 0 } else { scoped(path, &table) };
        for mask in 1..1usize << count {
            let choose = |which| move |n: usize| if mask & 1 << n == 0 { Which::Inside } else { which };
            let (outside, nowhere) = (at(&choose(Which::Outside)), at(&choose(Which::Missing)));
            let outside_page = knock(&actor.browser, method, &outside);
            let nowhere_page = knock(&actor.browser, method, &nowhere);
            let seen = told(&outside_page);
            // What there is not has names that occur nowhere else.
            let real = told(&nowhere_page).map(|text| {
                let names = table.iter().filter_map(|row| Some((row.missing, row.outside.as_deref()?)));
                names
                    .filter(|(missing, _)| nowhere.contains(missing))
                    .fold(text, |text, (missing, outside)| text.replace(missing, outside))
            });
            if outside_page.status != 404 || seen != real {
                notes.add(actor, method, &outside, format!("{seen:?} instead of what {nowhere} answers: {real:?}"));
            }
        }
    }
}

/// Everybody tries, a few at a time.
fn all_try_in_vain(cast: &Cast) -> Notes {
    let notes = Notes::default();
    let waiting = Mutex::new(cast.pairs.iter().flatten());
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(actor) = { waiting.lock().expect("no thread panics here").next() } {
                    try_in_vain(cast, actor, &notes);
                }
            });
        }
    });
    notes
}

on_both! {
    fn whoever_lacks_the_permission_is_told_which_and_what_is_out_of_scope_does_not_exist(world) {
        let cast = Cast::new(world);
        let before = cast.world.everything_but(&WRITTEN_BY_READING);
        let notes = all_try_in_vain(&cast);
        let changed = difference(&before, &cast.world.everything_but(&WRITTEN_BY_READING));
        notes.are_none();
        assert!(changed.is_empty(), "someone who may not has changed:\n{}", changed.join("\n"));
    }

    fn whoever_is_not_signed_in_is_sent_to_sign_in_and_changes_nothing(world) {
        let cast = Cast::new(world);
        let table = cast.table(&cast.pairs[0][0]);
        let before = cast.world.everything_but(&WRITTEN_BY_READING);
        let stranger = cast.world.stranger();
        for Route { method, path, .. } in &cast.routes() {
            let address = fill(path, &table, |_| Which::Inside).expect("every segment has a line");
            let page = knock(&stranger, method, &address);
            let away = page.status == 303 && page.header("location").starts_with("/sign-in");
            assert!(away, "{method} {address}: {} {}", page.status, page.text());
        }
        let changed = difference(&before, &cast.world.everything_but(&WRITTEN_BY_READING));
        assert!(changed.is_empty(), "a stranger has changed:\n{}", changed.join("\n"));
    }

    fn whoever_holds_the_permission_gets_to_the_form_in_scope(world) {
        let cast = Cast::new(world);
        cast.world.keep();
        let notes = Notes::default();
        for actor in cast.pairs.iter().flatten() {
            let table = cast.table(actor);
            for Route { method, path, gate, .. } in &cast.routes() {
                if *method == Method::GET || missing(*gate, actor).is_some() {
                    continue;
                }
                let address = fill(path, &table, |_| Which::Inside).expect("every segment has a line");
                let page = knock(&actor.browser, method, &address);
                if !LETS_IN.contains(&page.status) || page.header("location").starts_with("/sign-in") {
                    notes.add(actor, method, &address, format!("{} {}", page.status, page.text()));
                }
                cast.world.put_back();
            }
        }
        notes.are_none();
    }
}

#[test]
fn every_segment_of_every_address_has_a_line_in_the_table() {
    let cast = Cast::new(World::new(On::Sqlite));
    let table = cast.table(&cast.pairs[0][0]);
    let unfilled: Vec<String> =
        app::routes(true).iter().filter_map(|route| fill(route.path, &table, |_| Which::Inside).err()).collect();
    assert!(unfilled.is_empty(), "{}", unfilled.join("\n"));
    for row in &table {
        let used = app::routes(true).iter().any(|route| route.path.contains(row.segment));
        assert!(used, "no address has {} any more: take its line out of tests/permissions/world.rs", row.segment);
    }
}

#[test]
fn what_is_out_of_scope_in_these_tests_is_there_for_who_works_everywhere() {
    let cast = Cast::new(World::new(On::Sqlite));
    let [operator, _] = &cast.pairs[0];
    let table = cast.table(operator);
    for Route { method, path, .. } in &cast.routes() {
        // The drafts of others are out of reach for everybody.
        if *method == Method::GET && scoped(path, &table) > 0 && !path.contains("{draft}") {
            let address = fill(path, &table, |_| Which::Outside).expect("every segment has a line");
            let page = operator.browser.get(&address);
            assert!(LETS_IN.contains(&page.status), "{address}: {}", page.text());
        }
    }
}
