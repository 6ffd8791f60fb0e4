//! The check boxes of Edit and of the list: what is ticked and typed stays, whatever is wrong with it, and everybody it
//! concerns can be read before anything is done.

use tokendesk::{
    ids::{TaskId, UserId},
    operators::Who,
};

use crate::{
    on_both,
    support::{Browser, World, browser::Page},
};

fn crowd(world: &World, count: usize) -> (Who, TaskId, Vec<UserId>) {
    let who = world.lindqvist();
    let users = world.crowd(count);
    let task = world.task(&who, &users);
    (who, task, users)
}

fn ids(world: &World, task: TaskId, users: &[UserId]) -> Vec<String> {
    users.iter().map(|user| world.enrollment(task, *user).id.to_string()).collect()
}

/// The enrollments that the page has ticked: boxes of its rows, and hidden fields of rows that are elsewhere.
fn ticked(page: &Page) -> (Vec<String>, Vec<String>) {
    let value =
        |tag: &str| tag.split("value=\"").nth(1).unwrap_or_default().split('"').next().unwrap_or_default().to_owned();
    let inputs: Vec<&str> =
        page.body.split("<input").skip(1).map(|rest| rest.split('>').next().unwrap_or_default()).collect();
    let of = |kind: &str, with: &str| {
        let mut found: Vec<String> = inputs
            .iter()
            .filter(|tag| tag.contains("name=\"user\"") && tag.contains(kind) && tag.contains(with))
            .map(|tag| value(tag))
            .collect();
        found.sort();
        found
    };
    (of("type=\"checkbox\"", " checked"), of("type=\"hidden\"", "data-elsewhere"))
}

fn sorted(mut list: Vec<String>) -> Vec<String> {
    list.sort();
    list
}

