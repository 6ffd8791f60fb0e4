//! Report as lost, and It was found.

use tokendesk::{
    error::Error,
    mail::{Carrier, Kind, Mailbox, courier},
    operators::BuiltIn,
    tokens::{self, TokenState as S},
    why::{self, Remedy, Situation},
};

use crate::{on_both, support::World};

on_both! {
    fn the_help_desk_reports_a_token_as_lost_and_only_who_may_replace_puts_it_back(world) {
        let (helper, user) = (world.moreau(), world.user("t.adeyemi", "Sales"));
        let app = world.app_of(&user);
        let (desk, serial) = (&world.desk, app.token.serial.as_str());
        assert!(world.signs_in_later(&user, &app));
        let report = |reason: &str, tell| tokens::report_lost(desk, &helper, world.now(), serial, reason, tell);
        assert!(matches!(report(" ", true), Err(Error::Invalid(_))), "it takes a reason");
        let token = report("Phone lost on the train", true).unwrap();
        assert_eq!((token.state, token.state_reason.as_str()), (S::Suspended, "Phone lost on the train"));
        assert!(!world.signs_in_later(&user, &app));
        assert!(matches!(report("again", true), Err(Error::Refused(_))));
        assert_eq!(world.letters(), [Kind::ReportedLost], "told once");
        // The help desk cannot take it back, and nobody resumes it as if it were merely suspended.
        assert!(matches!(tokens::found(desk, &helper, world.now(), serial), Err(Error::Forbidden("replace a token"))));
        let manager = world.operator("m.okafor", BuiltIn::ProvisioningManager);
        let resumed = tokens::resume(desk, &manager, world.now(), serial);
        assert!(matches!(resumed, Err(Error::Refused(sentence)) if sentence.contains("“It was found”")));
        let token = tokens::found(desk, &manager, world.now(), serial).unwrap();
        assert_eq!((token.state, token.state_reason.as_str()), (S::Active, ""));
        assert!(world.signs_in_later(&user, &app));
        assert!(matches!(tokens::found(desk, &manager, world.now(), serial), Err(Error::Refused(_))));
        let log = world.dump("audit_entries");
        assert!(log.contains("tokens.report_lost") && log.contains("tokens.found") && log.contains("Phone lost on the train"));
    }

    fn an_auditor_reports_nothing_and_who_is_elsewhere_finds_no_token(world) {
        let user = world.user("t.adeyemi", "Sales");
        let app = world.app_of(&user);
        let auditor = world.operator("a.udit", BuiltIn::Auditor);
        let lab = world.user("l", "Lab").container;
        let outsider = world.operator_in("o.utsider", BuiltIn::HelpDesk, &[lab]);
        let report = |who| tokens::report_lost(&world.desk, who, world.now(), &app.token.serial, "lost", true);
        assert!(matches!(report(&auditor), Err(Error::Forbidden("report as lost"))));
        assert!(matches!(report(&outsider), Err(Error::NotFound { .. })));
        assert_eq!(world.token(&app.token.serial).state, S::Active);
        assert!(world.letters().is_empty());
    }

    fn the_user_reads_that_the_token_was_reported_lost_and_whom_to_call(world) {
        let (helper, user) = (world.moreau(), world.user("t.adeyemi", "Sales"));
        let app = world.app_of(&user);
        tokens::report_lost(&world.desk, &helper, world.now(), &app.token.serial, "lost on the train", true).unwrap();
        let mailbox = Mailbox::default();
        courier::run_once(&world.desk, &Carrier::Mailbox(mailbox.clone())).unwrap();
        let letter = mailbox.search("t.adeyemi", 0, 9).0[0].letter(&world.desk.settings).unwrap();
        assert_eq!(letter.subject, "Your sign-in token was reported lost");
        for words in [app.token.serial.as_str(), "s.moreau", "extension 4400", "We never call you to ask for a code or a password."] {
            assert!(letter.text.contains(words) && letter.html.contains(words), "{words}: {}", letter.text);
        }
        assert!(!letter.text.contains("train"), "the reason is for operators");
    }

    fn the_table_of_tokens_has_the_two_acts_of_a_call_and_the_panel_says_what_is_lost(world) {
        let user = world.user("t.adeyemi", "Sales");
        let app = world.app_of(&user);
        let serial = app.token.serial.as_str();
        let (helper, manager) = (world.signed_in("s.moreau", BuiltIn::HelpDesk), world.signed_in("m.okafor", BuiltIn::ProvisioningManager));
        let methods = "/users/t.adeyemi/authentication-methods";
        let page = helper.get(methods).expect(200);
        let acts = |page: &crate::support::Page| {
            ["report-lost", "replace", "found", "revoke", "resume"].map(|act| page.body.contains(&format!("/tokens/{serial}/{act}\"")))
        };
        assert_eq!(acts(&page), [true, false, false, false, false]);
        assert_eq!(acts(&manager.get(methods)), [true, true, false, false, false]);
        let report = format!("/tokens/{serial}/report-lost");
        helper.get(&report).expect(200).says("You cannot put it back").says("none that works");
        helper.post(&report, &[("reason", "")]).expect(422).says("Enter a reason.");
        assert_eq!(world.token(serial).state, S::Active, "nothing was changed");
        let answer = helper.post(&report, &[("reason", "on the train"), ("notify", "1")]);
        assert_eq!(answer.location(), methods);
        let page = helper.get(methods).expect(200);
        let page = page.says("Reported lost by you").says("on the train").says("Why can’t this user sign in?").says("The only token is reported lost");
        assert_eq!(acts(&page), [false; 5]);
        let page = manager.get(methods).expect(200).says("Reported lost by s.moreau");
        assert_eq!(acts(&page), [false, true, true, false, false]);
        manager.get(&report).expect(422);
        assert_eq!(manager.post(&format!("/tokens/{serial}/found"), &[("back", methods)]).location(), methods);
        manager.get(methods).expect(200).says("was found").does_not_say("Reported lost");
    }

    fn another_token_that_works_is_no_alarm(world) {
        let user = world.user("t.adeyemi", "Sales");
        let (lost, other) = (world.app_of(&user), world.app_of(&user));
        tokens::report_lost(&world.desk, &world.moreau(), world.now(), &lost.token.serial, "lost", false).unwrap();
        assert!(world.letters().is_empty(), "not told where it was not ticked");
        assert!(world.signs_in_later(&user, &other));
        let found = |world: &World| {
            let who = tokendesk::operators::Who::system();
            let user = tokendesk::users::find;
            world.desk.db.read(|conn| {
                let user = user(conn, &who, "t.adeyemi")?;
                why::diagnose(&world.desk, conn, &who, world.now(), user, None)
            }).unwrap()
        };
        let calm = found(&world);
        assert_eq!((calm.situation, calm.words.sentence.as_str()), (Situation::InOrder, "One token is reported lost, another works"));
        tokens::report_lost(&world.desk, &world.operator("s.econd", BuiltIn::HelpDesk), world.now(), &other.token.serial, "lost too", false).unwrap();
        let alarm = found(&world);
        assert_eq!((alarm.situation, alarm.remedy, alarm.beside), (Situation::ReportedLost, Some(Remedy::ReplaceToken), None));
        // Where there are temporary codes, one stands beside it; the help desk has that alone, and reads who may replace.
        world.allow_codes(false);
        assert_eq!(found(&world).beside, Some(Remedy::GiveTemporaryCode));
        world.operator("m.okafor", BuiltIn::ProvisioningManager);
        let helper = world.signed_in("h.elp", BuiltIn::HelpDesk);
        helper.get("/users/t.adeyemi/authentication-methods").expect(200)
            .says("Give a temporary code").says("who may replace it: it takes the permission “replace a token”");
    }
}
