//! A refused sign-in costs the server the same number of hashes, whoever is asked for: time tells a stranger nothing.

use chrono::Duration;
use tokendesk::operators::{self, BuiltIn, NewOperator, Who};

use crate::operators::{PASSWORD, add, new, sign_in};
use crate::{on_both, support::World};

/// How many hashes a try of this password is, and its status.
fn cost(world: &World, user_id: &str, password: &str) -> (u64, u16) {
    let before = world.desk.hashers.hashes();
    let status = sign_in(&world.stranger(), user_id, password).status;
    (world.desk.hashers.hashes() - before, status)
}

/// Nobody, and operators of every kind whom a try with [`PASSWORD`] or another does not let in.
fn refused(world: &World) -> Vec<(&'static str, &'static str)> {
    let who = Who::command_line();
    add(world, "k.lindqvist", "Operator");
    add(world, "m.okafor", "Help desk");
    operators::suspend(&world.desk, &who, world.now(), "m.okafor").unwrap();
    let first = NewOperator { must_change_password: true, ..new("n.weber", "Auditor") };
    operators::add(&world.desk, &who, world.now(), first).unwrap();
    world.advance(Duration::days(30));
    // Nothing that is a hash stands in this one's row.
    world.operator("without.password", BuiltIn::Auditor);
    vec![
        ("nobody.here", PASSWORD),
        ("", PASSWORD),
        ("k.lindqvist", "not the password"),
        ("m.okafor", PASSWORD),
        ("m.okafor", "not the password"),
        ("n.weber", PASSWORD),
        ("without.password", PASSWORD),
    ]
}

on_both! {
    fn a_try_is_one_hash_whoever_is_asked_for(world) {
        for (user_id, password) in refused(&world) {
            assert_eq!(cost(&world, user_id, password), (1, 422), "{user_id} with {password}");
        }
        assert_eq!(cost(&world, "k.lindqvist", PASSWORD), (1, 303), "no more than the right one");
    }

    fn what_can_be_no_password_is_no_hash_whoever_is_asked_for(world) {
        let long = "x".repeat(operators::password::LONGEST + 1);
        for (user_id, _) in refused(&world) {
            assert_eq!(cost(&world, user_id, &long), (0, 422), "{user_id}");
        }
    }

    fn who_has_to_wait_is_no_hash_known_or_not(world) {
        let refused = refused(&world);
        for (user_id, password) in [refused[0], refused[2], refused[3], refused[6]] {
            for _ in 0..5 {
                assert_eq!(cost(&world, user_id, password), (1, 422), "{user_id}");
            }
            // The address forgets sooner.
            assert_eq!(cost(&world, user_id, PASSWORD), (0, 429), "{user_id}");
            world.advance(Duration::hours(2));
        }
    }

    fn who_finds_no_slot_is_no_hash_known_or_not(world) {
        let refused = refused(&world);
        let slots: Vec<_> = std::iter::from_fn(|| world.desk.hashers.slot().ok()).collect();
        for (user_id, password) in refused {
            assert_eq!(cost(&world, user_id, password), (0, 503), "{user_id}, with {} slots taken", slots.len());
        }
    }
}
