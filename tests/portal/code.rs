//! The activation code: what counts as an attempt, and what a page tells before it is right.

use std::{sync::Barrier, thread};

use diesel::prelude::*;
use tokendesk::{
    portal::{Step, Visit},
    schema::tasks as task_rows,
    tasks::Status,
    tokens::MovingFactor,
    users,
};

use super::*;
use crate::on_both;

on_both! {
    fn a_code_may_be_typed_carelessly(world) {
        let (invited, phone) = (invite(&world, "t.adeyemi"), world.stranger());
        let careless = format!(" {}- {} ", invited.code[..4].to_lowercase(), &invited.code[4..]);
        phone.post(&invited.path(""), &[("code", &careless)]).expect(303);
    }

    fn opening_spends_nothing(world) {
        let (invited, scanner) = (invite(&world, "t.adeyemi"), world.stranger());
        for _ in 0..100 {
            scanner.get(&invited.path("")).expect(200);
            scanner.head(&invited.path("")).expect(200);
        }
        for rest in ["/key", "/device", "/done"] {
            assert_eq!(scanner.get(&invited.path(rest)).location(), invited.path("?again"), "{rest}");
        }
        let enrollment = world.enrollment(invited.task, invited.user.id);
        assert_eq!((enrollment.facts.failures, enrollment.code_accepted_at, enrollment.key_shown_at), (0, None, None));
        assert_eq!(enrollment.opened_at, Some(world.now()), "a note only");
        scanner.get(&invited.path("?again")).expect(200).says("Your time ran out");
    }

    fn wrong_codes_count_and_the_last_one_locks(world) {
        let (invited, phone) = (invite(&world, "t.adeyemi"), world.stranger());
        for left in [4, 3, 2, 1] {
            let page = phone.post(&invited.path(""), &[("code", "ABCD234567")]).expect(422);
            page.says(&format!("You have {left} of 5 attempts left")).does_not_say("1001");
        }
        phone.post(&invited.path(""), &[("code", "  ")]).expect(422).says("Enter the activation code");
        assert_eq!(failures(&world, &invited), 4, "an empty form is no attempt");
        phone.post(&invited.path(""), &[("code", "ABCD234567")]).expect(410).says("Too many wrong codes").does_not_say("t.adeyemi");
        assert_eq!(status(&world, &invited), Status::Locked);
        phone.post(&invited.path(""), &[("code", &invited.code)]).expect(410).says("All 5 attempts were used");
        phone.get(&invited.path("")).expect(410).says("extension 4400");
        assert_eq!(failures(&world, &invited), 5);
        let locked: i64 = world.desk.db.read(|conn| {
            Ok(task_rows::table.find(invited.task.0).select(task_rows::locked).first(conn)?)
        }).unwrap();
        assert_eq!(locked, 1);
    }

    fn tries_at_the_same_instant_never_exceed_the_limit(world) {
        let invited = invite(&world, "t.adeyemi");
        let start = Barrier::new(8);
        let guess = |n: usize| {
            let visit = Visit { handle: invited.handle.clone(), session: None, address: "192.0.2.9".into(), request: n.to_string() };
            start.wait();
            // The right code comes last of all in number, not in time: it counts only if it is among the first five.
            let code = if n == 7 { invited.code.clone() } else { format!("WRONG{n}") };
            tokendesk::portal::accept_code(&world.desk, world.now(), &visit, &code).unwrap()
        };
        let steps: Vec<_> = thread::scope(|scope| {
            let guesses: Vec<_> = (0..8).map(|n| scope.spawn(move || guess(n))).collect();
            guesses.into_iter().map(|guess| guess.join().unwrap()).collect()
        });
        let wrong = steps.iter().filter(|step| matches!(step, Step::Wrong(_))).count();
        let ended = steps.iter().filter(|step| matches!(step, Step::Ended(_))).count();
        let done = steps.iter().filter(|step| matches!(step, Step::Done(..))).count();
        assert_eq!((wrong, failures(&world, &invited)), (4, 5));
        assert_eq!(ended + done, 4, "the fifth wrong one locks, and whatever comes after it is not looked at");
    }

    fn before_a_right_code_no_page_of_a_link_tells_whose_it_is(world) {
        let (who, stranger) = (Who::system(), world.stranger());
        world.device("HW-1", MovingFactor::Counter);
        let active = invite(&world, "t.adeyemi");
        let device = invite_to(&world, "h.token", AuthenticationType::HardwareToken);
        let locked = invite(&world, "l.ocked");
        let disabled = invite(&world, "d.isabled");
        let done = invite(&world, "d.one");
        for _ in 0..5 {
            stranger.post(&locked.path(""), &[("code", "WRONGWRONG")]);
        }
        users::disable(&world.desk, &who, world.now(), "d.isabled").unwrap();
        enroll(&world, &world.stranger(), &done);
        let nobody = |page: &Page, invited: &Invited| {
            let user = &invited.user;
            for name in [&user.user_id, &user.first_name, &user.last_name] {
                assert!(!page.text().contains(name.as_str()), "{name}: {}", page.text());
            }
        };
        for invited in [&active, &device, &locked, &disabled, &done] {
            for rest in ["", "?again", "/key", "/device", "/done"] {
                nobody(&stranger.get(&invited.path(rest)), invited);
            }
            for (rest, form) in [("", ("code", "WRONGWRONG")), ("", ("code", "")), ("/key", ("otp", "1")), ("/try", ("otp", "1"))] {
                nobody(&stranger.post(&invited.path(rest), &[form]), invited);
            }
        }
        for invited in [&active, &device] {
            stranger.get(&invited.path("")).expect(200).says("the User ID you sign in with");
            stranger.post(&invited.path(""), &[("code", "WRONGWRONG")]).expect(422).says("the User ID you sign in with");
        }
        world.advance(Duration::days(60));
        nobody(&stranger.get(&active.path("")).expect(410), &active);
    }
}
