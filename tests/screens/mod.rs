//! Every screen of the product as people see it: on a desk by day and by night, and on a phone, compared with the
//! picture that somebody accepted, and read by the accessibility checker.
//!
//! `tests/accept` takes the pictures as they are now; docs/screens.md says how to use all this for a copy of one's own.

mod look;
mod picture;

use look::Walk;

use crate::{
    browser::{run, sign_in},
    support::{Browser, On, World, chromium::Chromium, demo::Demo},
};
use diesel::connection::SimpleConnection as _;
use tokendesk::{
    operators::BuiltIn,
    work::{self, Kind, NewPiece},
};

/// The pages of the console that an address opens.
const PAGES: &[&str] = &[
    "/",
    "/find?q=an",
    "/tasks",
    "/tasks?view=locked",
    "/tasks?q=nothing+matches+this",
    "/tasks/1040",
    "/users",
    "/users?q=an",
    "/users/new",
    "/users/import",
    "/outbox",
    "/outbox?state=sent",
    "/audit",
    "/audit?operator=m.okafor",
    "/audit/2000",
    "/account",
    "/tokens",
    "/tokens/import",
    "/tasks/1029",
    "/tasks/1029/edit",
    "/tasks/1029/remove",
    "/users/a.adeyemi",
    "/users/a.adeyemi/authentication-methods",
    "/users/k.horvat/authentication-methods",
    "/users/k.horvat/tasks/1012/edit",
    "/users/n.santos/authentication-methods",
    "/users/f.keller/authentication-methods",
    "/users/q.abebe/authentication-methods",
    "/users/d.oconnell/authentication-methods",
    "/users/c.fischer/authentication-methods",
    "/users/a.adeyemi/check-caller",
    "/reports/provisioning",
    "/reports/not-enrolled",
    "/reports/tokens",
    "/reports/operators",
    "/policy/self-enrollment",
    "/policy/lost-phones",
    "/policy/alerts",
    "/messages",
    "/shortcuts",
    "/operators",
    "/operators?q=nobody+is+called+this",
    "/operators/new",
    "/operators/m.okafor",
    "/operators/k.lindqvist",
    "/operators/m.okafor/password",
    "/operators/m.okafor/remove",
    "/roles",
    "/roles/new",
    "/roles/3",
    "/roles/3/remove",
    "/auth-nodes",
    "/auth-nodes/new",
    "/auth-nodes/1",
    "/auth-nodes/1/disable",
    "/auth-nodes/1/key",
];

/// The name of the picture of an address.
fn named(path: &str) -> String {
    let name = path.trim_start_matches('/').replace(['/', '?', '=', '+', '&', '*'], "-");
    if name.is_empty() { "snapshot".into() } else { name }
}

/// Looks at some of the pages, in a world of their own, so that halves can be looked at side by side.
fn console(name: &str, pages: &[&str]) {
    let demo = Demo::start();
    run(async {
        let browser = Chromium::start(&demo.url, true).await;
        sign_in(&browser, "k.lindqvist").await;
        let mut walk = Walk::begin(&browser, name).await;
        for page in pages {
            walk.open(&named(page), page).await;
        }
        walk.end().await;
    });
}

#[test]
#[ignore = "needs Chromium: tests/run installs it"]
fn the_first_half_of_the_console_looks_as_it_was_accepted() {
    console("console-1", &PAGES[..PAGES.len() / 2]);
}

#[test]
#[ignore = "needs Chromium: tests/run installs it"]
fn the_second_half_of_the_console_looks_as_it_was_accepted() {
    console("console-2", &PAGES[PAGES.len() / 2..]);
}

#[test]
#[ignore = "needs Chromium: tests/run installs it"]
fn what_asks_and_what_refuses_looks_as_it_was_accepted() {
    let demo = Demo::start();
    run(async {
        let browser = Chromium::start(&demo.url, true).await;
        let mut walk = Walk::begin(&browser, "asks").await;
        walk.open("sign-in", "/sign-in").await;
        browser.fill("#user_id", "k.lindqvist").await;
        browser.fill("#password", "not the password").await;
        browser.click("button.btn-primary").await;
        browser.says("password").await;
        walk.look("sign-in-refused").await;
        sign_in(&browser, "k.lindqvist").await;

        walk.open("not-found", "/tasks/99999").await;
        browser.open("/users/new").await;
        browser.fill("#user_id", "not a user id").await;
        browser.click("main form button.btn-primary").await;
        browser.says("This user cannot be created yet").await;
        walk.look("user-with-mistakes").await;
        browser.open("/policy/self-enrollment").await;
        browser.fill("#days_to_enroll", "many").await;
        browser.fill("#attempts_allowed", "0").await;
        browser.click("main form button.btn-primary").await;
        browser.says("The policy was not saved").await;
        walk.look("policy-with-mistakes").await;

        walk.open("confirm-who-you-are", "/account/confirm?back=/operators/new").await;
        browser.fill("#proof", tokendesk::demo::PASSWORD).await;
        browser.press("Confirm").await;
        browser.says("Add operator").await;
        walk.look("operator-new").await;

        browser.open("/tasks/1012/edit").await;
        browser.click("main input[name=user]").await;
        walk.look("edit-ticked").await;
        browser.press("Remove").await;
        browser.says("This cannot be reversed").await;
        walk.look("edit-remove").await;
        browser.open("/tasks/1012/edit").await;
        browser.click("main input[name=user]").await;
        browser.press("New Stop Date").await;
        browser.says("Apply").await;
        walk.look("edit-stop-date").await;

        browser.open("/users?q=an").await;
        for tick in
            browser.driver.find_all(thirtyfour::By::Css("main input[name=user]")).await.expect("rows").iter().take(3)
        {
            tick.click().await.expect("a check box");
        }
        walk.look("assignment-ticked").await;
        browser.press("Provision").await;
        browser.says("Authentication Type").await;
        walk.look("provision-users").await;
        browser.press("Authentication Type").await;
        browser.says("Reserved for Provisioning Tasks").await;
        walk.look("provision-type").await;
        browser.click("input[value=authenticator-app]").await;
        browser.press("Continue").await;
        browser.says("Email is sent to").await;
        walk.look("provision-confirm").await;

        walk.open("mailbox", "/demo/mailbox").await;
        walk.end().await;
    });
}

