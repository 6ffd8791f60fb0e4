//! A changed address (PRODUCT.md §2): the link that went to the older one ends with it, whoever changes it and however.

use tokendesk::{
    mail::{Kind, State},
    tasks::{address, resend},
    users::Import,
};

use super::*;
use crate::{on_both, users::preview};

/// Writes another address into the profile, as Edit does.
fn readdress(world: &World, user: &User, email: &str) -> User {
    let user = world.desk.db.read(|conn| users::find(conn, &Who::system(), &user.user_id)).unwrap();
    let details = Details::parse(&Typed { email: email.into(), ..user.typed() }).unwrap();
    users::edit(&world.desk, &Who::system(), world.now(), &user.user_id, user.version, &details).unwrap()
}

fn file(world: &World, text: &str) {
    let how = Import { container: "Sales".into(), dry_run: false, good_lines: false };
    let report = users::import(&world.desk, &Who::system(), world.now(), text.as_bytes(), &how).unwrap();
    assert!(report.carried_out, "{report:?}");
}

/// The form of Edit, filled in as the page draws it, with another address.
fn save(browser: &crate::support::Browser, user: &User, email: &str) {
    let version = user.version.to_string();
    let form = [
        ("version", version.as_str()),
        ("user_id", &user.user_id),
        ("last_name", &user.last_name),
        ("first_name", &user.first_name),
        ("email", email),
        ("container", &user.container_name),
    ];
    assert_eq!(
        browser.post(&format!("/users/{}/edit", user.user_id), &form).location(),
        format!("/users/{}", user.user_id)
    );
}

fn states(world: &World, user: &User) -> Vec<(Kind, State, String)> {
    let filter = mail::Filter { text: user.user_id.clone(), ..mail::Filter::default() };
    let rows =
        world.desk.db.read(|conn| mail::rows(conn, world.now(), None, &filter, mail::View::All, (0, 50))).unwrap();
    rows.into_iter().map(|email| (email.kind, email.state, email.shown_to)).collect()
}

