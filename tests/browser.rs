//! The whole thread in a real browser, as a stranger walks it through the demo: sign in, provision two users, open the
//! mailbox, enroll each by the QR code on the screen, try the token, see Completed, see the task leave the list.

use std::{process::Command, time::Duration};

use thirtyfour::{By, WebElement};
use tokendesk::clock::Timestamp;

use crate::support::{
    chromium::{Chromium, PHONE},
    demo::{Demo, TIME},
    oathtool,
};

/// How long a walk may take: several times what it does on a busy machine, so that a browser that hangs is a failure.
const LONGEST: Duration = Duration::from_secs(900);

/// Walks, but not for ever.
pub fn run(walk: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(async { tokio::time::timeout(LONGEST, walk).await.expect("the browser answers") });
}

fn start() -> Timestamp {
    TIME.trim_end_matches('Z').parse().expect("a time")
}

/// The base 32 key in the QR code of a screenshot, read by a decoder that is not ours.
fn scan(picture: &std::path::Path) -> String {
    let output =
        Command::new("zbarimg").args(["--quiet", "--raw"]).arg(picture).output().expect("zbarimg is installed");
    let text = String::from_utf8(output.stdout).expect("an address");
    assert!(text.starts_with("otpauth://totp/Example%20Org"), "{text}");
    let secret = text.split(['?', '&']).find_map(|part| part.trim().strip_prefix("secret=")).expect("a secret");
    secret.to_owned()
}

pub async fn sign_in(browser: &Chromium, user_id: &str) {
    sign_in_with(browser, user_id, tokendesk::demo::PASSWORD).await;
}

/// Signs in on the sign-in page.
pub async fn sign_in_with(browser: &Chromium, user_id: &str, password: &str) {
    browser.open("/sign-in").await;
    browser.fill("#user_id", user_id).await;
    browser.fill("#password", password).await;
    browser.click("button.btn-primary").await;
    browser.leaves("/sign-in").await;
}

async fn texts(elements: Vec<WebElement>) -> Vec<String> {
    let mut texts = Vec::new();
    for element in elements {
        texts.push(element.text().await.expect("text"));
    }
    texts
}

#[test]
#[ignore = "needs Chromium, oathtool and a QR decoder: tests/run installs them"]
fn a_stranger_walks_from_provision_to_completed() {
    let demo = Demo::start();
    run(async {
        let browser = Chromium::start(&demo.url, true).await;

        browser.open("/").await;
        browser.screenshot("01-sign-in").await;
        browser.is_accessible().await;
        sign_in(&browser, "k.lindqvist").await;

        browser.open("/tasks").await;
        browser.says("Provisioning Task Management").await;
        browser.screenshot("02-tasks").await;
        browser.is_accessible().await;

        browser.open("/users?q=an*").await;
        browser.screenshot("03-assignment").await;
        browser.is_accessible().await;
        let ticks = browser.driver.find_all(By::Css("input[name=user]")).await.expect("rows");
        let emails = browser.driver.find_all(By::Css("td[data-label=Email]")).await.expect("rows");
        let emails = texts(emails).await;
        let chosen: Vec<usize> = (0..ticks.len()).filter(|n| emails[*n].contains('@')).take(2).collect();
        for n in &chosen {
            ticks[*n].click().await.expect("a check box");
        }
        browser.screenshot("04-ticked").await;
        browser.press("Provision").await;

        browser.screenshot("05-review").await;
        browser.is_accessible().await;
        browser.press("Authentication Type").await;
        browser.says("Available").await;
        browser.says("Reserved for Provisioning Tasks").await;
        browser.click("input[value=authenticator-app]").await;
        browser.fill("#description", "Walked by a stranger").await;
        for name in ["include_with_token", "include_with_task"] {
            let tick = browser.find(&format!("input[name={name}]")).await;
            if !tick.is_selected().await.expect("a check box") {
                tick.click().await.expect("a check box");
            }
        }
        browser.screenshot("06-type").await;
        browser.is_accessible().await;
        browser.press("Continue").await;
        browser.says("Email is sent to").await;
        browser.screenshot("07-confirm").await;
        browser.is_accessible().await;
        browser.press("Confirm and send 2 emails").await;
        browser.says("Walked by a stranger").await;
        browser.screenshot("08-task").await;
        browser.is_accessible().await;
        let task = browser.path().await;

        let mut now = start();
        for (n, address) in chosen.iter().map(|n| &emails[*n]).enumerate() {
            // The courier looks every second; the page is opened again until the email is there.
            let phone = Chromium::start(&demo.url, n == 0).await;
            phone.look_as(PHONE).await;
            for _ in 0..100 {
                phone.open(&format!("/demo/mailbox?q={address}")).await;
                if phone.text().await.contains("Set up your sign-in token") {
                    break;
                }
            }
            phone.screenshot(&format!("09-mailbox-{n}")).await;
            phone.click(".mailbox-list a").await;
            let letter = phone.text().await;
            phone.screenshot(&format!("10-email-{n}")).await;
            phone.press("Open the enrollment link").await;
            if n == 1 {
                // Without script the code is typed from the email.
                let code = letter.lines().skip_while(|line| !line.contains("activation code:")).nth(1);
                phone.fill("#code", code.expect("the email has the code")).await;
            }
            phone.screenshot(&format!("11-portal-{n}")).await;
            if n == 0 {
                phone.is_accessible().await;
            }
            phone.click("button.btn-primary").await;
            phone.says("Add the account to your app").await;
            let secret = scan(&phone.screenshot(&format!("12-key-{n}")).await);
            if n == 0 {
                phone.is_accessible().await;
            }
            let otp = oathtool::totp(&secret, now, "sha1", 6, 30);
            phone.fill("#otp", &otp).await;
            phone.click("form button.btn-primary").await;
            phone.says("Your token is set up").await;
            phone.says("Serial Number").await;
            phone.screenshot(&format!("13-enrolled-{n}")).await;

            now = tokio::task::block_in_place(|| demo.advance(1));
            phone.fill("#otp", &oathtool::totp(&secret, now, "sha1", 6, 30)).await;
            phone.click("form button.btn-primary").await;
            phone.says("You are done").await;
            phone.screenshot(&format!("14-done-{n}")).await;

            browser.open(&task).await;
            browser.says("Completed").await;
            browser.screenshot(&format!("15-task-{n}")).await;
        }
        browser.open("/tasks?q=k.lindqvist&size=100").await;
        let number = task.rsplit('/').next().expect("a number").to_owned();
        assert!(!browser.has(&format!("a[href='/tasks/{number}']")).await, "the finished task is still on the list");

        let complaints = browser.complaints().await;
        assert!(complaints.is_empty(), "{complaints:#?}");
    });
}

