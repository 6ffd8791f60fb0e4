//! Temporary codes: who gives them, what they open, and what ends them.

use chrono::Duration;
use tokendesk::{
    error::Error,
    mail::{Carrier, Kind, Mailbox, courier},
    operators::{BuiltIn, Who},
    policy::lost_phones::{self, LostPhoneForm},
    provision::{self, Replacement},
    tasks,
    tokens::{
        caller::{self, Outcome},
        temporary::{self, Wanted},
    },
    users::User,
};

use crate::{on_both, support::World};

impl World {
    /// Sets the policy of lost phones: codes on, with a checked caller first or not.
    pub(crate) fn allow_codes(&self, checked_caller: bool) {
        let version = self.desk.db.read(lost_phones::current).expect("there is one").version;
        let form =
            LostPhoneForm { temporary_codes: true, longest_hours: "24".into(), most_uses: "20".into(), checked_caller };
        lost_phones::change(&self.desk, &Who::system(), self.now(), &form, version).expect("the policy is right");
    }

    fn give(&self, who: &Who, user: &User, uses: &str) -> Result<String, Error> {
        let wanted = Wanted { hours: "24".into(), uses: uses.into(), reason: "forgot the phone".into() };
        let given = temporary::give(&self.desk, who, self.now(), &user.user_id, &wanted)?;
        Ok(given.code.to_string())
    }
}

/// Another ten digits.
fn other(code: &str) -> String {
    let digit = if code.starts_with('1') { '2' } else { '1' };
    format!("{digit}{}", &code[1..])
}

