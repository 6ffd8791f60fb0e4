//! The pages that are opened: each GET of `app::routes`, and the lists with what narrows and sorts them.

use actix_web::http::Method;
use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types};
use tokendesk::{
    app,
    operators::{Scope, Who},
    work::{self, Kind, NewPiece},
};

use crate::support::World;

/// What is not opened, and why.
const EXCEPT: [(&str, &str); 9] = [
    ("/static/", "no database is asked"),
    (".csv", "files: what is asked for is the whole, read in parts"),
    ("/ticked/", "pages before a bulk change read what they will change, once"),
    ("/edit/remove", "as above"),
    ("/edit/stop-date", "as above"),
    ("/edit/resend", "as above"),
    ("/edit/unlock", "as above"),
    ("/tasks/{number}/remove", "as above"),
    ("/provision/{draft}", "as above: who is chosen, and what becomes of them"),
];

/// What lists are asked for.
const LISTS: [(&str, &[&str]); 9] = [
    (
        "/tasks",
        &[
            "view=stopping", "view=locked", "view=mail", "view=past", "view=mine", "q=k.l", "q=1001", "q=a",
            "operator=k.lindqvist", "type=hardware-token", "type=authenticator-app", "stop=7-days", "stop=later",
            "sort=task", "sort=operator", "sort=-operator", "sort=emailed_to", "sort=start", "sort=stop", "sort=-stop",
            "sort=count", "sort=completed", "view=past&sort=start", "operator=k.lindqvist&sort=start",
            "type=authenticator-app&sort=operator", "page=40", "page=900000",
        ],
    ),
    (
        "/users",
        &[
            "q=an", "q=berg", "q=zoe+berg", "q=*ny*", "user_id=a", "last_name=b", "email=a", "container=Sales",
            "state=disabled", "state=any", "auth_method=none", "auth_method=authenticator-app",
            "auth_method=hardware-token", "sort=-user_id", "sort=last_name", "sort=email", "sort=container",
            "sort=-container", "page=40", "page=900000",
        ],
    ),
    (
        "/tokens",
        &[
            "q=1", "q=a", "state=Active", "state=Revoked", "state=Inventory", "type=hardware-token", "sort=added",
            "sort=-added", "sort=-serial", "user=a", "container=Sales", "page=40", "page=900000",
        ],
    ),
    (
        "/outbox",
        &[
            "state=all", "state=attention", "state=queued", "state=sent", "state=failed", "state=bounced",
            "state=canceled", "q=a", "q=berg", "q=nobody", "q=1001", "message=reminder", "message=canceled",
            "message=reminder&state=failed", "q=a&state=all&message=reminder", "state=all&page=40",
            "state=all&page=900000",
        ],
    ),
    (
        "/audit",
        &[
            "q=a", "q=k.lindqvist", "q=nobody", "operator=k.lindqvist", "operator=nobody", "action=tasks",
            "action=roles", "action=operators", "action=roles&from=2026-01-01", "operator=k.lindqvist&action=roles",
            "from=2026-01-01", "to=2025-06-01", "page=40", "page=900000",
        ],
    ),
    ("/operators", &["q=a"]),
    (
        "/reports/provisioning",
        &[
            "from=any", "from=any&outcome=open", "from=any&outcome=removed", "from=any&outcome=completed",
            "outcome=incomplete", "from=any&operator=k.lindqvist", "from=any&type=hardware-token",
            "from=any&container=Sales", "page=40",
        ],
    ),
    (
        "/reports/not-enrolled",
        &[
            "status=active", "status=locked", "status=expired", "operator=k.lindqvist", "type=hardware-token",
            "container=Sales", "from=2026-11-01", "page=40",
        ],
    ),
    ("/find", &["q=a", "q=berg", "q=1001", "q=k.lindqvist", "q=zoe+berg"]),
];

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = sql_types::Text)]
    name: String,
}

fn name(world: &World, sql: &str) -> String {
    world.desk.db.read(|conn| Ok(sql_query(sql).get_result::<Name>(conn)?.name)).expect("a name")
}

/// What stands in the segments, the largest of its kind that exists for `who`.
fn segments(world: &World, who: &Who) -> Vec<(&'static str, String)> {
    let within = match &who.scope {
        Scope::All => "1 = 1".to_owned(),
        Scope::Containers(list) => {
            format!("c.container_id IN ({})", list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
        }
    };
    let task = world.number(&format!(
        "SELECT c.task_id AS n FROM task_containers c WHERE {within} AND NOT c.removed AND c.enrolled < c.users \
             ORDER BY c.users DESC, c.task_id LIMIT 1"
    ));
    let user = name(
        world,
        &format!(
            "SELECT c.user_id AS name FROM users c JOIN enrollments e ON e.user_id = c.id WHERE {within} AND e.task_id = {task} \
             AND e.enrolled_at IS NULL AND e.removed_at IS NULL ORDER BY c.id LIMIT 1"
        ),
    );
    let serial = name(
        world,
        &format!(
            "SELECT t.serial AS name FROM tokens t JOIN users c ON c.id = t.user_id WHERE {within} AND t.state = 'Active' \
             ORDER BY t.id LIMIT 1"
        ),
    );
    let email = world.number(&format!("SELECT MAX(c.id) AS n FROM emails c WHERE {within}"));
    let entry = world
        .number(&format!("SELECT MAX(a.id) AS n FROM audit_entries a JOIN users c ON c.id = a.user_id WHERE {within}"));
    let handle =
        name(world, "SELECT handle AS name FROM enrollment_links WHERE superseded_at IS NULL ORDER BY id DESC LIMIT 1");
    let piece = NewPiece {
        kind: Kind::Provision,
        title: "Provision 2,000 users".into(),
        about: "Authenticator app".into(),
        asked: "{}".into(),
        back: "/users".into(),
        total: 2_000,
    };
    let work = world.desk.db.write(|conn| work::ask(conn, who, world.now(), &piece)).expect("long work is asked for");
    vec![
        ("work/{id}", work.to_string()),
        ("users/{user}", user),
        ("tasks/{number}", task.to_string()),
        ("tokens/{serial}", serial),
        ("outbox/{id}", email.to_string()),
        ("audit/{id}", entry.to_string()),
        ("operators/{operator}", "some.cole".into()),
        ("roles/{role}", world.number("SELECT MIN(id) AS n FROM roles").to_string()),
        ("auth-nodes/{node}", "1".into()),
        ("messages/{kind}", "canceled".into()),
        ("enroll/{handle}", handle),
    ]
}

/// The addresses that `who` may open.
pub fn addresses(world: &World, who: &Who) -> Vec<String> {
    let segments = segments(world, who);
    let mut found = Vec::new();
    for route in app::routes(false) {
        let key = matches!(route.gate, app::Gate::AuthNode | app::Gate::Monitor);
        if route.method != Method::GET || key || EXCEPT.iter().any(|(part, _)| route.path.contains(part)) {
            continue;
        }
        let filled = segments.iter().fold(route.path.to_owned(), |path, (segment, value)| {
            let (before, _) = segment.split_once('/').expect("a word before it");
            path.replace(segment, &format!("{before}/{value}"))
        });
        assert!(!filled.contains('{'), "nothing fills {filled}: add it to `segments`");
        let narrowed = LISTS.iter().filter(|(path, _)| *path == route.path).flat_map(|(_, queries)| *queries);
        let narrowed: Vec<String> = narrowed.map(|query| format!("{filled}?{query}")).collect();
        found.push(filled);
        found.extend(narrowed);
    }
    found
}
