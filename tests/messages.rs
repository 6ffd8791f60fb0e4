//! `/messages`: the words of the emails (PRODUCT.md §6).

use tokendesk::{
    mail::{Carrier, Kind, Mailbox, courier, letter::wording},
    operators::BuiltIn,
};

use crate::{
    on_both,
    support::{Browser, World},
};

const APP: &str = "/messages/enrollment?type=authenticator-app";
const TEXT: &str = "Hi {{first_name}},\ngo to {{link}} and type {{code}} until {{stop_date}}. {{help_desk}}";
const HTML: &str = "<p style=\"color: #333\">Hi {{first_name}}, <a href=\"{{link}}\">go</a> and type <b>{{code}}</b> until {{stop_date}}. {{help_desk}}</p>";

fn operator(world: &World) -> Browser {
    world.signed_in("k.lindqvist", BuiltIn::Operator)
}

fn words<'a>(version: &'a str, subject: &'a str, text: &'a str, html: &'a str) -> [(&'a str, &'a str); 4] {
    [("version", version), ("subject", subject), ("text", text), ("html", html)]
}

fn rows(world: &World) -> String {
    world.dump("messages")
}

/// Carries what is due to a mailbox, and reads it there: subject, text and HTML, the oldest first.
fn deliver(world: &World, mailbox: &Mailbox) -> Vec<tokendesk::mail::Letter> {
    courier::run_once(&world.desk, &Carrier::Mailbox(mailbox.clone())).unwrap();
    let (mut parcels, _) = mailbox.search("", 0, 100);
    parcels.reverse();
    parcels.iter().map(|parcel| parcel.letter(&world.desk.settings).unwrap()).collect()
}

