//! An authenticator app: the key, the proof, "try it now".

use chrono::Duration;
use diesel::prelude::*;
use tokendesk::{
    authentication,
    operators::Who,
    schema::{emails, enrollments, tasks as task_rows},
    tasks::Status,
};

use super::*;
use crate::{
    on_both,
    support::{On, oathtool},
};

on_both! {
    fn a_user_enrolls_an_app_and_tries_it_at_once(world) {
        let (invited, phone) = (invite(&world, "t.adeyemi"), world.stranger());
        phone.get(&invited.path("")).expect(200).says("the User ID you sign in with").says("Finish by Fri 4 Dec 2026, 23:59");
        let key = enroll(&world, &phone, &invited);
        let token = world.enrollment(invited.task, invited.user.id).token.expect("a token");
        let done = phone.get(&invited.path("/done")).expect(200).says("Your token is set up").says("Fri 20 Nov 2026, 14:32");
        let tokens = world.desk.db.read(|conn| tokendesk::tokens::of_user(conn, invited.user.id)).unwrap();
        assert_eq!(tokens[0].id, token);
        done.says(&tokens[0].serial);
        assert_eq!((status(&world, &invited), world.enrollment(invited.task, invited.user.id).facts.used_at), (Status::Active, None));
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
        phone.post(&invited.path("/try"), &[("otp", " ")]).expect(422).says("Enter a new one-time password");
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

    fn a_wrong_one_time_password_counts_and_says_what_to_do(world) {
        let (invited, phone) = (invite(&world, "t.adeyemi"), world.stranger());
        let key = to_key(&phone, &invited);
        let bad = wrong(&key, world.now());
        let page = phone.post(&invited.path("/key"), &[("otp", &bad)]).expect(422);
        let page = page.says("You have 4 of 5 attempts left").says("automatic date and time").says("Show the QR code again");
        assert!(page.body.contains(&format!("value=\"{bad}\"")), "what was typed is kept");
        phone.post(&invited.path("/key"), &[("otp", "")]).expect(422).says("Enter the one-time password that your app shows");
        assert_eq!(failures(&world, &invited), 1);
        for _ in 0..3 {
            phone.post(&invited.path("/key"), &[("otp", &bad)]).expect(422);
        }
        let locked = phone.post(&invited.path("/key"), &[("otp", &bad)]).expect(410);
        locked.says("Too many wrong codes").says("t.adeyemi").says(&invited.task.to_string()).says("Locked");
        phone.post(&invited.path("/key"), &[("otp", &otp(&key, world.now()))]).expect(410);
        assert_eq!(world.enrollment(invited.task, invited.user.id).token, None);
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
