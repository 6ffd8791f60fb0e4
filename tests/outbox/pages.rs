//! The outbox in the console.

use diesel::dsl::sql;
use tokendesk::tasks::resend;

use super::*;
use crate::{on_both, support::Browser};

on_both! {
    fn a_row_has_the_likeliest_thing_to_do(world) {
        let who = world.lindqvist();
        let (_, notice) = world.refused_notice(&who);
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        let other = world.user("b.cole", "Sales");
        let task = world.task(&who, &[other.id]);
        world.deliver(Verdict::RefusedForNow);
        world.task(&who, &[world.user("c.dahl", "Sales").id]);
        let page = browser.get("/outbox?state=all").expect(200);
        assert!(page.body.contains(&format!("formaction=\"/outbox/{}/send-again\"", notice.id)));
        page.says("Send again").says("Try now").says("Cancel");
        let deferred = world.outbox().into_iter().find(|email| email.state == mail::State::Deferred).unwrap();
        let back = [("back", "q=b.cole&state=deferred&page=1&evil=//x")];
        let sent = browser.post(&format!("/outbox/{}/send-again", deferred.id), &back);
        assert_eq!(sent.location(), "/outbox?q=b.cole&state=deferred&page=1");
        browser.get("/outbox").says("The email to b.cole@example.org is tried now.");
        world.deliver(Verdict::Refused);
        let page = browser.get("/outbox?q=b.cole").expect(200);
        assert!(page.body.contains(&format!("href=\"/users/b.cole/tasks/{task}/edit\"")), "Resend helps");
        page.says("Resend");
    }

    fn who_only_sees_gets_no_button_and_no_way_around_it(world) {
        let who = world.lindqvist();
        let (_, notice) = world.refused_notice(&who);
        for role in [BuiltIn::HelpDesk, BuiltIn::Auditor] {
            let browser = world.signed_in(role.name(), role);
            for path in ["/outbox", "/outbox?all=1", &format!("/outbox/{}", notice.id)] {
                let page = browser.get(path).expect(200);
                assert!(!page.body.contains("formaction") && !page.body.contains("class=\"tick\"") && !page.body.contains("/send-again\""), "{path}");
            }
            for path in [format!("/outbox/{}/send-again", notice.id), format!("/outbox/{}/cancel", notice.id), "/outbox/ticked/send-again".into(), "/outbox/ticked/cancel".into()] {
                browser.post(&path, &[("email", "1"), ("all", "1")]).expect(403).says("send an email again");
            }
        }
        let elsewhere = world.user("e.lse", "Elsewhere").container;
        let narrow = world.operator_in("carla", BuiltIn::Operator, &[elsewhere]);
        let browser = Browser::signed_in(&world.url, &world.desk, &narrow);
        browser.post(&format!("/outbox/{}/send-again", notice.id), &[]).expect(404);
        browser.post(&format!("/outbox/{}/cancel", notice.id), &[]).expect(404);
        browser.post("/outbox/x/cancel", &[]).expect(404);
        assert_eq!(world.newest(Kind::Canceled).state.code(), "Failed");
    }

    fn what_cannot_be_done_is_said_on_the_emails_page(world) {
        let who = world.lindqvist();
        let (_, _, email) = provisioned(&world, &who);
        world.deliver(Verdict::Refused);
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        let path = format!("/outbox/{}", email.id);
        let page = browser.get(&path).expect(200).says("The link and the activation code in it are no longer kept. Resend makes a new link and activation code.");
        assert!(!page.body.contains("/send-again\"") && page.body.contains("/edit\""));
        browser.post(&format!("{path}/send-again"), &[]).expect(422).says("Nothing was done. The link and the activation code");
        browser.post(&format!("{path}/cancel"), &[]).expect(422).says("It is not tried any more");
    }

    fn one_email_is_canceled_and_sent_again_from_its_page(world) {
        let who = world.lindqvist();
        let (_, _, email) = provisioned(&world, &who);
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        let path = format!("/outbox/{}", email.id);
        browser.get(&path).says("Cancel the email");
        assert_eq!(browser.post(&format!("{path}/cancel"), &[]).location(), path);
        browser.get(&path).says("The email to a.berg@example.org is canceled.").says("It was canceled before it went out.");
        let user = world.user("b.cole", "Sales");
        let task = world.task(&who, &[user.id]);
        world.tell_canceled(&who, task, &[&user]);
        world.deliver(Verdict::Refused);
        world.set_email(&user, "new@example.org");
        let path = format!("/outbox/{}", world.newest(Kind::Canceled).id);
        browser.get(&path).says("Sent again, it goes to new@example.org: the profile has another address by now.");
        assert_eq!(browser.post(&format!("{path}/send-again"), &[]).location(), path);
        browser.get(&path).says("The email is on its way again, to new@example.org.").says("Queued");
    }

    fn what_the_user_did_with_a_link_is_shown_with_what_it_is_worth(world) {
        use tokendesk::schema::enrollments;
        let who = world.lindqvist();
        let (user, task, email) = provisioned(&world, &who);
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        let path = format!("/outbox/{}", email.id);
        browser.get(&path).does_not_say("What the user did with it");
        world.deliver(Verdict::Accepted);
        browser.get(&path).says("What the user did with it Not yet: Link opened not yet. No more than a hint: a mail scanner can open it too. Not yet: Activation code accepted not yet Not yet: Key shown not yet Not yet: Enrolled not yet Not yet: Used not yet");
        let enrollment = world.enrollment(task, user.id).id;
        let noted = (enrollments::opened_at.eq(world.now()), enrollments::code_accepted_at.eq(world.now()));
        world.desk.db.write(|conn| Ok(diesel::update(enrollments::table.find(enrollment.0)).set(noted).execute(conn)?)).unwrap();
        world.enroll(task, user.id);
        browser.get(&path).says("Link opened Today, 14:32. No more than a hint").says("Activation code accepted Today, 14:32").says("Enrolled Today, 14:32").says("Not yet: Used");
        let other = world.user("b.cole", "Sales");
        let next = world.task(&who, &[other.id]);
        world.deliver(Verdict::Accepted);
        let old = world.newest(Kind::Enrollment);
        resend::resend(&world.desk, &who, world.now(), next, other.id, None).unwrap();
        browser.get(&format!("/outbox/{}", old.id)).does_not_say("What the user did with it");
    }

    fn ticked_emails_are_sent_again_after_a_page_that_names_them(world) {
        let who = world.lindqvist();
        let (_, notice) = world.refused_notice(&who);
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        browser.get("/outbox").expect(200).says("Send again").says("Select emails to change");
        let id = notice.id.to_string();
        let page = browser.post("/outbox/ticked/send-again", &[("email", &id), ("back", "state=failed")]).expect(200);
        let shown_at = page.hidden("shown_at");
        let page = page.says("Send 1 email again").says("a.berg@example.org").says("1 email is sent again, under the Message-ID of before.");
        assert!(page.body.contains("href=\"/outbox?state=failed\""));
        assert_eq!(world.newest(Kind::Canceled).state.code(), "Failed");
        let form = [("email", id.as_str()), ("back", "state=failed"), ("confirmed", "1"), ("shown_at", &shown_at)];
        assert_eq!(browser.post("/outbox/ticked/send-again", &form).location(), "/outbox?state=failed");
        browser.get("/outbox").says("1 email is on the way again.");
        assert_eq!(world.newest(Kind::Canceled).state.code(), "Queued");
        browser.post("/outbox/ticked/send-again", &form).expect(409).says("Something changed since this page was shown.").says("None of these emails can be sent again");
        let page = browser.post("/outbox/ticked/send-again", &[("back", "q=a.berg")]).expect(422);
        assert!(page.body.contains("name=\"q\" value=\"a.berg\""));
        page.says("Nothing was done.").says("Tick at least one email.");
        // Cancel leads back to the ticks: on this page of the list, or beside it.
        let ticked = browser.post("/outbox?state=all", &[("email", &id)]).expect(200);
        assert!(ticked.body.contains(&format!("value=\"{id}\" aria-label=\"Select the email to a.berg@example.org\" checked")));
        let beside = browser.post("/outbox?state=failed", &[("email", &id)]).expect(200);
        assert!(!beside.body.contains("checked"));
    }

    fn all_that_match_are_canceled_without_a_list_of_numbers(world) {
        let who = world.lindqvist();
        let people = world.crowd(30);
        world.task(&who, &people);
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        let page = browser.get("/outbox?state=queued").expect(200).says("Select all 30 matching this filter");
        assert!(page.body.contains("/outbox?state=queued&#38;all=1") || page.body.contains("/outbox?state=queued&amp;all=1"), "{}", page.body);
        let page = browser.get("/outbox?state=queued&q=p0000&all=1").expect(200).says("All 10 matching emails are selected");
        assert!(!page.body.contains("name=\"email\""), "the filter goes along, and no numbers");
        let all = [("all", "1"), ("state", "queued"), ("q", "p0000")];
        let page = browser.post("/outbox/ticked/cancel", &all).expect(200).says("Cancel 10 emails?").says("This cannot be reversed.");
        let shown_at = page.hidden("shown_at");
        let sent = [&all[..], &[("confirmed", "1"), ("shown_at", &shown_at)]].concat();
        assert_eq!(browser.post("/outbox/ticked/cancel", &sent).location(), "/outbox");
        browser.get("/outbox?state=canceled").says("Canceled 10 emails.").says("Rows 1 to 10 of 10");
        browser.get("/outbox/ticked/cancel").location();
    }

    fn an_email_goes_with_its_user_to_another_container(world) {
        let who = world.lindqvist();
        let (user, _, email) = provisioned(&world, &who);
        let other = world.user("e.lse", "Elsewhere").container;
        let old = Browser::signed_in(&world.url, &world.desk, &world.operator_in("carla", BuiltIn::Operator, &[user.container]));
        let new = Browser::signed_in(&world.url, &world.desk, &world.operator_in("nora", BuiltIn::Operator, &[other]));
        let path = format!("/outbox/{}", email.id);
        old.get(&path).expect(200);
        new.get(&path).expect(404);
        let typed = tokendesk::users::Typed { container: "Elsewhere".into(), ..user.typed() };
        let details = tokendesk::users::Details::parse(&typed).unwrap();
        tokendesk::users::edit(&world.desk, &who, world.now(), &user.user_id, user.version, &details).unwrap();
        old.get(&path).expect(404);
        new.get(&path).expect(200);
        let file = "User ID,Last Name,First Name,Container\na.berg,Berg,Anna,Sales\n";
        let how = tokendesk::users::Import { container: "Sales".into(), dry_run: false, good_lines: false };
        tokendesk::users::import(&world.desk, &who, world.now(), file.as_bytes(), &how).unwrap();
        old.get(&path).expect(200);
        new.get(&path).expect(404);
        let strays: i64 = world.desk.db.read(|conn| {
            use tokendesk::schema::{emails, users};
            let moved = emails::container_id.assume_not_null().ne(sql::<diesel::sql_types::BigInt>("users.container_id"));
            Ok(emails::table.inner_join(users::table.on(emails::user_id.assume_not_null().eq(users::id))).filter(moved).count().get_result(conn)?)
        }).unwrap();
        assert_eq!(strays, 0);
    }
}