on_both! {
    fn every_message_is_listed_and_opens_with_its_default(world) {
        let browser = operator(&world);
        let list = browser.get("/messages").expect(200);
        for name in ["Enrollment: Authenticator app", "Enrollment: Hardware token", "Reminder", "New Stop Date", "Canceled", "Enrolled", "Locked", "Token assigned", "Token imported", "Token suspended", "Token revoked"] {
            assert!(list.text().contains(name), "{name}");
        }
        for kind in Kind::ALL.iter().filter(|kind| !kind.is_for_operators()) {
            let default = wording::default(&world.desk.settings, *kind).unwrap();
            let page = browser.get(&format!("/messages/{}", kind.code())).expect(200);
            assert!(page.text().contains(default.text.lines().next().unwrap()), "{kind:?}");
            let preview = browser.get(&format!("/messages/{}/preview", kind.code())).expect(200);
            assert!(preview.text().contains("Hello Sam,") && !preview.body.contains("{{"), "{kind:?}");
        }
        browser.get("/messages/nonsense").expect(404);
        browser.get("/messages/alert").expect(404);
        browser.get("/messages/enrollment?type=sms").expect(404);
    }

    fn a_saved_message_is_what_users_get(world) {
        let browser = operator(&world);
        assert_eq!(browser.post(APP, &words("0", "Welcome, {{first_name}}", TEXT, HTML)).location(), APP);
        browser.get(APP).expect(200).says("Enrollment: Authenticator app saved.").says("Last changed by k.lindqvist, Today, 14:32");
        let who = world.operator("m.okafor", BuiltIn::Operator);
        let user = world.user("a.berg", "Sales").id;
        world.task(&who, &[user]);
        let letters = deliver(&world, &Mailbox::default());
        assert_eq!(letters.len(), 1);
        assert_eq!(letters[0].subject, "Welcome, First");
        let text = &letters[0].text;
        assert!(text.starts_with(&format!("Hi First,\ngo to {}/enroll/", world.url)) && text.contains('#'), "{text}");
        let html = &letters[0].html;
        assert!(html.starts_with("<!DOCTYPE html>") && html.contains("<title>Welcome, First</title>"), "{html}");
        assert!(html.contains("<p style=\"color: #333\">Hi First, <a href=\"http"), "{html}");
    }

    fn each_authentication_type_has_words_of_its_own(world) {
        let browser = operator(&world);
        browser.post("/messages/enrollment?type=hardware-token", &words("0", "Your device", TEXT, HTML)).location();
        let who = world.operator("m.okafor", BuiltIn::Operator);
        world.task(&who, &[world.user("a.berg", "Sales").id]);
        let letters = deliver(&world, &Mailbox::default());
        assert!(letters[0].subject.starts_with("Set up your sign-in token"), "{}", letters[0].subject);
        assert!(!browser.get(APP).body.contains("Your device"));
    }

    fn a_message_with_mistakes_is_not_saved_and_comes_back_as_typed(world) {
        let browser = operator(&world);
        let page = browser.post(APP, &words("0", "", "Hi {{name}}", "<p>\n{{link}} {{code}}</p>")).expect(422);
        let page = page.says("The message was not saved").says("Enter the subject.")
            .says("Line 1: this message has no placeholder {{name}}.");
        assert!(page.body.contains("href=\"#text\"") && page.text().contains("Hi {{name}}"));
        browser.post(APP, &words("0", "S", "Hi {{link}}", HTML)).expect(422).says("{{code}} is missing: nobody can enroll without it.");
        browser.post(APP, &words("0", "S", TEXT, "<p>{{code}}</p>")).expect(422).says("{{link}} is missing: nobody can enroll without it.");
        browser.post(APP, &words("0", "S", TEXT, &format!("{HTML}\n<script>alert(1)</script>"))).expect(422)
            .says("Line 2: <script> cannot be used here.");
        browser.post("/messages/canceled", &words("0", "S", "{{link}}", "<p>x</p>")).expect(422)
            .says("this message has no placeholder {{link}}");
        assert_eq!(rows(&world), "");
    }

    fn a_message_names_the_last_day_and_whom_to_contact(world) {
        let browser = operator(&world);
        let without = |text: &str, name: &str| text.replace(name, "");
        for name in ["{{stop_date}}", "{{help_desk}}"] {
            browser.post(APP, &words("0", "S", &without(TEXT, name), HTML)).expect(422).says(&format!("{name} is missing: users do not learn"));
            browser.post(APP, &words("0", "S", TEXT, &without(HTML, name))).expect(422).says(&format!("{name} is missing: users do not learn"));
        }
        for kind in ["canceled", "enrolled", "locked", "token-revoked"] {
            browser.post(&format!("/messages/{kind}"), &words("0", "S", "x", "<p>x</p>")).expect(422).says("{{help_desk}} is missing").does_not_say("{{stop_date}} is missing");
        }
        browser.post("/messages/new-stop-date", &words("0", "S", "x {{help_desk}}", "<p>{{stop_date}} {{help_desk}}</p>")).expect(422).says("{{stop_date}} is missing");
        assert_eq!(rows(&world), "");
    }

    fn a_message_of_an_older_version_that_lacks_one_goes_out_and_is_named(world) {
        let browser = operator(&world);
        browser.post(APP, &words("0", "Old", TEXT, HTML)).location();
        world.desk.db.write(|conn| {
            use diesel::prelude::*;
            use tokendesk::schema::messages::dsl;
            Ok(diesel::update(dsl::messages).set(dsl::body_text.eq("Hi, {{link}} and {{code}}.")).execute(conn)?)
        }).unwrap();
        browser.get("/messages").expect(200).says("Lacks {{help_desk}}, {{stop_date}}");
        browser.get("/").expect(200).says("The message Enrollment: Authenticator app lacks {{help_desk}}, {{stop_date}}");
        browser.get("/messages/enrollment/preview?type=authenticator-app").expect(200);
        let who = world.operator("m.okafor", BuiltIn::Operator);
        world.task(&who, &[world.user("a.berg", "Sales").id]);
        assert_eq!(deliver(&world, &Mailbox::default())[0].subject, "Old");
    }

    fn what_runs_or_loads_does_not_come_through(world) {
        let browser = operator(&world);
        let html = "<p onclick=\"alert(1)\" style=\"color: red\">{{link}} {{code}} <a href=\"javascript:alert(1)\">x</a> {{stop_date}} {{help_desk}}</p>";
        browser.post(APP, &words("0", "S", TEXT, html)).location();
        let kept = rows(&world);
        assert!(kept.contains("color: red") && !kept.contains("onclick") && !kept.contains("javascript"), "{kept}");
        let html = "<p style=\"background: url(https://x.example/)\">{{link}} {{code}}</p>";
        browser.post(APP, &words("1", "S", TEXT, html)).expect(422).says("must not load or import anything");
    }

    fn the_second_of_two_operators_is_told_who_was_faster(world) {
        operator(&world).post(APP, &words("0", "First", TEXT, HTML)).location();
        let second = world.signed_in("m.okafor", BuiltIn::Operator);
        let page = second.post(APP, &words("0", "Second", TEXT, HTML)).expect(409);
        let page = page.says("Not saved: k.lindqvist changed this message meanwhile.");
        assert!(page.body.contains("value=\"Second\"") && page.body.contains("name=\"version\" value=\"1\""));
        assert!(rows(&world).contains("First"));
        second.post(APP, &words("1", "Second", TEXT, HTML)).location();
        assert!(rows(&world).contains("Second"));
        second.post("/messages/enrollment/default?type=authenticator-app", &[("version", "1")]).expect(409);
    }

    fn back_to_the_default_forgets_what_was_saved(world) {
        let browser = operator(&world);
        browser.post(APP, &words("0", "First", TEXT, HTML)).location();
        browser.post("/messages/enrollment/default?type=authenticator-app", &[("version", "1")]).location();
        assert_eq!(rows(&world), "");
        browser.get(APP).expect(200).says("Back to the default.").says("These are the words Tokendesk came with");
        // The default, saved as it stands, stays the default.
        let default = wording::default(&world.desk.settings, Kind::Enrollment).unwrap();
        let typed = default.text.replace('\n', "\r\n");
        browser.post(APP, &words("0", &default.subject, &typed, &default.html)).location();
        assert_eq!(rows(&world), "");
        let audit = world.dump("audit_entries");
        assert!(audit.contains("messages.change") && audit.contains("messages.reset"));
    }

    fn a_preview_shows_what_was_typed_and_saves_nothing(world) {
        let browser = operator(&world);
        let path = "/messages/enrollment/preview?type=authenticator-app";
        let mut form = words("0", "For {{first_name}}", TEXT, HTML).to_vec();
        form.push(("part", "html"));
        let page = browser.post(path, &form).expect(200);
        assert!(page.body.contains("Hi Sam, <a href=") && page.body.contains("<title>For Sam</title>"));
        let policy = page.header("content-security-policy");
        assert!(policy.contains("sandbox") && policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'self'"));
        form[4].1 = "text";
        browser.post(path, &form).expect(200).says("For Sam").says("Hi Sam, go to http");
        form[2].1 = "{{nobody}}";
        browser.post(path, &form).expect(422).says("no placeholder {{nobody}}");
        assert_eq!(rows(&world), "");
        let frame = browser.get(APP).expect(200);
        assert!(frame.header("content-security-policy").contains("frame-src 'self'"));
        assert!(frame.body.contains("<iframe class=\"message-frame\" name=\"preview\"") && frame.body.contains(" sandbox>"));
    }

    fn a_test_email_goes_to_oneself_through_the_outbox(world) {
        use diesel::prelude::*;
        use tokendesk::schema::operators::dsl;
        let browser = operator(&world);
        browser.post("/messages/enrollment/test?type=authenticator-app", &[]).expect(422).says("Your account has no email address");
        browser.get(APP).says("Your account has no email address");
        world.desk.db.write(|conn| {
            Ok(diesel::update(dsl::operators.filter(dsl::user_id.eq("k.lindqvist"))).set(dsl::email.eq("k@example.org")).execute(conn)?)
        }).unwrap();
        browser.post(APP, &words("0", "For {{first_name}}", TEXT, HTML)).location();
        browser.get(APP).says("Sends the message as it is saved to k@example.org.");
        browser.post("/messages/enrollment/test?type=authenticator-app", &[]).location();
        let mailbox = Mailbox::default();
        let letters = deliver(&world, &mailbox);
        assert_eq!((letters.len(), letters[0].subject.as_str()), (1, "For Sam"));
        assert_eq!(mailbox.search("k@example.org", 0, 9).1, 1);
    }

    fn only_who_may_edit_messages_opens_or_changes_them(world) {
        for (name, role) in [("p", BuiltIn::ProvisioningManager), ("h", BuiltIn::HelpDesk), ("a", BuiltIn::Auditor)] {
            let browser = world.signed_in(name, role);
            for path in ["/messages", "/messages/canceled", "/messages/canceled/preview"] {
                browser.get(path).expect(403).says("edit messages and policies");
            }
            for path in ["/messages/canceled", "/messages/canceled/preview", "/messages/canceled/default", "/messages/canceled/test"] {
                browser.post(path, &words("0", "S", "T", "H")).expect(403);
            }
        }
        assert_eq!(rows(&world), "");
    }
}
