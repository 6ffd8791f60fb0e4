//! What operators do to a token: rights, reasons, states, letters, entries.

use chrono::Duration;
use tokendesk::{
    error::Error,
    mail::{self, Kind},
    operators::{BuiltIn, Who},
    tokens::{self, MovingFactor, TokenState as S, Verdict, lifecycle::Fate},
    users::User,
};

use crate::{
    on_both,
    support::{World, people::Carried},
};

/// The kinds of the emails in the outbox, the newest first.
fn letters(world: &World) -> Vec<Kind> {
    let rows = world
        .desk
        .db
        .read(|conn| mail::rows(conn, world.now(), None, &mail::Filter::default(), mail::View::All, (0, 100)));
    rows.expect("the outbox can be read").into_iter().map(|email| email.kind).collect()
}

fn accepted(world: &World, user: &User, typed: &str) -> bool {
    let verdict = world.desk.db.write(|conn| tokens::check(&world.desk, conn, world.now(), user.id, typed));
    matches!(verdict, Ok(Verdict::Accepted { .. }))
}

fn enrolled(world: &World) -> (Who, User, Carried) {
    let user = world.user("t.adeyemi", "Sales");
    let device = world.device_of(&user, "FT-1", MovingFactor::Counter);
    (world.operator("k.lindqvist", BuiltIn::Operator), user, device)
}

