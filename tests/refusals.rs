//! What is refused by a rule says the rule and leads back; "Something changed meanwhile" is for what somebody else changed.

use std::path::Path;

use tokendesk::operators::BuiltIn;
use tokendesk::tokens::MovingFactor;

use crate::{
    on_both,
    support::{Browser, Page},
};

const MEANWHILE: &str = "Something changed";

/// A refusal by a rule: 422, the rule, and not a word of somebody else.
#[track_caller]
fn by_rule(page: Page, rule: &str) -> Page {
    page.expect(422).says(rule).does_not_say(MEANWHILE)
}

on_both! {
    fn every_refusal_by_a_rule_says_its_rule(world) {
        let who = world.lindqvist();
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        let (a, b) = (world.user("a.berg", "Sales"), world.user("b.cole", "Sales"));
        let task = world.task(&who, &[a.id, b.id]);
        // Operators: oneself, the last one; roles: built in, held by somebody.
        by_rule(browser.post("/operators/k.lindqvist/suspend", &[]), "Nobody can suspend themselves.");
        by_rule(browser.post("/operators/k.lindqvist/remove", &[]), "Nobody can remove themselves.");
        by_rule(browser.post("/roles/1", &[("version", "1"), ("name", "Mine"), ("permissions", "SeeUsers")]), "built in");
        by_rule(browser.post("/roles/1/remove", &[]), "built in");
        // Tokens: a state that does not allow it, what is reserved.
        world.device("FT-1", MovingFactor::Counter);
        by_rule(browser.post("/tokens/FT-1/suspend", &[("suspend_reason", "left in a taxi")]), "only an Active token can be suspended");
        by_rule(browser.post("/tokens/FT-1/resume", &[]), "only a Suspended token can be resumed");
        by_rule(browser.post("/tokens/FT-1/unlock", &[("unlock_reason", "x")]), "only a Locked token can be unlocked");
        by_rule(browser.post("/tokens/FT-1/revoke", &[("state", "Inventory"), ("fate", "inventory"), ("reason", "x")]), "is Inventory already");
        // Enrollments: Resend of a Locked one; what was typed stays.
        world.lock(task, a.id);
        by_rule(browser.post(&format!("/users/a.berg/tasks/{task}/edit"), &[("email", "else@example.net")]), "Locked");
        // Messages: a test email without an address.
        by_rule(browser.post("/messages/canceled/test", &[]), "Your account has no email address");
        // Auth nodes: a name that is taken.
        browser.post("/auth-nodes", &[("name", "vpn")]).expect(200);
        by_rule(browser.post("/auth-nodes", &[("name", "vpn")]), "There is an auth node called vpn already.");
        // A task that is over: Edit, Remove, what is done to its users.
        world.enroll(task, b.id);
        browser.post(&format!("/tasks/{task}/remove"), &[("lose", "1")]).expect(303);
        by_rule(browser.get(&format!("/tasks/{task}/edit")), "is over");
        by_rule(browser.get(&format!("/tasks/{task}/remove")), "is over");
        let page = by_rule(browser.post(&format!("/tasks/{task}/edit/remove"), &[("all", "1")]), "was removed by k.lindqvist.");
        assert!(page.body.contains(&format!("href=\"/tasks/{task}\"")), "it leads to the task");
    }

    fn a_rule_leads_back_to_where_one_was(world) {
        world.operator("second", BuiltIn::Operator);
        let browser = world.signed_in("k.lindqvist", BuiltIn::Operator);
        let from = format!("{}/operators/k.lindqvist", world.url);
        let page = crate::support::browser::send(browser.request("/operators/k.lindqvist/suspend").header("referer", from));
        let page = by_rule(page, "Nothing was changed.").says("Back to where you were");
        assert!(page.body.contains("href=\"/operators/k.lindqvist\""));
    }

    fn a_true_conflict_says_that_something_changed(world) {
        let browser = world.signed_in("k.lindqvist", BuiltIn::Operator);
        world.device("FT-1", MovingFactor::Counter);
        let form = [("state", "Active"), ("fate", "lost"), ("reason", "x")];
        browser.post("/tokens/FT-1/revoke", &form).expect(409).says("Something changed meanwhile").says("is Inventory now");
    }
}

/// Whoever writes the next rule finds that a conflict is what somebody else did: its sentence says so.
#[test]
fn every_sentence_of_a_conflict_tells_of_a_change() {
    let mut sentences = 0;
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for part in text.split("Error::Conflict(").skip(1) {
                let part: String = part.chars().take(160).collect();
                let Some(sentence) = part.split('"').nth(1).filter(|_| {
                    // A literal, and not a variable that carries one.
                    let before = part.split('"').next().unwrap_or_default().trim();
                    matches!(before, "" | "format!(")
                }) else {
                    continue;
                };
                sentences += 1;
                let tells = ["meanwhile", "moment", "since", "no longer", "still as it was"];
                assert!(tells.iter().any(|word| sentence.contains(word)), "{}: {sentence}", path.display());
            }
        }
    }
    assert!(sentences > 10, "the sentences were found");
}