#[test]
#[ignore = "needs Chromium: tests/run installs it"]
fn keys_move_through_the_console_until_they_are_turned_off() {
    let demo = Demo::start();
    run(async {
        let browser = Chromium::start(&demo.url, true).await;
        sign_in(&browser, "k.lindqvist").await;
        browser.type_keys("gt").await;
        browser.says("Provisioning Task Management").await;
        browser.type_keys("jje").await;
        browser.says("Edit task").await;
        browser.open("/users").await;
        browser.type_keys("jx").await;
        browser.says("1 user selected").await;

        browser.open("/shortcuts").await;
        browser.press("Turn keys off").await;
        browser.says("Keys are off in this browser").await;
        browser.type_keys("gt").await;
        assert_eq!(browser.path().await, "/shortcuts");
    });
}

#[test]
#[ignore = "needs Chromium: tests/run installs it"]
fn find_opens_over_the_page_and_leads_to_what_is_there() {
    let demo = Demo::start();
    run(async {
        let browser = Chromium::start(&demo.url, true).await;
        sign_in(&browser, "k.lindqvist").await;
        browser.open("/tasks").await;
        browser.type_keys("/").await;
        browser.type_keys("adey").await;
        browser.find("dialog .hit").await;
        browser.screenshot("desk-palette").await;
        browser.is_accessible().await;
        let first = browser.find("dialog .hit").await.text().await.expect("it has words");
        assert!(first.contains("Adeyemi"), "{first}");
        // Enter opens the first; an exact hit is offered as the page it leads to.
        browser.type_keys("\u{E007}").await;
        browser.says("Authentication Methods").await;
        browser.type_keys("/").await;
        browser.type_keys("1040").await;
        browser.find("dialog .hit-exact").await;
        browser.type_keys("\u{E007}").await;
        browser.says("Task 1040").await;
        assert_eq!(browser.path().await, "/tasks/1040");
    });
}

#[test]
#[ignore = "needs Chromium: tests/run installs it"]
fn the_console_works_without_script() {
    let demo = Demo::start();
    run(async {
        let browser = Chromium::start(&demo.url, false).await;
        sign_in(&browser, "k.lindqvist").await;
        browser.open("/users?q=a").await;
        browser.click("input[name=user]").await;
        browser.press("Provision").await;
        browser.says("Provision 1 user").await;
    });
}