on_both! {
    fn a_code_opens_what_a_one_time_password_opens_so_often_and_so_long(world) {
        let (helper, user) = (world.moreau(), world.user("t.adeyemi", "Sales"));
        assert!(matches!(world.give(&helper, &user, "2"), Err(Error::Refused(sentence)) if sentence.contains("are off")));
        world.allow_codes(false);
        let code = world.give(&helper, &user, "2").unwrap();
        assert!(code.len() == 10 && code.bytes().all(|digit| digit.is_ascii_digit()));
        assert!(!world.signs_in(&user, &other(&code)));
        assert!(world.signs_in(&user, &code), "without a token at all");
        assert!(!world.signs_in(&world.user("i.petrova", "Sales"), &code), "nobody else's");
        assert!(world.signs_in(&user, &format!("{} {}", &code[..5], &code[5..])), "as it is read out");
        assert!(!world.signs_in(&user, &code), "two uses are two");
        let code = world.give(&helper, &user, "20").unwrap();
        world.advance(Duration::hours(24) - Duration::seconds(1));
        assert!(world.signs_in(&user, &code));
        world.advance(Duration::seconds(1));
        assert!(!world.signs_in(&user, &code), "its time ran out");
        assert!(world.dump("audit_entries").contains("The temporary code has ended"));
    }

    fn a_new_code_ends_the_old_one_and_so_do_a_button_and_the_policy(world) {
        let (helper, user) = (world.moreau(), world.user("t.adeyemi", "Sales"));
        world.allow_codes(false);
        let (first, second) = (world.give(&helper, &user, "20").unwrap(), world.give(&helper, &user, "20").unwrap());
        assert!(!world.signs_in(&user, &first) && world.signs_in(&user, &second));
        temporary::end(&world.desk, &helper, world.now(), "t.adeyemi").unwrap();
        assert!(!world.signs_in(&user, &second));
        assert!(matches!(temporary::end(&world.desk, &helper, world.now(), "t.adeyemi"), Err(Error::Refused(_))));
        let third = world.give(&helper, &user, "20").unwrap();
        let version = world.desk.db.read(lost_phones::current).unwrap().version;
        let off = LostPhoneForm { longest_hours: "24".into(), most_uses: "20".into(), ..LostPhoneForm::default() };
        lost_phones::change(&world.desk, &Who::system(), world.now(), &off, version).unwrap();
        assert!(!world.signs_in(&user, &third), "turned off, none is accepted");
    }

    fn wrong_values_count_at_the_code_and_at_each_token_and_a_hundred_end_it(world) {
        let (helper, user) = (world.moreau(), world.user("t.adeyemi", "Sales"));
        let app = world.app_of(&user);
        world.allow_codes(false);
        let code = world.give(&helper, &user, "20").unwrap();
        for _ in 0..3 {
            assert!(!world.signs_in(&user, &other(&code)));
        }
        assert_eq!(world.token(&app.token.serial).failures, 3);
        assert_eq!(world.number("SELECT wrong AS n FROM temporary_codes"), 3);
        for _ in 3..99 {
            assert!(!world.signs_in(&user, "123456"), "of any length");
        }
        assert!(world.signs_in(&user, &code), "99 are not a hundred, and a locked token does not lock the code");
        assert!(!world.signs_in(&user, "123456"));
        assert!(!world.signs_in(&user, &code));
    }

    fn a_code_completes_nothing_and_ends_when_the_replacement_works(world) {
        let (manager, user) = (world.lindqvist(), world.user("t.adeyemi", "Sales"));
        let old = world.app_of(&user);
        world.allow_codes(false);
        let asked = Replacement { serial: old.token.serial.clone(), lost: true, hand_over: false, reason: "lost".into() };
        let shown = provision::preview_replacement(&world.desk, &manager, world.now(), &asked).unwrap().shown;
        let task = provision::replace(&world.desk, &manager, world.now(), &asked, &shown).unwrap();
        let code = world.give(&manager, &user, "20").unwrap();
        let (new, enrollment) = (world.app_of(&user), world.enrollment(task, user.id));
        world.desk.db.write(|conn| tasks::note_enrolled(conn, world.now(), enrollment.id, new.token.id)).unwrap();
        assert!(world.signs_in(&user, &code));
        assert_eq!(world.enrollment(task, user.id).facts.used_at, None, "the new one was not used");
        assert_eq!(world.token(&new.token.serial).first_used_at, None);
        assert!(world.signs_in_later(&user, &new));
        assert!(world.enrollment(task, user.id).facts.used_at.is_some());
        assert!(!world.signs_in(&user, &code), "the new token works");
    }

    fn where_the_policy_asks_for_it_only_a_checked_caller_gets_one(world) {
        let (helper, user) = (world.moreau(), world.user("t.adeyemi", "Sales"));
        let app = world.app_of(&user);
        world.allow_codes(true);
        assert!(matches!(world.give(&helper, &user, "1"), Err(Error::Refused(sentence)) if sentence.starts_with("Check the caller first")));
        let right = caller::by_one_time_password(&world.desk, &helper, world.now(), "t.adeyemi", &app.at(world.now()));
        assert_eq!(right.unwrap(), Outcome::Right);
        world.advance(Duration::minutes(14));
        world.give(&helper, &user, "1").unwrap();
        world.advance(Duration::minutes(1));
        assert!(matches!(world.give(&helper, &user, "1"), Err(Error::Refused(_))), "it stands for 15 minutes");
    }

    fn the_digits_are_in_one_answer_and_nowhere_else(world) {
        let user = world.user("t.adeyemi", "Sales");
        let app = world.app_of(&user);
        world.allow_codes(false);
        let helper = world.signed_in("s.moreau", BuiltIn::HelpDesk);
        let (methods, give) = ("/users/t.adeyemi/authentication-methods", "/users/t.adeyemi/temporary-code");
        helper.get(methods).expect(200).says("Give a temporary code").does_not_say("given by you");
        helper.get(give).expect(200).says("At most 24, by the policy");
        let typed = [("hours", "25"), ("uses", "20"), ("reason", "Forgot it")];
        let page = helper.post(give, &typed).expect(422).says("Enter a whole number from 1 to 24.");
        assert!(page.body.contains("value=\"Forgot it\""), "what was typed is still there");
        let page = helper.post(give, &[("hours", "2"), ("uses", "20"), ("reason", "Forgot it")]).expect(200);
        let halves = page.body.split_once("once-code\"><span>").unwrap().1.split_once("</code>").unwrap().0.to_owned();
        let code: String = halves.chars().filter(char::is_ascii_digit).collect();
        assert_eq!(code.len(), 10, "{halves}");
        page.says("Shown this once").says("Read this to First Last t.adeyemi");
        assert!(world.signs_in(&user, &code));
        for table in ["temporary_codes", "audit_entries", "emails", "tokens", "sessions"] {
            assert!(!world.dump(table).contains(&code), "{table}");
        }
        let page = helper.get(methods).expect(200).says("10 digits, given by you").says("1 of 20 uses").says("They sign in with a temporary code");
        assert!(!page.body.contains(&code) && !page.body.contains("Give a temporary code</a>"));
        let mailbox = Mailbox::default();
        courier::run_once(&world.desk, &Carrier::Mailbox(mailbox.clone())).unwrap();
        let letter = mailbox.search("t.adeyemi", 0, 9).0[0].letter(&world.desk.settings).unwrap();
        assert_eq!(letter.subject, "You were given a temporary code to sign in");
        assert!(letter.text.contains("s.moreau") && letter.text.contains("2026-11-20 16:32, Europe/Berlin"), "{}", letter.text);
        assert!(!letter.text.contains(&code) && !letter.html.contains(&code));
        assert_eq!(world.letters(), [Kind::TemporaryCode]);
        assert_eq!(helper.post(&format!("{give}/end"), &[]).location(), methods);
        assert!(!world.signs_in(&user, &code));
        // With the token at hand again it is over; until then the panel says what became of the code.
        helper.get(methods).expect(200).says("The temporary code has ended").says("ended by an operator");
        assert!(world.signs_in_later(&user, &app));
        helper.get(methods).expect(200).does_not_say("The temporary code has ended");
    }

    fn the_policy_has_a_page_with_its_limits_and_a_change_log(world) {
        let admin = world.signed_in("k.lindqvist", BuiltIn::Operator);
        let path = "/policy/lost-phones";
        admin.get("/policy/self-enrollment").expect(200).says("Lost phones");
        admin.get(path).expect(200).says("Nothing was changed yet");
        let form = |hours, version| {
            [("temporary_codes", "1"), ("checked_caller", "1"), ("longest_hours", hours), ("most_uses", "5"), ("version", version)]
        };
        admin.post(path, &form("73", "1")).expect(422).says("Longest life: enter a whole number from 1 to 72.");
        assert_eq!(admin.post(path, &form("72", "1")).location(), path);
        let page = admin.get(path).expect(200).says("24 h").says("72 h").says("Temporary codes").says("k.lindqvist");
        page.does_not_say("Nothing was changed yet");
        admin.post(path, &form("12", "1")).expect(409).says("someone else changed the policy");
        assert_eq!(world.desk.db.read(lost_phones::current).unwrap().longest_hours, 72);
        let auditor = world.signed_in("a.udit", BuiltIn::Auditor);
        auditor.get(path).expect(403);
    }

    fn an_auditor_gives_none_and_nobody_gives_one_to_who_is_disabled(world) {
        let user = world.user("t.adeyemi", "Sales");
        world.allow_codes(false);
        let auditor = world.operator("a.udit", BuiltIn::Auditor);
        assert!(matches!(world.give(&auditor, &user, "1"), Err(Error::Forbidden("give a temporary code"))));
        let helper = world.moreau();
        let code = world.give(&helper, &user, "20").unwrap();
        tokendesk::users::disable(&world.desk, &Who::system(), world.now(), "t.adeyemi").unwrap();
        assert!(matches!(world.give(&helper, &user, "1"), Err(Error::Refused(_))));
        let person = tokendesk::authentication::Person { id: Some(user.id), user_id: "t.adeyemi".into(), disabled: true };
        let answer = world.desk.db.write(|conn| {
            tokendesk::authentication::check(&world.desk, conn, world.now(), &Who::system().actor, &person, &code)
        });
        assert_eq!(answer.unwrap(), tokendesk::authentication::Answer::Rejected);
    }
}
