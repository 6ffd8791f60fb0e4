//! Users enroll devices, while operators import, provision, assign and take back the same ones.

use tokendesk::{
    provision,
    tasks::ticked,
    tokens::{
        self, MovingFactor, TokenState,
        import::{self as importing, Choices, Opening},
        lifecycle::Fate,
    },
};

use super::*;
use crate::on_both;

/// The seed of the devices that the cast hands out.
const SEED: &str = "3132333435363738393031323334353637383930";

fn import(world: &World, file: &str) -> bool {
    let choices = Choices {
        opening: Opening::Nothing,
        container: String::new(),
        tell_owners: false,
        good_ones: false,
        dry_run: false,
    };
    let report = importing::import(&world.desk, &Who::system(), world.now(), file.as_bytes(), &choices);
    report.expect("an outcome for each line").carried_out
}

on_both! {
    fn one_device_is_enrolled_by_one_of_two(world) {
        for round in 0..ROUNDS {
            let device = world.device(&format!("FT-{round}"), MovingFactor::Counter);
            let spare = world.device(&format!("SPARE-{round}"), MovingFactor::Counter);
            let one = Guest::with_device(&world, &format!("a{round}"), &device);
            let other = Guest::with_device(&world, &format!("b{round}"), &device);
            let mut ends = at_once(|| one.enroll(&world), || other.enroll(&world));
            if ends.0 != End::Enrolled {
                ends = (ends.1, ends.0);
            }
            assert_eq!(ends, (End::Enrolled, End::Refused));
            let failures = [&one, &other].map(|guest| world.enrollment(guest.task, guest.user.id).facts.failures);
            assert_eq!(failures[0] + failures[1], 1);
            assert_eq!(world.token(&spare.token.serial).state, TokenState::Inventory);
            all_agrees(&world);
        }
    }

    fn a_device_is_enrolled_once_from_two_windows(world) {
        for round in 0..ROUNDS {
            let device = world.device(&format!("FT-{round}"), MovingFactor::Counter);
            let guest = Guest::with_device(&world, &format!("u{round}"), &device);
            let (one, other) = at_once(|| guest.enroll(&world), || guest.enroll(&world));
            assert!(matches!((one, other), (End::Enrolled, End::TooLate) | (End::TooLate, End::Enrolled)), "{one:?}, {other:?}");
            all_agrees(&world);
        }
    }

    fn the_last_devices_are_reserved_for_one_of_two_tasks(world) {
        for round in 0..ROUNDS {
            world.device(&format!("FT-{round}"), MovingFactor::Counter);
            let users = ["a", "b"].map(|name| world.user(&format!("{name}{round}"), "Sales"));
            let choice = Choice { authentication_type: AuthenticationType::HardwareToken, ..world.app_choice() };
            let provision = |user: &User| {
                let ticked = Selection::Users(vec![user.id]);
                done(provision::provision(&world.desk, &Who::system(), world.now(), &ticked, &choice))
            };
            let (one, other) = at_once(|| provision(&users[0]), || provision(&users[1]));
            assert!(one != other, "one task for one device");
            all_agrees(&world);
        }
    }

    fn a_device_that_is_taken_back_is_not_enrolled(world) {
        for round in 0..ROUNDS {
            world.device(&format!("SPARE-{round}"), MovingFactor::Counter);
            let device = world.device(&format!("FT-{round}"), MovingFactor::Counter);
            let guest = Guest::with_device(&world, &format!("u{round}"), &device);
            let (who, serial) = (Who::system(), &device.token.serial);
            let (end, revoked) = at_once(
                || guest.enroll(&world),
                || {
                    let seen = TokenState::Inventory;
                    done(tokens::revoke(&world.desk, &who, world.now(), serial, seen, Fate::Faulty, "Display is broken"))
                },
            );
            assert!(matches!((end, revoked), (End::Enrolled, false) | (End::Refused, true)), "{end:?}, revoked: {revoked}");
            let state = if revoked { TokenState::Faulty } else { TokenState::Active };
            assert_eq!(world.token(serial).state, state);
            all_agrees(&world);
        }
    }

    fn a_device_that_is_enrolled_is_not_imported_again(world) {
        for round in 0..ROUNDS {
            let device = world.device(&format!("FT-{round}"), MovingFactor::Counter);
            let guest = Guest::with_device(&world, &format!("u{round}"), &device);
            let file = format!("Serial,Seed\nFT-{round},{SEED}\nNEW-{round},{SEED}\n");
            let (end, imported) = at_once(|| guest.enroll(&world), || import(&world, &file));
            assert_eq!((end, imported), (End::Enrolled, false));
            assert_eq!(world.token(&device.token.serial).user, Some(guest.user.id));
            all_agrees(&world);
        }
    }

    fn one_of_two_files_with_the_same_devices_is_imported(world) {
        for round in 0..ROUNDS {
            let lines: Vec<String> = (0..50).map(|n| format!("D{round}-{n},{SEED}\n")).collect();
            let file = format!("Serial,Seed\n{}", lines.concat());
            let turned = format!("Serial,Seed\n{}", lines.iter().rev().cloned().collect::<String>());
            let (one, other) = at_once(|| import(&world, &file), || import(&world, &turned));
            assert!(one != other, "the same device is not there twice");
        }
        all_agrees(&world);
    }

    fn a_device_is_enrolled_or_its_user_is_removed_with_many_tasks(world) {
        for round in 0..ROUNDS {
            let devices = ["X", "Y"].map(|name| world.device(&format!("{name}-{round}"), MovingFactor::Counter));
            let guests = [("a", &devices[0]), ("b", &devices[1])]
                .map(|(name, device)| Guest::with_device(&world, &format!("{name}{round}"), device));
            let (who, tasks) = (Who::system(), guests.iter().map(|guest| guest.task).collect());
            let ticked = ticked::TickedTasks::These(tasks);
            let change = ticked::Change::Remove;
            let seen = ticked::preview(&world.desk, &who, world.now(), &ticked, change).expect("they can be removed");
            let seen = seen.shown(&world.desk.keys, change);
            let (end, removed) = at_once(
                || guests[0].enroll(&world),
                || done(ticked::apply(&world.desk, &who, world.now(), &ticked, change, true, &seen)),
            );
            assert!(matches!((end, removed), (End::Enrolled, false) | (End::TooLate, true)), "{end:?}, removed: {removed}");
            let end = guests[1].enroll(&world);
            assert_eq!(end, if removed { End::TooLate } else { End::Enrolled }, "all of them or none");
            all_agrees(&world);
        }
    }
}
