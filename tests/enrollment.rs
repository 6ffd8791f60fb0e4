//! The portal: activation code, session, key, device, proof, "try it now", and the page of every link that has ended.

use std::{sync::Barrier, thread};

use chrono::{Days, Duration};
use diesel::prelude::*;
use tokendesk::{
    authentication,
    clock::{Timestamp, unix_seconds},
    enrollment::{self, Step, Visit},
    ids::TaskId,
    oath::{self, Algorithm},
    operators::Who,
    policy::Policy,
    schema::{emails, enrollment_sessions, enrollments, tasks as task_rows, users as user_rows},
    tasks::{
        self, Status, links,
        provision::{Choice, Selection},
    },
    tokens::{AuthenticationType, MovingFactor},
    users::{self, User},
};

use crate::{
    on_both,
    support::{Browser, On, Page, World, oathtool},
};

/// A user with an enrollment in a task, and the link and code of their email.
struct Invited {
    user: User,
    task: TaskId,
    handle: String,
    code: String,
}

impl Invited {
    fn path(&self, rest: &str) -> String {
        format!("/enroll/{}{rest}", self.handle)
    }
}

fn invite_to(world: &World, user_id: &str, authentication_type: AuthenticationType) -> Invited {
    let (who, user) = (Who::system(), world.person(user_id));
    let choice = Choice { authentication_type, ..world.app_choice() };
    let task = tasks::drafts::provision(&world.desk, &who, world.now(), &Selection::Users(vec![user.id]), &choice);
    let task = task.expect("the user can be provisioned");
    let place = world.place(task, user.id);
    // The link of the email is sealed; a second one made here is as good, and it is the newest.
    let link = world.desk.db.write(|conn| {
        let link = links::make(&world.desk, conn, world.now(), place.id, &Policy::default())?;
        Ok(link)
    });
    let link = link.expect("a link is made");
    Invited { user, task, handle: link.handle, code: link.code }
}

fn invite(world: &World, user_id: &str) -> Invited {
    invite_to(world, user_id, AuthenticationType::AuthenticatorApp)
}

fn status(world: &World, invited: &Invited) -> Status {
    let place = world.place(invited.task, invited.user.id);
    tasks::status(&place.facts, 5, world.desk.settings.zone.today(world.now()))
}

fn failures(world: &World, invited: &Invited) -> i64 {
    world.place(invited.task, invited.user.id).facts.failures
}

/// The key that the page shows.
fn key_of(page: &Page) -> String {
    let start = page.body.find("data-copy=\"").expect("the page has a key") + 11;
    page.body[start..].chars().take_while(|letter| *letter != '"').collect()
}

fn otp(base32: &str, at: Timestamp) -> String {
    let key = data_encoding::BASE32_NOPAD.decode(base32.as_bytes()).expect("base 32");
    oath::totp(&key, unix_seconds(at), 30, 6, Algorithm::Sha1)
}

/// Types the code and opens the key.
fn to_key(browser: &Browser, invited: &Invited) -> String {
    let page = browser.post(&invited.path(""), &[("code", &invited.code)]);
    assert_eq!(page.location(), invited.path("/key"));
    key_of(&browser.get(&invited.path("/key")).expect(200))
}

/// Enrolls in this browser; the key.
fn enroll(world: &World, browser: &Browser, invited: &Invited) -> String {
    let key = to_key(browser, invited);
    let page = browser.post(&invited.path("/key"), &[("otp", &otp(&key, world.now()))]);
    assert_eq!(page.location(), invited.path("/done"));
    key
}

/// A one-time password that is wrong for a while around now.
fn wrong(key: &str, now: Timestamp) -> String {
    (0..1_000_000)
        .map(|number| format!("{number:06}"))
        .find(|typed| (-20..20).all(|step| otp(key, now + Duration::seconds(30 * step)) != *typed))
        .expect("most are wrong")
}

