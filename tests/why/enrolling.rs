//! Between the activation code and the token.

use tokendesk::tokens::MovingFactor;

use super::*;
use crate::on_both;

fn invite_device(world: &World) -> Invited {
    world.device("FT-1", MovingFactor::Time);
    world.device("FT-2", MovingFactor::Counter);
    invite(world, AuthenticationType::HardwareToken)
}

on_both! {
    fn a_wrong_activation_code(world) {
        let invited = invite_app(&world);
        invited.open(&world);
        assert_eq!(invited.types(&world, "WRONGCODE"), None);
        let remedy = is(&world, &invited.user, Situation::WrongCode, "Typed today at 14:32. 4 attempts are left.");
        assert_eq!(remedy, Some(Remedy::Resend));
        assert!(invited.types(&world, &invited.code).is_some());
        is(&world, &invited.user, Situation::KeyNotProven, "");
        assert!(!world.dump("enrollments").contains("WRONGCODE"), "what was typed is not kept");
    }

    fn an_activation_code_of_an_older_email(world) {
        let invited = invite_app(&world);
        world.advance(Duration::minutes(20));
        tasks::resend::resend(&world.desk, &world.lindqvist_or_known(), world.now(), invited.task, invited.user.id, None).unwrap();
        let (handle, code) = link_to(&world, &carry(&world, None), &invited.user);
        let older = invited.code.clone();
        let invited = Invited { handle, ..invited };
        assert_eq!(invited.types(&world, &older), None);
        let words = "Only the code of the newest email works: it was sent today at 14:52. 4 attempts are left.";
        assert_eq!(is(&world, &invited.user, Situation::OlderCode, words), Some(Remedy::Resend));
        assert!(invited.types(&world, &code).is_some());
        is(&world, &invited.user, Situation::KeyNotProven, "");
    }

    fn digits_where_the_activation_code_belongs(world) {
        let invited = invite_app(&world);
        assert_eq!(invited.types(&world, "123 456"), None);
        assert_eq!(is(&world, &invited.user, Situation::DigitsAsCode, "has letters too"), Some(Remedy::Resend));
        assert!(!world.dump("enrollments").contains("123456"));
    }

    fn the_activation_code_where_a_one_time_password_belongs(world) {
        let invited = invite_app(&world);
        let visit = invited.comes_in(&world);
        let proved = tokendesk::portal::prove(&world.desk, world.now(), &visit, &invited.code.to_lowercase()).unwrap();
        assert!(matches!(proved, Step::Wrong(_)));
        is(&world, &invited.user, Situation::CodeAsPassword, "The activation code was right and has done its work");
        let second = invite_device_as(&world, "d.evice");
        let visit = second.comes_in(&world);
        assert!(!second.claims(&world, &visit, "FT-2", &second.code));
        is(&world, &second.user, Situation::CodeAsPassword, "");
    }

    fn the_time_after_the_activation_code_runs_out(world) {
        let invited = invite_app(&world);
        invited.comes_in(&world);
        world.advance(Duration::minutes(14));
        is(&world, &invited.user, Situation::KeyNotProven, "");
        world.advance(Duration::minutes(1));
        let words = "The 15 minutes after the activation code ran out";
        assert_eq!(is(&world, &invited.user, Situation::SessionEnded, words), Some(Remedy::Resend));
        invited.comes_in(&world);
        is(&world, &invited.user, Situation::KeyNotProven, "");
    }

    fn why_a_serial_number_is_not_taken_is_told_apart(world) {
        let invited = invite_device(&world);
        let finance = world.user("f.inance", "Finance");
        let device = |serial: &str, container| {
            let making = tokendesk::tokens::Making { moving_factor: MovingFactor::Counter, ..tokendesk::tokens::Making::APP };
            let seed = tokendesk::tokens::Seed::new(*b"12345678901234567890");
            let device = tokendesk::tokens::Device { serial: serial.into(), seed, making, container };
            world.desk.db.write(|conn| tokendesk::tokens::insert_inventory(&world.desk, conn, world.now(), std::slice::from_ref(&device))).unwrap();
        };
        device("FI-1", Some(finance.container));
        let of_app = world.app_of(&invited.user).token.serial;
        world.device_of(&invited.user, "OW-1", MovingFactor::Counter);
        device("LO-1", None);
        let lindqvist = world.lindqvist_or_known();
        let (from, fate) = (tokendesk::tokens::TokenState::Inventory, tokendesk::tokens::lifecycle::Fate::Faulty);
        tokendesk::tokens::revoke(&world.desk, &lindqvist, world.now(), "LO-1", from, fate, "broke").unwrap();
        let visit = invited.comes_in(&world);
        for (serial, situation, words) in [
            ("FI-1", Situation::SerialElsewhere, "is not for Sales"),
            (of_app.as_str(), Situation::SerialOfOtherType, "is no hardware token"),
            ("OW-1", Situation::SerialOwn, "They have enrolled that token already"),
            ("LO-1", Situation::SerialRetired, "was revoked"),
        ] {
            assert!(!invited.claims(&world, &visit, serial, "123456"), "{serial}");
            assert_eq!(is(&world, &invited.user, situation, words), None);
        }
    }

    fn a_key_that_was_shown_and_never_proven(world) {
        let invited = invite_app(&world);
        invited.comes_in(&world);
        let remedy = is(&world, &invited.user, Situation::KeyNotProven, "The activation code was accepted today at 14:32");
        assert_eq!(remedy, Some(Remedy::Resend));
    }

    fn a_phone_whose_clock_is_off_by_how_much(world) {
        for (off, words) in [(-660, "11 minutes behind"), (3_600, "60 minutes ahead")] {
            let invited = Invited { ..if off < 0 { invite_app(&world) } else { again(&world) } };
            let visit = invited.comes_in(&world);
            assert!(!invited.proves(&world, &visit, off), "a wider window accepts nothing");
            let words = format!("The phone’s clock is {words}");
            assert_eq!(is(&world, &invited.user, Situation::PhoneClockOff, &words), None, "no form mends a clock");
            assert!(invited.proves(&world, &visit, 0), "and nothing was used up by it");
        }
    }

    fn a_one_time_password_of_something_else(world) {
        let invited = invite_app(&world);
        let visit = invited.comes_in(&world);
        let typed = wrong(&invited.key(&world, &visit), &world);
        assert!(matches!(tokendesk::portal::prove(&world.desk, world.now(), &visit, &typed), Ok(Step::Wrong(_))));
        let remedy = is(&world, &invited.user, Situation::WrongPassword, "4 attempts are left");
        assert_eq!(remedy, Some(Remedy::Resend));
        assert!(!world.dump("enrollments").contains(&typed));
    }

    fn the_portal_says_the_same_whether_the_clock_is_off_or_not(world) {
        let invited = invite_app(&world);
        let visit = invited.comes_in(&world);
        let key = invited.key(&world, &visit);
        let phone = world.stranger();
        let path = |rest: &str| format!("/enroll/{}{rest}", invited.handle);
        phone.post(&path(""), &[("code", &invited.code)]).expect(303);
        let (off, other) = (app(&key, &world, -660), wrong(&key, &world));
        let first = phone.post(&path("/key"), &[("otp", &other)]).expect(422).text();
        let second = phone.post(&path("/key"), &[("otp", &off)]).expect(422).text();
        let same = |text: &str| text.replace(&other, "").replace(&off, "").replace("4 of 5", "n").replace("3 of 5", "n");
        assert_eq!(same(&first), same(&second));
    }

    fn a_device_whose_serial_number_was_never_typed(world) {
        let invited = invite_device(&world);
        invited.comes_in(&world);
        assert_eq!(is(&world, &invited.user, Situation::DeviceNotTyped, "no serial number"), Some(Remedy::Resend));
    }

    fn a_serial_number_that_is_not_in_inventory(world) {
        let invited = invite_device(&world);
        let visit = invited.comes_in(&world);
        assert!(!invited.claims(&world, &visit, "FT-99", "123456"));
        assert_eq!(is(&world, &invited.user, Situation::SerialUnknown, "the inventory of Sales"), None);
    }

    fn a_serial_number_that_is_someone_elses(world) {
        let invited = invite_device(&world);
        world.device_of(&world.user("o.ther", "Sales"), "FT-3", MovingFactor::Counter);
        let visit = invited.comes_in(&world);
        assert!(!invited.claims(&world, &visit, "FT-3", "123456"));
        let found = diagnosis(&world, &invited.user);
        assert!(!format!("{:?}", found.words).contains("o.ther"), "whose it is is not said");
        assert_eq!(is(&world, &invited.user, Situation::SerialTaken, "somebody’s, or out of use"), None);
    }

    fn a_device_with_a_wrong_one_time_password(world) {
        let invited = invite_device(&world);
        let visit = invited.comes_in(&world);
        assert!(!invited.claims(&world, &visit, "FT-2", "000000"));
        assert_eq!(is(&world, &invited.user, Situation::DevicePasswordWrong, "the serial number was right"), None);
    }

    fn a_device_whose_clock_has_run_off(world) {
        let invited = invite_device(&world);
        let visit = invited.comes_in(&world);
        let device = tokendesk::tokens::Seed::new(*b"12345678901234567890");
        assert!(!invited.claims(&world, &visit, "FT-1", &app(&device, &world, 1_800)));
        assert_eq!(is(&world, &invited.user, Situation::DeviceClockOff, "30 minutes ahead"), None);
    }

    fn a_device_that_was_pressed_in_a_pocket(world) {
        let invited = invite_device(&world);
        let visit = invited.comes_in(&world);
        let press = |n: u64| oath::hotp(b"12345678901234567890", n, 6, Algorithm::Sha1);
        assert!(!invited.claims(&world, &visit, "FT-2", &press(60)));
        assert_eq!(is(&world, &invited.user, Situation::DeviceFarAhead, "the very next one will be taken"), None);
        assert!(invited.claims(&world, &visit, "FT-2", &press(61)));
    }

    fn unlocking_forgets_what_was_wrong(world) {
        let invited = invite_app(&world);
        for _ in 0..5 {
            invited.types(&world, "WRONG");
        }
        let browser = world.signed_in("h.elp", BuiltIn::HelpDesk);
        let page = browser.get("/users/t.adeyemi/authentication-methods").expect(200).says("The enrollment is Locked");
        let shown = page.body.split("name=\"shown\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
        let path = format!("/users/t.adeyemi/tasks/{}/unlock", invited.task);
        browser.post(&path, &[("shown", &shown), ("reason", "Knew the answers")]).location();
        carry(&world, None);
        is(&world, &invited.user, Situation::LinkNotOpened, "");
    }
}

fn invite_device_as(world: &World, user_id: &str) -> Invited {
    world.device("FT-1", MovingFactor::Time);
    world.device("FT-2", MovingFactor::Counter);
    let user = world.user(user_id, "Sales");
    let task = provision(world, &user, AuthenticationType::HardwareToken);
    let (handle, code) = link_to(world, &carry(world, None), &user);
    Invited { user, task, handle, code }
}

/// Another user, invited the same way.
fn again(world: &World) -> Invited {
    let user = world.user("s.econd", "Sales");
    let task = provision(world, &user, AuthenticationType::AuthenticatorApp);
    let (handle, code) = link_to(world, &carry(world, None), &user);
    Invited { user, task, handle, code }
}