on_both! {
    fn a_mistake_on_edit_keeps_forty_ticks_the_date_and_the_view(world) {
        let (who, task, users) = crowd(&world, 45);
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        let chosen = ids(&world, task, &users[..40]);
        let view = [("q", "p"), ("status", "active"), ("sort", ""), ("page", "1"), ("size", "50"), ("stop_on", "2027-06-31")];
        let form: Vec<(&str, &str)> = chosen.iter().map(|id| ("user", id.as_str())).chain(view).collect();
        for (typed, says) in [("2027-06-31", "Type the Stop Date"), ("2026-11-01", "has passed"), ("2027-06-30", "up to 2026-12-20")] {
            let form: Vec<(&str, &str)> =
                form.iter().map(|(name, value)| (*name, if *name == "stop_on" { typed } else { value })).collect();
            let page = browser.post(&format!("/tasks/{task}/edit/stop-date"), &form).expect(422);
            assert_eq!(ticked(&page), (sorted(chosen.clone()), vec![]), "{typed}");
            assert!(page.body.contains(&format!("name=\"stop_on\" value=\"{typed}\" aria-invalid=\"true\"")), "{}", page.body);
            assert!(page.body.contains("role=\"alert\" tabindex=\"-1\" data-takes-focus"));
            for (name, value) in [("q", "p"), ("status", "active"), ("size", "50")] {
                assert_eq!(page.hidden(name), value);
            }
            page.says(says);
        }
        assert!(users.iter().all(|user| world.enrollment(task, *user).facts.stop_on.to_string() == "2026-12-04"));
    }

    fn nothing_ticked_is_said_on_the_same_page(world) {
        let (who, task, _) = crowd(&world, 3);
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        for act in ["stop-date", "resend", "unlock", "remove"] {
            let form = [("stop_on", "2026-12-10"), ("status", "active")];
            let page = browser.post(&format!("/tasks/{task}/edit/{act}"), &form).expect(422);
            assert!(page.body.contains("value=\"2026-12-10\""), "{act}");
            page.says("Tick at least one user who has not enrolled.").says("Edit task");
        }
        let list = browser.post("/tasks/ticked/remove", &[("back", "view=mine&q=k.lind")]).expect(422);
        assert!(list.body.contains("name=\"q\" value=\"k.lind\""));
        list.says("Tick at least one task.");
    }

    fn ticks_are_kept_from_page_to_page_and_through_cancel(world) {
        let (who, task, users) = crowd(&world, 45);
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        let chosen = ids(&world, task, &[users[0], users[1], users[40]]);
        let form: Vec<(&str, &str)> = chosen.iter().map(|id| ("user", id.as_str())).collect();
        let second = browser.post(&format!("/tasks/{task}/edit?page=2"), &form).expect(200);
        assert_eq!(ticked(&second), (vec![], sorted(chosen.clone())));
        let third = browser.post(&format!("/tasks/{task}/edit?page=3"), &form).expect(200);
        assert_eq!(ticked(&third), (vec![chosen[2].clone()], sorted(chosen[..2].to_vec())));
        // What is then asked for is done to all three, and Cancel leads back to them.
        let form: Vec<(&str, &str)> = form.into_iter().chain([("page", "3"), ("stop_on", "2026-12-10")]).collect();
        let asked = browser.post(&format!("/tasks/{task}/edit/stop-date"), &form).expect(200);
        assert!(asked.body.contains(&format!("formaction=\"/tasks/{task}/edit?page=3\"")), "{}", asked.body);
        asked.says("New Stop Date for 3 users").says("Cancel");
        assert_eq!(ticked(&browser.post(&format!("/tasks/{task}/edit?page=3"), &form).expect(200)), ticked(&third));
        // Who is out of the task is not among them any more, and nobody learns of an enrollment elsewhere.
        let page = browser.post(&format!("/tasks/{task}/edit"), &[("user", "999999")]).expect(200);
        assert_eq!(ticked(&page), (vec![], vec![]));
    }

    fn unlock_asks_for_its_reason_and_keeps_the_ticks(world) {
        let (who, task, users) = crowd(&world, 3);
        world.lock(task, users[0]);
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        let id = &ids(&world, task, &users[..1])[0];
        let unlock = format!("/tasks/{task}/edit/unlock");
        let page = browser.post(&unlock, &[("user", id)]).expect(200).says("Unlock 1 user").says("Reason");
        let shown = page.hidden("shown");
        let form = [("user", id.as_str()), ("confirmed", "1"), ("shown", &shown), ("reason", " ")];
        let page = browser.post(&unlock, &form).expect(422).says("Enter a reason. It is written to the audit log.");
        assert_eq!((page.hidden("user"), page.hidden("shown")), (id.clone(), shown.clone()));
        browser.post(&unlock, &[form[0], form[1], form[2], ("reason", "Called")]).location();
        assert_eq!(world.enrollment(task, users[0]).facts.failures, 0);
    }

    fn everybody_can_be_read_before_remove(world) {
        let (who, task, users) = crowd(&world, 72);
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        let remove = format!("/tasks/{task}/edit/remove");
        let first = browser.post(&remove, &[("all", "1")]).expect(200).says("Remove 72 users from task").says("Rows 1 to 50 of 72");
        // A page of the list carries nothing out, though the form is that of the button.
        let form = [("all", "1"), ("confirmed", "1"), ("shown", &first.hidden("shown")), ("chosen_page", "2")];
        let second = browser.post(&remove, &form).expect(200).says("Rows 51 to 72 of 72");
        assert!(second.body.contains("<details class=\"fold\" id=\"chosen_page\" open>"));
        for n in 0..72 {
            let name = format!("<b>p{n:05}</b>");
            assert!(if n < 50 { &first } else { &second }.body.contains(&name), "{name} is not to be read");
        }
        assert!(users.iter().all(|user| world.enrollment(task, *user).removed_at.is_none()));
    }

    fn whoever_a_removed_task_concerns_can_be_read_before_it_is_removed(world) {
        let (who, task, users) = crowd(&world, 72);
        world.enroll(task, users[0]);
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        let address = format!("/tasks/{task}/remove");
        let named = |page: &Page| page.body.matches("class=\"cell-title\"><b>").count();
        let first = browser.get(&address).expect(200);
        assert_eq!(named(&first), 50);
        let second = browser.post(&address, &[("lose", "71"), ("chosen_page", "2")]).expect(200);
        assert!(second.body.contains("<details class=\"fold\" id=\"chosen_page\" open>"));
        assert!(!second.body.contains("name=\"notify\" value=\"1\" checked"), "what was not ticked stays so");
        assert_eq!(named(&second), 21);
        second.says("All 71 users who can no longer enroll").says("Rows 51 to 71 of 71");
        browser.get(&format!("/tasks/{task}")).expect(200).says("Edit");
    }

    fn a_new_stop_date_says_how_many_days_for_how_many(world) {
        let (who, task, users) = crowd(&world, 4);
        world.lock(task, users[3]);
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        let path = format!("/tasks/{task}/edit/stop-date");
        let one = &ids(&world, task, &users[..1])[0];
        let form = |date| [("user", one.as_str()), ("stop_on", date)];
        let shown = browser.post(&path, &form("2026-11-24")).expect(200).says("p00000 gets less time").says("−10 days").hidden("shown");
        let done = [("user", one.as_str()), ("stop_on", "2026-11-24"), ("confirmed", "1"), ("shown", &shown)];
        browser.post(&path, &done).location();
        browser.get(&format!("/tasks/{task}/edit")).says("1 user gets 10 fewer days.");
        world.advance(chrono::Duration::days(5));
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        browser.post(&path, &[("all", "1"), ("stop_on", "2026-12-10")]).expect(200)
            .says("New Stop Date for 4 users in task").says("3 users get more time +6 days")
            .says("p00000 becomes Active again The link in the last email works again. +16 days")
            .says("p00003 stays Locked").says("3 of them; 1 had 2026-11-24");
    }

    fn the_ticked_tasks_come_back_ticked(world) {
        let (who, task, _) = crowd(&world, 2);
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        let id = task.to_string();
        let form = [("task", id.as_str()), ("back", "q=k.lind&sort=-stop")];
        let page = browser.post("/tasks/ticked/remove", &form).expect(200);
        assert!(page.body.contains("formaction=\"/tasks?q=k.lind&#38;sort=-stop\""), "{}", page.body);
        let list = browser.post("/tasks?q=k.lind&sort=-stop", &form).expect(200);
        assert!(list.body.contains(&format!("aria-label=\"Select task {id}\" checked")));
        let elsewhere = browser.post("/tasks?q=nobody", &form).expect(200);
        elsewhere.says("No open task matches");
    }
}
