//! Once enrolled: the token, its clock, and signing in with it.

use tokendesk::tokens::{self, MovingFactor, TokenState as S, lifecycle::Fate};

use super::*;
use crate::on_both;

fn serial(world: &World, user: &User) -> String {
    world.desk.db.read(|conn| tokens::of_user(conn, user.id)).unwrap().pop().expect("a token").serial
}

/// Enrolled and used: the user and the key.
fn completed(world: &World) -> (Invited, Seed) {
    let invited = invite_app(world);
    let seed = invited.enrolls(world);
    world.advance(Duration::minutes(1));
    assert!(signs_in(world, &invited.user, &app(&seed, world, 0)));
    (invited, seed)
}

on_both! {
    fn enrolled_and_never_used(world) {
        let invited = invite_app(&world);
        invited.enrolls(&world);
        assert_eq!(is(&world, &invited.user, Situation::NotUsedYet, "sign in with it once"), None);
    }

    fn everything_is_fine(world) {
        let (invited, _) = completed(&world);
        assert_eq!(is(&world, &invited.user, Situation::InOrder, "accepted today at 14:33"), None);
    }

    fn a_disabled_auth_node_is_named_only_where_this_users_sign_in_met_it(world) {
        let (invited, seed) = completed(&world);
        let other = world.user("o.ther", "Sales");
        world.app_of(&other);
        let key = authentication::add_node(&world.desk, &Who::command_line(), world.now(), "VPN").unwrap();
        let vpn = |user_id: &str| {
            let body = serde_json::json!({ "user_id": user_id, "otp": "123456" }).to_string();
            crate::support::browser::send(world.stranger().bare("/api/v1/authenticate").bearer_auth(&key).body(body)).status
        };
        authentication::disable_node(&world.desk, &Who::command_line(), world.now(), "VPN").unwrap();
        world.advance(Duration::minutes(5));
        for _ in 0..40 {
            // Also once the audit log is spared.
            assert_ne!(vpn("o.ther"), 200);
        }
        assert_ne!(vpn("no.body"), 200);
        is(&world, &invited.user, Situation::InOrder, "");
        let remedy = is(&world, &other, Situation::NodeDisabled, "Sign-in through VPN fails: its key is disabled (last request today at 14:38)");
        assert_eq!(remedy, Some(Remedy::EnableNode));
        vpn("T.Adeyemi");
        is(&world, &invited.user, Situation::NodeDisabled, "the auth node VPN is disabled");
        let helper = world.signed_in("h.elp", BuiltIn::HelpDesk);
        helper.get("/users/t.adeyemi/authentication-methods").expect(200).says("who may do this").says("auth nodes");
        world.advance(Duration::minutes(1));
        assert!(signs_in(&world, &invited.user, &app(&seed, &world, 0)), "at another system");
        is(&world, &invited.user, Situation::InOrder, "");
        world.advance(Duration::days(2));
        is(&world, &other, Situation::NotUsedYet, "");
    }

    fn what_was_asked_before_an_auth_node_was_disabled_anew_does_not_count(world) {
        let (invited, _) = completed(&world);
        let key = authentication::add_node(&world.desk, &Who::command_line(), world.now(), "VPN").unwrap();
        let turn_away = || authentication::note_turned_away(&world.desk, world.now(), Some(&key), "t.adeyemi").unwrap();
        turn_away();
        is(&world, &invited.user, Situation::InOrder, "");
        authentication::disable_node(&world.desk, &Who::command_line(), world.now(), "VPN").unwrap();
        world.advance(Duration::minutes(1));
        turn_away();
        is(&world, &invited.user, Situation::NodeDisabled, "");
        let node = world.desk.db.read(|_| authentication::nodes(&world.desk, &Who::system())).unwrap().into_iter().find(|node| node.name == "VPN").unwrap();
        authentication::new_key(&world.desk, &Who::system(), world.now(), node.id).unwrap();
        is(&world, &invited.user, Situation::InOrder, "");
        world.advance(Duration::minutes(1));
        authentication::disable_node(&world.desk, &Who::command_line(), world.now(), "VPN").unwrap();
        is(&world, &invited.user, Situation::InOrder, "");
    }

    fn a_wrong_user_id_is_told_as_one(world) {
        let (invited, seed) = completed(&world);
        world.advance(Duration::minutes(1));
        let stranger = User { user_id: "t.adeyemi@example.org".into(), ..invited.user.clone() };
        assert!(!signs_in(&world, &stranger, &app(&seed, &world, 0)));
        let words = "“t.adeyemi@example.org” was typed today at 14:34, and nobody has that User ID; theirs is t.adeyemi";
        assert_eq!(is(&world, &invited.user, Situation::WrongUserId, words), None);
        world.advance(Duration::minutes(1));
        assert!(signs_in(&world, &invited.user, &app(&seed, &world, 0)));
        is(&world, &invited.user, Situation::InOrder, "");
    }

    fn a_suspended_token_says_why(world) {
        let (invited, _) = completed(&world);
        let name = serial(&world, &invited.user);
        tokens::suspend(&world.desk, &world.lindqvist_or_known(), world.now(), &name, "Phone reported lost").unwrap();
        let remedy = is(&world, &invited.user, Situation::TokenSuspended, "The reason: Phone reported lost.");
        assert_eq!(remedy, Some(Remedy::ResumeToken));
    }

    fn a_token_locked_by_wrong_one_time_passwords(world) {
        let (invited, seed) = completed(&world);
        for _ in 0..10 {
            assert!(!signs_in(&world, &invited.user, &wrong(&seed, &world)));
        }
        assert_eq!(is(&world, &invited.user, Situation::TokenLocked, "10 wrong one-time passwords in a row"), Some(Remedy::UnlockToken));
    }

    fn a_token_that_is_lost(world) {
        let (invited, _) = completed(&world);
        let name = serial(&world, &invited.user);
        tokens::revoke(&world.desk, &world.lindqvist_or_known(), world.now(), &name, S::Active, Fate::Lost, "left in a taxi").unwrap();
        assert_eq!(is(&world, &invited.user, Situation::TokenLost, "left in a taxi"), Some(Remedy::Provision));
    }

    fn a_token_that_is_faulty(world) {
        let (invited, _) = completed(&world);
        let name = serial(&world, &invited.user);
        tokens::revoke(&world.desk, &world.lindqvist_or_known(), world.now(), &name, S::Active, Fate::Faulty, "screen is dark").unwrap();
        assert_eq!(is(&world, &invited.user, Situation::TokenFaulty, "screen is dark"), Some(Remedy::Provision));
    }

    fn a_device_that_went_back_to_inventory(world) {
        world.device("FT-1", MovingFactor::Counter);
        let invited = invite(&world, AuthenticationType::HardwareToken);
        let visit = invited.comes_in(&world);
        assert!(invited.claims(&world, &visit, "FT-1", &oath::hotp(b"12345678901234567890", 0, 6, Algorithm::Sha1)));
        tokens::revoke(&world.desk, &world.lindqvist_or_known(), world.now(), "FT-1", S::Active, Fate::Inventory, "returned").unwrap();
        assert_eq!(is(&world, &invited.user, Situation::TokenGone, "taken from them"), Some(Remedy::Provision));
    }

    fn a_one_time_password_that_was_used_before(world) {
        let (invited, seed) = completed(&world);
        assert!(!signs_in(&world, &invited.user, &app(&seed, &world, 0)));
        assert_eq!(is(&world, &invited.user, Situation::PasswordReused, "Each code works once"), None);
        world.advance(Duration::minutes(1));
        assert!(signs_in(&world, &invited.user, &app(&seed, &world, 0)));
        is(&world, &invited.user, Situation::InOrder, "");
    }

    fn a_device_out_of_step(world) {
        let user = world.user("t.adeyemi", "Sales");
        let device = world.device_of(&user, "FT-1", MovingFactor::Counter);
        assert!(!signs_in(&world, &user, &device.press(100)));
        let remedy = is(&world, &user, Situation::OutOfStep, "The token FT-1 is out of step");
        assert_eq!(remedy, Some(Remedy::ResyncToken));
        let helper = world.signed_in("h.elp", BuiltIn::HelpDesk);
        let back = "/users/t.adeyemi/authentication-methods";
        helper.get(back).expect(200).says("First one-time password");
        let form = [("first", device.press(101)), ("second", device.press(102)), ("back", back.to_owned())];
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(helper.post("/tokens/FT-1/resync", &form).location(), back);
        assert!(signs_in(&world, &user, &device.press(103)));
        is(&world, &user, Situation::InOrder, "");
    }

    fn an_enrolled_app_whose_clock_drifts(world) {
        let (invited, seed) = completed(&world);
        assert!(!signs_in(&world, &invited.user, &app(&seed, &world, -240)));
        let remedy = is(&world, &invited.user, Situation::TokenClockOff, "The phone’s clock is 4 minutes behind");
        assert_eq!(remedy, Some(Remedy::ResyncToken));
    }

    fn a_clock_too_far_off_to_be_learned(world) {
        let (invited, seed) = completed(&world);
        assert!(!signs_in(&world, &invited.user, &app(&seed, &world, 7_200)));
        assert_eq!(is(&world, &invited.user, Situation::TokenClockBroken, "2 hours ahead"), None);
        let rejections = world.desk.db.read(|conn| tokens::rejections_of(conn, invited.user.id)).unwrap();
        assert_eq!((rejections[0].seconds, rejections[0].what), (Some(7_200), tokens::Rejected::Wrong));
    }

    fn wrong_one_time_passwords_in_a_row(world) {
        let (invited, seed) = completed(&world);
        for _ in 0..3 {
            assert!(!signs_in(&world, &invited.user, &wrong(&seed, &world)));
        }
        let remedy = is(&world, &invited.user, Situation::PasswordsWrong, "3 in a row");
        assert_eq!(remedy, Some(Remedy::ResyncToken));
        assert!(!world.dump("tokens").contains(&wrong(&seed, &world)), "what was typed is not kept");
    }

    fn what_was_rejected_of_one_user_is_not_told_of_the_next(world) {
        let (user, next) = (world.user("t.adeyemi", "Sales"), world.user("n.ext", "Sales"));
        let device = world.device_of(&user, "FT-1", MovingFactor::Counter);
        assert!(!signs_in(&world, &user, "000000"));
        tokens::revoke(&world.desk, &world.lindqvist_or_known(), world.now(), "FT-1", S::Active, Fate::Inventory, "left us").unwrap();
        let bound = world.desk.db.write(|conn| {
            tokens::bind_hardware(&world.desk, conn, world.now(), next.id, next.container, "FT-1", &device.press(1))
        });
        assert!(matches!(bound, Ok(tokens::Binding::Bound(_))), "{bound:?}");
        assert_eq!(world.desk.db.read(|conn| tokens::rejections_of(conn, next.id)).unwrap(), []);
        is(&world, &next, Situation::NotUsedYet, "");
    }
}
