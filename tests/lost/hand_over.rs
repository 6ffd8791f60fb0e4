//! Hand over: link and code for who has no mailbox.

use chrono::Duration;
use tokendesk::{
    error::Error,
    ids::TaskId,
    operators::{BuiltIn, Who},
    portal::{self, Step, Visit},
    provision::{
        self,
        choice::{Choice, Selection},
    },
    tasks::{self, hand_over},
    users::{self, Details, Typed, User},
    why::{self, Remedy, Situation},
};

use crate::{
    on_both,
    support::{Page, World},
};

/// l.tanner, who has no email address, provisioned to be handed over to.
fn tanner(world: &World, manager: &Who) -> (User, TaskId) {
    let typed = Typed {
        user_id: "l.tanner".into(),
        last_name: "Tanner".into(),
        first_name: "Lena".into(),
        container: "Sales".into(),
        ..Typed::default()
    };
    let user = users::create(&world.desk, &Who::system(), world.now(), &Details::parse(&typed).unwrap()).unwrap();
    let choice = Choice { hand_over: true, ..world.app_choice() };
    let task = provision::provision(&world.desk, manager, world.now(), &Selection::Users(vec![user.id]), &choice);
    (user, task.expect("who has no mailbox is included"))
}

fn enters(world: &World, handle: &str, code: &str) -> bool {
    let visit = Visit { handle: handle.into(), session: None, address: "192.0.2.9".into(), request: "test".into() };
    matches!(portal::accept_code(&world.desk, world.now(), &visit, code), Ok(Step::Done(..)))
}

/// The handle and the code on a sheet.
fn read(page: &Page) -> (String, String) {
    let after = |mark: &str| page.body.split_once(mark).expect(mark).1.to_owned();
    let handle = after("/enroll/<wbr>").split('<').next().unwrap().to_owned();
    let code = after("sheet-figure\">").split('<').next().unwrap().to_owned();
    (handle, code)
}

