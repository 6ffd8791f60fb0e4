//! The page of every link that has ended.

use std::{sync::Barrier, thread};

use chrono::{Days, Duration};
use diesel::prelude::*;
use tokendesk::schema::{enrollments, tasks as task_rows, users as user_rows};

use super::*;
use crate::on_both;

on_both! {
    fn every_ended_link_has_its_page(world) {
        let set = |invited: &Invited, what: &str| {
            let id = world.enrollment(invited.task, invited.user.id).id.0;
            let now = world.now();
            world.desk.db.write(|conn| {
                let row = diesel::update(enrollments::table.find(id));
                match what {
                    "removed" => row.set((enrollments::removed_at.eq(now), enrollments::removed_why.eq("removed"))).execute(conn)?,
                    "replaced" => row.set((enrollments::removed_at.eq(now), enrollments::removed_why.eq("replaced"))).execute(conn)?,
                    "task" => diesel::update(task_rows::table.find(invited.task.0)).set(task_rows::removed_at.eq(now)).execute(conn)?,
                    _ => diesel::update(user_rows::table.find(invited.user.id.0)).set(user_rows::disabled_at.eq(now)).execute(conn)?,
                };
                Ok(())
            }).unwrap();
        };
        for (user_id, what, status, words) in [
            ("u.removed", "removed", 410, "This setup was canceled"),
            ("u.task", "task", 410, "on 20 November"),
            ("u.replaced", "replaced", 410, "A newer setup replaced this one"),
            ("u.disabled", "disabled", 403, "Your account is switched off"),
        ] {
            let (invited, phone) = (invite(&world, user_id), world.stranger());
            to_key(&phone, &invited);
            set(&invited, what);
            let others = world.stranger().get(&invited.path("")).expect(status).says(words).says("extension 4400");
            others.does_not_say(user_id);
            let others = world.stranger().post(&invited.path(""), &[("code", &invited.code)]).expect(status);
            others.does_not_say(user_id);
            phone.get(&invited.path("/key")).expect(status).says(words).says(user_id);
            assert_eq!(failures(&world, &invited), 0, "{what}");
        }
        let stranger = world.stranger();
        for path in ["/enroll/nothing", "/enroll/nothing/key", "/enroll/nothing/done"] {
            stranger.get(path).expect(404).says("This link is not complete");
        }
        stranger.post("/enroll/nothing", &[("code", "X")]).expect(404);
        stranger.post("/enroll/nothing/try", &[("otp", "1")]).expect(404);
    }

    fn a_superseded_link_says_that_a_newer_email_was_sent_and_when(world) {
        let (invited, phone) = (invite(&world, "t.adeyemi"), world.stranger());
        let key = to_key(&phone, &invited);
        world.advance(Duration::minutes(3));
        let enrollment = world.enrollment(invited.task, invited.user.id);
        let link = world.desk.db.write(|conn| links::make(&world.desk, conn, world.now(), enrollment.id, &Policy::default())).unwrap();
        world.stranger().get(&invited.path("")).expect(410).says("A newer email was sent").says("Friday 20 November 2026, 14:35");
        phone.post(&invited.path("/key"), &[("otp", &otp(&key, world.now()))]).expect(410);
        let newer = Invited { handle: link.handle, code: link.code, user: invited.user, task: invited.task };
        world.stranger().post(&newer.path(""), &[("code", &invited.code)]).expect(422);
        enroll(&world, &world.stranger(), &newer);
    }

    fn an_expired_link_opens_again_when_the_stop_date_moves(world) {
        let (invited, phone) = (invite(&world, "t.adeyemi"), world.stranger());
        world.advance(Duration::days(14));
        phone.get(&invited.path("")).expect(200);
        world.advance(Duration::days(1));
        phone.get(&invited.path("")).expect(410).says("This link ended on 4 December").says("extension 4400");
        phone.post(&invited.path(""), &[("code", &invited.code)]).expect(410);
        let enrollment = world.enrollment(invited.task, invited.user.id);
        world.desk.db.write(|conn| {
            let later = enrollment.facts.stop_on + Days::new(10);
            Ok(diesel::update(enrollments::table.find(enrollment.id.0)).set(enrollments::stop_on.eq(later)).execute(conn)?)
        }).unwrap();
        enroll(&world, &phone, &invited);
    }

    fn enrolled_once_is_enrolled_for_good(world) {
        let (invited, phone, other) = (invite(&world, "t.adeyemi"), world.stranger(), world.stranger());
        let key = to_key(&phone, &invited);
        to_key(&other, &invited);
        let start = Barrier::new(2);
        let typed = otp(&key, world.now());
        let prove = |browser: &Browser| {
            start.wait();
            browser.post(&invited.path("/key"), &[("otp", &typed)]).status
        };
        thread::scope(|scope| {
            let (one, two) = (scope.spawn(|| prove(&phone)), scope.spawn(|| prove(&other)));
            assert_eq!((one.join().unwrap(), two.join().unwrap()), (303, 303));
        });
        assert_eq!(world.desk.db.read(|conn| tokendesk::tokens::of_user(conn, invited.user.id)).unwrap().len(), 1);
        world.stranger().get(&invited.path("")).expect(410).says("set up already").does_not_say("t.adeyemi");
        world.stranger().post(&invited.path(""), &[("code", &invited.code)]).expect(410);
        world.advance(Duration::minutes(15));
        phone.get(&invited.path("/done")).expect(410).says("set up already");
    }
}
