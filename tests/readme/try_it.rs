//! "Try it", step by step in a browser, with the machine's clock as README has it.

use chrono::Duration;
use tokendesk::clock::{Clock, Timestamp};

use super::{bold, coded, section, steps};
use crate::{
    browser,
    support::{
        chromium::{Chromium, DESK, PHONE},
        demo::Demo,
        oathtool,
    },
};

fn now() -> Timestamp {
    Clock::System.now()
}

/// "440 users and 40 open tasks": the two numbers before these words, wherever the text breaks its lines.
fn size(text: &str) -> (u32, u32) {
    let words: Vec<&str> = text.split_whitespace().collect();
    let at =
        words.windows(5).position(|w| w[1..3] == ["users", "and"] && w[4] == "open").expect("the size of the world");
    (words[at].parse().expect("a number"), words[at + 3].parse().expect("a number"))
}

#[test]
#[ignore = "needs Chromium and oathtool: tests/run installs them"]
fn the_readmes_try_is_done_as_written() {
    let text = section("Try it");
    assert!(text.contains("\n    cargo run -- demo\n"), "the demo is started in another way");
    let demo = Demo::with(&[]);
    assert_eq!(size(&demo.printed), size(text), "README and the demo: {}", demo.printed);
    let steps = steps(text);
    assert_eq!(steps.len(), 4);
    let named = coded(steps[0]);
    let [operator, users @ ..] = named.as_slice() else { panic!("step 1 names nobody") };
    assert_eq!(users.len(), 2, "step 1 names two users: {users:?}");
    let buttons = bold(steps[0]);
    let mailbox = steps[1].split_once("http://localhost:8080").expect("the address of the mailbox").1;
    let mailbox = mailbox.split_once(')').expect("its end").0;
    let list = bold(steps[3]).pop().expect("the name of the list");

    browser::run(async {
        let browser = Chromium::start(&demo.url, true).await;
        // 1
        browser.open("/").await;
        browser::sign_in_with(&browser, operator, password(&demo.printed)).await;
        let [assignment, presses @ ..] = buttons.as_slice() else { panic!("step 1 presses nothing") };
        browser.follow(assignment).await;
        browser.says("Assignment").await;
        for (n, user) in users.iter().enumerate() {
            let row = format!("tbody tr:nth-of-type({})", n + 1);
            let text = browser.find(&row).await.text().await.expect("a row has words");
            assert!(text.contains(user), "{user} is not user {} on top: {text}", n + 1);
            browser.click(&format!("{row} input[name=user]")).await;
        }
        for words in presses {
            let before = browser.path().await;
            browser.press(words).await;
            browser.moves_on(&before).await;
            if browser.has("input[value=authenticator-app]").await {
                assert!(steps[0].contains("*Authenticator app*"));
                browser.click("input[value=authenticator-app]").await;
            }
        }
        let task = browser.path().await;
        assert!(task.starts_with("/tasks/"), "step 1 ends at {task}");
        for user in users {
            // 2
            // The courier looks every second; the page is opened again until the email is there.
            for _ in 0..100 {
                browser.open(mailbox).await;
                if browser.text().await.contains(&format!("{user}@")) {
                    break;
                }
            }
            browser.press(&format!("{user}@")).await;
            // 3
            browser.look_as(PHONE).await;
            browser.press("Open the enrollment link").await;
            browser.find("#code").await;
            browser.click("button.btn-primary").await;
            browser.says("Add the account to your app").await;
            let key = browser.find("[data-copy]").await.attr("data-copy").await;
            let secret = key.ok().flatten().expect("the key can be typed");
            let proven = now();
            browser.fill("#otp", &oathtool::totp(&secret, proven, "sha1", 6, 30)).await;
            browser.click("form button.btn-primary").await;
            browser.says("Your token is set up").await;
            // 4: the value of the next step is accepted too, and was not used yet.
            browser.fill("#otp", &oathtool::totp(&secret, proven + Duration::seconds(30), "sha1", 6, 30)).await;
            browser.click("form button.btn-primary").await;
            browser.says("You are done").await;
            browser.look_as(DESK).await;
            browser.open(&task).await;
            browser.says("Completed").await;
        }
        browser.follow(&list).await;
        browser.says("Provisioning Task Management").await;
        assert!(!browser.has(&format!("a[href='{task}']")).await, "the finished task is still on the list");
    });
}

#[test]
fn the_world_has_the_size_that_readme_says_at_whatever_hour_it_is_made() {
    for time in ["2026-11-20T00:10:00Z", "2026-11-20T10:06:00Z"] {
        let demo = Demo::with(&["--fixed-time", time]);
        assert_eq!(size(&demo.printed), size(section("Try it")), "{time}: {}", demo.printed);
    }
}

fn password(printed: &str) -> &str {
    let (_, rest) = printed.split_once("with the password ").expect("the password is printed");
    rest.split_whitespace().next().expect("the password is printed")
}
