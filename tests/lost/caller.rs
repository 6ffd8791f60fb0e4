//! Check the caller: what proves who is on the phone, and what it is good for.

use chrono::Duration;
use tokendesk::{
    error::Error,
    mail::{Carrier, Kind, Mailbox, courier},
    operators::{BuiltIn, Who},
    tasks,
    tokens::{
        MovingFactor,
        caller::{self, Outcome},
    },
    users::{self, Details, Typed, User},
};

use crate::{on_both, support::World};

impl World {
    /// The digits that went to the address on file.
    fn sent_digits(&self) -> String {
        let mailbox = Mailbox::default();
        courier::run_once(&self.desk, &Carrier::Mailbox(mailbox.clone())).expect("the courier runs");
        let letter = mailbox.search("t.adeyemi", 0, 9).0[0].letter(&self.desk.settings).expect("a letter");
        let line = letter.text.lines().find(|line| line.len() == 7 && line.as_bytes()[3] == b' ').expect("six digits");
        line.replace(' ', "")
    }

    fn reads_out(&self, who: &Who, typed: &str) -> Outcome {
        caller::by_call_back(&self.desk, who, self.now(), "t.adeyemi", typed).expect("the page answers")
    }
}

fn other(code: &str) -> String {
    let digit = if code.starts_with('1') { '2' } else { '1' };
    format!("{digit}{}", &code[1..])
}

fn stands(world: &World, user: &User) -> bool {
    world.desk.db.read(|conn| caller::checked(conn, world.now(), user.id)).expect("the database answers").is_some()
}