on_both! {
    fn a_suspended_token_is_not_accepted_until_it_is_resumed(world) {
        let (who, user, device) = enrolled(&world);
        let token = tokens::suspend(&world.desk, &who, world.now(), "ft-1", "  Phone\n reported lost ").unwrap();
        assert_eq!((token.state, token.state_reason.as_str()), (S::Suspended, "Phone reported lost"));
        assert!(!accepted(&world, &user, &device.press(1)));
        assert_eq!(letters(&world), [Kind::TokenSuspended]);
        assert!(matches!(tokens::suspend(&world.desk, &who, world.now(), "FT-1", "again"), Err(Error::Refused(_))));
        let token = tokens::resume(&world.desk, &who, world.now(), "FT-1").unwrap();
        assert_eq!((token.state, token.state_reason.as_str()), (S::Active, ""));
        assert!(accepted(&world, &user, &device.press(1)));
        let log = world.dump("audit_entries");
        assert!(log.contains("tokens.suspend") && log.contains("tokens.resume") && log.contains("Phone reported lost"));
    }

    fn a_locked_token_is_unlocked_with_a_reason(world) {
        let (who, user, device) = enrolled(&world);
        assert!(matches!(tokens::unlock(&world.desk, &who, world.now(), "FT-1", "why not"), Err(Error::Refused(_))));
        for _ in 0..10 {
            assert!(!accepted(&world, &user, "000000"));
        }
        assert_eq!(world.token("FT-1").state, S::Locked);
        assert!(!accepted(&world, &user, &device.press(1)));
        let helper = world.operator("h.elp", BuiltIn::HelpDesk);
        assert!(matches!(tokens::unlock(&world.desk, &helper, world.now(), "FT-1", " "), Err(Error::Invalid(_))));
        let token = tokens::unlock(&world.desk, &helper, world.now(), "FT-1", "knew the answers").unwrap();
        assert_eq!((token.state, token.failures), (S::Active, 0));
        assert!(accepted(&world, &user, &device.press(1)));
    }

    fn two_values_in_a_row_bring_a_token_back_into_step(world) {
        let (_, user, device) = enrolled(&world);
        let helper = world.operator("h.elp", BuiltIn::HelpDesk);
        let resync = |a: u64, b: u64| tokens::resync(&world.desk, &helper, world.now(), "FT-1", &device.press(a), &device.press(b));
        assert!(matches!(resync(500, 502), Err(Error::Invalid(_))), "not in a row");
        assert!(world.dump("audit_entries").contains("Did not resynchronize"));
        assert_eq!(resync(500, 501).unwrap().state, S::Active);
        assert!(!accepted(&world, &user, &device.press(501)), "used up");
        assert!(accepted(&world, &user, &device.press(502)));
        assert!(matches!(resync(500, 501), Err(Error::Invalid(_))), "an old pair is worth nothing");
    }

    fn a_revoked_device_goes_back_to_inventory_for_the_next_user(world) {
        let (who, user, device) = enrolled(&world);
        assert!(accepted(&world, &user, &device.press(5)));
        let token = tokens::revoke(&world.desk, &who, world.now(), "FT-1", S::Active, Fate::Inventory, "left us").unwrap();
        assert_eq!((token.state, token.user, token.first_used_at, token.bound_at), (S::Inventory, None, None, None));
        assert!(!accepted(&world, &user, &device.press(6)));
        assert_eq!(letters(&world), [Kind::TokenRevoked]);
        let next = world.user("i.petrova", "Sales");
        let bind = |typed: &str| world.desk.db.write(|conn| {
            tokens::bind_hardware(&world.desk, conn, world.now(), next.id, next.container, "FT-1", typed)
        }).unwrap();
        assert!(matches!(bind(&device.press(5)), tokens::Binding::Refused(_)), "what was used up stays used up");
        assert!(matches!(bind(&device.press(6)), tokens::Binding::Bound(_)));
    }

    fn a_revoked_app_never_goes_back_to_inventory(world) {
        let user = world.user("t.adeyemi", "Sales");
        let app = world.app_of(&user);
        let serial = app.token.serial.as_str();
        let who = world.operator("k.lindqvist", BuiltIn::Operator);
        let revoke = |seen, fate| tokens::revoke(&world.desk, &who, world.now(), serial, seen, fate, "phone lost");
        assert!(matches!(revoke(S::Active, Fate::Inventory), Err(Error::Refused(_))));
        let token = revoke(S::Active, Fate::Lost).unwrap();
        assert_eq!((token.state, token.user), (S::Lost, Some(user.id)), "whose it was stays known");
        world.advance(Duration::minutes(1));
        assert!(!accepted(&world, &user, &app.at(world.now())));
        assert!(matches!(revoke(S::Lost, Fate::Inventory), Err(Error::Refused(_))));
    }

    fn what_was_decided_on_another_state_is_not_done(world) {
        let (who, _, _) = enrolled(&world);
        tokens::suspend(&world.desk, &who, world.now(), "FT-1", "x").unwrap();
        let late = tokens::revoke(&world.desk, &who, world.now(), "FT-1", S::Active, Fate::Lost, "x");
        assert!(matches!(late, Err(Error::Conflict(sentence)) if sentence.contains("is Suspended now")));
        assert_eq!(world.token("FT-1").state, S::Suspended);
    }

    fn a_completed_enrollment_stays_completed(world) {
        let who = world.lindqvist();
        let user = world.user("a.berg", "Sales");
        let task = world.task(&who, &[user.id]);
        let (app, enrollment) = (world.app_of(&user), world.enrollment(task, user.id));
        world.desk.db.write(|conn| {
            tokendesk::tasks::note_enrolled(conn, world.now(), enrollment.id, app.token.id)?;
            tokendesk::tasks::note_used(conn, world.now(), app.token.id)
        }).unwrap();
        let serial = world.desk.db.read(|conn| tokens::of_user(conn, user.id)).unwrap()[0].serial.clone();
        let before = world.dump("enrollments");
        tokens::revoke(&world.desk, &who, world.now(), &serial, S::Active, Fate::Lost, "x").unwrap();
        assert_eq!(world.dump("enrollments"), before);
    }

    fn each_change_needs_its_permission(world) {
        let (_, _, device) = enrolled(&world);
        let (helper, auditor) = (world.operator("h.elp", BuiltIn::HelpDesk), world.operator("a.udit", BuiltIn::Auditor));
        let now = world.now();
        let forbidden = |outcome: tokendesk::error::Result<tokens::Token>| assert!(matches!(outcome, Err(Error::Forbidden(_))), "{outcome:?}");
        forbidden(tokens::suspend(&world.desk, &helper, now, "FT-1", "x"));
        forbidden(tokens::resume(&world.desk, &helper, now, "FT-1"));
        forbidden(tokens::revoke(&world.desk, &helper, now, "FT-1", S::Active, Fate::Lost, "x"));
        forbidden(tokendesk::provision::assign_device(&world.desk, &helper, now, "FT-1", "t.adeyemi").map_err(|error| match error {
            // It is looked for first, and it is not in inventory.
            Error::Refused(_) => Error::Forbidden(""),
            other => other,
        }));
        forbidden(tokens::unlock(&world.desk, &auditor, now, "FT-1", "x"));
        forbidden(tokens::resync(&world.desk, &auditor, now, "FT-1", &device.press(1), &device.press(2)));
        assert!(letters(&world).is_empty());
    }

    fn what_is_out_of_scope_does_not_exist(world) {
        let (_, user, _) = enrolled(&world);
        let lab = world.user("l", "Lab").container;
        let outsider = world.operator_in("o.utsider", BuiltIn::Operator, &[lab]);
        let insider = world.operator_in("i.nsider", BuiltIn::Operator, &[user.container]);
        let gone = |who: &Who| tokens::suspend(&world.desk, who, world.now(), "FT-1", "x");
        assert!(matches!(gone(&outsider), Err(Error::NotFound { .. })));
        let browser = crate::support::Browser::signed_in(&world.url, &world.desk, &outsider);
        for path in ["/tokens/FT-1", "/tokens/FT-1/revoke", "/tokens/nothing", "/tokens/%00"] {
            browser.get(path).expect(404);
        }
        browser.post("/tokens/FT-1/suspend", &[("suspend_reason", "x")]).expect(404);
        browser.get("/tokens").expect(200).does_not_say("FT-1");
        assert!(gone(&insider).is_ok());
    }

    fn the_page_shows_facts_history_and_what_may_be_done(world) {
        let (_, _, _) = enrolled(&world);
        let manager = world.signed_in("m.okafor", BuiltIn::ProvisioningManager);
        manager.get("/tokens/ft-1").expect(200)
            .says("FT-1").says("Hardware token (OATH)").says("t.adeyemi").says("Suspend").says("Revoke").says("Resync");
        // What the help desk may not do is not drawn for it, where it is for others.
        let helper = world.signed_in("h.elp", BuiltIn::HelpDesk);
        let draws = |browser: &crate::support::Browser, act: &str| {
            browser.get("/tokens/FT-1").expect(200).body.contains(&format!("/tokens/FT-1/{act}\""))
        };
        assert_eq!(["suspend", "revoke", "resync"].map(|act| draws(&manager, act)), [true; 3]);
        assert_eq!(["suspend", "revoke", "resync"].map(|act| draws(&helper, act)), [false, false, true]);
        let page = manager.post("/tokens/FT-1/suspend", &[("suspend_reason", "")]).expect(422);
        page.says("Enter a reason.");
        let answer = manager.post("/tokens/FT-1/suspend", &[("suspend_reason", "<b>Left in a taxi")]);
        assert_eq!(answer.location(), "/tokens/FT-1");
        let page = manager.get("/tokens/FT-1").expect(200).says("Suspended FT-1.").says("<b>Left in a taxi").says("m.okafor");
        assert!(!page.body.contains("<b>Left"));
        manager.post("/tokens/FT-1/suspend", &[("suspend_reason", "x")]).expect(422).says("is Suspended");
        manager.get("/tokens/FT-1/revoke").expect(200).says("This cannot be reversed").says("Back to inventory").says("is told by email");
        manager.post("/tokens/FT-1/revoke", &[("state", "Suspended"), ("reason", "x")]).expect(422).says("Choose what becomes of it.");
        manager.post("/tokens/FT-1/revoke", &[("state", "Active"), ("fate", "lost"), ("reason", "x")]).expect(409);
        manager.post("/tokens/FT-1/revoke", &[("state", "Suspended"), ("fate", "lost"), ("reason", "in a taxi")]).expect(303);
        let page = helper.get("/tokens/FT-1").expect(200).says("Lost").says("in a taxi");
        assert!(["/suspend", "/resume", "/revoke", "/resync"].iter().all(|act| !page.body.contains(&format!("/tokens/FT-1{act}\""))));
        helper.get("/tokens/FT-1/revoke").expect(403).says("suspend, revoke a token");
        let back = manager.post("/tokens/FT-1/resume", &[("back", "https://evil.example")]);
        assert_eq!(back.status, 422);
    }

    fn a_user_is_told_when_a_device_is_assigned_and_when_it_is_taken_back(world) {
        let (who, user) = (world.operator("k.lindqvist", BuiltIn::Operator), world.user("t.adeyemi", "Sales"));
        world.device("FT-1", MovingFactor::Counter);
        let token = tokendesk::provision::assign_device(&world.desk, &who, world.now(), "FT-1", "t.adeyemi").unwrap();
        assert_eq!((token.state, token.user), (S::Assigned, Some(user.id)));
        assert_eq!(letters(&world), [Kind::TokenAssigned]);
        let again = tokendesk::provision::assign_device(&world.desk, &who, world.now(), "FT-1", "t.adeyemi");
        assert!(matches!(again, Err(Error::Refused(_))), "{again:?}");
        tokens::revoke(&world.desk, &who, world.now(), "FT-1", S::Assigned, Fate::Inventory, "the wrong one").unwrap();
        assert_eq!(letters(&world), [Kind::TokenRevoked, Kind::TokenAssigned]);
        tokens::revoke(&world.desk, &who, world.now(), "FT-1", S::Inventory, Fate::Faulty, "dead battery").unwrap();
        assert_eq!(letters(&world).len(), 2, "it was nobody's");
    }

    fn a_letter_about_a_token_names_its_serial_number_and_whom_to_ask(world) {
        let who = world.operator("k.lindqvist", BuiltIn::Operator);
        world.user("t.adeyemi", "Sales");
        world.device("FT-1", MovingFactor::Counter);
        tokendesk::provision::assign_device(&world.desk, &who, world.now(), "FT-1", "t.adeyemi").unwrap();
        let mailbox = mail::Mailbox::default();
        mail::courier::run_once(&world.desk, &mail::Carrier::Mailbox(mailbox.clone())).unwrap();
        let letter = mailbox.search("t.adeyemi", 0, 9).0[0].letter(&world.desk.settings).unwrap();
        assert_eq!(letter.subject, "A sign-in token was assigned to you");
        for words in ["FT-1", "k.lindqvist", "extension 4400", "hardware token"] {
            assert!(letter.text.contains(words) && letter.html.contains(words), "{words}: {}", letter.text);
        }
    }

    /// Inventory → Assigned → Active → Locked → Active → Suspended → Active → Lost → Inventory (found) → Active → Faulty →
    /// Inventory (repaired): a help desk gets from each state to the one it needs.
    fn every_state_can_be_reached_and_left(world) {
        let (who, user) = (world.operator("k.lindqvist", BuiltIn::Operator), world.user("t.adeyemi", "Sales"));
        let device = world.device("FT-1", MovingFactor::Counter);
        let (desk, now) = (&world.desk, world.now());
        let state = || world.token("FT-1").state;
        let bind = |n: u64| {
            let typed = device.press(n);
            let bound = desk.db.write(|conn| tokens::bind_hardware(desk, conn, now, user.id, user.container, "FT-1", &typed));
            assert!(matches!(bound, Ok(tokens::Binding::Bound(_))), "{bound:?}");
        };
        let revoke = |seen, fate, reason: &str| tokens::revoke(desk, &who, now, "FT-1", seen, fate, reason).unwrap();
        assert_eq!(state(), S::Inventory);
        tokendesk::provision::assign_device(desk, &who, now, "FT-1", "t.adeyemi").unwrap();
        assert_eq!(state(), S::Assigned);
        assert!(!accepted(&world, &user, &device.press(0)), "not enrolled yet");
        bind(0);
        assert_eq!(state(), S::Active);
        for _ in 0..10 {
            assert!(!accepted(&world, &user, "000000"));
        }
        assert_eq!((state(), world.token("FT-1").state_reason.as_str()), (S::Locked, "10 wrong one-time passwords in a row"));
        tokens::unlock(desk, &who, now, "FT-1", "knew the answers").unwrap();
        assert_eq!((state(), world.token("FT-1").state_reason.as_str()), (S::Active, ""));
        tokens::suspend(desk, &who, now, "FT-1", "on leave").unwrap();
        assert_eq!((state(), world.token("FT-1").state_reason.as_str()), (S::Suspended, "on leave"));
        tokens::resume(desk, &who, now, "FT-1").unwrap();
        assert!(accepted(&world, &user, &device.press(1)));
        let token = revoke(S::Active, Fate::Lost, "left in a taxi");
        assert_eq!((token.state, token.state_reason.as_str(), token.user), (S::Lost, "left in a taxi", Some(user.id)));
        assert!(!accepted(&world, &user, &device.press(2)));
        let token = revoke(S::Lost, Fate::Inventory, "the taxi driver brought it");
        assert_eq!((token.state, token.state_reason.as_str(), token.user), (S::Inventory, "", None));
        bind(2);
        let token = revoke(S::Active, Fate::Faulty, "screen is dark");
        assert_eq!((token.state, token.state_reason.as_str()), (S::Faulty, "screen is dark"));
        revoke(S::Faulty, Fate::Inventory, "new battery");
        bind(3);
        assert_eq!(state(), S::Active);
    }
}
