//! Available and Reserved, with many at it at once.

use std::thread;

use tokendesk::{
    error::Error,
    operators::{BuiltIn, Scope},
    provision::{
        self,
        choice::{Choice, Selection},
    },
    tokens::{self, AuthenticationType, Binding, MovingFactor, TokenState as S},
    users::User,
};

use crate::{on_both, support::World};

/// Available and Reserved for everybody.
fn stock(world: &World) -> (i64, i64) {
    let today = world.desk.settings.zone.today(world.now());
    let stock = world
        .desk
        .db
        .read(|conn| tokendesk::provision::stock(conn, &Scope::All, AuthenticationType::HardwareToken, today))
        .unwrap();
    (stock.available().unwrap(), stock.reserved)
}

fn provision(world: &World, user: &User) {
    let choice = Choice { authentication_type: AuthenticationType::HardwareToken, ..world.app_choice() };
    let chosen = Selection::Users(vec![user.id]);
    provision::provision(
        &world.desk,
        &world.operator(&format!("for.{}", user.user_id), BuiltIn::Operator),
        world.now(),
        &chosen,
        &choice,
    )
    .expect("the user can be provisioned");
}

on_both! {
    fn the_last_device_goes_to_one_of_two_at_once(world) {
        let device = world.device("FT-1", MovingFactor::Counter);
        let users = [world.user("a", "Sales"), world.user("b", "Sales")];
        let typed = device.press(0);
        let bound: Vec<bool> = thread::scope(|scope| {
            let threads: Vec<_> = users.iter().map(|user| {
                let (world, typed) = (&world, &typed);
                scope.spawn(move || {
                    let bound = world.desk.db.write(|conn| {
                        tokens::bind_hardware(&world.desk, conn, world.now(), user.id, user.container, "FT-1", typed)
                    });
                    matches!(bound.expect("the database answers"), Binding::Bound(_))
                })
            }).collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        });
        assert_eq!(bound.iter().filter(|bound| **bound).count(), 1, "{bound:?}");
        assert_eq!(stock(&world), (0, 0));
    }

    fn a_device_that_is_reserved_is_not_given_away_by_hand(world) {
        world.device("FT-1", MovingFactor::Counter);
        let (a, b) = (world.user("a", "Sales"), world.user("b", "Sales"));
        provision(&world, &a);
        assert_eq!(stock(&world), (0, 1));
        let who = world.operator("k.lindqvist", BuiltIn::Operator);
        let assign = |user: &User| tokendesk::provision::assign_device(&world.desk, &who, world.now(), "FT-1", &user.user_id);
        assert!(matches!(assign(&b), Err(Error::Refused(sentence)) if sentence.contains("reserved")));
        assert_eq!(world.token("FT-1").state, S::Inventory, "nothing half done");
        assert_eq!(assign(&a).unwrap().state, S::Assigned);
        assert_eq!(stock(&world), (0, 0), "the reserved one is now theirs");
    }

    fn an_assigned_device_is_enrolled_by_its_user_alone(world) {
        let device = world.device("FT-1", MovingFactor::Counter);
        let (a, b) = (world.user("a", "Sales"), world.user("b", "Sales"));
        let who = world.operator("k.lindqvist", BuiltIn::Operator);
        tokendesk::provision::assign_device(&world.desk, &who, world.now(), "ft-1", "A").unwrap();
        let bind = |user: &User| world.desk.db.write(|conn| {
            tokens::bind_hardware(&world.desk, conn, world.now(), user.id, user.container, "FT-1", &device.press(0))
        }).unwrap();
        assert!(matches!(bind(&b), Binding::Refused(_)));
        assert!(matches!(bind(&a), Binding::Bound(_)));
        assert_eq!(world.token("FT-1").state, S::Active);
        assert!(matches!(tokendesk::provision::assign_device(&world.desk, &who, world.now(), "FT-1", "b"), Err(Error::Refused(_))));
    }

    fn one_device_is_given_to_one_of_two_at_once(world) {
        world.device("FT-1", MovingFactor::Counter);
        world.user("a", "Sales");
        world.user("b", "Sales");
        let who = world.operator("k.lindqvist", BuiltIn::Operator);
        let done = thread::scope(|scope| {
            let threads: Vec<_> = ["a", "b"].map(|user| {
                let (world, who) = (&world, &who);
                scope.spawn(move || tokendesk::provision::assign_device(&world.desk, who, world.now(), "FT-1", user).is_ok())
            }).into();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).filter(|done| *done).count()
        });
        assert_eq!(done, 1);
    }

    fn a_user_is_chosen_on_the_page_of_a_device(world) {
        world.device("FT-1", MovingFactor::Counter);
        world.user("a", "Sales");
        let browser = world.signed_in("k.lindqvist", BuiltIn::Operator);
        browser.post("/tokens/FT-1/assign", &[("user_id", "nobody")]).expect(422).says("no such user in your scope");
        browser.post("/tokens/FT-1/assign", &[("user_id", "a")]).expect(303);
        browser.get("/tokens/FT-1").expect(200).says("Assigned FT-1.").says("Assigned the token FT-1 to a");
    }
}
