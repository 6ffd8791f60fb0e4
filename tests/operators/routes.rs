//! Every address, and who may open it: printed into a file that is reviewed. `tests/permissions` tries each line over HTTP.

use std::fmt::Write as _;

use actix_web::http::Method;
use tokendesk::{
    app::{self, Gate, Route},
    operators::{ALL_CONTAINERS, BuiltIn, Permission},
};

use crate::support::{Browser, On, World, browser::Page};

/// Set to write the file anew after a change that is meant.
const BLESS: &str = "TOKENDESK_BLESS";

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/routes.txt");

const HEAD: &str = "\
Every address of Tokendesk and who may open it, as `app::routes` says. A test compares this file and tries each line
over HTTP; TOKENDESK_BLESS=1 writes it anew. \"sign-in\": sent to the sign-in page. \"key\": needs an auth node's key, or that of
monitors in the settings.
";

/// An address with something in place of its names that there is not.
pub fn sample(path: &str) -> String {
    let mut address = String::new();
    let mut inside = false;
    for letter in path.chars() {
        match letter {
            '{' => {
                inside = true;
                address.push('9');
            }
            '}' => inside = false,
            _ if !inside => address.push(letter),
            _ => {}
        }
    }
    address
}

fn may(role: BuiltIn, needs: &[&[Permission]]) -> bool {
    needs.iter().all(|any_of| any_of.iter().any(|permission| role.permissions().has(*permission)))
}

/// The cells of a line: no one, then the four roles.
fn cells(gate: Gate) -> [&'static str; 5] {
    match gate {
        Gate::Open => ["yes"; 5],
        Gate::AuthNode | Gate::Monitor => ["key"; 5],
        Gate::Operator(needs) | Gate::Everywhere(needs) => {
            let [a, b, c, d] = BuiltIn::ALL.map(|role| if may(role, needs) { "yes" } else { "-" });
            ["sign-in", a, b, c, d]
        }
    }
}

fn needs(gate: Gate) -> String {
    let words = |any_of: &&[Permission]| any_of.iter().map(|p| p.label()).collect::<Vec<_>>().join(" or ");
    let mut list: Vec<String> = gate.permissions().unwrap_or_default().iter().map(words).collect();
    if let Gate::Everywhere(_) = gate {
        list.push(ALL_CONTAINERS.into());
    }
    list.join("; and ")
}

fn printed(routes: &[Route]) -> String {
    let mut text = HEAD.to_owned();
    let columns = ["no one", "Operator", "Prov. mgr", "Help desk", "Auditor"];
    let mut line = |method: &str, path: &str, cells: [&str; 5], needs: &str| {
        let mut row = format!("{method:<5}{path:<52}");
        for cell in cells {
            let _ = write!(row, "{cell:<10}");
        }
        row.push_str(needs);
        text.push('\n');
        text.push_str(row.trim_end());
    };
    line("", "", columns, "needs");
    for route in routes {
        line(route.method.as_str(), route.path, cells(route.gate), &needs(route.gate));
    }
    text.push('\n');
    text
}

#[test]
fn the_printed_table_of_routes_and_roles_is_the_reviewed_one() {
    let now = printed(&app::routes(true));
    if std::env::var_os(BLESS).is_some() {
        std::fs::write(FILE, &now).expect("the file can be written");
    }
    let reviewed = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(now == reviewed, "who may open what has changed; if it is meant, run with {BLESS}=1 and review:\n{now}");
}

#[test]
fn no_address_stands_twice() {
    let routes = app::routes(true);
    for (n, route) in routes.iter().enumerate() {
        let twin = routes[..n].iter().any(|other| other.method == route.method && other.path == route.path);
        assert!(!twin, "{} {}", route.method, route.path);
    }
}

/// Opens the address, or sends it an empty form.
fn knock(browser: &Browser, route: &Route) -> Page {
    let address = sample(route.path);
    if route.method == Method::GET { browser.get(&address) } else { browser.post(&address, &[]) }
}

#[test]
fn open_addresses_answer_strangers_without_a_fault() {
    let world = World::new(On::Sqlite);
    for route in app::routes(world.desk.settings.demo) {
        if route.gate == Gate::Open {
            let page = knock(&world.stranger(), &route);
            assert!(page.status < 500 && page.status != 403, "{} {}: {}", route.method, route.path, page.text());
        }
    }
}
