//! `/policy/alerts`: the choices of the roles, and the Change Log.

use tokendesk::{error::Error, operators::Permission};

use super::*;
use crate::{on_both, support::Browser};

const PATH: &str = "/policy/alerts";

fn operator(world: &World) -> Browser {
    world.signed_in("k.lindqvist", BuiltIn::Operator)
}

fn chosen(world: &World, role: &str, event: Event) -> Delivery {
    let all = world.desk.db.read(alerts::choices).unwrap();
    all.into_iter().find(|one| one.name == role).unwrap().of(event)
}

fn field(world: &World, role: &str, event: Event) -> String {
    alerts::choice::field(world.role(role), event)
}

on_both! {
    fn everything_is_off_at_first(world) {
        let page = operator(&world).get(PATH).expect(200)
            .says("Operator alerts").says("Help desk").says("Expired enrollments").says("Nothing was changed yet")
            .says("one email a day from 07:00, Europe/Berlin").says("1 operator, without an email address");
        assert_eq!(page.body.matches("<option value=\"off\" selected>").count(), 16, "four roles, four kinds");
        assert!(page.body.contains("aria-label=\"Help desk: Lock-outs\""));
        assert!(page.body.contains("href=\"/policy/alerts\" aria-current=\"page\""), "the tab");
        let other = world.signed_in("o2", BuiltIn::Operator).get("/policy/self-enrollment").expect(200);
        assert!(other.body.contains("<a href=\"/policy/alerts\">Operator alerts</a>"));
    }

    fn a_change_is_kept_with_who_when_old_and_new_value(world) {
        let browser = operator(&world);
        let (first, second) = (field(&world, "Help desk", Event::LockOut), field(&world, "Auditor", Event::FailedMail));
        let form = [("version", "1"), (first.as_str(), "at-once"), (second.as_str(), "daily")];
        assert_eq!(browser.post(PATH, &form).location(), PATH);
        assert_eq!(chosen(&world, "Help desk", Event::LockOut), Delivery::AtOnce);
        assert_eq!(chosen(&world, "Auditor", Event::FailedMail), Delivery::Daily);
        assert_eq!(chosen(&world, "Auditor", Event::LockOut), Delivery::Off);
        browser.get(PATH).expect(200)
            .says("Operator alerts saved.").says("What happens from now on is told.")
            .says("Today, 14:32 k.lindqvist Help desk Lock-outs Off At once")
            .says("Today, 14:32 k.lindqvist Auditor Failed email Off Daily digest");
        let audit = world.dump("audit_entries");
        assert!(audit.contains("alerts.change") && audit.contains("Help desk: Off → At once"), "{audit}");
        let form = [("version", "2"), (first.as_str(), "off")];
        browser.post(PATH, &form).location();
        browser.get(PATH).expect(200).says("k.lindqvist Help desk Lock-outs At once Off").does_not_say("from now on is told");
    }

    fn saving_what_is_there_already_changes_nothing(world) {
        let browser = operator(&world);
        let name = field(&world, "Help desk", Event::LockOut);
        browser.post(PATH, &[("version", "1"), (&name, "off")]).location();
        browser.get(PATH).expect(200).says("Nothing to change.");
        assert_eq!(world.desk.db.read(alerts::version).unwrap(), 1);
        assert!(!world.dump("audit_entries").contains("alerts.change"));
    }

    fn a_form_with_mistakes_comes_back_with_all_that_was_chosen(world) {
        let browser = operator(&world);
        let (first, second) = (field(&world, "Help desk", Event::LockOut), field(&world, "Auditor", Event::FailedMail));
        let form = [("version", "1"), (first.as_str(), "sometimes"), (second.as_str(), "daily")];
        let page = browser.post(PATH, &form).expect(422)
            .says("The alerts were not saved").says("Choose Off, At once or Daily digest.");
        assert!(page.body.contains("<option value=\"daily\" selected>"), "what was chosen is still there");
        assert!(page.body.contains(&format!("id=\"{first}-error\"")) && page.body.contains("href=\"#lock-out\""));
        assert_eq!(chosen(&world, "Auditor", Event::FailedMail), Delivery::Off);
    }

    fn a_role_that_may_not_see_it_has_nothing_to_choose(world) {
        let browser = operator(&world);
        let role = world.own_role("Desk", [Permission::SeeUsers].into_iter().collect());
        let name = alerts::choice::field(role, Event::FailedMail);
        let page = browser.get(PATH).expect(200).says("Desk No operator").says("Needs “see the outbox”");
        assert!(!page.body.contains(&format!("name=\"{name}\"")));
        browser.post(PATH, &[("version", "1"), (&name, "daily")]).expect(422)
            .says("Desk may not “see the outbox”, and cannot be told.");
    }

    fn the_second_of_two_operators_sees_what_changed_meanwhile(world) {
        let name = field(&world, "Help desk", Event::LockOut);
        let other = field(&world, "Auditor", Event::FailedMail);
        operator(&world).post(PATH, &[("version", "1"), (&name, "daily")]).location();
        let second = world.signed_in("m.okafor", BuiltIn::Operator);
        let page = second.post(PATH, &[("version", "1"), (&name, "off"), (&other, "at-once")]).expect(409)
            .says("Today, 14:32: k.lindqvist changed Lock-outs of Help desk from Off to Daily digest");
        assert!(page.body.contains("name=\"version\" value=\"2\""));
        assert!(page.body.contains("<option value=\"at-once\" selected>"), "what was chosen is still there");
        assert_eq!(chosen(&world, "Help desk", Event::LockOut), Delivery::Daily);
        second.post(PATH, &[("version", "2"), (&name, "off"), (&other, "at-once")]).location();
        assert_eq!(chosen(&world, "Help desk", Event::LockOut), Delivery::Off);
    }

    fn only_who_may_edit_policies_opens_or_changes_it(world) {
        let name = field(&world, "Help desk", Event::LockOut);
        for (user_id, role) in [("p", BuiltIn::ProvisioningManager), ("h", BuiltIn::HelpDesk), ("a", BuiltIn::Auditor)] {
            let browser = world.signed_in(user_id, role);
            browser.get(PATH).expect(403).says("edit messages and policies");
            browser.post(PATH, &[("version", "1"), (&name, "daily")]).expect(403);
        }
        let who = world.operator("h2", BuiltIn::HelpDesk);
        let refused = alerts::change(&world.desk, &who, world.now(), &AlertForm::default(), 1);
        assert!(matches!(refused, Err(Error::Forbidden("edit messages and policies"))));
        assert_eq!(chosen(&world, "Help desk", Event::LockOut), Delivery::Off);
    }

    fn an_alert_is_in_the_outbox_for_who_works_everywhere(world) {
        let who = world.told("m", BuiltIn::Operator, None);
        world.choose("Operator", Event::LockOut, Delivery::AtOnce);
        let user = world.user("a.berg", "Sales");
        let task = world.task(&who, &[user.id]);
        world.lock_now(task, user.id);
        assert_eq!(world.round(), 1);
        let browser = operator(&world);
        browser.get("/outbox?message=alert").expect(200).says("m@desk.example").says("Operator alert");
        browser.get("/messages").expect(200).does_not_say("Operator alert");
        let scoped = world.operator_in("scoped", BuiltIn::HelpDesk, &[user.container]);
        let scoped = Browser::signed_in(&world.url, &world.desk, &scoped);
        scoped.get("/outbox?message=alert").expect(200).does_not_say("m@desk.example");
    }
}
