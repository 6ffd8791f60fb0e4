//! Who is told: active operators with an address, by the role they have now, within scope and permission.

use chrono::Duration;
use tokendesk::{
    alerts,
    operators::{self, NewOperator, Permission},
    schema::{alert_choices, alert_told, roles as role_rows, users},
};

use super::*;
use crate::on_both;

/// A task with one user in Sales and one in Legal; both are locked and their emails refused.
fn trouble(world: &World, who: &Who) {
    let names = [format!("s{}", world.alerts().len()), format!("l{}", world.alerts().len())];
    let users = [world.user(&names[0], "Sales").id, world.user(&names[1], "Legal").id];
    let task = world.task(who, &users);
    world.refuse_mail();
    users.iter().for_each(|user| world.lock_now(task, *user));
}

on_both! {
    fn an_operator_is_told_of_users_in_their_scope_alone(world) {
        let who = world.lindqvist();
        world.told("everywhere", BuiltIn::HelpDesk, None);
        world.told("sales", BuiltIn::HelpDesk, Some(&["Sales"]));
        world.told("nowhere", BuiltIn::HelpDesk, Some(&["Finance"]));
        world.choose("Help desk", Event::LockOut, Delivery::AtOnce);
        world.choose("Help desk", Event::FailedMail, Delivery::AtOnce);
        trouble(&world, &who);
        assert_eq!(world.round(), 2);
        assert_eq!(world.sums(), [
            "everywhere@desk.example: 2 lock-outs and 2 failed emails",
            "sales@desk.example: 1 lock-out and 1 failed email",
        ]);
        let (_, alert) = world.alerts().remove(1);
        let told = format!("{alert:?}");
        assert!(told.contains("s0@example.org") && !told.contains("l0"), "{told}");
    }

    fn a_user_who_was_moved_out_of_the_scope_is_not_told(world) {
        let who = world.lindqvist();
        world.told("sales", BuiltIn::HelpDesk, Some(&["Sales"]));
        world.choose("Help desk", Event::LockOut, Delivery::AtOnce);
        world.choose("Help desk", Event::FailedMail, Delivery::AtOnce);
        trouble(&world, &who);
        let legal = world.user("other", "Legal").container;
        world.desk.db.write(|conn| {
            let moved = users::table.filter(users::user_id.eq("s0"));
            Ok(diesel::update(moved).set(users::container_id.eq(legal.0)).execute(conn)?)
        }).unwrap();
        assert_eq!(world.round(), 0);
    }

    fn other_roles_are_told_nothing(world) {
        let who = world.told("k.lindqvist", BuiltIn::Operator, None);
        world.told("s.moreau", BuiltIn::HelpDesk, None);
        world.told("a.reyes", BuiltIn::Auditor, None);
        world.choose("Auditor", Event::LockOut, Delivery::AtOnce);
        trouble(&world, &who);
        assert_eq!(world.round(), 1);
        assert_eq!(world.sums(), ["a.reyes@desk.example: 2 lock-outs"]);
    }

    fn a_role_is_told_nothing_that_it_may_not_see(world) {
        let who = world.lindqvist();
        let role = world.own_role("Watcher", [Permission::SeeUsers, Permission::SeeOutbox].into_iter().collect());
        let new = NewOperator {
            user_id: "w".into(),
            name: "Wanda Watcher".into(),
            email: "w@desk.example".into(),
            role: "Watcher".into(),
            password: "a password nobody guesses".into(),
            must_change_password: false,
            containers: None,
        };
        operators::add(&world.desk, &Who::system(), world.now(), new).unwrap();
        world.choose("Watcher", Event::LockOut, Delivery::AtOnce);
        world.choose("Watcher", Event::FailedMail, Delivery::AtOnce);
        trouble(&world, &who);
        assert_eq!(world.round(), 1);
        assert_eq!(world.sums(), ["w@desk.example: 2 lock-outs and 2 failed emails"]);
        // The role loses the outbox; what was chosen has no effect any more.
        world.desk.db.write(|conn| {
            Ok(diesel::update(role_rows::table.find(role.0)).set(role_rows::permissions.eq("SeeUsers")).execute(conn)?)
        }).unwrap();
        world.advance(Duration::hours(1));
        trouble(&world, &who);
        assert_eq!(world.round(), 1);
        assert_eq!(world.sums()[1], "w@desk.example: 2 lock-outs");
        // And with the role itself the choices go.
        world.change_role(&Who::system(), "w", "Auditor").unwrap();
        world.desk.db.write(|conn| Ok(diesel::delete(role_rows::table.find(role.0)).execute(conn)?)).unwrap();
        let left = world.desk.db.read(|conn| Ok(alert_choices::table.count().get_result::<i64>(conn)?)).unwrap();
        assert_eq!(left, 0);
        assert_eq!(world.round(), 0);
    }

    fn suspended_operators_and_those_without_an_address_are_told_nothing_and_later_not_the_past(world) {
        let who = world.lindqvist();
        let suspended = world.told("suspended", BuiltIn::HelpDesk, None);
        let addressless = world.told("addressless", BuiltIn::HelpDesk, None);
        world.choose("Help desk", Event::LockOut, Delivery::AtOnce);
        world.suspend(&suspended, true);
        world.set_address(&addressless, Some(" "));
        trouble(&world, &who);
        assert_eq!(world.round(), 0);
        let told = world.desk.db.read(|conn| Ok(alert_told::table.count().get_result::<i64>(conn)?)).unwrap();
        assert_eq!(told, 0, "they begin anew");
        world.advance(Duration::hours(1));
        world.suspend(&suspended, false);
        world.set_address(&addressless, Some("a@desk.example"));
        assert_eq!(world.round(), 0, "not the past");
        let user = world.user("newer", "Sales").id;
        let task = world.task(&who, &[user]);
        world.lock_now(task, user);
        assert_eq!(world.round(), 2);
        assert_eq!(world.sums(), ["a@desk.example: 1 lock-out", "suspended@desk.example: 1 lock-out"]);
    }

    fn with_another_role_nothing_is_told_twice_and_nothing_is_lost(world) {
        let who = world.lindqvist();
        world.told("m", BuiltIn::HelpDesk, None);
        world.choose("Help desk", Event::LockOut, Delivery::AtOnce);
        world.choose("Auditor", Event::LockOut, Delivery::Daily);
        let change = |role: &str| world.change_role(&Who::system(), "m", role).unwrap();
        trouble(&world, &who);
        assert_eq!(world.round(), 1);
        // What was told at once is not in the digest of the new role.
        change("Auditor");
        world.round();
        world.clock_at("2026-11-21T07:00:00");
        assert_eq!(world.round(), 0);
        // What the digest had not told yet is told at once by the next role.
        world.clock_at("2026-11-21T09:00:00");
        trouble(&world, &who);
        assert_eq!(world.round(), 0);
        change("Help desk");
        assert_eq!(world.round(), 1);
        // A role without alerts tells nothing, and what happened meanwhile is not made up for.
        change("Provisioning manager");
        world.round();
        world.clock_at("2026-11-21T15:00:00");
        trouble(&world, &who);
        assert_eq!(world.round(), 0);
        change("Help desk");
        assert_eq!(world.round(), 0);
        assert_eq!(world.sums(), ["m@desk.example: 2 lock-outs", "m@desk.example: 2 lock-outs"]);
    }

    fn from_at_once_to_daily_and_back_nothing_is_lost_or_told_twice(world) {
        let who = world.lindqvist();
        world.told("m", BuiltIn::HelpDesk, None);
        world.choose("Help desk", Event::LockOut, Delivery::AtOnce);
        trouble(&world, &who);
        assert_eq!(world.round(), 1);
        world.advance(Duration::hours(1));
        world.choose("Help desk", Event::LockOut, Delivery::Daily);
        trouble(&world, &who);
        assert_eq!(world.round(), 0);
        world.choose("Help desk", Event::LockOut, Delivery::AtOnce);
        assert_eq!(world.sums(), ["m@desk.example: 2 lock-outs", "m@desk.example: 2 lock-outs"]);
        assert_eq!(world.round(), 0);
    }

    fn nobody_is_told_after_it_was_turned_off(world) {
        let who = world.lindqvist();
        world.told("m", BuiltIn::HelpDesk, None);
        world.choose("Help desk", Event::LockOut, Delivery::AtOnce);
        world.choose("Help desk", Event::LockOut, Delivery::Off);
        trouble(&world, &who);
        assert_eq!(world.round(), 0);
        world.advance(Duration::hours(1));
        world.choose("Help desk", Event::LockOut, Delivery::AtOnce);
        assert_eq!(world.round(), 0, "what happened while it was off stays untold");
        assert_eq!(alerts::send(&world.desk, world.now()).unwrap(), 0);
        assert_eq!(world.alerts().len(), 0);
    }
}