on_both! {
    fn a_user_enrolls_an_app_and_tries_it_at_once(world) {
        let (invited, phone) = (invite(&world, "t.adeyemi"), world.stranger());
        phone.get(&invited.path("")).expect(200).says("the User ID you sign in with").says("Finish by Fri 4 Dec 2026, 23:59");
        let key = enroll(&world, &phone, &invited);
        let token = world.place(invited.task, invited.user.id).token.expect("a token");
        let done = phone.get(&invited.path("/done")).expect(200).says("Your token is set up").says("Fri 20 Nov 2026, 14:32");
        let tokens = world.desk.db.read(|conn| tokendesk::tokens::of_user(conn, invited.user.id)).unwrap();
        assert_eq!(tokens[0].id, token);
        done.says(&tokens[0].serial);
        assert_eq!((status(&world, &invited), world.place(invited.task, invited.user.id).facts.used_at), (Status::Active, None));
        world.advance(Duration::seconds(30));
        let page = phone.post(&invited.path("/try"), &[("otp", &otp(&key, world.now()))]);
        assert_eq!(page.location(), invited.path("/done"));
        phone.get(&invited.path("/done")).expect(200).says("It works").does_not_say("Try it now");
        assert_eq!(status(&world, &invited), Status::Completed);
        let counts: (i64, i64) = world.desk.db.read(|conn| {
            Ok(task_rows::table.find(invited.task.0).select((task_rows::enrolled, task_rows::used)).first(conn)?)
        }).unwrap();
        assert_eq!(counts, (1, 1));
    }

    fn an_auth_node_completes_what_was_not_tried(world) {
        let (invited, phone) = (invite(&world, "t.adeyemi"), world.stranger());
        let key = enroll(&world, &phone, &invited);
        let node = authentication::add_node(&world.desk, &Who::command_line(), world.now(), "VPN").unwrap();
        let caller = authentication::admit(&world.desk, world.now(), Some(&node), "192.0.2.1", "r").unwrap();
        let ask = |at| authentication::authenticate(&world.desk, &caller, world.now(), "t.adeyemi", &otp(&key, at)).unwrap();
        assert!(!ask(world.now()), "the proof is used up");
        assert_eq!(status(&world, &invited), Status::Active);
        assert!(ask(world.now() + Duration::seconds(30)));
        assert_eq!(status(&world, &invited), Status::Completed);
    }

    fn the_proof_does_not_complete_by_being_sent_again(world) {
        let (invited, phone) = (invite(&world, "t.adeyemi"), world.stranger());
        let key = enroll(&world, &phone, &invited);
        phone.post(&invited.path("/try"), &[("otp", &otp(&key, world.now()))]).expect(422).says("did not match");
        phone.post(&invited.path("/try"), &[("otp", " ")]).expect(422).says("Enter a new code");
        assert_eq!(status(&world, &invited), Status::Active);
        assert_eq!(failures(&world, &invited), 0, "enrollment is done: a wrong one counts against the token");
        assert_eq!(phone.post(&invited.path("/key"), &[("otp", &otp(&key, world.now()))]).location(), invited.path("/done"));
    }

    fn the_user_is_told_by_email_and_everything_is_audited(world) {
        let (invited, phone) = (invite(&world, "t.adeyemi"), world.stranger());
        phone.post(&invited.path(""), &[("code", "WRONG")]).expect(422);
        let key = enroll(&world, &phone, &invited);
        let kinds: Vec<String> = world.desk.db.read(|conn| {
            Ok(emails::table.filter(emails::user_id.eq(invited.user.id.0)).order(emails::id).select(emails::kind).load(conn)?)
        }).unwrap();
        assert_eq!(kinds, ["enrollment", "enrolled"]);
        let log = world.dump("audit_entries");
        for verb in ["enrollment.attempt", "enrollment.accept_code", "enrollment.enroll"] {
            assert!(log.contains(verb), "{verb}");
        }
        assert!(!log.contains(&key) && !log.contains(&invited.code), "no secret is in the log");
    }

    fn a_code_may_be_typed_carelessly(world) {
        let (invited, phone) = (invite(&world, "t.adeyemi"), world.stranger());
        let careless = format!(" {}- {} ", invited.code[..4].to_lowercase(), &invited.code[4..]);
        phone.post(&invited.path(""), &[("code", &careless)]).expect(303);
    }

    fn opening_spends_nothing(world) {
        let (invited, scanner) = (invite(&world, "t.adeyemi"), world.stranger());
        for _ in 0..100 {
            scanner.get(&invited.path("")).expect(200);
            scanner.head(&invited.path("")).expect(200);
        }
        for rest in ["/key", "/device", "/done"] {
            assert_eq!(scanner.get(&invited.path(rest)).location(), invited.path("?again"), "{rest}");
        }
        let place = world.place(invited.task, invited.user.id);
        assert_eq!((place.facts.failures, place.code_accepted_at, place.key_shown_at), (0, None, None));
        assert_eq!(place.opened_at, Some(world.now()), "a note only");
        scanner.get(&invited.path("?again")).expect(200).says("Your time ran out");
    }

    fn wrong_codes_count_and_the_last_one_locks(world) {
        let (invited, phone) = (invite(&world, "t.adeyemi"), world.stranger());
        for left in [4, 3, 2, 1] {
            let page = phone.post(&invited.path(""), &[("code", "ABCD234567")]).expect(422);
            page.says(&format!("You have {left} of 5 attempts left")).does_not_say("1001");
        }
        phone.post(&invited.path(""), &[("code", "  ")]).expect(422).says("Enter the activation code");
        assert_eq!(failures(&world, &invited), 4, "an empty form is no attempt");
        phone.post(&invited.path(""), &[("code", "ABCD234567")]).expect(410).says("Too many wrong codes").does_not_say("t.adeyemi");
        assert_eq!(status(&world, &invited), Status::Locked);
        phone.post(&invited.path(""), &[("code", &invited.code)]).expect(410).says("All 5 attempts were used");
        phone.get(&invited.path("")).expect(410).says("extension 4400");
        assert_eq!(failures(&world, &invited), 5);
        let locked: i64 = world.desk.db.read(|conn| {
            Ok(task_rows::table.find(invited.task.0).select(task_rows::locked).first(conn)?)
        }).unwrap();
        assert_eq!(locked, 1);
    }

    fn tries_at_the_same_instant_never_exceed_the_limit(world) {
        let invited = invite(&world, "t.adeyemi");
        let start = Barrier::new(8);
        let guess = |n: usize| {
            let visit = Visit { handle: invited.handle.clone(), session: None, address: "192.0.2.9".into(), request: n.to_string() };
            start.wait();
            // The right code comes last of all in number, not in time: it counts only if it is among the first five.
            let code = if n == 7 { invited.code.clone() } else { format!("WRONG{n}") };
            enrollment::accept_code(&world.desk, world.now(), &visit, &code).unwrap()
        };
        let steps: Vec<_> = thread::scope(|scope| {
            let guesses: Vec<_> = (0..8).map(|n| scope.spawn(move || guess(n))).collect();
            guesses.into_iter().map(|guess| guess.join().unwrap()).collect()
        });
        let wrong = steps.iter().filter(|step| matches!(step, Step::Wrong(_))).count();
        let ended = steps.iter().filter(|step| matches!(step, Step::Ended(_))).count();
        let done = steps.iter().filter(|step| matches!(step, Step::Done(..))).count();
        assert_eq!((wrong, failures(&world, &invited)), (4, 5));
        assert_eq!(ended + done, 4, "the fifth wrong one locks, and whatever comes after it is not looked at");
    }

    fn a_wrong_one_time_password_counts_and_says_what_to_do(world) {
        let (invited, phone) = (invite(&world, "t.adeyemi"), world.stranger());
        let key = to_key(&phone, &invited);
        let bad = wrong(&key, world.now());
        let page = phone.post(&invited.path("/key"), &[("otp", &bad)]).expect(422);
        let page = page.says("You have 4 of 5 attempts left").says("automatic date and time").says("Show the QR code again");
        assert!(page.body.contains(&format!("value=\"{bad}\"")), "what was typed is kept");
        phone.post(&invited.path("/key"), &[("otp", "")]).expect(422).says("Enter the code that your app shows");
        assert_eq!(failures(&world, &invited), 1);
        for _ in 0..3 {
            phone.post(&invited.path("/key"), &[("otp", &bad)]).expect(422);
        }
        let locked = phone.post(&invited.path("/key"), &[("otp", &bad)]).expect(410);
        locked.says("Too many wrong codes").says("t.adeyemi").says(&invited.task.to_string()).says("Locked");
        phone.post(&invited.path("/key"), &[("otp", &otp(&key, world.now()))]).expect(410);
        assert_eq!(world.place(invited.task, invited.user.id).token, None);
    }

    fn the_same_key_is_shown_until_it_is_proven(world) {
        let (invited, phone, desktop) = (invite(&world, "t.adeyemi"), world.stranger(), world.stranger());
        let key = to_key(&phone, &invited);
        world.advance(Duration::minutes(5));
        assert_eq!(key_of(&phone.get(&invited.path("/key")).expect(200)), key);
        assert_eq!(to_key(&desktop, &invited), key, "another browser with the right code too");
        assert_eq!(key.len(), 32, "160 bits");
        let dump = world.dump("enrollments");
        let bytes = data_encoding::BASE32_NOPAD.decode(key.as_bytes()).unwrap();
        assert!(!dump.contains(&key) && !dump.to_lowercase().contains(&data_encoding::HEXLOWER.encode(&bytes)));
        phone.post(&invited.path("/key"), &[("otp", &otp(&key, world.now()))]).expect(303);
        let pending: Option<Vec<u8>> = world.desk.db.read(|conn| {
            Ok(enrollments::table.filter(enrollments::user_id.eq(invited.user.id.0)).select(enrollments::pending_seed).first(conn)?)
        }).unwrap();
        assert_eq!(pending, None, "it is kept with the token alone");
        desktop.get(&invited.path("/key")).expect(303);
    }

    fn the_key_page_works_without_script_and_inline_style(world) {
        let (invited, phone) = (invite(&world, "t.adeyemi"), world.stranger());
        let key = to_key(&phone, &invited);
        let page = phone.get(&invited.path("/key")).expect(200).says("Open my authenticator app");
        assert!(page.body.contains("<svg xmlns=") && !page.body.contains("<?xml"), "the QR code stands in the page");
        assert!(!page.body.contains(" style=") && !page.body.contains("<style"));
        let link = page.body.split("href=\"").find(|part| part.starts_with("otpauth:")).expect("a link for the app");
        let link = link.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
        assert_eq!(
            link,
            format!("otpauth://totp/Example%20Org:t.adeyemi?secret={key}&issuer=Example%20Org&algorithm=SHA1&digits=6&period=30")
        );
        page.says(&key.as_bytes().chunks(4).map(|four| String::from_utf8_lossy(four)).collect::<Vec<_>>().join(" "));
    }

    fn the_key_uri_has_no_colon_but_the_one_that_parts_issuer_and_account(
        world,
        |settings| settings.organization = "Example: IT".into()
    ) {
        let (invited, phone) = (invite(&world, "t.adeyemi"), world.stranger());
        to_key(&phone, &invited);
        let page = phone.get(&invited.path("/key")).expect(200);
        assert!(page.body.contains("otpauth://totp/Example%20IT:t.adeyemi?"), "{}", page.body);
        assert!(!page.body.contains("%3A"));
    }

    fn before_a_right_code_no_page_of_a_link_tells_whose_it_is(world) {
        let (who, stranger) = (Who::system(), world.stranger());
        world.device("HW-1", MovingFactor::Counter);
        let active = invite(&world, "t.adeyemi");
        let device = invite_to(&world, "h.token", AuthenticationType::HardwareToken);
        let locked = invite(&world, "l.ocked");
        let disabled = invite(&world, "d.isabled");
        let done = invite(&world, "d.one");
        for _ in 0..5 {
            stranger.post(&locked.path(""), &[("code", "WRONGWRONG")]);
        }
        users::disable(&world.desk, &who, world.now(), "d.isabled").unwrap();
        enroll(&world, &world.stranger(), &done);
        let nobody = |page: &Page, invited: &Invited| {
            for name in [invited.user.user_id.as_str(), "Tobi", "Adeyemi"] {
                assert!(!page.text().contains(name), "{name}: {}", page.text());
            }
        };
        for invited in [&active, &device, &locked, &disabled, &done] {
            for rest in ["", "?again", "/key", "/device", "/done"] {
                nobody(&stranger.get(&invited.path(rest)), invited);
            }
            for (rest, form) in [("", ("code", "WRONGWRONG")), ("", ("code", "")), ("/key", ("otp", "1")), ("/try", ("otp", "1"))] {
                nobody(&stranger.post(&invited.path(rest), &[form]), invited);
            }
        }
        for invited in [&active, &device] {
            stranger.get(&invited.path("")).expect(200).says("the User ID you sign in with");
            stranger.post(&invited.path(""), &[("code", "WRONGWRONG")]).expect(422).says("the User ID you sign in with");
        }
        world.advance(Duration::days(60));
        nobody(&stranger.get(&active.path("")).expect(410), &active);
    }

    fn a_session_lasts_fifteen_minutes(world) {
        let (invited, phone) = (invite(&world, "t.adeyemi"), world.stranger());
        let key = to_key(&phone, &invited);
        assert_eq!(phone.get(&invited.path("")).location(), invited.path("/key"), "who comes back goes on");
        world.advance(Duration::minutes(15) - Duration::seconds(1));
        phone.get(&invited.path("/key")).expect(200);
        world.advance(Duration::seconds(1));
        assert_eq!(phone.get(&invited.path("/key")).location(), invited.path("?again"));
        let late = phone.post(&invited.path("/key"), &[("otp", &otp(&key, world.now()))]);
        assert_eq!((late.location(), failures(&world, &invited)), (invited.path("?again").as_str(), 0));
        assert_eq!(to_key(&phone, &invited), key);
    }

    fn a_session_is_good_for_its_own_link_only(world) {
        let (mine, yours) = (invite(&world, "t.adeyemi"), invite(&world, "a.berg"));
        let phone = world.stranger();
        let page = phone.post(&mine.path(""), &[("code", &mine.code)]).expect(303);
        let cookie = page.header("set-cookie").to_owned();
        for part in ["HttpOnly", "SameSite=Lax", &format!("Path={}", mine.path("")), "Max-Age=900"] {
            assert!(cookie.contains(part), "{part} is not in {cookie}");
        }
        assert!(!cookie.contains("Secure"), "the test's address is plain http");
        let value = cookie.split(';').next().unwrap();
        assert!(!world.dump("enrollment_sessions").contains(value.trim_start_matches("enrollment=")));
        let thief = world.stranger();
        assert_eq!(thief.get_with(&mine.path("/key"), "cookie", value).status, 200, "the cookie is the session");
        assert_eq!(thief.get_with(&yours.path("/key"), "cookie", value).location(), yours.path("?again"));
        let link = world.desk.db.write(|conn| {
            let place = world.place(mine.task, mine.user.id);
            links::make(&world.desk, conn, world.now(), place.id, &Policy::default())
        }).unwrap();
        let newer = format!("/enroll/{}", link.handle);
        assert_eq!(thief.get_with(&format!("{newer}/key"), "cookie", value).location(), format!("{newer}?again"));
    }

    fn every_ended_link_has_its_page(world) {
        let set = |invited: &Invited, what: &str| {
            let id = world.place(invited.task, invited.user.id).id.0;
            let now = world.now();
            world.desk.db.write(|conn| {
                let row = diesel::update(enrollments::table.find(id));
                match what {
                    "removed" => row.set((enrollments::removed_at.eq(now), enrollments::removed_why.eq("removed"))).execute(conn)?,
                    "replaced" => row.set((enrollments::removed_at.eq(now), enrollments::removed_why.eq("replaced"))).execute(conn)?,
                    "task" => diesel::update(task_rows::table.find(invited.task.0)).set(task_rows::removed_at.eq(now)).execute(conn)?,
                    _ => diesel::update(user_rows::table.find(invited.user.id.0)).set(user_rows::disabled_at.eq(now)).execute(conn)?,
                };
                Ok(())
            }).unwrap();
        };
        for (user_id, what, status, words) in [
            ("u.removed", "removed", 410, "This setup was canceled"),
            ("u.task", "task", 410, "on 20 November"),
            ("u.replaced", "replaced", 410, "A newer setup replaced this one"),
            ("u.disabled", "disabled", 403, "Your account is switched off"),
        ] {
            let (invited, phone) = (invite(&world, user_id), world.stranger());
            to_key(&phone, &invited);
            set(&invited, what);
            let others = world.stranger().get(&invited.path("")).expect(status).says(words).says("extension 4400");
            others.does_not_say(user_id);
            let others = world.stranger().post(&invited.path(""), &[("code", &invited.code)]).expect(status);
            others.does_not_say(user_id);
            phone.get(&invited.path("/key")).expect(status).says(words).says(user_id);
            assert_eq!(failures(&world, &invited), 0, "{what}");
        }
        let stranger = world.stranger();
        for path in ["/enroll/nothing", "/enroll/nothing/key", "/enroll/nothing/done"] {
            stranger.get(path).expect(404).says("This link is not complete");
        }
        stranger.post("/enroll/nothing", &[("code", "X")]).expect(404);
        stranger.post("/enroll/nothing/try", &[("otp", "1")]).expect(404);
    }

    fn a_superseded_link_says_that_a_newer_email_was_sent_and_when(world) {
        let (invited, phone) = (invite(&world, "t.adeyemi"), world.stranger());
        let key = to_key(&phone, &invited);
        world.advance(Duration::minutes(3));
        let place = world.place(invited.task, invited.user.id);
        let link = world.desk.db.write(|conn| links::make(&world.desk, conn, world.now(), place.id, &Policy::default())).unwrap();
        world.stranger().get(&invited.path("")).expect(410).says("A newer message was sent").says("Friday 20 November 2026, 14:35");
        phone.post(&invited.path("/key"), &[("otp", &otp(&key, world.now()))]).expect(410);
        let newer = Invited { handle: link.handle, code: link.code, user: invited.user, task: invited.task };
        world.stranger().post(&newer.path(""), &[("code", &invited.code)]).expect(422);
        enroll(&world, &world.stranger(), &newer);
    }

    fn an_expired_link_opens_again_when_the_stop_date_moves(world) {
        let (invited, phone) = (invite(&world, "t.adeyemi"), world.stranger());
        world.advance(Duration::days(14));
        phone.get(&invited.path("")).expect(200);
        world.advance(Duration::days(1));
        phone.get(&invited.path("")).expect(410).says("This link ended on 4 December").says("extension 4400");
        phone.post(&invited.path(""), &[("code", &invited.code)]).expect(410);
        let place = world.place(invited.task, invited.user.id);
        world.desk.db.write(|conn| {
            let later = place.facts.stop_on + Days::new(10);
            Ok(diesel::update(enrollments::table.find(place.id.0)).set(enrollments::stop_on.eq(later)).execute(conn)?)
        }).unwrap();
        enroll(&world, &phone, &invited);
    }

    fn enrolled_once_is_enrolled_for_good(world) {
        let (invited, phone, other) = (invite(&world, "t.adeyemi"), world.stranger(), world.stranger());
        let key = to_key(&phone, &invited);
        to_key(&other, &invited);
        let start = Barrier::new(2);
        let typed = otp(&key, world.now());
        let prove = |browser: &Browser| {
            start.wait();
            browser.post(&invited.path("/key"), &[("otp", &typed)]).status
        };
        thread::scope(|scope| {
            let (one, two) = (scope.spawn(|| prove(&phone)), scope.spawn(|| prove(&other)));
            assert_eq!((one.join().unwrap(), two.join().unwrap()), (303, 303));
        });
        assert_eq!(world.desk.db.read(|conn| tokendesk::tokens::of_user(conn, invited.user.id)).unwrap().len(), 1);
        world.stranger().get(&invited.path("")).expect(410).says("set up already").does_not_say("t.adeyemi");
        world.stranger().post(&invited.path(""), &[("code", &invited.code)]).expect(410);
        world.advance(Duration::minutes(15));
        phone.get(&invited.path("/done")).expect(410).says("set up already");
    }

    fn a_user_enrolls_a_device(world) {
        let device = world.device("HW-4711", MovingFactor::Counter);
        let (invited, phone) = (invite_to(&world, "t.adeyemi", AuthenticationType::HardwareToken), world.stranger());
        phone.get(&invited.path("")).expect(200).says("Hardware token").says("serial number is on the back");
        assert_eq!(phone.post(&invited.path(""), &[("code", &invited.code)]).location(), invited.path("/device"));
        phone.get(&invited.path("/key")).expect(404);
        phone.get(&invited.path("/device")).expect(200).says("Serial Number");
        phone.post(&invited.path("/device"), &[("serial", "HW-4711")]).expect(422).says("Enter the code that the device shows");
        assert_eq!(failures(&world, &invited), 0);
        let page = phone.post(&invited.path("/device"), &[("serial", "HW-4712"), ("otp", &device.press(0))]).expect(422);
        assert!(page.says("You have 4 of 5 attempts left").body.contains("value=\"HW-4712\""));
        phone.post(&invited.path("/device"), &[("serial", "HW-4711"), ("otp", "000000")]).expect(422).says("3 of 5");
        let page = phone.post(&invited.path("/device"), &[("serial", " hw-4711 "), ("otp", &device.press(3))]);
        assert_eq!(page.location(), invited.path("/done"));
        phone.get(&invited.path("/done")).expect(200).says("HW-4711");
        phone.post(&invited.path("/try"), &[("otp", &device.press(4))]).expect(303);
        assert_eq!(status(&world, &invited), Status::Completed);
    }

    fn two_users_cannot_enroll_one_device(world) {
        let (device, _other) = (world.device("HW-1", MovingFactor::Counter), world.device("HW-2", MovingFactor::Counter));
        let invited = ["t.adeyemi", "a.berg"].map(|user_id| invite_to(&world, user_id, AuthenticationType::HardwareToken));
        let phones = [world.stranger(), world.stranger()];
        for (phone, invited) in phones.iter().zip(&invited) {
            phone.post(&invited.path(""), &[("code", &invited.code)]).expect(303);
        }
        phones[0].post(&invited[0].path("/device"), &[("serial", "HW-1"), ("otp", &device.press(0))]).expect(303);
        phones[1].post(&invited[1].path("/device"), &[("serial", "HW-1"), ("otp", &device.press(1))]).expect(422);
        assert!(world.dump("audit_entries").contains("is not in inventory"));
    }

    fn who_has_the_code_cannot_fill_the_table_of_sessions(world) {
        let invited = invite(&world, "t.adeyemi");
        for _ in 0..enrollment::portal::MOST_SESSIONS {
            world.stranger().post(&invited.path(""), &[("code", &invited.code)]).expect(303);
        }
        let page = world.stranger().post(&invited.path(""), &[("code", &invited.code)]).expect(429);
        assert_eq!(page.header("retry-after"), "900");
        world.advance(Duration::minutes(15));
        world.stranger().post(&invited.path(""), &[("code", &invited.code)]).expect(303);
        let rows: i64 = world.desk.db.read(|conn| Ok(enrollment_sessions::table.count().get_result(conn)?)).unwrap();
        assert_eq!(rows, 1, "those that are over are forgotten");
    }
}

fn values_from_an_independent_program_enroll(world: &World) {
    let (invited, phone) = (invite(world, "t.adeyemi"), world.stranger());
    let key = to_key(&phone, &invited);
    let typed = oathtool::totp(&key, world.now(), "sha1", 6, 30);
    phone.post(&invited.path("/key"), &[("otp", &typed)]).expect(303);
    world.advance(Duration::seconds(30));
    let typed = oathtool::totp(&key, world.now(), "sha1", 6, 30);
    phone.post(&invited.path("/try"), &[("otp", &typed)]).expect(303);
    assert_eq!(status(world, &invited), Status::Completed);
}

#[test]
#[ignore = "needs oathtool: tests/run"]
fn values_from_oathtool_enroll_on_sqlite() {
    values_from_an_independent_program_enroll(&World::new(On::Sqlite));
}

#[test]
#[ignore = "needs oathtool and PostgreSQL: tests/run"]
fn values_from_oathtool_enroll_on_postgres() {
    values_from_an_independent_program_enroll(&World::new(On::Postgres));
}