on_both! {
    fn who_has_no_mailbox_is_left_out_unless_hand_over_is_chosen(world) {
        let manager = world.lindqvist();
        let (user, task) = tanner(&world, &manager);
        let enrollment = world.enrollment(task, user.id);
        assert_eq!((enrollment.emailed_to.as_str(), enrollment.emailed_at), ("", None));
        assert!(world.letters().is_empty(), "nothing is emailed");
        assert_eq!(world.number("SELECT COUNT(*) AS n FROM enrollment_links"), 0, "the link is made when it is handed over");
        let again = provision::provision(&world.desk, &manager, world.now(), &Selection::Users(vec![user.id]), &world.app_choice());
        assert!(matches!(again, Err(Error::Refused(_))), "{again:?}");
    }

    fn a_sheet_opens_the_enrollment_and_a_newer_one_ends_it(world) {
        let (manager, helper) = (world.lindqvist(), world.moreau());
        let (user, task) = tanner(&world, &manager);
        let hand = || hand_over::hand_over(&world.desk, &helper, world.now(), task, user.id);
        let first = hand().unwrap();
        assert_eq!(world.enrollment(task, user.id).emailed_to, "handed over by s.moreau");
        let second = hand().unwrap();
        assert!(!enters(&world, &first.handle, &first.code));
        assert!(enters(&world, &second.handle, &second.code));
        assert!(!enters(&world, &second.handle, "ABCDEFGHJK"));
        assert_eq!(world.enrollment(task, user.id).facts.failures, 1, "attempts count as ever");
        assert!(world.letters().is_empty());
        let log = world.dump("audit_entries");
        assert!(log.contains("tasks.hand_over") && !log.contains(second.code.as_str()) && !log.contains(second.handle.as_str()));
        assert!(!world.dump("enrollment_links").contains(second.code.as_str()));
        let auditor = world.operator("a.udit", BuiltIn::Auditor);
        let refused = hand_over::hand_over(&world.desk, &auditor, world.now(), task, user.id).err();
        assert!(matches!(refused, Some(Error::Forbidden("hand over a link and a code"))), "{refused:?}");
        world.advance(Duration::days(60));
        assert!(matches!(hand(), Err(Error::Refused(_))), "an Expired one is given more time first");
    }

    fn a_handed_over_link_outlives_an_address_and_nobody_is_reminded_of_it(world) {
        let manager = world.lindqvist();
        let user = world.user("t.adeyemi", "Sales");
        let task = world.task(&manager, &[user.id]);
        let sheet = hand_over::hand_over(&world.desk, &manager, world.now(), task, user.id).unwrap();
        let emails = world.letters().len();
        assert_eq!(world.number("SELECT COUNT(*) AS n FROM emails WHERE state = 'Queued'"), 0, "what waited is canceled");
        world.advance(Duration::hours(1));
        let typed = Typed {
            user_id: "t.adeyemi".into(), last_name: "L".into(), first_name: "F".into(), email: "new@example.org".into(),
            container: "Sales".into(), ..Typed::default()
        };
        users::edit(&world.desk, &manager, world.now(), "t.adeyemi", user.version, &Details::parse(&typed).unwrap()).unwrap();
        let ended = world.desk.db.read(|conn| {
            tasks::address::preview(&world.desk, conn, &manager, world.now(), tasks::address::LinksOf::User(user.id))
        });
        assert_eq!(ended.unwrap().links(), 0);
        world.advance(Duration::days(12));
        tasks::send_reminders(&world.desk, world.now()).unwrap();
        assert_eq!(world.letters().len(), emails);
        assert!(enters(&world, &sheet.handle, &sheet.code));
    }

    fn the_sheet_is_the_answer_to_the_button_and_is_found_nowhere_again(world) {
        let manager = world.lindqvist();
        let (_, task) = tanner(&world, &manager);
        let helper = world.signed_in("s.moreau", BuiltIn::HelpDesk);
        let (methods, path) = ("/users/l.tanner/authentication-methods", format!("/users/l.tanner/tasks/{task}/hand-over"));
        helper.get(methods).expect(200).says("Hand over link and code").says("nobody yet");
        helper.get(&path).expect(200).says("The sheet is shown once.");
        let page = helper.post(&path, &[]).expect(200);
        let (handle, code) = read(&page);
        page.says("Hand this over to Lena Tanner").says("Shown this once").says("We never call you to ask for a code or a password.");
        assert!(enters(&world, &handle, &code));
        let page = helper.get(methods).expect(200).says("handed over by s.moreau");
        assert!(!page.body.contains(&handle) && !page.body.contains(&code));
        helper.get(&path).expect(200).says("stop working");
        let auditor = world.signed_in("a.udit", BuiltIn::Auditor);
        auditor.get(&path).expect(403);
        auditor.get(&format!("/tasks/{task}")).expect(200).says("handed over by s.moreau");
    }

    fn the_panel_tells_no_mailbox_from_handed_over(world) {
        let manager = world.lindqvist();
        let (user, task) = tanner(&world, &manager);
        let helper = world.moreau();
        let found = |who: &Who| world.desk.db.read(|conn| {
            let user = users::find(conn, &Who::system(), "l.tanner")?;
            why::diagnose(&world.desk, conn, who, world.now(), user, None)
        }).unwrap();
        assert_eq!((found(&helper).situation, found(&helper).remedy), (Situation::NoEmail, Some(Remedy::HandOver)));
        assert_eq!((found(&manager).remedy, found(&manager).beside), (Some(Remedy::EditEmail), Some(Remedy::HandOver)));
        hand_over::hand_over(&world.desk, &helper, world.now(), task, user.id).unwrap();
        let calm = found(&helper);
        assert_eq!((calm.situation, calm.remedy), (Situation::HandedOver, Some(Remedy::HandOver)));
        assert!(calm.words.because.starts_with("Handed over by s.moreau, today at 14:32"), "{}", calm.words.because);
    }

    fn replace_shows_the_sheet_where_it_is_handed_over(world) {
        let user = world.user("t.adeyemi", "Sales");
        let old = world.app_of(&user);
        let manager = world.signed_in("m.okafor", BuiltIn::ProvisioningManager);
        let path = format!("/tokens/{}/replace", old.token.serial);
        let form = |shown: &'static str| [("old", "lost"), ("reason", "On the train"), ("delivery", "hand-over"), ("shown", shown)];
        let page = manager.post(&path, &form("")).expect(200).says("A sheet is shown, once");
        let shown = page.body.split_once("name=\"shown\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
        let page = manager.post(&path, &form(shown.leak())).expect(200).says("Hand this over to");
        let (handle, code) = read(&page);
        assert!(enters(&world, &handle, &code));
        assert!(world.letters().is_empty(), "nothing is emailed");
        manager.get("/users/t.adeyemi/authentication-methods").expect(200).says("Replaces").says("handed over by m.okafor");
    }

    fn provision_offers_to_hand_over_to_those_it_leaves_out(world) {
        let manager = world.lindqvist();
        let (user, _) = tanner(&world, &manager);
        let with_mail = world.user("t.adeyemi", "Sales");
        let browser = world.signed_in("m.okafor", BuiltIn::ProvisioningManager);
        let (one, two) = (user.id.to_string(), with_mail.id.to_string());
        let draft = browser.post("/provision", &[("user", &one), ("user", &two)]).location().to_owned();
        let choice = [("authentication_type", "authenticator-app"), ("include_with_task", "1"), ("stop_on", "")];
        browser.post(&format!("{draft}/type"), &choice).expect(303);
        let confirm = format!("{draft}/confirm");
        browser.get(&confirm).expect(200).says("Hand over to the 1 without an email address").says("1 without an email address");
        browser.post(&confirm, &[("include", "hand-over")]).expect(303);
        let page = browser.get(&confirm).expect(200).says("Link and code are handed over").says("Confirm and send 1 email");
        let shown = page.body.split_once("name=\"shown\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
        let to = browser.post(&confirm, &[("shown", &shown)]);
        let task = TaskId(to.location().rsplit('/').next().unwrap().parse().unwrap());
        assert_eq!(world.enrollment(task, user.id).emailed_at, None);
        assert_eq!(world.enrollment(task, with_mail.id).emailed_to, "t.adeyemi@example.org");
        assert_eq!(world.letters().len(), 1);
    }
}
