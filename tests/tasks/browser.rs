//! Edit of a task in a real browser: what the buttons say as users are ticked.

use crate::{
    browser::{run, sign_in_with},
    support::{
        chromium::{Chromium, DESK, PHONE},
        demo::Demo,
    },
};

const EDIT: &str = "/tasks/1029/edit";

async fn signed_in(demo: &Demo, script: bool) -> Chromium {
    let browser = Chromium::start(&demo.url, script).await;
    sign_in_with(&browser, "k.lindqvist", tokendesk::demo::PASSWORD).await;
    browser
}

#[test]
#[ignore = "needs Chromium: tests/run installs it"]
fn whoever_ticks_users_on_edit_reads_on_each_button_for_how_many_it_is() {
    let demo = Demo::start();
    run(async {
        let browser = signed_in(&demo, true).await;
        for view in [DESK, PHONE] {
            browser.look_as(view).await;
            browser.open(EDIT).await;
            browser.says("Select users to change").await;
            let looks_selected = "tbody tr:has(:checked), .dock:not(.is-idle), .dock button:enabled";
            assert!(!browser.has(looks_selected).await, "nothing is drawn as selected before it is");
            browser.click("tbody tr:nth-child(1) .cell-tick > [name]").await;
            browser.says("Remove 1 user…").await;
            browser.click("tbody tr:nth-child(3) .cell-tick > [name]").await;
            for words in ["2 of ", "New Stop Date for 2…", "Resend to 2…", "Unlock 0…", "Remove 2 users…"] {
                browser.says(words).await;
            }
            browser.is_accessible().await;
            // Another view of the list keeps the ticks.
            browser.press("Locked").await;
            browser.says("2 of them on other pages").await;
        }
    });
}

#[test]
#[ignore = "needs Chromium: tests/run installs it"]
fn whoever_has_no_script_presses_remove_ticked_users_and_is_told_how_many_on_the_next_page() {
    let demo = Demo::start();
    run(async {
        let browser = signed_in(&demo, false).await;
        browser.open(EDIT).await;
        browser.click("input[name=user]").await;
        browser.press("Remove ticked users…").await;
        browser.says("Remove 1 user from task 1029").await;
    });
}