#[test]
#[ignore = "needs Chromium: tests/run installs it"]
fn the_portal_looks_as_it_was_accepted() {
    let demo = Demo::start();
    run(async {
        let browser = Chromium::start(&demo.url, true).await;
        let mut walk = Walk::begin(&browser, "portal").await;
        // Who, which email, and how the page is called that its link leads to.
        for (user_id, email, name) in [
            ("a.jovanovic", "Set up your sign-in token by", "locked"),
            ("f.keller", "Set up your sign-in token by 14 November", "expired"),
            ("b.moreau", "Set up your sign-in token by", "done-before"),
            ("p.rossi", "Reminder: set up", "welcome"),
        ] {
            browser.open(&format!("/demo/mailbox?q={user_id}")).await;
            browser.press(email).await;
            browser.press("Open the enrollment link").await;
            walk.look(name).await;
        }
        browser.click("main button.btn-primary").await;
        browser.says("Add the account to your app").await;
        walk.look("key").await;
        browser.fill("#otp", "000000").await;
        browser.click("main form button.btn-primary").await;
        browser.has("h1").await;
        walk.look("key-wrong").await;
        walk.end().await;
    });
}

#[test]
#[ignore = "needs Chromium: tests/run installs it"]
fn empty_and_long_looks_as_it_was_accepted() {
    let world = World::new(On::Sqlite);
    let kim = world.operator("k.lindqvist", BuiltIn::Operator);
    let cookies = Browser::signed_in(&world.url, &world.desk, &kim).cookies();
    run(async {
        let browser = Chromium::start(&world.url, true).await;
        browser.take(&cookies).await;
        let mut walk = Walk::begin(&browser, "empty").await;
        for page in [
            "/", "/tasks", "/users", "/tokens", "/outbox", "/reports/provisioning", "/reports/not-enrolled",
            "/auth-nodes", "/work",
        ] {
            walk.open(&named(page), page).await;
        }
        let long = "a-name-without-any-space-that-goes-on-for-as-long-as-it-may-be";
        tokio::task::block_in_place(|| {
            let users = [long, "t.adeyemi"].map(|user_id| world.user(user_id, "Sales").id);
            world.task(&kim, &users);
        });
        for page in [
            "/tasks",
            "/tasks/1001",
            "/users",
            &format!("/users/{long}"),
            &format!("/users/{long}/authentication-methods"),
        ] {
            walk.open(&format!("long-{}", named(&page.replace(long, "name"))), page).await;
        }
        walk.end().await;
    });
}

#[test]
#[ignore = "needs Chromium: tests/run installs it"]
fn long_work_looks_as_it_was_accepted() {
    let world = World::new(On::Sqlite);
    let kim = world.operator("k.lindqvist", BuiltIn::Operator);
    let cookies = Browser::signed_in(&world.url, &world.desk, &kim).cookies();
    let piece = NewPiece {
        kind: Kind::Provision,
        title: "Provision 12,400 users".into(),
        about: "Authenticator app (TOTP), Autumn rollout, all sites".into(),
        asked: "{}".into(),
        back: "/users".into(),
        total: 12_400,
    };
    world.desk.db.write(|conn| work::ask(conn, &kim, world.now(), &piece)).expect("it is asked for");
    let states = [
        ("preparing", "state = 'preparing', done = 7184, started_at = '2026-11-20 13:31:20'"),
        ("applying", "state = 'applying', done = 12400"),
        (
            "stopped",
            "state = 'stopped', sentence = 'The server stopped before this was applied.', ended_at = created_at",
        ),
        ("done", "state = 'done', sentence = 'Task 1061 was created for 12,400 users.', result = '/tasks/1061'"),
    ];
    run(async {
        let browser = Chromium::start(&world.url, true).await;
        browser.take(&cookies).await;
        let mut walk = Walk::begin(&browser, "work").await;
        walk.open("waiting", "/work/1").await;
        for (name, columns) in states {
            tokio::task::block_in_place(|| {
                let update = format!("UPDATE work SET {columns}");
                world.desk.db.write(|conn| Ok(conn.batch_execute(&update)?)).expect("it is so far");
            });
            walk.open(name, "/work/1").await;
        }
        walk.open("list", "/work").await;
        walk.end().await;
    });
}