on_both! {
    fn a_one_time_password_that_is_read_out_is_used_up_and_completes_nothing(world) {
        let (helper, manager, user) = (world.moreau(), world.lindqvist(), world.user("t.adeyemi", "Sales"));
        let task = world.task(&manager, &[user.id]);
        let (app, enrollment) = (world.app_of(&user), world.enrollment(task, user.id));
        world.desk.db.write(|conn| tasks::note_enrolled(conn, world.now(), enrollment.id, app.token.id)).unwrap();
        let check = |typed: &str| caller::by_one_time_password(&world.desk, &helper, world.now(), "t.adeyemi", typed);
        assert!(matches!(check("000000").unwrap(), Outcome::Wrong(_)));
        assert_eq!((world.token(&app.token.serial).failures, stands(&world, &user)), (1, false));
        let typed = app.at(world.now());
        assert_eq!(check(&typed).unwrap(), Outcome::Right);
        assert!(stands(&world, &user));
        assert!(!world.signs_in(&user, &typed), "it is used");
        assert_eq!(world.token(&app.token.serial).first_used_at, None);
        assert_eq!(world.enrollment(task, user.id).facts.used_at, None);
        assert!(world.signs_in_later(&user, &app));
        assert!(world.enrollment(task, user.id).facts.used_at.is_some(), "signing in completes it");
        let log = world.dump("audit_entries");
        assert!(log.contains("users.check_caller") && log.contains(&app.token.serial));
    }

    fn a_call_back_code_is_good_once_for_three_tries_and_ten_minutes(world) {
        let (helper, user) = (world.moreau(), world.user("t.adeyemi", "Sales"));
        caller::send_code(&world.desk, &helper, world.now(), "t.adeyemi").unwrap();
        let code = world.sent_digits();
        assert_eq!(world.reads_out(&helper, &other(&code)), Outcome::Wrong("Not the code that was sent. 2 tries are left.".into()));
        assert!(!stands(&world, &user));
        assert_eq!(world.reads_out(&helper, &code), Outcome::Right);
        assert!(stands(&world, &user));
        assert!(matches!(world.reads_out(&helper, &code), Outcome::Wrong(_)), "once");
        // Three wrong ones end it, and the right one comes too late.
        caller::send_code(&world.desk, &helper, world.now(), "t.adeyemi").unwrap();
        let code = world.sent_digits();
        for _ in 0..3 {
            assert!(matches!(world.reads_out(&helper, &other(&code)), Outcome::Wrong(_)));
        }
        assert!(matches!(world.reads_out(&helper, &code), Outcome::Wrong(sentence) if sentence.contains("Send a new one")));
        // Late digits are not compared.
        caller::send_code(&world.desk, &helper, world.now(), "t.adeyemi").unwrap();
        let code = world.sent_digits();
        world.advance(Duration::minutes(10));
        assert!(matches!(world.reads_out(&helper, &code), Outcome::Wrong(sentence) if sentence.contains("ran out")));
        // A newer one ends the one before.
        caller::send_code(&world.desk, &helper, world.now(), "t.adeyemi").unwrap();
        let first = world.sent_digits();
        caller::send_code(&world.desk, &helper, world.now(), "t.adeyemi").unwrap();
        assert!(matches!(world.reads_out(&helper, &first), Outcome::Wrong(_)));
        for table in ["call_backs", "caller_checks", "audit_entries"] {
            assert!(!world.dump(table).contains(&code), "{table}");
        }
    }

    fn the_page_asks_and_the_answer_stands_for_a_quarter_of_an_hour(world) {
        let user = world.user("t.adeyemi", "Sales");
        let device = world.device_of(&user, "FT-1", MovingFactor::Counter);
        let helper = world.signed_in("s.moreau", BuiltIn::HelpDesk);
        let (check, methods) = ("/users/t.adeyemi/check-caller", "/users/t.adeyemi/authentication-methods");
        helper.get(methods).expect(200).says("Check the caller");
        helper.get(check).expect(200).says("Is the caller First Last t.adeyemi?").says("FT-1");
        helper.post(check, &[("otp", "")]).expect(422).says("Enter the one-time password");
        let page = helper.post(check, &[("otp", "000000")]).expect(422);
        let page = page.says("What it can mean").says("It may be someone else");
        assert!(page.body.contains("value=\"000000\""), "what was typed is still there");
        assert_eq!(helper.post(check, &[("otp", &device.press(1))]).location(), methods);
        let page = helper.get(methods).expect(200).says("Caller checked today").says("with a one-time password of FT-1 by you");
        assert!(page.body.contains("Check again") && !page.body.contains("</svg> Check the caller"));
        helper.get(check).expect(200).says("Earlier checks").says("could not check the caller");
        world.advance(Duration::minutes(15));
        helper.get(methods).expect(200).does_not_say("Caller checked");
        assert_eq!(helper.post(&format!("{check}/send"), &[]).location(), check);
        helper.get(check).expect(200).says("Sent today").says("Send a new one");
        let code = world.sent_digits();
        helper.post(&format!("{check}/code"), &[("code", &other(&code))]).expect(422).says("2 tries are left");
        assert_eq!(helper.post(&format!("{check}/code"), &[("code", &code)]).location(), methods);
        helper.get(methods).expect(200).says("with a call-back code to t.adeyemi@example.org");
        assert_eq!(world.letters(), [Kind::CallBackCode]);
    }

    fn an_address_that_was_changed_of_late_is_marked(world) {
        let user = world.user("t.adeyemi", "Sales");
        let helper = world.signed_in("s.moreau", BuiltIn::HelpDesk);
        let check = "/users/t.adeyemi/check-caller";
        helper.get(check).expect(200).does_not_say("This address was changed");
        world.advance(Duration::minutes(5));
        let typed = Typed {
            user_id: "t.adeyemi".into(), last_name: "L".into(), first_name: "F".into(), email: "new@example.org".into(),
            container: "Sales".into(), ..Typed::default()
        };
        let details = Details::parse(&typed).unwrap();
        users::edit(&world.desk, &Who::system(), world.now(), "t.adeyemi", user.version, &details).unwrap();
        helper.get(check).expect(200).says("This address was changed");
        world.advance(Duration::days(7));
        let helper = world.signed_in("s.econd", BuiltIn::HelpDesk);
        helper.get(check).expect(200).does_not_say("This address was changed");
    }

    fn nobody_checks_without_the_permission_nor_out_of_scope(world) {
        world.user("t.adeyemi", "Sales");
        let lab = world.user("l", "Lab").container;
        let (auditor, outsider) = (world.operator("a.udit", BuiltIn::Auditor), world.operator_in("o.utsider", BuiltIn::HelpDesk, &[lab]));
        let send = |who| caller::send_code(&world.desk, who, world.now(), "t.adeyemi");
        assert!(matches!(send(&auditor), Err(Error::Forbidden("check a caller"))));
        assert!(matches!(send(&outsider), Err(Error::NotFound { .. })));
        assert!(world.letters().is_empty());
    }
}
