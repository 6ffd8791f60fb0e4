//! Replace: a task of one user, and the end of the old token when the new one works.

use tokendesk::{
    error::Error,
    ids::TaskId,
    operators::{BuiltIn, Who},
    provision::{self, Replacement},
    tasks,
    tokens::TokenState as S,
};

use crate::{
    on_both,
    support::{World, people::Carried},
};

fn asked(token: &Carried, lost: bool) -> Replacement {
    Replacement { serial: token.token.serial.clone(), lost, hand_over: false, reason: "Phone lost on the train".into() }
}

fn replace(world: &World, who: &Who, asked: &Replacement) -> Result<TaskId, Error> {
    let shown = provision::preview_replacement(&world.desk, who, world.now(), asked)?.shown;
    provision::replace(&world.desk, who, world.now(), asked, &shown)
}

on_both! {
    fn a_lost_token_is_suspended_now_and_revoked_at_the_first_use_of_the_new_one(world) {
        let (manager, user) = (world.operator("m.okafor", BuiltIn::ProvisioningManager), world.user("t.adeyemi", "Sales"));
        let old = world.app_of(&user);
        let task = replace(&world, &manager, &asked(&old, true)).unwrap();
        let state = || { let token = world.token(&old.token.serial); (token.state, token.state_reason) };
        assert_eq!(state(), (S::Suspended, "Phone lost on the train".into()));
        assert!(!world.signs_in_later(&user, &old));
        let again = replace(&world, &manager, &asked(&old, true));
        assert!(matches!(again, Err(Error::Refused(sentence)) if sentence.contains(&format!("Task {task} is to replace"))));
        // Enrolled is not enough: it has to work once.
        let (new, enrollment) = (world.app_of(&user), world.enrollment(task, user.id));
        world.desk.db.write(|conn| tasks::note_enrolled(conn, world.now(), enrollment.id, new.token.id)).unwrap();
        assert_eq!(state().0, S::Suspended);
        assert!(world.signs_in_later(&user, &new));
        assert_eq!(state(), (S::Lost, format!("Phone lost on the train; replaced in task {task}")));
        assert_eq!(world.token(&new.token.serial).state, S::Active);
        let log = world.dump("audit_entries");
        assert!(log.contains("tokens.replace") && log.contains("since the new one works"));
        assert_eq!(log.matches("tokens.revoke").count(), 1);
    }

    fn a_token_at_hand_is_good_until_the_new_one_works(world) {
        let (manager, user) = (world.lindqvist(), world.user("t.adeyemi", "Sales"));
        let old = world.app_of(&user);
        let task = replace(&world, &manager, &asked(&old, false)).unwrap();
        assert!(world.signs_in_later(&user, &old), "it goes on working");
        let (new, enrollment) = (world.app_of(&user), world.enrollment(task, user.id));
        world.desk.db.write(|conn| tasks::note_enrolled(conn, world.now(), enrollment.id, new.token.id)).unwrap();
        assert!(world.signs_in_later(&user, &new));
        assert!(!world.signs_in_later(&user, &old));
        assert_eq!(world.token(&old.token.serial).state, S::Faulty);
    }

    fn what_is_found_again_works_and_still_ends_when_the_new_one_works(world) {
        let (manager, user) = (world.lindqvist(), world.user("t.adeyemi", "Sales"));
        let old = world.app_of(&user);
        let task = replace(&world, &manager, &asked(&old, true)).unwrap();
        tokendesk::tokens::found(&world.desk, &manager, world.now(), &old.token.serial).unwrap();
        assert!(world.signs_in_later(&user, &old));
        let (new, enrollment) = (world.app_of(&user), world.enrollment(task, user.id));
        world.desk.db.write(|conn| tasks::note_enrolled(conn, world.now(), enrollment.id, new.token.id)).unwrap();
        assert!(world.signs_in_later(&user, &new));
        assert_eq!(world.token(&old.token.serial).state, S::Faulty, "it is not lost");
    }

    fn what_moved_since_it_was_shown_is_not_done(world) {
        let (manager, user) = (world.lindqvist(), world.user("t.adeyemi", "Sales"));
        let old = world.app_of(&user);
        let shown = provision::preview_replacement(&world.desk, &manager, world.now(), &asked(&old, true)).unwrap().shown;
        tokendesk::tokens::report_lost(&world.desk, &manager, world.now(), &old.token.serial, "lost", false).unwrap();
        let late = provision::replace(&world.desk, &manager, world.now(), &asked(&old, true), &shown);
        assert!(matches!(late, Err(Error::Conflict(_))), "{late:?}");
        assert_eq!((world.number("SELECT COUNT(*) AS n FROM tasks"), world.letters().len()), (0, 0));
    }

    fn only_who_may_replaces_and_only_what_somebody_has(world) {
        let (helper, manager, user) = (world.moreau(), world.lindqvist(), world.user("t.adeyemi", "Sales"));
        let old = world.app_of(&user);
        let refused = replace(&world, &helper, &asked(&old, true));
        assert!(matches!(refused, Err(Error::Forbidden("replace a token"))), "{refused:?}");
        let stock = world.device("FT-1", tokendesk::tokens::MovingFactor::Counter);
        assert!(matches!(replace(&world, &manager, &asked(&stock, true)), Err(Error::Refused(_))));
        let empty = Replacement { reason: " ".into(), ..asked(&old, true) };
        assert!(matches!(replace(&world, &manager, &empty), Err(Error::Invalid(_))));
    }

    fn the_pages_show_what_will_happen_before_it_does(world) {
        let user = world.user("t.adeyemi", "Sales");
        let old = world.app_of(&user);
        let before = world.task(&world.lindqvist(), &[world.user("i.petrova", "Sales").id]);
        let manager = world.signed_in("m.okafor", BuiltIn::ProvisioningManager);
        let path = format!("/tokens/{}/replace", old.token.serial);
        manager.get(&path).expect(200).says("Lost or stolen: suspend it now").says("What will happen");
        manager.post(&path, &[("old", "lost"), ("reason", "")]).expect(422).says("Enter a reason.");
        let page = manager.post(&path, &[("old", "lost"), ("reason", "On the train")]).expect(200);
        let page = page.says("Replacement").says("t.adeyemi@example.org").says("is revoked").says("On the train");
        assert_eq!(world.token(&old.token.serial).state, S::Active, "nothing is done yet");
        let shown = page.body.split_once("name=\"shown\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
        let moved = manager.post(&path, &[("old", "keep"), ("reason", "On the train"), ("shown", &shown)]);
        moved.expect(409).says("Nothing was done");
        let done = manager.post(&path, &[("old", "lost"), ("reason", "On the train"), ("shown", &shown)]);
        assert_eq!(done.location(), "/users/t.adeyemi/authentication-methods");
        let page = manager.get("/users/t.adeyemi/authentication-methods").expect(200);
        let page = page.says(&format!("Replaces {}", old.token.serial)).says("Reported lost by you").says(&format!("Task {} replaces", before.0 + 1));
        assert!(!page.body.contains(&format!("{path}\"")), "it is being replaced");
        manager.get(&path).expect(422);
    }
}
