//! The audit log's page.

use chrono::Duration;
use tokendesk::{
    audit::{self, Entry, Verb},
    ids::{TaskId, UserId},
    operators::{BuiltIn, Who},
};

use crate::{on_both, support::World};

fn write(world: &World, entry: &Entry<'_>) {
    world.desk.db.write(|conn| audit::record(conn, world.now(), entry)).unwrap();
}

fn last_entry(world: &World) -> i64 {
    use diesel::{dsl::max, prelude::*};
    use tokendesk::schema::audit_entries;
    world
        .desk
        .db
        .read(|conn| Ok(audit_entries::table.select(max(audit_entries::id)).first::<Option<i64>>(conn)?))
        .unwrap()
        .unwrap()
}

on_both! {
    fn auditors_see_everything_and_help_desks_their_own_entries(world) {
        let (kim, max) = (world.operator("k.lindqvist", BuiltIn::Operator), world.operator("m.okafor", BuiltIn::HelpDesk));
        write(&world, &Entry::done(&kim.actor, Verb::TasksProvision, "Created a task for 4 users").task(TaskId(1042)));
        write(&world, &Entry::done(&max.actor, Verb::TasksResend, "Resent the email").user(UserId(1), "t.adeyemi"));
        // A user in the portal who has the name of an operator.
        let user = Who::outsider(audit::ActorKind::User, "m.okafor", "203.0.113.9", "r");
        write(&world, &Entry::done(&user.actor, Verb::EnrollmentEnroll, "Enrolled a token"));
        let page = world.signed_in("j.tanaka", BuiltIn::Auditor).get("/audit").expect(200);
        let page = page.says("Today, Friday 2026-11-20").says("Created a task for 4 users");
        let page = page.says("Resent the email: t.adeyemi").says("Enrolled a token").says("192.0.2.17");
        assert!(page.body.contains("<a href=\"/tasks/1042\">1042</a>"));
        let own = crate::support::Browser::signed_in(&world.url, &world.desk, &max).get("/audit").expect(200);
        let own = own.says("Resent the email").does_not_say("Created a task").does_not_say("Enrolled a token");
        assert!(!own.body.contains("name=\"operator\""));
        let other = crate::support::Browser::signed_in(&world.url, &world.desk, &max);
        other.get("/audit?operator=k.lindqvist").expect(200).does_not_say("Created a task");
        world.signed_in("p.manager", BuiltIn::ProvisioningManager).get("/audit").expect(403).says("audit log");
    }

    fn entries_are_found_by_name_task_operator_and_day(world) {
        let kim = world.operator("k.lindqvist", BuiltIn::Operator);
        write(&world, &Entry::done(&kim.actor, Verb::TasksProvision, "Created a task").task(TaskId(1042)));
        world.advance(Duration::days(2));
        write(&world, &Entry::done(&Who::system().actor, Verb::MailSend, "Mail refused").user(UserId(1), "T.Adeyemi"));
        let browser = world.signed_in("j.tanaka", BuiltIn::Auditor);
        browser.get("/audit?q=t.ad").expect(200).says("Mail refused").does_not_say("Created a task");
        browser.get("/audit?q=K.LIND").expect(200).says("Created a task").does_not_say("Mail refused");
        browser.get("/audit?q=1042").expect(200).says("Created a task").does_not_say("Mail refused");
        browser.get("/audit?operator=system").expect(200).says("Mail refused").does_not_say("Created a task");
        browser.get("/audit?to=2026-11-20").expect(200).says("Created a task").does_not_say("Mail refused");
        browser.get("/audit?from=2026-11-21").expect(200).says("Mail refused").does_not_say("Created a task");
        browser.get("/audit?q=%25").expect(200).says("No entry matches").says("Clear filters");
        browser.get("/audit?from=nonsense&page=x&size=7").expect(200).says("Mail refused");
    }

    fn changes_show_the_value_before_and_after(world) {
        let kim = world.operator("k.lindqvist", BuiltIn::Operator);
        let entry = Entry::done(&kim.actor, Verb::TasksStopDateUser, "Moved <b>").fact("Stop Date", "2026-11-27 → 2026-12-13");
        write(&world, &entry);
        let page = world.signed_in("j.tanaka", BuiltIn::Auditor).get("/audit").expect(200);
        assert!(page.body.contains("<del>2026-11-27</del> <ins>2026-12-13</ins>"), "{}", page.body);
        assert!(page.body.contains("Moved &#60;b&#62;"));
    }

    fn many_entries_have_pages(world) {
        let kim = world.operator("k.lindqvist", BuiltIn::Operator);
        let entries: Vec<Entry<'_>> =
            (1..=40).map(|n| Entry::done(&kim.actor, Verb::TasksStopDate, format!("Did thing {n} of many"))).collect();
        world.desk.db.write(|conn| audit::record_all(conn, world.now(), entries.clone())).unwrap();
        let browser = world.signed_in("j.tanaka", BuiltIn::Auditor);
        browser.get("/audit").expect(200).says("Rows 1 to 18 of 40").says("thing 40 of").does_not_say("thing 22 of");
        browser.get("/audit?page=3").expect(200).says("Rows 37 to 40 of 40").says("thing 1 of");
        browser.get("/audit?page=99").expect(200);
    }

    fn each_entry_has_a_page_of_its_own(world) {
        let kim = world.operator("k.lindqvist", BuiltIn::Operator);
        let entry = Entry::done(&kim.actor, Verb::TasksStopDateUser, "Moved the Stop Date in task 1042");
        let user = world.user("t.adeyemi", "Sales");
        write(&world, &Entry::done(&kim.actor, Verb::TasksResend, "Resent"));
        write(&world, &entry.task(TaskId(1042)).user(user.id, "t.adeyemi").fact("Stop Date", "2026-11-27 → 2026-12-13"));
        let browser = world.signed_in("j.tanaka", BuiltIn::Auditor);
        let list = browser.get("/audit").expect(200);
        let number = last_entry(&world);
        assert!(list.body.contains(&format!("href=\"/audit/{number}\"")));
        let page = browser.get(&format!("/audit/{number}")).expect(200).says("Moved the Stop Date in task 1042");
        let page = page.says("as Operator").says("192.0.2.17").says(Verb::TasksStopDateUser.code()).says("test").says("Older");
        assert!(page.body.contains("<del>2026-11-27</del> <ins>2026-12-13</ins>"));
        assert!(page.body.contains("href=\"/users/t.adeyemi\"") && page.body.contains("href=\"/tasks/1042\""));
        browser.get("/audit/999999").expect(404);
        browser.get("/audit/nonsense").expect(404);
    }

    fn the_help_desk_opens_its_own_entries_only(world) {
        let (kim, max) = (world.operator("k.lindqvist", BuiltIn::Operator), world.operator("m.okafor", BuiltIn::HelpDesk));
        let desk = crate::support::Browser::signed_in(&world.url, &world.desk, &max);
        write(&world, &Entry::done(&max.actor, Verb::TasksResend, "Resent the email"));
        desk.get(&format!("/audit/{}", last_entry(&world))).expect(200).does_not_say("Newer");
        write(&world, &Entry::done(&kim.actor, Verb::TasksProvision, "Created a task"));
        desk.get(&format!("/audit/{}", last_entry(&world))).expect(404).does_not_say("Created a task");
    }

    fn what_is_outside_of_the_scope_is_in_no_entry(world) {
        let kim = world.operator("k.lindqvist", BuiltIn::Operator);
        let (ours, theirs) = (world.user("a.berg", "Sales"), world.user("b.cole", "Legal"));
        let mine = world.task(&kim, &[ours.id]);
        let mixed = world.task(&kim, &[world.user("c.dahl", "Sales").id, theirs.id]);
        write(&world, &Entry::done(&kim.actor, Verb::UsersEdit, "Changed a user").user(theirs.id, "b.cole"));
        let hidden = last_entry(&world);
        let scoped = world.operator_in("j.tanaka", BuiltIn::Auditor, &[ours.container]);
        write(&world, &Entry::done(&kim.actor, Verb::OperatorsSuspend, "Suspended an operator").subject("x.else"));
        write(&world, &Entry::done(&scoped.actor, Verb::OperatorsSignIn, "Signed in"));
        let browser = crate::support::Browser::signed_in(&world.url, &world.desk, &scoped);
        let list = browser.get("/audit?size=100").expect(200).says("a.berg").says("c.dahl").says("Signed in");
        let list = list.says(&format!("{mine}")).does_not_say("b.cole").does_not_say("x.else").does_not_say("Provisioned 2 users");
        list.says("Provisioned 1 user");
        browser.get(&format!("/audit?q={mixed}")).expect(200).says("Rows 1 to 1 of 1");
        browser.get(&format!("/audit/{hidden}")).expect(404);
        browser.get(&format!("/audit/{}", last_entry(&world))).expect(200);
    }

    fn entries_are_narrowed_to_a_part_of_the_product(world) {
        let kim = world.operator("k.lindqvist", BuiltIn::Operator);
        write(&world, &Entry::done(&kim.actor, Verb::TasksResend, "Resent the email"));
        write(&world, &Entry::done(&kim.actor, Verb::PolicyChange, "Changed the policy"));
        let browser = world.signed_in("j.tanaka", BuiltIn::Auditor);
        browser.get("/audit?action=policy").expect(200).says("Changed the policy").does_not_say("Resent the email");
        browser.get("/audit?action=nonsense").expect(200).says("Changed the policy").says("Resent the email");
    }
}
