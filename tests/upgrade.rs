//! A database that version 26b1365 made works on: nothing that people were given, know or decided is lost.
//! `tests/fixtures/26b1365` says what is in it.

use tokendesk::{
    clock::unix_seconds,
    mail::courier::{self, Carrier, Smtp},
    oath::{self, Algorithm},
    operators::Permissions,
};

use crate::support::{
    Browser, On, Page, browser,
    old::{Old, Stored},
    smtp::Sink,
};

/// The seeds of the devices, as their maker's file had them.
const COUNTER_SEED: &[u8] = b"12345678901234567890";
const TIME_SEED: &[u8] = b"12345678901234567890123456789012";

/// Each on both databases.
macro_rules! after_the_upgrade {
    ($(fn $name:ident($old:ident) $body:block)+) => {$(
        mod $name {
            use super::*;

            fn law($old: Old) $body

            #[test]
            fn sqlite() {
                law(Stored::load(On::Sqlite).upgraded());
            }

            #[test]
            #[ignore = "needs PostgreSQL: tests/run starts one"]
            fn postgres() {
                law(Stored::load(On::Postgres).upgraded());
            }
        }
    )+};
}

/// What an app with this key shows now.
fn shown(old: &Old, key: &[u8]) -> String {
    oath::totp(key, unix_seconds(old.world.now()), 30, 6, Algorithm::Sha1)
}

/// The operator, signed in with the password and the phone of old.
fn operator(old: &Old) -> Browser {
    let browser = old.world.stranger();
    let typed = [("user_id", old.known("operator")), ("password", old.known("password"))];
    assert_eq!(browser.post("/sign-in", &typed).location(), "/sign-in/verify");
    let otp = shown(old, &old.key("second_factor"));
    assert_eq!(browser.post("/sign-in/verify", &[("otp", &otp)]).location(), "/");
    browser
}

/// An auth node with this key asks.
fn ask(old: &Old, key: &str, user_id: &str, otp: &str) -> Page {
    let request = old.world.stranger().bare("/api/v1/authenticate").header("authorization", format!("Bearer {key}"));
    browser::send(request.json(&serde_json::json!({ "user_id": user_id, "otp": otp })))
}

/// What stands between two pieces of a page.
fn between(page: &Page, before: &str, after: &str) -> String {
    let rest = page.body.split_once(before).unwrap_or_else(|| panic!("no {before} in {}", page.text())).1;
    rest.split_once(after).expect("it ends").0.to_owned()
}

/// The value of a field.
fn field(page: &Page, name: &str) -> String {
    let tag = page.body.split('<').find(|tag| tag.starts_with("input") && tag.contains(&format!("name=\"{name}\"")));
    let tag = tag.unwrap_or_else(|| panic!("no {name} in {}", page.text()));
    let value = tag.split("value=\"").nth(1).expect("a value");
    value.split('"').next().expect("it ends").to_owned()
}

/// The key on the page where an app is set up.
fn key_on(page: &Page) -> Vec<u8> {
    data_encoding::BASE32_NOPAD.decode(between(page, "secret=", "&").as_bytes()).expect("base 32")
}

/// A user with link and code enrolls an app, and tries it.
fn enroll(old: &Old, handle: &str, code: &str) {
    let (phone, portal) = (old.world.stranger(), format!("/enroll/{handle}"));
    assert_eq!(phone.post(&portal, &[("code", code)]).location(), format!("{portal}/key"));
    let key = key_on(&phone.get(&format!("{portal}/key")).expect(200));
    let done = phone.post(&format!("{portal}/key"), &[("otp", &shown(old, &key))]);
    assert_eq!(done.location(), format!("{portal}/done"));
    old.world.advance(chrono::Duration::seconds(30));
    phone.post(&format!("{portal}/try"), &[("otp", &shown(old, &key))]).expect(303);
    phone.get(&format!("{portal}/done")).expect(200).says("It works");
}

/// The status of a user's place, as the page of the task says it.
#[track_caller]
fn status(browser: &Browser, task: &str, user_id: &str) -> String {
    let page = browser.get(&format!("/tasks/{task}?q={user_id}")).expect(200);
    let text = page.text();
    let table = text.split_once("What to do ").unwrap_or_else(|| panic!("{user_id}: {text}")).1;
    let row = table.strip_prefix(user_id).unwrap_or_else(|| panic!("{user_id} is not the one: {table}"));
    let words = ["Completed", "Active", "Locked", "Expired"];
    let first = words.into_iter().filter_map(|word| row.find(word).map(|at| (at, word))).min();
    first.expect("everybody has a status").1.to_owned()
}

