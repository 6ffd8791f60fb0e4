//! Who may change whom.

use tokendesk::{
    error::{Error, Result},
    operators::{self, BuiltIn, NewOperator, Scope, Who},
};

use super::{PASSWORD, add, is_signed_in, new, sign_in};
use crate::{on_both, support::World};

fn mistake<T>(outcome: Result<T>, field: &str) -> String {
    match outcome {
        Err(Error::Invalid(mistakes)) => mistakes.of(field).to_owned(),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was done"),
    }
}

fn list(world: &World) -> Vec<operators::Operator> {
    world.desk.db.read(operators::list).unwrap()
}

on_both! {
    fn a_user_id_is_taken_whatever_its_case(world) {
        add(&world, "K.Lindqvist", "Operator");
        let again = operators::add(&world.desk, &Who::command_line(), world.now(), new(" k.LINDQVIST ", "Auditor"));
        assert!(mistake(again, "user_id").contains("already"));
        assert_eq!(list(&world).len(), 1);
    }

    fn what_is_wrong_with_a_new_operator_is_said_by_field(world) {
        let who = Who::command_line();
        let bad = NewOperator { email: "nobody".into(), password: "short".into(), ..new("a b", "Operator") };
        let outcome = operators::add(&world.desk, &who, world.now(), bad);
        let Err(Error::Invalid(mistakes)) = outcome else { panic!("it was done") };
        let fields: Vec<&str> = mistakes.all().iter().map(|(field, _)| *field).collect();
        assert_eq!(fields, ["user_id", "email", "password"]);
        let unknown = operators::add(&world.desk, &who, world.now(), new("k.lindqvist", "Wizard"));
        assert!(mistake(unknown, "role").contains("Provisioning manager"));
        let nowhere = NewOperator { containers: Some(vec![]), ..new("k.lindqvist", "Operator") };
        assert!(!mistake(operators::add(&world.desk, &who, world.now(), nowhere), "containers").is_empty());
        assert!(list(&world).is_empty());
    }

    fn the_last_unsuspended_operator_stays(world) {
        let (who, now) = (Who::command_line(), world.now());
        add(&world, "k.lindqvist", "Operator");
        let refused = |outcome: Result<()>| assert!(matches!(outcome, Err(Error::Refused(_))), "{outcome:?}");
        refused(operators::suspend(&world.desk, &who, now, "k.lindqvist"));
        refused(world.change_role(&who, "k.lindqvist", "Auditor"));
        add(&world, "m.okafor", "operator");
        operators::suspend(&world.desk, &who, now, "m.okafor").unwrap();
        refused(operators::suspend(&world.desk, &who, now, "k.lindqvist"));
        operators::resume(&world.desk, &who, now, "m.okafor").unwrap();
        world.change_role(&who, "k.lindqvist", "Auditor").unwrap();
        refused(operators::suspend(&world.desk, &who, now, "m.okafor"));
        assert!(world.dump("audit_entries").contains("Refused to change an operator"));
    }

    fn nobody_changes_operators_without_the_permission(world) {
        add(&world, "k.lindqvist", "Operator");
        for role in [BuiltIn::ProvisioningManager, BuiltIn::HelpDesk, BuiltIn::Auditor] {
            let who = world.operator(&format!("of.{}", role.name().replace(' ', ".")), role);
            let outcomes = [
                operators::add(&world.desk, &who, world.now(), new("another", "Auditor")).map(|_| ()),
                operators::suspend(&world.desk, &who, world.now(), "k.lindqvist"),
                operators::resume(&world.desk, &who, world.now(), "k.lindqvist"),
                world.change_role(&who, "k.lindqvist", "Auditor"),
                tokendesk::sign_in::credentials::reset_password(&world.desk, &who, world.now(), "k.lindqvist", PASSWORD),
                tokendesk::sign_in::credentials::reset_second_factor(&world.desk, &who, world.now(), "k.lindqvist"),
            ];
            for outcome in outcomes {
                assert!(matches!(outcome, Err(Error::Forbidden(_))), "{outcome:?}");
            }
        }
    }

    fn nobody_grants_what_they_lack(world) {
        add(&world, "k.lindqvist", "Operator");
        // A role of one's own making, with the right to manage operators and little else, and in one container.
        let mut who = world.operator("m.okafor", BuiltIn::HelpDesk);
        let manage = [operators::Permission::ManageOperators, operators::Permission::SeeUsers];
        who.permissions = manage.into_iter().collect();
        let refused = |outcome: Result<()>| assert!(matches!(outcome, Err(Error::Forbidden(_))), "{outcome:?}");
        refused(operators::add(&world.desk, &who, world.now(), new("another", "Auditor")).map(|_| ()));
        refused(tokendesk::sign_in::credentials::reset_password(&world.desk, &who, world.now(), "k.lindqvist", PASSWORD));
        who.permissions = BuiltIn::Operator.permissions();
        who.scope = Scope::Containers(vec![]);
        refused(operators::add(&world.desk, &who, world.now(), new("another", "Auditor")).map(|_| ()));
        // What is outside of the scope does not exist.
        let outcome = operators::suspend(&world.desk, &who, world.now(), "k.lindqvist");
        assert!(matches!(outcome, Err(Error::NotFound { .. })), "{outcome:?}");
        who.scope = Scope::All;
        operators::add(&world.desk, &who, world.now(), new("another", "Auditor")).unwrap();
    }

    fn an_unknown_operator_is_not_found(world) {
        let outcome = operators::suspend(&world.desk, &Who::command_line(), world.now(), "nobody");
        assert!(matches!(outcome, Err(Error::NotFound { .. })), "{outcome:?}");
    }

    fn a_reset_password_ends_sessions_and_has_to_be_changed(world) {
        add(&world, "k.lindqvist", "Operator");
        let browser = world.stranger();
        sign_in(&browser, "k.lindqvist", PASSWORD);
        let given = "given by the help desk";
        tokendesk::sign_in::credentials::reset_password(&world.desk, &Who::command_line(), world.now(), "k.lindqvist", given).unwrap();
        assert!(!is_signed_in(&browser));
        sign_in(&browser, "k.lindqvist", PASSWORD).expect(422);
        sign_in(&browser, "k.lindqvist", given);
        assert_eq!(browser.get("/audit").location(), "/account");
        assert!(!world.dump("audit_entries").contains(given));
        assert!(!world.dump("operators").contains(given));
    }
}
