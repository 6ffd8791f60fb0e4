//! Users in several tasks: the panel answers for what stops them, whichever task it is in.

use tokendesk::tokens::{self, MovingFactor};

use super::*;
use crate::on_both;

const PAGE: &str = "/users/t.adeyemi/authentication-methods";

/// A further place of the same user, for a device; the email has been sent.
fn for_a_device(world: &World, user: &User) -> Invited {
    for n in 0..3 {
        world.device(&format!("FT-{n}"), MovingFactor::Counter);
    }
    let task = provision(world, user, AuthenticationType::HardwareToken);
    let (handle, code) = link_to(world, &carry(world, None), user);
    Invited { user: user.clone(), task, handle, code }
}

fn lock(world: &World, invited: &Invited) {
    for _ in 0..5 {
        invited.types(world, "WRONG");
    }
}

fn chosen(world: &World, user: &User) -> TaskId {
    diagnosis(world, user).facts.enrollment.expect("a place").task
}

on_both! {
    fn an_older_task_that_is_locked_is_the_verdict_and_the_newer_one_a_line(world) {
        let older = invite_app(&world);
        world.advance(Duration::hours(1));
        let newer = for_a_device(&world, &older.user);
        lock(&world, &older);
        assert_eq!(is(&world, &older.user, Situation::Locked, ""), Some(Remedy::UnlockEnrollment));
        assert_eq!(chosen(&world, &older.user), older.task);
        let helper = world.signed_in("h.elp", BuiltIn::HelpDesk);
        let page = helper.get(PAGE).expect(200).says(&format!("Why can’t this user enroll in task {}?", older.task)).says("The enrollment is Locked");
        page.says(&format!("Task {}, Hardware token:", newer.task)).says("the link was never opened");
        let page = helper.get(&format!("{PAGE}?task={}", newer.task)).expect(200).says(&format!("enroll in task {}?", newer.task));
        page.says(&format!("Task {}", older.task)).says("The enrollment is Locked.");
    }

    fn a_newer_task_that_is_locked_is_the_verdict_and_the_older_one_a_line(world) {
        let older = invite_app(&world);
        world.advance(Duration::hours(1));
        let newer = for_a_device(&world, &older.user);
        older.open(&world);
        lock(&world, &newer);
        is(&world, &older.user, Situation::Locked, "");
        assert_eq!(chosen(&world, &older.user), newer.task);
        let others: Vec<_> = diagnosis(&world, &older.user).others.into_iter().map(|other| (other.task, other.sentence)).collect();
        assert_eq!(others, [(older.task, "The link was opened, and no activation code was typed".to_owned())]);
    }

    fn of_two_that_stop_the_user_the_one_heard_of_last_is_the_verdict(world) {
        let older = invite_app(&world);
        let newer = for_a_device(&world, &older.user);
        world.advance(Duration::minutes(1));
        lock(&world, &newer);
        world.advance(Duration::minutes(1));
        lock(&world, &older);
        assert_eq!(chosen(&world, &older.user), older.task);
    }

    fn what_the_user_does_wrong_comes_before_what_they_have_not_done_yet(world) {
        let older = invite_app(&world);
        world.advance(Duration::minutes(1));
        for_a_device(&world, &older.user);
        older.open(&world);
        older.types(&world, "WRONG");
        is(&world, &older.user, Situation::WrongCode, "");
        assert_eq!(chosen(&world, &older.user), older.task);
    }

    fn what_stops_comes_before_what_is_done_wrong(world) {
        let older = invite_app(&world);
        lock(&world, &older);
        world.advance(Duration::minutes(1));
        let newer = for_a_device(&world, &older.user);
        newer.open(&world);
        newer.types(&world, "WRONG");
        is(&world, &older.user, Situation::Locked, "");
    }

    fn where_nothing_is_wrong_the_newest_is_looked_at(world) {
        let older = invite_app(&world);
        world.advance(Duration::minutes(1));
        let newer = for_a_device(&world, &older.user);
        older.open(&world);
        is(&world, &older.user, Situation::LinkNotOpened, "");
        assert_eq!(chosen(&world, &older.user), newer.task);
    }

    fn a_token_that_is_locked_stops_though_a_newer_task_waits(world) {
        let older = invite_app(&world);
        let seed = older.enrolls(&world);
        world.advance(Duration::minutes(1));
        assert!(signs_in(&world, &older.user, &app(&seed, &world, 0)));
        let newer = for_a_device(&world, &older.user);
        for _ in 0..10 {
            assert!(!signs_in(&world, &older.user, &wrong(&seed, &world)));
        }
        assert_eq!(is(&world, &older.user, Situation::TokenLocked, ""), Some(Remedy::UnlockToken));
        assert_eq!(diagnosis(&world, &older.user).others.len(), 1, "the newer one has its line");
        newer.open(&world);
        is(&world, &older.user, Situation::TokenLocked, "");
    }

    fn a_token_that_a_newer_task_replaces_does_not_stop_the_user(world) {
        let older = invite_app(&world);
        older.enrolls(&world);
        let serial = world.desk.db.read(|conn| tokens::of_user(conn, older.user.id)).unwrap()[0].serial.clone();
        tokens::suspend(&world.desk, &world.lindqvist_or_known(), world.now(), &serial, "Phone lost").unwrap();
        is(&world, &older.user, Situation::TokenSuspended, "");
        world.advance(Duration::minutes(1));
        let choice = Choice { include_with_token: true, include_with_task: true, ..world.app_choice() };
        let selection = Selection::Users(vec![older.user.id]);
        tokendesk::provision::provision(&world.desk, &world.lindqvist_or_known(), world.now(), &selection, &choice).unwrap();
        carry(&world, None);
        is(&world, &older.user, Situation::LinkNotOpened, "");
    }

    fn of_three_tasks_each_has_its_tab_and_the_others_a_line(world) {
        let first = invite_app(&world);
        world.advance(Duration::days(20));
        let second = for_a_device(&world, &first.user);
        lock(&world, &second);
        let choice = Choice { include_with_task: true, ..world.app_choice() };
        let selection = Selection::Users(vec![first.user.id]);
        let third = tokendesk::provision::provision(&world.desk, &world.lindqvist_or_known(), world.now(), &selection, &choice).unwrap();
        carry(&world, None);
        is(&world, &first.user, Situation::Locked, "");
        let others: Vec<_> = diagnosis(&world, &first.user).others.into_iter().map(|other| other.task).collect();
        assert!(others.contains(&third), "{others:?}");
        let auditor = world.signed_in("a.uditor", BuiltIn::Auditor);
        let page = auditor.get(PAGE).expect(200).says("The enrollment is Locked").says("who may do this").says(&format!("Task {third}"));
        assert!(page.body.contains(&format!("{PAGE}?task={third}")));
        let tabs = page.body.split("why-tabs").nth(1).and_then(|rest| rest.split("</nav>").next()).expect("tabs");
        assert_eq!((tabs.matches("<a ").count(), tabs.matches("aria-current").count()), (2, 1), "{tabs}");
    }

    fn whatever_stops_a_user_there_is_a_button_or_somebody_to_ask(world) {
        // Every situation that something mends, for every built-in role: a form, or who may.
        let invited = invite_app(&world);
        lock(&world, &invited);
        world.operator("k.boss", BuiltIn::Operator);
        for role in BuiltIn::ALL {
            let who = world.operator(&format!("role.{}", role.name().replace(' ', "")), role);
            let found = diagnosis_by(&world, &who, &invited.user, None);
            assert!(found.remedy.is_some() != found.ask.is_some(), "{role:?}");
        }
    }
}