after_the_upgrade! {
    fn the_operator_signs_in_as_ever_and_the_lists_show_what_was_there(old) {
        let console = operator(&old);
        let users = console.get("/users?state=any&size=100").expect(200);
        for name in [
            "Jovanović", "Berg", "Größe", "Żółć", "Nguyễn", "O’Brien", "Sørensen", "Åkesson", "Ünal", "Müller", "Nováková",
            "Çelik", "Sales", "Legal",
        ] {
            assert!(users.text().contains(name), "{name}: {}", users.text());
        }
        assert_eq!(users.text().matches("Peña").count() + users.text().matches("Pen\u{303}a").count(), 2);
        console.get("/users/a.jovanovic").expect(200).says("+381 11 4400").says("Team Čačak").says("a.jovanovic@example.org");
        console.get("/users/d.unal").expect(200).says("Enable account");

        let task = old.known("task");
        let rows = ["task", "task_of_a_day"].map(|name| format!("{} k.lindqvist", old.known(name)));
        console.get("/tasks").expect(200).says(&rows[0]).says(&rows[1]).says("Rows 1 to 2 of 2");
        console.get(&format!("/tasks/{task}")).expect(200).says("Büro Zürich");
        let states = ["a.jovanovic", "z.berg", "f.grosse", "l.zolc"].map(|user_id| status(&console, task, user_id));
        assert_eq!(states, ["Completed", "Active", "Locked", "Active"]);
        assert_eq!(status(&console, old.known("task_of_a_day"), "j.muller"), "Expired");
        console.get(&format!("/tasks/{}", old.known("task_of_devices"))).expect(200).says("HW-100001").says("HW-100002");
        console.get(&format!("/tasks/{}", old.known("removed_task"))).expect(200).says("Removed");

        let tokens = console.get("/tokens?size=100").expect(200);
        for serial in ["HW-100001", "HW-100002", "HW-100003", "HW-100004"] {
            assert!(tokens.text().contains(serial), "{serial}");
        }
        console.get("/tokens/HW-100003").expect(200).says("Assigned");
        console.get("/outbox").expect(200).says("Queued 2 Sent 19 Deferred 0 Failed 0 Bounced 1");
        console.get("/outbox?state=queued").expect(200).says("m.nguyen@example.org").says("s•••@h•••.example");
        console.get("/users/j.muller/authentication-methods").expect(200).says("550 5.1.1 No such user");

        let policy = console.get("/policy/self-enrollment").expect(200).says("k.lindqvist");
        assert_eq!([field(&policy, "attempts_allowed"), field(&policy, "days_to_enroll")], ["3", "10"]);
        let message = console.get("/messages/enrolled").expect(200);
        assert!(message.body.contains("Token {{serial_number}} is yours"), "{}", message.text());
        let log = console.get("/audit?size=100").expect(200);
        for words in ["k.lindqvist", "VPN Zürich", "Old mail", "Téléphone", "o.éclair"] {
            assert!(log.text().contains(words), "{words}: {}", log.text());
        }
        console.get("/auth-nodes").expect(200).says("VPN Zürich").says("Old mail");
    }

    fn what_was_half_done_is_done(old) {
        let console = operator(&old);
        let draft = format!("/provision/{}/confirm", old.known("draft"));
        let page = console.get(&draft).expect(200).says("Half done").says("h.akesson");
        let done = console.post(&draft, &[("shown", &field(&page, "shown"))]);
        let task = done.location().rsplit('/').next().expect("its number").to_owned();
        assert!(task.parse::<i64>().unwrap() > old.known("removed_task").parse().unwrap(), "a number is used once: {task}");
        assert_eq!(status(&console, &task, "h.akesson"), "Active");
    }

    fn an_auth_node_has_its_key_and_values_of_old_tokens_are_accepted_once(old) {
        let key = old.known("api_key");
        let (used, unused) = (old.key("app_of_a.jovanovic"), old.key("app_of_z.berg"));
        ask(&old, old.known("disabled_api_key"), "a.jovanovic", &shown(&old, &used)).expect(401);
        ask(&old, key, "A.Jovanovic", &shown(&old, &used)).expect(200);
        ask(&old, key, "a.jovanovic", &shown(&old, &used)).expect(403);
        ask(&old, key, "z.berg", &shown(&old, &unused)).expect(200);
        assert_eq!(status(&operator(&old), old.known("task"), "z.berg"), "Completed");

        let press = |counter| oath::hotp(COUNTER_SEED, counter, 6, Algorithm::Sha1);
        let next: u64 = old.known("next_counter").parse().unwrap();
        ask(&old, key, "h.akesson", &press(next - 1)).expect(403);
        ask(&old, key, "h.akesson", &press(next)).expect(200);
        ask(&old, key, "h.akesson", &press(next)).expect(403);
        let timed = oath::totp(TIME_SEED, unix_seconds(old.world.now()), 60, 8, Algorithm::Sha256);
        ask(&old, key, "e.sorensen", &timed).expect(200);
        ask(&old, key, "e.sorensen", &timed).expect(403);
        ask(&old, key, "d.unal", &shown(&old, &old.key("app_of_d.unal"))).expect(403);
        ask(&old, key, "josé", "123456").expect(403);
    }

    fn waiting_email_leaves_and_its_link_enrolls(old) {
        let sink = Sink::new();
        let smtp = Smtp::new(&old.world.desk.settings, &sink.url().parse().unwrap()).expect("the address is right");
        courier::run_once(&old.world.desk, &Carrier::Smtp(Box::new(smtp))).expect("the database answers");
        let mut to: Vec<String> = sink.received().iter().flat_map(|email| email.to.clone()).collect();
        to.sort();
        assert_eq!(to, ["m.nguyen@example.org", "sean@home.example"]);
        for email in sink.received() {
            let message = mail_parser::MessageParser::default().parse(email.data.as_bytes()).expect("a message");
            let text = message.body_text(0).expect("a text");
            let link = text.split("/enroll/").nth(1).unwrap_or_else(|| panic!("no link in {text}"));
            let link = link.split_whitespace().next().expect("it ends");
            let (handle, code) = link.split_once('#').expect("the link carries the code");
            enroll(&old, handle, code);
        }
        let task = old.known("task");
        let console = operator(&old);
        assert_eq!(["m.nguyen", "s.obrien"].map(|user_id| status(&console, task, user_id)), ["Completed", "Completed"]);
        assert!(!old.world.dump("emails").contains("home.example"), "an alternate address is forgotten");
        let older = format!("/enroll/{}", old.known("old_handle_of_m.nguyen"));
        old.world.stranger().get(&older).expect(410);
    }

    fn a_link_that_was_sent_enrolls(old) {
        let portal = format!("/enroll/{}", old.known("handle_of_l.zolc"));
        old.world.stranger().post(&portal, &[("code", "WRONG23456")]).expect(422).says("2 of 3 attempts left");
        enroll(&old, old.known("handle_of_l.zolc"), old.known("code_of_l.zolc"));
        assert_eq!(status(&operator(&old), old.known("task"), "l.zolc"), "Completed");
    }

    fn tasks_can_be_edited(old) {
        let console = operator(&old);
        let edit = format!("/tasks/{}/edit", old.known("task_of_a_day"));
        let (day, ticked) = (old.world.now() + chrono::Duration::days(6), field(&console.get(&edit).expect(200), "user"));
        let day = day.format("%Y-%m-%d").to_string();
        let form = [("user", ticked.as_str()), ("stop_on", day.as_str())];
        let page = console.post(&format!("{edit}/stop-date"), &form).expect(200).says("Active again");
        let shown = field(&page, "shown");
        let form = [form[0], form[1], ("confirmed", "1"), ("shown", &shown)];
        assert_eq!(console.post(&format!("{edit}/stop-date"), &form).location(), edit);
        assert_eq!(status(&console, old.known("task_of_a_day"), "j.muller"), "Active");

        let unlock = format!("/users/f.grosse/tasks/{}", old.known("task"));
        let shown = field(&console.get(&format!("{unlock}/edit")).expect(200).says("is Locked"), "shown");
        console.post(&format!("{unlock}/unlock"), &[("reason", "Called"), ("shown", &shown)]).location();
        assert_eq!(status(&console, old.known("task"), "f.grosse"), "Active");

        let remove = format!("/tasks/{}/remove", old.known("task"));
        let lose = field(&console.get(&remove).expect(200), "lose");
        console.post(&remove, &[("lose", &lose)]).location();
        console.get("/tasks").expect(200).says("Rows 1 to 1 of 1").does_not_say(&format!("{} k.lindqvist", old.known("task")));
    }

    fn a_role_and_who_has_it_may_do_what_they_might(old) {
        let phone = old.world.stranger();
        let first = old.known("first_password");
        let typed = [("user_id", old.known("new_operator")), ("password", first)];
        assert_eq!(phone.post("/sign-in", &typed).location(), "/sign-in/set-up");
        let key = key_on(&phone.get("/sign-in/set-up").expect(200));
        phone.post("/sign-in/set-up", &[("otp", &shown(&old, &key))]).expect(303);
        assert_eq!(phone.get("/users").location(), "/account", "a first password is changed first");
        let own = "quiet streets at dawn";
        phone.post("/account/password", &[("current", first), ("new", own), ("again", own)]).expect(303);

        let users = phone.get("/users?size=100").expect(200);
        assert!(users.text().contains("Jovanović") && !users.text().contains("Åkesson"), "{}", users.text());
        phone.get("/users/h.akesson").expect(404);
        phone.get(&format!("/tasks/{}", old.known("task"))).expect(200);
        phone.get("/outbox").expect(200);
        phone.get(&format!("/users/l.zolc/tasks/{}/edit", old.known("task"))).expect(200).says("Resend");
        for path in ["/audit", "/users/new", "/policy/self-enrollment", "/reports/tokens", "/operators", "/tokens/import"] {
            phone.get(path).expect(403);
        }
        phone.post(&format!("/users/f.grosse/tasks/{}/unlock", old.known("task")), &[("reason", "Called")]).expect(403);

        use diesel::prelude::*;
        use tokendesk::schema::roles;
        let names: String = old.world.desk.db.read(|conn| {
            Ok(roles::table.filter(roles::name.eq("Téléphone")).select(roles::permissions).first(conn)?)
        }).unwrap();
        let kept = Permissions::parse("SeeUsers SeeTasks Resend SeeOutbox");
        assert_eq!((Permissions::parse(&names), kept.count()), (kept, 4));
    }

    fn old_users_are_found_as_they_are_spoken_of(old) {
        let console = operator(&old);
        for (spoken, user_id) in [
            ("jovanovic ana", "a.jovanovic"), ("zoe", "z.berg"), ("francois", "f.grosse"), ("lukasz", "l.zolc"),
            ("sean obrien", "s.obrien"), ("emile", "e.sorensen"), ("hoelger", "h.akesson"), ("holger", "h.akesson"),
            ("jurgen", "j.muller"), ("ayse", "a.celik"), ("381114400", "a.jovanovic"), ("cacak", "a.jovanovic"),
        ] {
            let page = console.get(&format!("/users?q={}", tokendesk::web::segment(spoken))).expect(200);
            assert!(page.body.contains(&format!("href=\"/users/{user_id}\"")), "{spoken}: {}", page.text());
            page.says("Rows 1 to 1 of 1");
        }
        // Two who were different people to the old program: both are still there, and somebody is told.
        console.get("/users?q=jose").expect(200).says("jose.one@example.org").says("jose.two@example.org");
        console.get("/").expect(200).says("1 User ID is there twice");
        let (_, said) = old.run(&["check"]);
        assert!(said.contains("josé and jose\u{301}") || said.contains("jose\u{301} and josé"), "{said}");
    }

    fn check_finds_it_well(old) {
        let (_, said) = old.run(&["check"]);
        for what in ["database", "master key", "operators", "counts", "clock"] {
            assert!(said.contains(&format!("OK        {what}:")), "{what}: {said}");
        }
        let (well, said) = old.run(&["migrate"]);
        assert!(well && said.contains("at this version already"), "{said}");
    }
}

fn is_not_touched_with_another_key(on: On) {
    let stored = Stored::load(on);
    let (well, said) = stored.run_with_another_key(&["migrate"]);
    assert!(!well && said.contains("not the one of this database"), "{said}");
    let (well, said) = stored.run(&["migrate"]);
    assert!(well, "{said}");
}

#[test]
fn an_old_file_is_refused_with_another_key_and_opens_with_its_own() {
    is_not_touched_with_another_key(On::Sqlite);
}

#[test]
#[ignore = "needs PostgreSQL: tests/run starts one"]
fn an_old_postgresql_is_refused_with_another_key_and_opens_with_its_own() {
    is_not_touched_with_another_key(On::Postgres);
}
