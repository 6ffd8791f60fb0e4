//! The journeys of everybody who uses Tokendesk, by keyboard alone. At each stop the focus is seen: an outline of 2 px, 3:1
//! beside what is around it, inside of the window and under nothing.

use tokendesk::clock::Timestamp;

use super::keyboard::{DOWN, ENTER, Keyboard, SPACE, VIEWS};
use crate::{
    browser::run,
    support::{
        demo::{Demo, TIME},
        oathtool,
    },
};

#[test]
#[ignore = "needs Chromium: tests/run installs it"]
fn an_operator_provisions_two_users_and_removes_one_of_them_again_by_keyboard_alone() {
    let demo = Demo::start();
    run(async {
        let kim = Keyboard::start(&demo.url).await;
        kim.signs_in("k.lindqvist").await;
        kim.follows("Assignment", "Find users by").await;
        kim.goes_to("User ID, name or email").await;
        kim.types("an").await;
        kim.enters("a.andrade").await;
        for user in ["a.adeyemi", "a.andrade"] {
            kim.goes_to(&format!("Select {user}")).await;
            kim.press(SPACE).await;
        }
        kim.browser.says("2 users selected").await;
        kim.follows("Provision", "Chosen users").await;
        kim.follows("Continue to Authentication Type", "Reserved for Provisioning Tasks").await;
        // A group of radio buttons is one stop; arrows go through it.
        kim.goes_to("Authenticator app (TOTP) ").await;
        kim.press(DOWN).await;
        kim.press("\u{E013}").await;
        kim.press(SPACE).await;
        kim.goes_to("Description").await;
        kim.types("Provisioned by keyboard").await;
        for option in ["Include users who already have a token ", "Include users who are already in an open task "] {
            kim.goes_to(option).await;
            kim.press(SPACE).await;
        }
        kim.follows("Continue to Confirm", "Email is sent to").await;
        kim.follows("Confirm and send 2 emails", "was created").await;
        kim.browser.says("Provisioned by keyboard").await;

        kim.follows("Edit", "Select users to change").await;
        kim.goes_to("Select user a.andrade").await;
        kim.press(SPACE).await;
        kim.follows("Remove 1 user… ", "This cannot be reversed").await;
        kim.follows("Remove 1 user", "Removed 1 user from task").await;
        kim.ends().await;
    });
}

#[test]
#[ignore = "needs Chromium: tests/run installs it"]
fn the_help_desk_finds_a_user_and_resends_by_keyboard_alone() {
    let demo = Demo::start();
    run(async {
        let sam = Keyboard::start(&demo.url).await;
        sam.signs_in("s.moreau").await;
        sam.goes_to("Find a user, task, serial number or email").await;
        sam.types("horvat").await;
        sam.enters("All 7 users").await;
        sam.follows("Karin ", "Provisioning Tasks").await;
        sam.follows("Edit task 1012", "Resend task 1012").await;
        sam.follows("Resend", "sent").await;
        sam.ends().await;
    });
}

#[test]
#[ignore = "needs Chromium: tests/run installs it"]
fn an_auditor_filters_the_audit_log_opens_an_entry_and_takes_a_file_by_keyboard_alone() {
    let demo = Demo::start();
    run(async {
        let folder = tempfile::tempdir().expect("a folder");
        let ana = Keyboard::start(&demo.url).await;
        ana.takes_files_to(folder.path()).await;
        ana.signs_in("a.reyes").await;
        ana.follows("Audit log", "Entries cannot be edited or deleted").await;
        ana.goes_to("Action").await;
        // Typing in a list chooses what begins so.
        ana.types("Prov").await;
        ana.follows("Filter", "remove this filter").await;
        ana.goes_to("CSV, ").await;
        ana.press(ENTER).await;
        let file = ana.finds_a_file_in(folder.path()).await;
        assert!(file.starts_with("\u{FEFF}Entry,Time,Who") && file.contains(",tasks.provision,"), "{file}");
        let entry = ana.browser.find("td[data-label=Entry] a").await.text().await.expect("a number");
        ana.follows(&entry, &format!("Entry {entry}")).await;
        ana.ends().await;
    });
}

#[test]
#[ignore = "needs Chromium and oathtool: tests/run installs them"]
fn a_user_enrolls_to_completed_by_keyboard_alone() {
    let demo = Demo::start();
    let now: Timestamp = TIME.trim_end_matches('Z').parse().expect("a time");
    run(async {
        let user = Keyboard::start(&demo.url).await;
        user.browser.open("/demo/mailbox?q=p.rossi").await;
        user.follows("Reminder: set up your sign-in token ", "Open the enrollment link").await;
        user.follows("Open the enrollment link", "Set up your sign-in token").await;
        user.follows("Start", "Add the account to your app").await;
        let key = user.browser.execute("return document.querySelector('.setup-key code').textContent").await;
        let key = key.as_str().expect("the key can be read").replace(' ', "");
        user.goes_to("Then enter the 6-digit one-time password").await;
        user.types(&oathtool::totp(&key, now, "sha1", 6, 30)).await;
        user.enters("Your token is set up").await;
        let now = tokio::task::block_in_place(|| demo.advance(1));
        user.goes_to("New one-time password").await;
        user.types(&oathtool::totp(&key, now, "sha1", 6, 30)).await;
        user.enters("You are done").await;
        user.ends().await;
    });
}

/// Pages of every kind: lists, forms, a dock, tabs, panels, the portal's frame.
const PAGES: &[&str] = &[
    "/",
    "/tasks",
    "/tasks/1029/edit",
    "/tasks/1040",
    "/users/new",
    "/audit",
    "/outbox",
    "/reports/provisioning",
    "/policy/self-enrollment",
    "/users/a.adeyemi/authentication-methods",
    "/demo/mailbox",
];

#[test]
#[ignore = "needs Chromium: tests/run installs it"]
fn whoever_tabs_through_a_page_sees_the_focus_at_each_stop_and_comes_to_its_end() {
    let demo = Demo::start();
    run(async {
        let kim = Keyboard::start(&demo.url).await;
        kim.signs_in("k.lindqvist").await;
        for (view, forced) in VIEWS {
            kim.looks_as(view, forced).await;
            for page in PAGES {
                assert!(kim.walks_through(page).await > 2, "{page} has nothing to stop at");
            }
        }
        kim.ends().await;
    });
}

#[test]
#[ignore = "needs Chromium: tests/run installs it"]
fn the_first_stop_of_a_page_leads_past_the_navigation() {
    let demo = Demo::start();
    run(async {
        let kim = Keyboard::start(&demo.url).await;
        kim.signs_in("k.lindqvist").await;
        kim.browser.open("/tasks").await;
        kim.goes_to("Skip to content").await;
        kim.press(ENTER).await;
        kim.press(super::keyboard::TAB).await;
        let inside = "return document.querySelector('main').contains(document.activeElement)";
        assert_eq!(kim.browser.execute(inside).await, true, "Tab goes on inside of the content");
        kim.ends().await;
    });
}
