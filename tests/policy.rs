//! `/policy/self-enrollment`: the Self-Enrollment Policy (PRODUCT.md §2).

use tokendesk::{
    error::Error,
    operators::BuiltIn,
    policy::{self, Policy, PolicyForm},
    tasks,
};

use crate::{
    on_both,
    support::{Browser, World},
};

const PATH: &str = "/policy/self-enrollment";

/// The form as it opens, with some fields typed over; a field set to "off" is an unticked box.
fn form<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut form = vec![
        ("version", "1"),
        ("days_to_enroll", "14"),
        ("longest_period", "30"),
        ("attempts_allowed", "5"),
        ("token_failures_allowed", "10"),
        ("code_length", "10"),
        ("link_carries_code", "1"),
        ("reminder_days", "3, 1"),
    ];
    for (name, value) in changes {
        form.retain(|(field, _)| field != name);
        if *value != "off" {
            form.push((name, value));
        }
    }
    form
}

fn current(world: &World) -> Policy {
    world.desk.db.read(policy::current).unwrap()
}

fn operator(world: &World) -> Browser {
    world.signed_in("k.lindqvist", BuiltIn::Operator)
}

on_both! {
    fn what_counts_in_all_containers_is_changed_by_who_works_in_all_of_them_and_read_by_the_others(world) {
        let sales = world.user("t.adeyemi", "Sales").container;
        let who = world.operator_in("op.sales", BuiltIn::Operator, &[sales]);
        let scoped = Browser::signed_in(&world.url, &world.desk, &who);
        let all = world.signed_in("k.lindqvist", BuiltIn::Operator);
        let message = [("version", "0"), ("subject", "HACKED"), ("text", "{{help_desk}}"), ("html", "<p>{{help_desk}}</p>")];
        for (path, form, button, why) in [
            (PATH, &form(&[("attempts_allowed", "6")])[..], "Save policy", "The policy counts in all containers"),
            ("/policy/alerts", &[("version", "0")], "Save alerts", "Operator alerts count in all containers"),
            ("/messages/canceled", &message, "Save message", "Messages go to users of all containers"),
        ] {
            all.get(path).expect(200).says(button).does_not_say("and you work in some");
            let page = scoped.get(path).expect(200).says(why).does_not_say(button);
            let forms: Vec<&str> = page.body.split("<form").skip(1).filter(|form| form.contains("method=\"post\"")).collect();
            let own = |form: &&&str| form.contains("action=\"/policy") || form.contains("action=\"/messages");
            assert_eq!(forms.iter().filter(own).count(), 0, "{path}");
            scoped.post(path, form).expect(403).says("all containers");
        }
        for end in ["preview", "default", "test"] {
            scoped.post(&format!("/messages/canceled/{end}"), &message).expect(403);
        }
        scoped.get("/messages").expect(200).says("Canceled").does_not_say("Edit");
        scoped.get("/messages/canceled/preview").expect(200).says("Hello Sam,");
        assert_eq!(current(&world).attempts_allowed, 5);
        assert_eq!(world.dump("messages"), "");
        // The verbs ask, too, whoever calls them.
        let typed = PolicyForm { attempts_allowed: "6".into(), ..PolicyForm::of(&current(&world)) };
        let refused = tasks::change_policy(&world.desk, &who, world.now(), &typed, 1);
        assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
    }

    fn the_policy_opens_with_its_defaults_and_says_what_they_mean(world) {
        operator(&world).get(PATH).expect(200)
            .says("Provisioned today , users may enroll until Friday 4 December 2026")
            .says("Sunday 20 December 2026 at the latest")
            .says("Reminded on Tuesday 1 December 2026 and Thursday 3 December 2026, at 08:00")
            .says("Locked after 5 failed attempts")
            .says("Nothing was changed yet");
    }

    fn a_change_is_kept_with_who_when_old_and_new_value(world) {
        let browser = operator(&world);
        let changes =
            [("days_to_enroll", "7"), ("attempts_allowed", "3"), ("reminder_days", ""), ("skip_weekends", "1"), ("link_carries_code", "off")];
        let answer = browser.post(PATH, &form(&changes));
        assert_eq!(answer.location(), PATH);
        let expected = Policy {
            days_to_enroll: 7,
            attempts_allowed: 3,
            reminder_days: vec![],
            skip_weekends: true,
            link_carries_code: false,
            version: 2,
            ..Policy::default()
        };
        assert_eq!(current(&world), expected);
        let page = browser.get(PATH).expect(200);
        for line in [
            "Today, 14:32 k.lindqvist Days to enroll 14 7",
            "k.lindqvist Attempts allowed 5 3",
            "k.lindqvist Reminder days 3, 1 none",
            "k.lindqvist Skip weekends off on",
            "k.lindqvist Link carries the code on off",
        ] {
            assert!(page.text().contains(line), "{line}: {}", page.text());
        }
        page.says("Policy saved.").says("No reminder").says("Provisioned today , users may enroll until Friday 27 November 2026");
        let audit = world.dump("audit_entries");
        assert!(audit.contains("policy.change") && audit.contains("14 → 7"), "{audit}");
    }

    fn saving_what_is_there_already_changes_nothing(world) {
        operator(&world).post(PATH, &form(&[])).location();
        assert_eq!(current(&world), Policy::default());
        assert!(!world.dump("audit_entries").contains("policy.change"));
    }

    fn a_form_with_mistakes_comes_back_with_all_that_was_typed(world) {
        let browser = operator(&world);
        let page = browser.post(PATH, &form(&[("days_to_enroll", "91"), ("attempts_allowed", "many"), ("reminder_days", "3, x"), ("longest_period", "60")]));
        let page = page.expect(422).says("The policy was not saved").says("Enter a whole number from 1 to 90.")
            .says("Attempts allowed: enter a whole number from 1 to 20.").says("Enter whole numbers of days from 1 to 364");
        for typed in ["value=\"91\"", "value=\"many\"", "value=\"3, x\"", "value=\"60\"", "href=\"#days_to_enroll\"", "id=\"days_to_enroll-error\""] {
            assert!(page.body.contains(typed), "{typed}");
        }
        assert_eq!(current(&world), Policy::default());
    }

    fn the_second_of_two_operators_sees_what_changed_meanwhile(world) {
        operator(&world).post(PATH, &form(&[("attempts_allowed", "7")])).location();
        let second = world.signed_in("m.okafor", BuiltIn::Operator);
        let page = second.post(PATH, &form(&[("days_to_enroll", "21")])).expect(409);
        let page = page.says("Today, 14:32: k.lindqvist changed Attempts allowed from 5 to 7");
        assert!(page.body.contains("value=\"21\""), "what was typed is still there");
        assert_eq!(current(&world), Policy { attempts_allowed: 7, version: 2, ..Policy::default() });
        // Saved again, knowing of it, it is taken.
        assert!(page.body.contains("name=\"version\" value=\"2\""));
        second.post(PATH, &form(&[("days_to_enroll", "21"), ("version", "2")])).location();
        assert_eq!(current(&world), Policy { days_to_enroll: 21, version: 3, ..Policy::default() });
    }

    fn only_who_may_edit_policies_opens_or_changes_it(world) {
        for (name, role) in [("p", BuiltIn::ProvisioningManager), ("h", BuiltIn::HelpDesk), ("a", BuiltIn::Auditor)] {
            let browser = world.signed_in(name, role);
            browser.get(PATH).expect(403).says("edit messages and policies");
            browser.post(PATH, &form(&[("days_to_enroll", "7")])).expect(403);
        }
        let who = world.operator("h2", BuiltIn::HelpDesk);
        let typed = PolicyForm::of(&Policy::default());
        let refused = tasks::change_policy(&world.desk, &who, world.now(), &typed, 1);
        assert!(matches!(refused, Err(Error::Forbidden("edit messages and policies"))));
        assert_eq!(current(&world), Policy::default());
    }

    fn changing_the_policy_never_moves_existing_stop_dates(world) {
        let who = world.lindqvist();
        let user = world.user("a.berg", "Sales").id;
        let task = world.task(&who, &[user]);
        let before = world.enrollment(task, user).facts;
        let browser = world.signed_in("m.okafor", BuiltIn::Operator);
        browser.post(PATH, &form(&[("days_to_enroll", "2"), ("longest_period", "3"), ("skip_weekends", "1")])).location();
        assert_eq!(world.enrollment(task, user).facts, before);
    }

    fn users_lock_and_unlock_with_the_attempts_allowed_and_their_task_counts_them(world) {
        let who = world.lindqvist();
        let users = [world.user("a.berg", "Sales").id, world.user("b.cole", "Sales").id];
        let task = world.task(&who, &users);
        for _ in 0..3 {
            let enrollment = world.enrollment(task, users[0]).id;
            world.desk.db.write(|conn| tasks::note_failure(conn, enrollment, 5)).unwrap();
        }
        let locked = || {
            use diesel::prelude::*;
            use tokendesk::schema::tasks::dsl;
            world.desk.db.read(|conn| Ok(dsl::tasks.find(task.0).select(dsl::locked).first::<i64>(conn)?)).unwrap()
        };
        assert_eq!(locked(), 0);
        let browser = world.signed_in("m.okafor", BuiltIn::Operator);
        browser.post(PATH, &form(&[("attempts_allowed", "3")])).location();
        assert_eq!(locked(), 1);
        browser.post(PATH, &form(&[("attempts_allowed", "4"), ("version", "2")])).location();
        assert_eq!(locked(), 0);
    }
}
