//! That a User ID is taken elsewhere can be learned, so that each try is written down and many have to wait.

use tokendesk::{
    error::Error,
    operators::{BuiltIn, Scope, Who},
    users::{self, Details, Import, Typed},
};

use super::{container, user};
use crate::{
    on_both,
    support::{Browser, World},
};

fn details(user_id: &str, container: &str) -> Details {
    let typed =
        Typed { user_id: user_id.into(), last_name: "X".into(), container: container.into(), ..Typed::default() };
    Details::parse(&typed).unwrap()
}

fn scoped(world: &World) -> Who {
    user(world, "ours", "O", "Ours", "Sales");
    user(world, "theirs", "T", "Theirs", "Finance");
    world.operator_in("trawler", BuiltIn::ProvisioningManager, &[container(world, "Sales")])
}

on_both! {
    fn each_refused_try_of_a_taken_user_id_stands_in_the_audit_log(world) {
        let who = scoped(&world);
        let tries = || world.dump("audit_entries").matches("which is taken").count();
        assert!(users::create(&world.desk, &who, world.now(), &details("Theirs", "Sales")).is_err());
        assert_eq!(tries(), 1);
        assert!(users::edit(&world.desk, &who, world.now(), "ours", 1, &details("theirs", "Sales")).is_err());
        assert_eq!(tries(), 2);
        let how = Import { container: "Sales".into(), dry_run: true, good_lines: false };
        users::import(&world.desk, &who, world.now(), b"User ID,Last Name\ntheirs,X\n", &how).unwrap();
        assert_eq!(tries(), 3, "to check first is a try too");
        users::create(&world.desk, &who, world.now(), &details("free", "Sales")).unwrap();
        assert_eq!(tries(), 3);
    }

    fn many_tries_have_to_wait_and_those_of_one_container_or_of_all_do_not(world) {
        let who = scoped(&world);
        let attempt = |who: &Who, id: &str| users::create(&world.desk, who, world.now(), &details(id, "Sales")).unwrap_err();
        for _ in 0..30 {
            assert!(matches!(attempt(&who, "ours"), Error::Invalid(_)), "a namesake of one's own tells nothing");
        }
        let mut waits = 0;
        for _ in 0..30 {
            waits += i32::from(matches!(attempt(&who, "theirs"), Error::TooMany(_)));
        }
        assert!(waits > 5, "{waits}");
        let file = b"User ID,Last Name\ntheirs,X\n";
        let how = Import { container: "Sales".into(), dry_run: true, good_lines: false };
        assert!(matches!(users::import(&world.desk, &who, world.now(), file, &how), Err(Error::TooMany(_))));
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        let form = [("user_id", "theirs"), ("last_name", "X"), ("container", "Sales")];
        browser.post("/users/new", &form).expect(429);
        world.advance(chrono::Duration::days(2));
        assert!(matches!(attempt(&who, "theirs"), Error::Invalid(_)), "the next day it is forgotten");
        let all = world.operator("everywhere", BuiltIn::ProvisioningManager);
        assert_eq!(all.scope, Scope::All);
        for _ in 0..40 {
            assert!(matches!(attempt(&all, "theirs"), Error::Invalid(_)));
        }
    }
}
