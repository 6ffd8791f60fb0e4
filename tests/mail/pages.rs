//! The outbox in the console, and the mailbox of the demo.

use std::sync::Arc;

use actix_web::{App, test as service, web::Data};
use tokendesk::{
    app,
    mail::{Mailbox, NewEmail, State},
    operators::BuiltIn,
};

use super::*;
use crate::{
    on_both,
    support::{Browser, plan, smtp::Manner},
};

/// One email in each state, in the containers 1 and 2.
fn one_in_each_state(world: &World) {
    let to = |address: &str, enrollment: i64, container: i64, user_id: &str| NewEmail {
        enrollment: Some(EnrollmentId(enrollment)),
        container: Some(ContainerId(container)),
        facts: Facts { user_id: user_id.into(), ..enrollment_to(world, "").facts },
        ..enrollment_to(world, address)
    };
    let sink = Sink::ruled(|to, _| match to {
        "gone@example.org" => Manner::AtRcpt("550 5.1.1 No such user here"),
        "grey@example.org" => Manner::AtRcpt("451 4.7.1 Greylisted, try again later"),
        _ => Manner::Accept,
    });
    post(
        world,
        &[
            to("Sent@example.org", 71, 1, "s.ent"),
            to("gone@example.org", 72, 1, "g.one"),
            to("grey@example.org", 73, 2, "g.rey"),
            to("dropped@example.org", 74, 1, "d.ropped"),
        ],
    );
    world.desk.db.write(|conn| mail::cancel_waiting(conn, &[EnrollmentId(74)])).expect("it is canceled");
    send(world, &sink);
    post(world, &[to("queued@example.org", 75, 2, "q.ueued")]);
}

on_both! {
    fn the_outbox_opens_with_what_needs_attention(world) {
        one_in_each_state(&world);
        let browser = world.signed_in("anna", BuiltIn::Operator);
        let page = browser.get("/outbox").expect(200);
        assert!(page.body.contains("<h1>Outbox</h1>"));
        page.says("Needs attention 2 Queued 1 Sent 1 Deferred 1 Failed 1 Bounced 0 Canceled 1 All 5")
            .says("gone@example.org Tobi Adeyemi 1042 Enrollment Failed No such mailbox 1 550 5.1.1 No such user here Today, 14:32 stopped")
            .says("grey@example.org Tobi Adeyemi 1042 Enrollment Deferred Put off by policy 1 451 4.7.1 Greylisted, try again later Today, 14:32 14:33")
            .does_not_say("Sent@example.org");
        for (state, address) in [
            ("queued", "queued@example.org"),
            ("sent", "Sent@example.org"),
            ("deferred", "grey@example.org"),
            ("failed", "gone@example.org"),
            ("canceled", "dropped@example.org"),
        ] {
            browser.get(&format!("/outbox?state={state}")).expect(200).says(address).says("Rows 1 to 1 of 1");
        }
    }

    fn the_outbox_is_searched_by_the_start_of_an_address_or_user_or_by_task(world) {
        one_in_each_state(&world);
        let browser = world.signed_in("anna", BuiltIn::Operator);
        browser.get("/outbox?q=SENT@").expect(200).says("Sent@example.org").says("Rows 1 to 1 of 1");
        browser.get("/outbox?q=g.").expect(200).says("gone@example.org").says("grey@example.org").says("of 2");
        browser.get("/outbox?q=1042").expect(200).says("of 5");
        browser.get("/outbox?q=g.&state=failed").expect(200).says("gone@example.org").does_not_say("grey@example.org");
        browser.get("/outbox?q=example.org").expect(200).says("No email matches");
        browser.get("/outbox?q=%25").expect(200).says("No email matches");
        browser.get("/outbox?message=reminder").expect(200).says("No email matches");
        browser.get("/outbox?message=enrollment").expect(200).says("of 5");
        browser.get("/outbox?q=%3Cb%3E&state=nonsense&page=-1&size=x&message=y").expect(200);
    }

    fn emails_outside_of_ones_containers_do_not_exist(world) {
        one_in_each_state(&world);
        let who = container_operator(&world, &[1]);
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        browser.get("/outbox?state=all").expect(200).says("of 3").does_not_say("grey@").does_not_say("queued@");
        browser.get("/outbox?q=g.rey").expect(200).says("No email matches");
        let grey = outbox(&world).into_iter().find(|email| email.shown_to == "grey@example.org").expect("it is there");
        browser.get(&format!("/outbox/{}", grey.id)).expect(404);
        for nothing in ["/outbox/999999", "/outbox/x", "/outbox/-1", "/outbox/99999999999999999999"] {
            browser.get(nothing).expect(404);
        }
    }

    fn an_emails_page_shows_all_tries_and_neither_text_nor_code(world) {
        let sink = Sink::ruled(|_, before| match before {
            0 => Manner::AtRcpt("451 4.7.1 Greylisted <script>"),
            _ => Manner::Accept,
        });
        post(&world, &[NewEmail { alternate: true, ..enrollment_to(&world, "private@home.example") }]);
        send(&world, &sink);
        world.advance(chrono::Duration::minutes(1));
        send(&world, &sink);
        let email = only(&world);
        let browser = world.signed_in("anna", BuiltIn::Operator);
        browser.get("/outbox?state=sent").expect(200).says("p•••@h•••.example t.adeyemi, alternate address");
        let page = browser.get(&format!("/outbox/{}", email.id)).expect(200);
        assert!(!page.body.contains(CODE) && !page.body.contains(HANDLE) && !page.body.contains("private@"));
        page.says("Enrollment to p•••@h•••.example")
            .says("Today, 14:33 Sent 250 2.0.0 queued as 1 Today, 14:32 Deferred 451 4.7.1 Greylisted <script>")
            .says(&email.message_id)
            .says("by k.lindqvist");
    }

    fn the_outbox_is_read_with_its_permission_only(world) {
        one_in_each_state(&world);
        world.signed_in("helga", BuiltIn::HelpDesk).get("/outbox").expect(200).says("1042");
        world.signed_in("otto", BuiltIn::Auditor).get("/outbox").expect(200);
        assert_eq!(world.stranger().get("/outbox").status, 303);
        let help_desk = world.signed_in("hugo", BuiltIn::HelpDesk).get("/outbox");
        assert!(!help_desk.body.contains("/tasks/1042"), "the task is plain text without the permission to see tasks");
    }

    fn an_empty_outbox_says_so(world) {
        let browser = world.signed_in("anna", BuiltIn::Operator);
        browser.get("/outbox").expect(200).says("Nothing needs attention").says("Nothing was tried yet");
        browser.get("/outbox?state=sent").expect(200).says("No emails here");
    }
}

