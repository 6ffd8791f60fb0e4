//! Resend, of one user from their Authentication Methods: verb and screen.

use tokendesk::{error::Error, operators::BuiltIn, tasks::resend};

use super::edit::{emails, people};
use crate::on_both;

on_both! {
    fn resend_kills_the_old_link_and_moves_the_stop_date(world) {
        let who = world.lindqvist();
        let users = people(&world, &["a"]);
        let task = world.task(&who, &users);
        world.advance(chrono::Duration::days(3));
        let resent = resend::resend(&world.desk, &who, world.now(), task, users[0], None).unwrap();
        assert_eq!(resent.stop_on.to_string(), "2026-12-07");
        let links: Vec<Option<tokendesk::clock::Timestamp>> = world.desk.db.read(|conn| {
            use diesel::prelude::*;
            use tokendesk::schema::enrollment_links as links;
            Ok(links::table.order(links::id).select(links::superseded_at).load(conn)?)
        }).unwrap();
        assert!(links[0].is_some() && links[1].is_none());
        assert_eq!((emails(&world, "enrollment", "Canceled"), emails(&world, "enrollment", "Queued")), (1, 1));
    }

    fn an_alternate_address_is_masked_and_kept_nowhere_in_the_open(world) {
        let who = world.lindqvist();
        let users = people(&world, &["a"]);
        let task = world.task(&who, &users);
        let resent =
            resend::resend(&world.desk, &who, world.now(), task, users[0], Some("private.person@else.example")).unwrap();
        assert!(!resent.shown_to.contains("private"), "{}", resent.shown_to);
        for table in ["tasks", "enrollments", "emails", "audit_entries", "users"] {
            assert!(!world.dump(table).contains("private.person"), "{table} keeps the address");
        }
    }

    fn a_locked_user_cannot_be_resent_to(world) {
        let who = world.lindqvist();
        let users = people(&world, &["a", "b", "c"]);
        let task = world.task(&who, &users);
        world.lock(task, users[0]);
        world.enroll(task, users[1]);
        for (user, says) in [(users[0], "Unlock"), (users[1], "has enrolled")] {
            let Err(Error::Refused(sentence)) = resend::resend(&world.desk, &who, world.now(), task, user, None) else {
                panic!("it was resent");
            };
            assert!(sentence.contains(says), "{sentence}");
        }
        world.advance(chrono::Duration::days(30));
        let Err(Error::Refused(sentence)) = resend::resend(&world.desk, &who, world.now(), task, users[2], None) else {
            panic!("it was resent");
        };
        assert!(sentence.contains("Move the Stop Date"), "{sentence}");
    }

    fn the_help_desk_resends_from_the_users_page(world) {
        let who = world.lindqvist();
        let users = people(&world, &["t.adeyemi"]);
        let task = world.task(&who, &users);
        let desk = world.signed_in("desk", BuiltIn::HelpDesk);
        let path = format!("/users/t.adeyemi/tasks/{task}/edit");
        let page = desk.get(&path).expect(200);
        assert!(page.body.contains("value=\"t.adeyemi@example.org\""));
        page.says("Stop Date after Resend").says("An email went out today, 14:32; it is Queued");
        let page = desk.post(&path, &[("email", "t.adeyemi@example")]).expect(422);
        assert!(page.body.contains("value=\"t.adeyemi@example\""));
        desk.post(&path, &[("email", "t.adeyemi@example.org")]).location();
        assert_eq!(emails(&world, "enrollment", "Queued"), 1);
        world.lock(task, users[0]);
        let page = desk.get(&path).expect(200);
        let seen = page.hidden("shown");
        page.says("is Locked").says("Unlock");
        let unlock = format!("/users/t.adeyemi/tasks/{task}/unlock");
        desk.post(&unlock, &[("reason", ""), ("shown", &seen)]).expect(422).says("Enter a reason. It is written to the audit log.");
        desk.post(&unlock, &[("reason", "Called"), ("shown", &seen)]).location();
        assert_eq!(world.enrollment(task, users[0]).facts.failures, 0);
        world.signed_in("reader", BuiltIn::Auditor).get(&path).expect(403).says("resend");
        desk.get("/users/t.adeyemi/tasks/99999/edit").expect(404);
    }
}
