//! When the database fails: our own page with a reference that is also in the log, and nothing of the inside
//! (PRODUCT.md §7).

use diesel::connection::SimpleConnection;
use tokendesk::operators::BuiltIn;

use crate::{
    on_both,
    support::{
        World,
        browser::{self, Page},
        log::Ear,
    },
};

fn run(world: &World, sql: &str) {
    world.desk.db.write(|conn| Ok(conn.batch_execute(sql)?)).expect("the statement runs");
}

/// From now on nobody can read or keep a session.
fn lose_sessions(world: &World) {
    run(world, "ALTER TABLE sessions RENAME TO lost_sessions");
}

fn find_sessions(world: &World) {
    run(world, "ALTER TABLE lost_sessions RENAME TO sessions");
}

/// Fails the test unless it is our page for what is our fault: with the headers of every page, with a reference under
/// which the log has one line that says more, and without a word of the database.
#[track_caller]
fn is_our_page(page: Page, ear: &Ear) {
    let page = page.expect(500).says("Something went wrong on our side");
    let id = page.header("x-request-id").to_owned();
    assert!(id.len() == 12 && page.text().contains(&id), "the page names its reference: {}", page.text());
    for word in ["sessions", "table", "relation", "SQL", "database"] {
        assert!(!page.text().contains(word), "{word} is on the page");
    }
    assert!(page.body.contains("</html>") && page.header("content-type").starts_with("text/html"));
    for header in ["content-security-policy", "x-content-type-options", "referrer-policy"] {
        assert_ne!(page.header(header), "", "{header} is missing");
    }
    assert_eq!(page.header("cache-control"), "no-store");
    let heard = ear.heard();
    let mut lines = heard.lines().filter(|line| line.contains(&id));
    let said =
        lines.clone().find(|line| line.contains("ERROR")).unwrap_or_else(|| panic!("no line tells of {id}:\n{heard}"));
    assert!(said.contains("sessions"), "the line says why: {said}");
    assert!(lines.any(|line| line.contains("status=500") && line.contains("path=")), "the request has its line");
}

on_both! {
    fn a_session_that_cannot_be_read_gives_our_page_with_a_reference(world) {
        let browser = world.signed_in("k.lindqvist", BuiltIn::Operator);
        browser.get("/tasks").expect(200);
        lose_sessions(&world);
        let ear = Ear::new();
        is_our_page(browser.get("/tasks"), &ear);
        is_our_page(browser.post("/users/new", &[("user_id", "a.berg")]), &ear);
        find_sessions(&world);
        browser.get("/tasks").expect(200);
    }

    fn a_session_that_cannot_be_kept_gives_our_page_with_a_reference(world) {
        let browser = world.signed_in("k.lindqvist", BuiltIn::Operator);
        let [update, delete] = ["UPDATE", "DELETE"].map(|verb| {
            if world.desk.db.is_postgres() {
                format!("CREATE TRIGGER no_{verb} BEFORE {verb} ON sessions EXECUTE FUNCTION refuse()")
            } else {
                format!("CREATE TRIGGER no_{verb} BEFORE {verb} ON sessions BEGIN SELECT RAISE(ABORT, 'no {verb} of sessions'); END")
            }
        });
        if world.desk.db.is_postgres() {
            run(&world, "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no % of sessions', TG_OP; END $$");
        }
        let ear = Ear::new();
        run(&world, &update);
        let user = [("user_id", "a.berg"), ("last_name", "Berg"), ("first_name", "Anna"), ("container", "Sales"), ("email", "a.berg@example.org")];
        is_our_page(browser.post("/users/new", &user), &ear);
        run(&world, &delete);
        is_our_page(browser.post("/sign-out", &[]), &ear);
        browser.get("/tasks").expect(200);
    }

    fn a_lost_database_leaves_style_and_health_alone(world) {
        let browser = world.signed_in("k.lindqvist", BuiltIn::Operator);
        let page = browser.get("/tasks").expect(200);
        let style = page.body.split("href=\"/static/").nth(1).and_then(|rest| rest.split('"').next()).expect("a style sheet");
        lose_sessions(&world);
        browser.get(&format!("/static/{style}")).expect(200);
        browser.get("/healthz").expect(200);
        browser.get("/enroll/nobody").expect(404);
    }

    fn a_broken_table_gives_our_page_with_a_reference(world) {
        let browser = world.signed_in("k.lindqvist", BuiltIn::Operator);
        run(&world, "ALTER TABLE tasks RENAME TO lost_sessions_of_tasks");
        let ear = Ear::new();
        let page = browser.get("/tasks").expect(500);
        let id = page.header("x-request-id").to_owned();
        assert!(page.text().contains(&id));
        assert!(ear.heard().lines().any(|line| line.contains("ERROR") && line.contains(&id)));
    }

    fn the_api_gets_the_reference_too(world) {
        run(&world, "ALTER TABLE auth_nodes RENAME TO lost_auth_nodes");
        let ear = Ear::new();
        let request = world.stranger().bare("/api/v1/authenticate").header("authorization", "Bearer td_0123456789");
        let request = request.header("content-type", "application/json");
        let answer = browser::send(request.body(r#"{"user_id":"a.berg","otp":"123456"}"#)).expect(500);
        let id = answer.header("x-request-id");
        assert_eq!(answer.body, format!(r#"{{"error":"internal server error","request":"{id}"}}"#));
        assert!(ear.heard().lines().any(|line| line.contains("ERROR") && line.contains(id)));
    }
}
