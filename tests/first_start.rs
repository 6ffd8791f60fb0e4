//! The list of the first start on the Snapshot: what a new server still needs, ticked by what was seen.

use diesel::prelude::*;
use tokendesk::{
    db::AnyConn,
    mail::{self, EndedTry, Verdict},
    operators::{BuiltIn, Who},
    reports::first_start,
    schema,
    tokens::MovingFactor,
};

use crate::{
    on_both,
    support::{Browser, World},
};

/// The first operator of a new server, who has an address.
fn first(world: &World) -> Who {
    use schema::operators::dsl;
    let who = world.operator("k.lindqvist", BuiltIn::Operator);
    let change = |conn: &mut AnyConn| {
        let own = dsl::operators.filter(dsl::user_id.eq("k.lindqvist"));
        Ok(diesel::update(own).set(dsl::email.eq("k@example.org")).execute(conn)?)
    };
    world.desk.db.write(change).expect("the operator is there");
    who
}

/// A worker takes what is due, and the mail server answers this to it.
fn answer(world: &World, verdict: Verdict, words: &str) {
    let claimed = mail::claim(&world.desk, world.now(), "worker", 100).expect("the database answers");
    assert_eq!(claimed.len(), 1);
    let settled: Vec<EndedTry> = claimed
        .into_iter()
        .map(|email| EndedTry { worker: "worker".into(), email, verdict, answer: words.into() })
        .collect();
    mail::settle(&world.desk, world.now(), &settled).expect("the database answers");
}

fn node_asks(world: &World) {
    use schema::auth_nodes::dsl;
    let now = world.now();
    world
        .desk
        .db
        .write(|conn| Ok(diesel::update(dsl::auth_nodes).set(dsl::last_used_at.eq(now)).execute(conn)?))
        .expect("it is there");
}

on_both! {
    fn a_new_server_lists_what_it_needs_and_each_step_is_ticked_by_what_was_seen(world, |settings| {
        settings.help_desk = String::new();
        settings.time_zone = String::new();
    }) {
        let who = first(&world);
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        let page = browser.get("/").expect(200).says("Get this server ready").says("0 of 7 done");
        let page = page.says("Mail server").says("No email has been accepted yet").says("Send test email").says("to k@example.org");
        let page = page.says("Help desk").says("help_desk").says("Time zone").says("time_zone").says("Users None yet.");
        let page = page.says("Hardware tokens None yet.").says("Second operator You are the only one.").says("Auth node No VPN");
        page.says("Backup");
        // The mail server: asked, refused with its words, accepted with its words.
        assert_eq!(browser.post("/first-start/test-email", &[]).location(), "/");
        browser.get("/").says("Trying; as of 13:32").says("Refresh");
        answer(&world, Verdict::Refused, "554 5.7.1 Relay access denied");
        browser.get("/").says("554 5.7.1 Relay access denied").says("Check smtp_url").says("0 of 7 done");
        browser.post("/first-start/test-email", &[]).expect(303);
        answer(&world, Verdict::Accepted, "250 2.0.0 Ok: queued as 4F1C");
        browser.get("/").says("250 2.0.0 Ok: queued as 4F1C").says("1 of 7 done");
        // Users, operators, an auth node that asked.
        world.user("a.berg", "Sales");
        browser.get("/").says("done 1 user.").says("2 of 7 done");
        world.operator("m.okafor", BuiltIn::Auditor);
        browser.get("/").says("More than one operator can sign in.").says("3 of 7 done");
        browser.post("/auth-nodes", &[("name", "vpn")]).expect(200);
        browser.get("/").says("There is one, and it has not asked yet.").says("3 of 7 done");
        node_asks(&world);
        browser.get("/").says("One asked for a one-time password").says("4 of 7 done");
        // Devices are for who wants them: ticked, and not counted.
        world.device("FT-1", MovingFactor::Counter);
        browser.get("/").says("done 1 hardware token.").says("4 of 7 done");
        // A fact that is lost opens its step again.
        browser.post("/operators/m.okafor/suspend", &[]).expect(303);
        browser.get("/").says("You are the only one.").says("3 of 7 done");
    }

    fn a_backup_ticks_its_step_and_the_list_goes_away_when_all_are_ticked(world) {
        let who = first(&world);
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        browser.get("/").says("2 of 7 done").says("Europe/Berlin, where it is 14:32.").says("extension 4400");
        world.user("a.berg", "Sales");
        world.operator("m.okafor", BuiltIn::Operator);
        browser.post("/auth-nodes", &[("name", "vpn")]).expect(200);
        node_asks(&world);
        browser.post("/first-start/test-email", &[]).expect(303);
        answer(&world, Verdict::Accepted, "250 ok");
        let page = browser.get("/").says("6 of 7 done");
        if world.desk.db.is_postgres() {
            // Its backups cannot be seen from here: an operator says so, and it is written down.
            page.says("Backed up by us");
            browser.post("/first-start/backup", &[]).expect(303);
            assert!(world.dump("audit_entries").contains("first_start.backup"));
        } else {
            page.says("tokendesk backup").does_not_say("Backed up by us");
            browser.post("/first-start/backup", &[]).expect(422).says("ticked when tokendesk backup has run");
            first_start::note_backup(&world.desk.db, world.now()).unwrap();
        }
        browser.get("/").does_not_say("Get this server ready").does_not_say("7 of 7");
    }

    fn it_is_hidden_for_the_session_with_a_line_that_stays(world) {
        let who = first(&world);
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        assert_eq!(browser.post("/first-start/hide", &[]).location(), "/");
        browser.get("/").does_not_say("Send test email").says("Get this server ready: 2 of 7 done").says("Show the list");
        Browser::signed_in(&world.url, &world.desk, &who).get("/").says("Send test email");
        browser.post("/first-start/hide", &[("show", "1")]).expect(303);
        browser.get("/").says("Send test email");
    }

    fn who_may_not_do_a_step_sees_its_fact_without_the_link(world) {
        let manager = world.signed_in("m.okafor", BuiltIn::ProvisioningManager);
        let page = manager.get("/").says("Get this server ready").says("Second operator").says("Import Users");
        assert!(!page.body.contains("/operators/new") && !page.body.contains("/first-start/test-email"));
        manager.post("/first-start/test-email", &[]).expect(403);
        manager.post("/first-start/backup", &[]).expect(403);
        for role in [BuiltIn::HelpDesk, BuiltIn::Auditor] {
            world.signed_in(role.name(), role).get("/").expect(200).does_not_say("Get this server ready");
        }
    }

    fn without_a_mail_server_or_an_address_no_test_email_is_sent(world, |settings| settings.smtp_url = String::new()) {
        let who = first(&world);
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        browser.get("/").says("No mail server is set: email waits in the outbox.").does_not_say("Send test email");
        browser.post("/first-start/test-email", &[]).expect(422).says("No mail server is set.");
    }

    fn numbers_stand_below_the_list_once_there_is_a_task(world) {
        let who = first(&world);
        let user = world.user("a.berg", "Sales");
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        browser.get("/").does_not_say("Open tasks").says("Then: your first task");
        world.task(&who, &[user.id]);
        browser.get("/").says("Get this server ready").says("Open tasks 1").does_not_say("Then: your first task");
    }
}
