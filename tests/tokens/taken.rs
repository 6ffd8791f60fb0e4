//! That a serial number is taken elsewhere can be learned, so that each try is written down and many have to wait.

use tokendesk::{
    error::{Error, Result},
    imports::preview,
    operators::{BuiltIn, Who},
    tokens::{
        MovingFactor,
        import::{self as importing, Choices, Opening, Plan, Report, preview::ImportForm},
    },
    users::{self, Import},
};

use super::SEED;
use crate::{
    on_both,
    support::{Browser, World},
    users::preview::check,
};

/// An operator of Sales, where o has a token; t of Finance has one too.
fn scoped(world: &World) -> Who {
    let ours = world.user("o", "Sales");
    world.device_of(&ours, "OURS-1", MovingFactor::Time);
    let theirs = world.user("t", "Finance");
    world.device_of(&theirs, "THEIRS-1", MovingFactor::Time);
    world.operator_in("trawler", BuiltIn::Operator, &[ours.container])
}

fn attempt(world: &World, who: &Who, serial: &str, dry_run: bool) -> Result<Report> {
    let file = format!("Serial,Seed\n{serial},{SEED}\n");
    let choices =
        Choices { opening: Opening::Nothing, container: "Sales".into(), tell_owners: false, good_ones: false, dry_run };
    importing::import(&world.desk, who, world.now(), file.as_bytes(), &choices)
}

on_both! {
    fn each_refused_try_of_a_serial_number_that_is_taken_elsewhere_stands_in_the_audit_log(world) {
        let who = scoped(&world);
        let tries = || world.dump("audit_entries").matches("which is taken").count();
        assert_eq!(attempt(&world, &who, "theirs-1", false).unwrap().refused(), 1);
        assert_eq!(tries(), 1);
        attempt(&world, &who, "THEIRS-1", true).unwrap();
        assert_eq!(tries(), 2, "to check first is a try too");
        let file = format!("Serial,Seed\nTHEIRS-1,{SEED}\nFREE-1,{SEED}\n");
        let typed =
            ImportForm { container: "Sales".into(), tell_owners: false, leave_out: true, key: String::new(), password: String::new() };
        preview::check::<Plan>(&world.desk, &who, world.now(), "f.csv", file.into_bytes().into(), &typed).unwrap();
        assert_eq!(tries(), 3, "a preview is one");
        attempt(&world, &who, "OURS-1", false).unwrap();
        attempt(&world, &who, "FREE-1", false).unwrap();
        assert_eq!(tries(), 3);
        assert!(world.dump("audit_entries").contains("Refused the serial number theirs-1"));
    }

    fn many_tries_of_serial_numbers_have_to_wait_and_those_of_ones_own_or_of_all_do_not(world) {
        let who = scoped(&world);
        for _ in 0..30 {
            assert_eq!(attempt(&world, &who, "OURS-1", true).unwrap().refused(), 1);
        }
        let mut waits = 0;
        for _ in 0..30 {
            waits += i32::from(matches!(attempt(&world, &who, "THEIRS-1", true), Err(Error::TooMany(_))));
        }
        assert!(waits > 5, "{waits}");
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        check(&browser, "/tokens/import", format!("Serial,Seed\nTHEIRS-1,{SEED}\n")).expect(429);
        let how = Import { container: "Sales".into(), dry_run: true, good_lines: false };
        let file = b"User ID,Last Name\nx,X\n";
        users::import(&world.desk, &who, world.now(), file, &how).expect("users are counted apart");
        world.advance(chrono::Duration::days(2));
        assert!(attempt(&world, &who, "THEIRS-1", true).is_ok(), "the next day it is forgotten");
        let all = world.operator("everywhere", BuiltIn::Operator);
        for _ in 0..40 {
            assert_eq!(attempt(&world, &all, "THEIRS-1", true).unwrap().refused(), 1);
        }
    }
}