#[test]
fn lists_of_the_outbox_use_an_index() {
    let world = World::new(crate::support::On::Sqlite);
    let now = world.now();
    let few = [ContainerId(1), ContainerId(2)];
    for view in [View::Attention, View::State(State::Sent), View::All] {
        for containers in [None, Some(&few[..])] {
            for text in ["", "a.berg", "1042"] {
                let filter = Filter { text: text.into(), ..Filter::default() };
                let plan =
                    plan::of(&world, |conn| mail::rows(conn, now, containers, &filter, view, (0, 18)).map(|_| ()));
                // All of them, the newest first, is the table in the order of its key.
                let whole = view == View::All && containers.is_none() && text.is_empty();
                let scans =
                    plan.iter().filter(|step| step.starts_with("SCAN") && !step.contains("USING INDEX")).count();
                assert_eq!(scans, usize::from(whole), "{view:?} {containers:?} {text:?}: {plan:#?}");
            }
        }
    }
    let plan = plan::of(&world, |conn| mail::failures(conn, now, Some(&few)).map(|_| ()));
    assert!(plan.iter().all(|step| !step.starts_with("SCAN")), "{plan:#?}");
}

#[test]
fn the_demos_mailbox_shows_emails_as_users_get_them() {
    let world = World::new(crate::support::On::Sqlite);
    let mut desk = world.desk.clone();
    let mut settings = (*desk.settings).clone();
    settings.demo = true;
    desk.settings = Arc::new(settings);
    let mailbox = Mailbox::default();
    post_to(&world, &["t.adeyemi@example.org"]);
    courier::run_once(&desk, &Carrier::Mailbox(mailbox.clone())).expect("the database answers");
    actix_web::rt::System::new().block_on(async {
        let app = App::new().app_data(Data::new(mailbox)).configure(|config| app::configure(&desk, config));
        let app = service::init_service(app).await;
        let get = async |path: &str| {
            let response = service::call_service(&app, service::TestRequest::get().uri(path).to_request()).await;
            let status = response.status().as_u16();
            let policy =
                response.headers().get("content-security-policy").expect("a policy").to_str().expect("text").to_owned();
            let frames =
                response.headers().get("x-frame-options").expect("a header").to_str().expect("text").to_owned();
            let body = String::from_utf8(service::read_body(response).await.to_vec()).expect("text");
            (status, policy, frames, body)
        };
        let (status, policy, frames, body) = get("/demo/mailbox").await;
        assert_eq!((status, frames.as_str()), (200, "DENY"));
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"));
        assert!(body.contains("t.adeyemi@example.org") && body.contains("Set up your sign-in token by 27 November"));
        assert!(get("/demo/mailbox?q=nobody").await.3.contains("No email went to an address with"));
        let (status, policy, _, body) = get("/demo/mailbox/1").await;
        assert_eq!(status, 200);
        assert!(policy.ends_with("frame-src 'self'") && !policy.contains("unsafe"));
        let link = format!("href=\"{}/enroll/{HANDLE}#{CODE}\" target=\"_top\"", world.url);
        assert!(body.contains(&link), "{body}");
        assert!(body.contains("ABCDE 23456") && body.contains("sandbox="));
        let (status, policy, frames, body) = get("/demo/mailbox/1/html").await;
        assert_eq!((status, frames.as_str()), (200, "SAMEORIGIN"));
        assert_eq!(policy, "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'self'");
        assert!(body.contains("<base target=\"_top\">") && body.contains("Set up my token"));
        assert_eq!(get("/demo/mailbox/2").await.0, 404);
        assert_eq!(get("/demo/mailbox/x/html").await.0, 404);
    });
}

fn container_operator(world: &World, containers: &[i64]) -> tokendesk::operators::Who {
    use diesel::prelude::*;
    use tokendesk::schema::containers as table;
    let list: Vec<ContainerId> = containers.iter().map(|id| ContainerId(*id)).collect();
    world
        .desk
        .db
        .write(|conn| {
            for id in containers {
                let name = format!("Container {id}");
                let known: i64 = table::table.filter(table::id.eq(id)).count().get_result(conn)?;
                if known == 0 {
                    diesel::insert_into(table::table)
                        .values((
                            table::id.eq(id),
                            table::name.eq(&name),
                            table::name_key.eq(name.to_lowercase()),
                            table::created_at.eq(world.now()),
                        ))
                        .execute(conn)?;
                }
            }
            Ok(())
        })
        .expect("the containers are there");
    world.operator_in("carla", BuiltIn::Operator, &list)
}
