//! A console without a mail server: every page that speaks of email says so, and none promises what cannot happen.

use tokendesk::{messages::Message, why::Situation};

use super::*;
use crate::{
    on_both,
    support::{Browser, Page},
};

/// What no page may say while nothing can leave.
const PROMISES: [&str; 9] = [
    "on its way", "on their way", "is on the way", "within a minute", "within a second",
    "first try and goes out by itself", "Nothing needs attention", "emails leave", "Confirm and send",
];

/// The page says that there is no mail server, what to set, and that email waits; and promises nothing.
#[track_caller]
fn honest(page: Page) -> Page {
    let mut page = page.says("No mail server is set").says("smtp_url").says("wait");
    for promise in PROMISES {
        page = page.does_not_say(promise);
    }
    page
}

/// The value of a hidden field.
fn field(page: &Page, name: &str) -> String {
    let rest = page.body.split(&format!("name=\"{name}\" value=\"")).nth(1).expect("the field is there");
    rest.split('"').next().expect("it ends").to_owned()
}

fn without(settings: &mut tokendesk::config::Written) {
    settings.smtp_url = String::new();
}

on_both! {
    fn every_page_that_speaks_of_email_says_that_it_waits(world, |settings| without(settings)) {
        let who = world.lindqvist();
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        let (a, b) = (world.user("a.berg", "Sales"), world.user("b.cole", "Sales"));
        for path in ["/", "/outbox", "/outbox?state=queued", "/outbox?state=all", "/messages", "/policy/alerts", "/policy/self-enrollment"] {
            honest(browser.get(path).expect(200));
        }
        for message in Message::all() {
            honest(browser.get(&message.path()).expect(200));
        }
        // Provision: each step, the button, the flash and the page it leads to.
        let draft = browser.post("/provision", &[("user", &a.id.to_string()), ("user", &b.id.to_string())]).location().to_owned();
        honest(browser.get(&draft).expect(200));
        honest(browser.get(&format!("{draft}/type")).expect(200));
        browser.post(&format!("{draft}/type"), &[("authentication_type", "authenticator-app")]).expect(303);
        let page = honest(browser.get(&format!("{draft}/confirm")).expect(200));
        let shown = field(&page, "shown");
        page.says("Confirm and queue 2 emails");
        let task = browser.post(&format!("{draft}/confirm"), &[("shown", &shown)]).location().to_owned();
        honest(browser.get(&task).expect(200)).says("The emails wait: no mail server is set (setting smtp_url).");
        // The task: Edit, Remove with its check box, Resend to all, New Stop Date with its notice.
        for path in ["", "/edit", "/remove"] {
            honest(browser.get(&format!("{task}{path}")).expect(200));
        }
        for (path, more) in [("remove", ("x", "")), ("stop-date", ("stop_on", "2026-12-10")), ("resend", ("x", ""))] {
            let page = honest(browser.post(&format!("{task}/edit/{path}"), &[("all", "1"), more]).expect(200));
            if path == "resend" {
                let form = [("all", "1"), ("confirmed", "1"), ("shown", &field(&page, "shown"))];
                let to = browser.post(&format!("{task}/edit/resend"), &form).location().to_owned();
                honest(browser.get(&to)).says("Resent to 2 users").says("Emails wait: no mail server is set");
            }
        }
        // One user: Resend, its flash, the panel.
        let edit = format!("/users/a.berg{task}/edit");
        honest(browser.get(&edit).expect(200));
        browser.post(&edit, &[("email", "a.berg@example.org")]).expect(303);
        honest(browser.get("/users/a.berg/authentication-methods").expect(200))
            .says("An email to a.berg@example.org waits")
            .says("The email waits, since there is no mail server");
        // Unlock of one, with the flash that follows.
        let number = task.trim_start_matches("/tasks/").parse().map(tokendesk::ids::TaskId).unwrap();
        world.lock(number, a.id);
        let page = honest(browser.get(&edit).expect(200));
        browser.post(&format!("/users/a.berg{task}/unlock"), &[("reason", "asked"), ("shown", &field(&page, "shown"))]).expect(303);
        honest(browser.get("/users/a.berg/authentication-methods").expect(200)).says("A fresh email waits");
        // The outbox with what waits: the list, and one email.
        honest(browser.get("/outbox?state=queued").expect(200)).says("once a mail server is set");
        let email = world.newest(mail::Kind::Enrollment).id;
        honest(browser.get(&format!("/outbox/{email}")).expect(200)).says("It waits until the setting smtp_url names a mail server.");
        // The Snapshot counts what waits.
        honest(browser.get("/").expect(200)).says("emails wait in the outbox");
        let helper = world.signed_in("h.elp", BuiltIn::HelpDesk);
        honest(helper.get("/users/a.berg/authentication-methods").expect(200));
    }

    fn a_test_email_waits_too(world, |settings| without(settings)) {
        use tokendesk::schema::operators::dsl;
        let who = world.lindqvist();
        world.desk.db.write(|conn| {
            Ok(diesel::update(dsl::operators.filter(dsl::user_id.eq("k.lindqvist"))).set(dsl::email.eq("k@example.org")).execute(conn)?)
        }).unwrap();
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        browser.post("/messages/canceled/test", &[]).expect(303);
        honest(browser.get("/messages/canceled").expect(200)).says("A test email to k@example.org waits");
    }

    fn a_user_whose_email_waits_is_told_apart_from_one_whose_email_leaves(world, |settings| without(settings)) {
        let who = world.lindqvist();
        let user = world.user("a.berg", "Sales");
        world.task(&who, &[user.id]);
        let found = world.desk.db.read(|conn| {
            tokendesk::why::diagnose(&world.desk, conn, &who, world.now(), user.clone(), None)
        }).unwrap();
        assert_eq!(found.situation, Situation::NoMailServer);
    }

    fn with_a_mail_server_nobody_is_told_of_one(world) {
        let browser = world.signed_in("k.lindqvist", BuiltIn::Operator);
        browser.get("/").expect(200).does_not_say("No mail server is set").says("Nothing needs attention");
    }

    fn a_mail_server_that_takes_nothing_needs_attention(world) {
        let who = world.lindqvist();
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        let user = world.user("a.berg", "Sales");
        world.task(&who, &[user.id]);
        world.deliver(mail::Verdict::Refused);
        browser.get("/").expect(200).says("The mail server has taken no email yet");
        browser.get("/outbox?state=sent").expect(200).says("The mail server takes no email").does_not_say("is accepting mail");
        // One that was taken: a refused address is one address.
        let other = world.user("b.cole", "Sales");
        world.task(&who, &[other.id]);
        world.deliver(mail::Verdict::Accepted);
        browser.get("/").expect(200).does_not_say("has taken no email");
        for n in 0..mail::TRIES_THAT_TELL {
            let next = world.user(&format!("c.{n}"), "Sales");
            world.task(&who, &[next.id]);
            world.deliver(mail::Verdict::Refused);
        }
        browser.get("/").expect(200).says("The mail server takes no email");
    }

    fn emails_that_nobody_tries_need_attention(world) {
        let who = world.lindqvist();
        let user = world.user("a.berg", "Sales");
        world.task(&who, &[user.id]);
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        browser.get("/").expect(200).does_not_say("Emails are not being sent");
        world.advance(chrono::Duration::minutes(11));
        browser.get("/").expect(200).says("Emails are not being sent").says("1 email waits");
    }
}
