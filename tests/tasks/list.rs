//! `/tasks`: Provisioning Task Management.

use chrono::Duration;
use tokendesk::{
    ids::UserId,
    operators::BuiltIn,
    order::Column as _,
    provision::{
        self,
        choice::{Choice, Selection},
    },
    tasks::{
        self,
        list::{Column, Order, Query, View},
        members::Filter,
        reading,
        task::Description,
    },
};

use crate::{
    on_both,
    support::{Browser, World, plan},
};

/// The task numbers on a page, in order.
fn numbers(page: &crate::support::browser::Page) -> Vec<i64> {
    page.body
        .split("<th scope=\"row\"><a href=\"/tasks/")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().parse().unwrap())
        .collect()
}

fn users(world: &World, names: &[&str], container: &str) -> Vec<UserId> {
    names.iter().map(|name| world.user(name, container).id).collect()
}

on_both! {
    fn the_list_is_narrowed_to_stop_dates_at_a_distance(world) {
        let who = world.lindqvist();
        let task = world.task(&who, &users(&world, &["a.berg"], "Sales"));
        let scoped = world.operator_in("m.okafor", BuiltIn::Operator, &[world.user("c.dahl", "Sales").container]);
        // The policy proposes 14 days.
        for who in [&who, &scoped] {
            let browser = Browser::signed_in(&world.url, &world.desk, who);
            let link = format!("href=\"/tasks/{task}\"");
            let shows = |stop: &str| browser.get(&format!("/tasks?stop={stop}")).expect(200).body.contains(&link);
            assert_eq!(["7-days", "30-days", "later", "nonsense"].map(shows), [false, true, false, true]);
        }
    }

    fn the_list_has_the_columns_of_the_seed_document(world) {
        let who = world.lindqvist();
        let task = world.task(&who, &users(&world, &["a.berg", "b.cole"], "Sales"));
        let page = world.signed_in("m.okafor", BuiltIn::Operator).get("/tasks").expect(200);
        for words in ["Provisioning Task Management", "Task", "Operator", "Emailed to", "Start Date", "Stop Date", "Count", "Edit", "Remove"] {
            assert!(page.text().contains(words), "{words} is not there");
        }
        assert_eq!(numbers(&page), [task.0]);
        assert!(page.body.contains("<time>2026-11-20</time>") && page.body.contains("<time>2026-12-04</time>"));
        page.says("k.lindqvist").says("b.cole@example.org and 1 other").says("in 14 days").says("0 of 2");
    }

    fn a_completed_task_is_not_in_the_list(world) {
        let who = world.lindqvist();
        let people = users(&world, &["a.berg", "b.cole"], "Sales");
        let task = world.task(&who, &people);
        let browser = world.signed_in("m.okafor", BuiltIn::Operator);
        world.enroll(task, people[0]);
        assert_eq!(numbers(&browser.get("/tasks").expect(200)), [task.0]);
        world.enroll(task, people[1]);
        browser.get("/tasks").expect(200).says("No provisioning tasks yet");
    }

    fn search_finds_number_operator_and_email_by_their_beginning(world) {
        let (k, m) = (world.lindqvist(), world.operator("m.okafor", BuiltIn::Operator));
        let first = world.task(&k, &users(&world, &["a.berg"], "Sales")).0;
        let second = world.task(&m, &users(&world, &["b.cole"], "Sales")).0;
        let browser = world.signed_in("reader", BuiltIn::Auditor);
        assert_eq!(numbers(&browser.get(&format!("/tasks?q={second}"))), [second]);
        assert_eq!(numbers(&browser.get("/tasks?q=K.LIND")), [first]);
        assert_eq!(numbers(&browser.get("/tasks?q=b.cole%40ex")), [second]);
        assert_eq!(numbers(&browser.get("/tasks?operator=m.okafor")), [second]);
        assert_eq!(numbers(&browser.get("/tasks?type=hardware-token")), [0i64; 0]);
        browser.get("/tasks?q=%25").says("No open task matches");
        browser.get("/tasks?q=50_%5C'%22").expect(200).says("No open task matches");
    }

    fn views_show_what_they_say(world) {
        let (k, m) = (world.lindqvist(), world.operator("m.okafor", BuiltIn::Operator));
        let soon = Choice { stop_on: "2026-11-22".parse().unwrap(), ..world.app_choice() };
        let people = users(&world, &["a", "b", "c", "d"], "Sales");
        let provision = |who, user: UserId, choice: &Choice| {
            provision::provision(&world.desk, who, world.now(), &Selection::Users(vec![user]), choice).unwrap()
        };
        let stopping = provision(&k, people[0], &soon);
        let locked = provision(&m, people[1], &world.app_choice());
        world.lock(locked, people[1]);
        let trouble = provision(&m, people[2], &world.app_choice());
        world.mail_state(world.enrollment(trouble, people[2]).id, "Failed", "552 5.2.2 Mailbox full");
        let browser = world.signed_in("k.lindqvist2", BuiltIn::Operator);
        assert_eq!(numbers(&browser.get("/tasks?view=stopping")), [stopping.0]);
        assert_eq!(numbers(&browser.get("/tasks?view=locked")), [locked.0]);
        let page = browser.get("/tasks?view=mail");
        assert_eq!(numbers(&page), [trouble.0]);
        page.says("Mail trouble").says("Stopping in 48 h 1").says("Past stop date 0");
        let mine = crate::support::Browser::signed_in(&world.url, &world.desk, &k);
        assert_eq!(numbers(&mine.get("/tasks?view=mine")), [stopping.0]);
        world.advance(Duration::days(3));
        let browser = world.signed_in("k.lindqvist3", BuiltIn::Operator);
        assert_eq!(numbers(&browser.get("/tasks?view=past")), [stopping.0]);
        browser.get("/tasks?view=past").says("yesterday");
    }

    fn every_column_sorts_both_ways(world) {
        let (k, m) = (world.lindqvist(), world.operator("a.first", BuiltIn::Operator));
        let one = world.task(&k, &users(&world, &["z.last", "z.more"], "Sales")).0;
        world.advance(Duration::days(1));
        let choice = Choice { stop_on: "2026-11-25".parse().unwrap(), ..world.app_choice() };
        let people = users(&world, &["b.early"], "Sales");
        let two = provision::provision(&world.desk, &m, world.now(), &Selection::Users(people), &choice).unwrap().0;
        let browser = world.signed_in("reader", BuiltIn::Auditor);
        assert_eq!(numbers(&browser.get("/tasks")), [two, one]);
        for (column, expected) in [
            ("task", [one, two]), ("operator", [two, one]), ("emailed_to", [two, one]), ("start", [one, two]),
            ("stop", [two, one]), ("count", [two, one]), ("completed", [one, two]),
        ] {
            let [first, second] = expected;
            assert_eq!(numbers(&browser.get(&format!("/tasks?sort={column}"))), [first, second], "{column}");
            assert_eq!(numbers(&browser.get(&format!("/tasks?sort=-{column}"))), [second, first], "-{column}");
        }
    }

    fn fifty_rows_are_forty_kilobytes_at_most(world) {
        let who = world.lindqvist();
        let crowd = world.crowd(100);
        for pair in crowd.chunks(2) {
            let task = world.task(&who, pair);
            world.enroll(task, pair[0]);
        }
        let page = world.signed_in("m.okafor", BuiltIn::Operator).get("/tasks?size=50").expect(200);
        assert_eq!(numbers(&page).len(), 50);
        assert!(page.body.len() <= 40_000, "{} bytes", page.body.len());
    }

    fn on_a_phone_a_cell_bears_the_words_of_its_column(world) {
        let who = world.lindqvist();
        world.task(&who, &users(&world, &["a.berg"], "Sales"));
        let browser = world.signed_in("m.okafor", BuiltIn::Auditor);
        let page = browser.get("/tasks").expect(200).body;
        let heads: Vec<&str> =
            page.split("class=\"sort\"").skip(1).map(|link| link.split('>').nth(1).unwrap().split('<').next().unwrap()).collect();
        let address = page.split("/static/console.css").nth(1).unwrap().split('"').next().unwrap();
        let css = browser.get(&format!("/static/console.css{address}")).expect(200).body;
        let words = |cell: &str| css.split(&format!(".table-tasks {cell}::before")).nth(1)?.split("content: \"").nth(1)?.split('"').next();
        let cells = (1..=5).map(|n| words(&format!("td:nth-child({n} of td:not(.cell-tick))")));
        let labels: Vec<&str> = std::iter::once(words("tbody tr > th")).chain(cells).map(|label| label.expect("a label")).collect();
        assert_eq!(labels, heads[..6], "the sixth cell, progress, says what it is");
    }

    fn the_list_has_pages(world) {
        let who = world.lindqvist();
        let crowd = world.crowd(20);
        for user in &crowd {
            world.task(&who, std::slice::from_ref(user));
        }
        let browser = world.signed_in("reader", BuiltIn::Auditor);
        let first = browser.get("/tasks");
        assert_eq!(numbers(&first).len(), 18);
        first.says("Rows 1 to 18 of 20");
        assert_eq!(numbers(&browser.get("/tasks?page=2")).len(), 2);
        assert_eq!(numbers(&browser.get("/tasks?size=50")).len(), 20);
    }

    fn who_may_only_read_sees_neither_edit_nor_remove(world) {
        let who = world.lindqvist();
        world.task(&who, &users(&world, &["a.berg"], "Sales"));
        let page = world.signed_in("reader", BuiltIn::Auditor).get("/tasks").expect(200);
        page.does_not_say("Remove").does_not_say("Edit");
        world.signed_in("desk", BuiltIn::HelpDesk).get("/tasks").expect(403).says("see provisioning tasks");
        assert_eq!(world.stranger().get("/tasks").status, 303);
    }

    fn a_scoped_operator_sees_of_a_task_only_what_is_in_scope(world) {
        let who = world.lindqvist();
        let inside = world.user("inside", "Sales");
        let outside = users(&world, &["outside.a", "outside.b"], "Facilities");
        let mixed = world.task(&who, &[inside.id, outside[0]]).0;
        let hidden = world.task(&who, &outside[1..]).0;
        let scoped = world.operator_in("m.okafor", BuiltIn::ProvisioningManager, &[inside.container]);
        let browser = crate::support::Browser::signed_in(&world.url, &world.desk, &scoped);
        let page = browser.get("/tasks").expect(200);
        assert_eq!(numbers(&page), [mixed]);
        page.says("Open 1").says("inside@example.org").says("0 of 1").does_not_say("outside");
        assert_eq!(numbers(&browser.get(&format!("/tasks?q={hidden}"))), [0i64; 0]);
        assert_eq!(numbers(&browser.get("/tasks?q=outside")), [0i64; 0]);
        // For this scope the task is over once its one user has enrolled.
        world.enroll(tokendesk::ids::TaskId(mixed), inside.id);
        browser.get("/tasks").says("No provisioning tasks yet");
    }

    fn long_texts_and_markup_stay_texts(world) {
        let who = world.lindqvist();
        let people = users(&world, &["a.berg"], "Sales");
        let choice = Choice { description: Description::parse("<b>&").unwrap(), ..world.app_choice() };
        provision::provision(&world.desk, &who, world.now(), &Selection::Users(people), &choice).unwrap();
        let page = world.signed_in("reader", BuiltIn::Auditor).get("/tasks?q=%3Cscript%3E");
        assert!(!page.body.contains("<script>"), "markup was typed and came back as markup");
    }

    fn every_view_and_order_of_the_list_goes_by_an_index(world) {
        let who = world.lindqvist();
        world.task(&who, &users(&world, &["a.berg", "b.cole"], "Sales"));
        for view in View::ALL {
            for &column in Column::ALL {
                for q in ["", "a.berg", "1001"] {
                    let query = Query {
                        view,
                        q: q.into(),
                        order: Order { column, descending: true },
                        me: "k.lindqvist".into(),
                        ..Query::default()
                    };
                    let plans = plan::plans(&world, |conn| {
                        let (desk, now) = (&world.desk, world.now());
                        let listed = reading::list(conn, &who, now, desk.settings.zone, &query, (0, 18))?;
                        reading::beside(desk, conn, &who, now, &query.me, &listed).map(|_| ())
                    });
                    for plan in &plans {
                        for table in ["tasks", "enrollments", "emails", "e", "c"] {
                            assert!(!plan.reads_all_of(table), "{view:?} {column:?} {q:?}: {plan:#?}");
                        }
                    }
                }
            }
        }
    }

    fn a_tasks_users_are_found_by_an_index(world) {
        let who = world.lindqvist();
        let task = world.task(&who, &users(&world, &["a.berg", "b.cole"], "Sales"));
        let scoped = world.operator_in("m.okafor", BuiltIn::Operator, &[world.user("c.dahl", "Sales").container]);
        for who in [&who, &scoped] {
            let plans = plan::plans(&world, |conn| {
                reading::find(conn, who, world.now(), world.desk.settings.zone, task)?;
                reading::count_open(&world.desk, conn, who, world.now())?;
                let today = world.desk.settings.zone.today(world.now());
                tasks::member_page(conn, task, &who.scope, &Filter::default(), 5, today, 0, 18)?;
                tasks::history_of(conn, who, task, 12).map(|_| ())
            });
            for plan in &plans {
                for table in ["tasks", "enrollments", "emails", "audit_entries"] {
                    assert!(!plan.reads_all_of(table), "{plan:#?}");
                }
            }
        }
    }
}