on_both! {
    fn the_link_in_a_strangers_mailbox_ends_with_the_mistyped_address(world) {
        let invited = invite_app(&world);
        let visit = invited.comes_in(&world);
        let key = invited.key(&world, &visit);
        world.advance(Duration::minutes(5));
        let browser = world.signed_in("m.okafor", BuiltIn::ProvisioningManager);
        save(&browser, &invited.user, "tobi.adeyemi@example.org");
        let page = browser.get("/users/t.adeyemi").expect(200).says("The email address was changed").says("1 link that was sent to an older address has ended");
        page.says("Resend to tobi.adeyemi@example.org");
        let phone = world.stranger();
        let page = phone.get(&format!("/enroll/{}", invited.handle)).expect(410).says("This email went to an older address");
        page.says("20 November 2026, 14:37").does_not_say("Tobi").does_not_say("t.adeyemi").does_not_say("tobi.adeyemi");
        phone.post(&format!("/enroll/{}", invited.handle), &[("code", &invited.code)]).expect(410).says("older address");
        assert_eq!(invited.types(&world, &invited.code), None, "the code has ended with it");
        let typed = app(&key, &world, 0);
        let proved = tokendesk::portal::prove(&world.desk, world.now(), &visit, &typed).unwrap();
        assert!(matches!(proved, Step::Ended(_)), "the session that the old link opened has ended too: {proved:?}");
        assert_eq!(world.enrollment(invited.task, invited.user.id).facts.failures, 0, "and none of it is an attempt");
    }

    fn one_press_after_save_sends_to_the_new_address(world) {
        let invited = invite_app(&world);
        let browser = world.signed_in("m.okafor", BuiltIn::ProvisioningManager);
        save(&browser, &invited.user, "tobi.adeyemi@example.org");
        let page = browser.get("/users/t.adeyemi").expect(200);
        let shown = page.body.split("name=\"shown\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
        browser.post("/tasks/readdressed", &[("user", "t.adeyemi"), ("shown", "other")]).expect(409).says("Nothing was sent");
        assert_eq!(browser.post("/tasks/readdressed", &[("user", "t.adeyemi"), ("shown", &shown)]).location(), "/users/t.adeyemi");
        browser.get("/users/t.adeyemi").expect(200).says("Resent to the new address").does_not_say("has ended");
        let user = world.desk.db.read(|conn| users::find(conn, &Who::system(), "t.adeyemi")).unwrap();
        let (handle, code) = link_to(&world, &carry(&world, None), &user);
        let renewed = Invited { user, handle, code, task: invited.task };
        renewed.enrolls(&world);
        browser.post("/tasks/readdressed", &[("user", "t.adeyemi"), ("shown", &shown)]).expect(409);
    }

    fn an_import_says_how_many_links_ended_and_offers_to_send_to_all_of_them(world) {
        let (one, two) = (invite_app(&world), invited_as(&world, "b.osei"));
        let used = invited_as(&world, "c.oded");
        used.enrolls(&world);
        let gone = invited_as(&world, "d.one");
        world.advance(Duration::minutes(1));
        let browser = world.signed_in("m.okafor", BuiltIn::ProvisioningManager);
        let lines = "User ID,Last Name,Email\nt.adeyemi,Adeyemi,t@new.example\nb.osei,Osei,b@new.example\nc.oded,Oded,c@new.example\nd.one,One,\n";
        file(&world, lines);
        let count = |who: &Who| world.desk.db.read(|conn| address::count(conn, who, address::LinksOf::ChangedAt(world.now()))).unwrap();
        assert_eq!(count(&Who::system()), 3, "who has enrolled has no link that could end");
        let path = address::page_at(world.now());
        world.advance(Duration::minutes(1));
        let page = browser.get(&path).expect(200).says("3 links that were sent to an older email address have ended").says("t@new.example").says("b@new.example");
        page.says("d.one has no email address").says("Resend 2 emails").does_not_say("c@new.example");
        let shown = page_shown(&browser, &path);
        let at = path.split("at=").nth(1).unwrap();
        assert_eq!(browser.post("/tasks/readdressed", &[("at", at), ("shown", &shown)]).location(), "/users");
        let mailbox = carry(&world, None);
        for (invited, new) in [(&one, "t@new.example"), (&two, "b@new.example")] {
            assert_eq!(mailbox.search(new, 0, 9).0.len(), 1);
            assert_eq!(world.enrollment(invited.task, invited.user.id).emailed_to, new);
        }
        browser.get(&path).expect(200).says("1 link that was sent to an older email address has ended").does_not_say("Resend 1");
        is(&world, &gone.user, Situation::AddressRemoved, "The address was removed today at 14:33");
        let elsewhere = world.user("e.lse", "Finance").container;
        assert_eq!(count(&world.operator_in("f.in", BuiltIn::Operator, &[elsewhere])), 0, "of links out of scope nothing is said");
    }

    fn the_page_of_an_import_says_it_too(world) {
        invite_app(&world);
        let browser = world.signed_in("m.okafor", BuiltIn::ProvisioningManager);
        world.advance(Duration::minutes(1));
        let text = "User ID,Last Name,Email\nt.adeyemi,Adeyemi,t@new.example\n";
        let form = reqwest::blocking::multipart::Form::new().text("text", text).text("container", "Sales").text("check", "1");
        let preview = crate::support::browser::send(browser.request("/users/import").multipart(form)).expect(200);
        let page = preview::import(&browser, "/users/import", &preview, false).expect(200);
        let page = page.says("1 link that was sent to an older address has ended").says("Resend to the new addresses");
        assert!(page.body.contains(&address::page_at(world.now())), "{}", page.body);
    }

    fn a_link_that_went_to_an_alternate_address_lives_on(world) {
        let user = world.user("t.adeyemi", "Sales");
        let task = provision(&world, &user, AuthenticationType::AuthenticatorApp);
        resend::resend(&world.desk, &world.lindqvist_or_known(), world.now(), task, user.id, Some("home@else.example")).unwrap();
        let mailbox = carry(&world, None);
        let link = mailbox.search("home@else.example", 0, 9).0.pop().unwrap().link(&world.desk.settings).unwrap();
        let (path, code) = link.split_once('#').unwrap();
        world.advance(Duration::minutes(1));
        let user = readdress(&world, &user, "tobi@new.example");
        let invited = Invited { user, task, handle: path.rsplit_once('/').unwrap().1.into(), code: code.into() };
        is(&world, &invited.user, Situation::LinkNotOpened, "");
        invited.enrolls(&world);
    }

    fn a_change_of_case_is_no_other_address(world) {
        let invited = invite_app(&world);
        world.advance(Duration::minutes(1));
        let user = readdress(&world, &invited.user, "T.Adeyemi@EXAMPLE.org");
        assert_eq!((user.email.as_str(), user.email_changed_at), ("T.Adeyemi@EXAMPLE.org", None));
        invited.enrolls(&world);
    }

    fn an_address_that_comes_back_brings_no_link_back(world) {
        let invited = invite_app(&world);
        world.advance(Duration::minutes(1));
        readdress(&world, &invited.user, "other@new.example");
        world.advance(Duration::minutes(1));
        readdress(&world, &invited.user, "t.adeyemi@example.org");
        assert_eq!(invited.types(&world, &invited.code), None);
        is(&world, &invited.user, Situation::AddressChanged, "changed today at 14:34");
    }

    fn what_waits_for_the_older_address_does_not_go_there(world) {
        let user = world.user("t.adeyemi", "Sales");
        let task = provision(&world, &user, AuthenticationType::AuthenticatorApp);
        world.device("FT-1", tokendesk::tokens::MovingFactor::Counter);
        tokendesk::provision::assign_device(&world.desk, &world.lindqvist_or_known(), world.now(), "FT-1", "t.adeyemi").unwrap();
        let waits = |kind: Kind| states(&world, &user).into_iter().filter(|(of, ..)| *of == kind).map(|(_, state, to)| (state, to)).collect::<Vec<_>>();
        assert_eq!(waits(Kind::Enrollment), [(State::Queued, "t.adeyemi@example.org".into())]);
        readdress(&world, &user, "tobi@new.example");
        assert_eq!(waits(Kind::Enrollment), [(State::Canceled, "t.adeyemi@example.org".into())]);
        assert_eq!(waits(Kind::TokenAssigned), [(State::Queued, "tobi@new.example".into())], "what has no link goes to the new one");
        let mailbox = carry(&world, None);
        assert!(mailbox.search("t.adeyemi@example.org", 0, 9).0.is_empty(), "nothing goes to the stranger");
        is(&world, &user, Situation::AddressChanged, &format!("the email about task {task} had gone to t.adeyemi@example.org"));
    }

    fn the_panel_knows_it_and_the_help_desk_resends(world) {
        let invited = invite_app(&world);
        invited.open(&world);
        world.advance(Duration::minutes(10));
        let user = readdress(&world, &invited.user, "tobi@new.example");
        assert_eq!(is(&world, &user, Situation::AddressChanged, "The address was changed today at 14:42"), Some(Remedy::Resend));
        let helper = world.signed_in("h.elp", BuiltIn::HelpDesk);
        let page = helper.get("/users/t.adeyemi/authentication-methods").expect(200).says("The link ended when the email address was changed");
        page.says(&format!("Resend task {}", invited.task));
        let auditor = world.signed_in("a.uditor", BuiltIn::Auditor);
        auditor.get("/users/t.adeyemi/authentication-methods").expect(200).says("The link ended").says("who may do this");
        let path = format!("/users/t.adeyemi/tasks/{}/edit", invited.task);
        helper.post(&path, &[("email", "tobi@new.example")]).location();
        carry(&world, None);
        is(&world, &user, Situation::LinkNotOpened, "for tobi@new.example");
        world.stranger().get(&format!("/enroll/{}", invited.handle)).expect(410).says("older address");
        is(&world, &user, Situation::OlderLinkUsed, "");
    }

    fn a_locked_or_expired_link_does_not_come_back_to_life_at_the_older_address(world) {
        let invited = invite_app(&world);
        world.advance(Duration::days(20));
        readdress(&world, &invited.user, "tobi@new.example");
        let browser = world.signed_in("m.okafor", BuiltIn::ProvisioningManager);
        let version = world.enrollment(invited.task, invited.user.id).version.to_string();
        let path = format!("/users/t.adeyemi/tasks/{}/stop-date", invited.task);
        browser.post(&path, &[("stop_on", "2026-12-15"), ("version", &version)]).location();
        assert_eq!(invited.types(&world, &invited.code), None);
        is(&world, &invited.user, Situation::AddressChanged, "");
    }
}

fn invited_as(world: &World, user_id: &str) -> Invited {
    let user = world.user(user_id, "Sales");
    let task = provision(world, &user, AuthenticationType::AuthenticatorApp);
    let (handle, code) = link_to(world, &carry(world, None), &user);
    Invited { user, task, handle, code }
}

fn page_shown(browser: &crate::support::Browser, path: &str) -> String {
    let page = browser.get(path).expect(200);
    page.body.split("name=\"shown\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned()
}
