//! The preview of an import and its run are one thing.

use chrono::Duration;
use reqwest::blocking::multipart::{Form, Part};
use tokendesk::{
    imports::limits,
    operators::{BuiltIn, Who},
    users::{self, Search},
};

use crate::{
    on_both,
    support::{Browser, World, browser, browser::Page},
};

/// What the button Import of a preview sends; with `leave_out`, after "Leave the lines out".
pub fn run(page: &Page, leave_out: bool) -> Form {
    let form =
        Form::new().text("preview", page.hidden("preview")).text("shown", page.hidden("shown")).text("import", "1");
    if leave_out { form.text("leave_out", "1") } else { form }
}

/// Sends a file to a page of imports.
pub fn check(browser: &Browser, path: &str, file: impl Into<Vec<u8>>) -> Page {
    let part = Part::bytes(file.into()).file_name("new-starters.csv");
    browser::send(
        browser.request(path).multipart(Form::new().part("file", part).text("check", "1").text("container", "Default")),
    )
}

/// Sends Import.
pub fn import(browser: &Browser, path: &str, page: &Page, leave_out: bool) -> Page {
    browser::send(browser.request(path).multipart(run(page, leave_out)))
}

const PATH: &str = "/users/import";

fn everyone(world: &World) -> i64 {
    world.desk.db.read(|conn| users::count(conn, &Who::command_line().scope, &Search::parse("state=any"))).unwrap()
}

on_both! {
    fn an_operator_reads_what_would_become_of_each_line_and_imports_that(world) {
        world.user("known", "Sales");
        let browser = world.signed_in("anna", BuiltIn::ProvisioningManager);
        let lines: String = (0..8).map(|n| format!("new{n},Last{n},new{n}@example.org\r\n")).collect();
        let file = format!("User ID,Last Name,Email\r\n{lines}known,Adeyemi,other@example.org\r\nbad,,x@example.org\r\n");
        let page = check(&browser, PATH, file).expect(200)
            .says("Preview: 8 new users, 1 updated, 1 refused; nothing imported yet")
            .says("new-starters.csv, 10 lines, checked today at 14:32.")
            .says("1 line is refused").says("Enter a last name.").says("bad; ; x@example.org")
            .says("1 user is updated").says("other@example.org")
            .says("1 changed email address").says("3 more").says("Show all 8");
        assert!(page.body.contains("value=\"1\" disabled>Import 9 users, leave 1 out"), "a refused line stops all of it");
        let id = page.hidden("preview");
        let saved = browser.get(&format!("{PATH}?preview={id}&save=refused")).expect(200);
        assert_eq!(saved.header("content-disposition"), "attachment; filename=\"refused-lines.csv\"");
        assert!(saved.body.starts_with("\u{FEFF}Line,User ID,Reason,The line\r\n11,bad,Enter a last name.,"), "{}", saved.body);
        let left_out = browser.get(&format!("{PATH}?preview={id}&leave_out=1")).expect(200).says("They are left out.");
        assert!(!left_out.body.contains(" disabled>"));
        browser.get(&format!("{PATH}?preview={id}&part=new")).expect(200).says("Rows 1 to 8 of 8");
        assert_eq!(everyone(&world), 1, "looking imports nothing");
        let form = Form::new().text("preview", left_out.hidden("preview")).text("shown", left_out.hidden("shown"))
            .text("leave_out", left_out.hidden("leave_out")).text("import", "1");
        browser::send(browser.request(PATH).multipart(form)).expect(200).says("Imported: 8 created, 1 updated, 1 refused");
        assert_eq!(everyone(&world), 9);
        let outcomes = browser.get(&format!("{PATH}?preview={id}&save=outcomes")).expect(200);
        assert!(outcomes.body.contains("2,new0,created,\r\n"), "{}", outcomes.body);
        import(&browser, PATH, &page, true).expect(409).says("was imported today at 14:32 already");
        assert_eq!(everyone(&world), 9);
    }

    fn what_moved_meanwhile_stops_the_import_and_a_new_preview_is_shown(world) {
        let browser = world.signed_in("anna", BuiltIn::ProvisioningManager);
        let page = check(&browser, PATH, "User ID,Last Name\na,A\nb,B\n").expect(200).says("2 new users");
        world.user("b", "Sales");
        let moved = import(&browser, PATH, &page, true).expect(409).says("nothing was imported").says("1 new user, 1 updated");
        assert_eq!(everyone(&world), 1);
        import(&browser, PATH, &moved, false).expect(200).says("Imported: 1 created, 1 updated");
        let page = check(&browser, PATH, "User ID,Last Name\na,Other\n").expect(200);
        let forged = Form::new().text("preview", page.hidden("preview")).text("shown", "0").text("import", "1");
        browser::send(browser.request(PATH).multipart(forged)).expect(409);
    }

    fn a_preview_is_its_operators_own_and_ends_after_a_quarter_of_an_hour(world) {
        let browser = world.signed_in("anna", BuiltIn::ProvisioningManager);
        let other = world.signed_in("bert", BuiltIn::ProvisioningManager);
        let page = check(&browser, PATH, "User ID,Last Name,Email\na,A,unseen@example.org\n").expect(200);
        let address = format!("{PATH}?preview={}", page.hidden("preview"));
        assert!(!world.dump("imports").contains("unseen@example.org"), "it lies sealed");
        other.get(&address).expect(410);
        import(&other, PATH, &page, true).expect(410);
        world.advance(Duration::minutes(14));
        browser.get(&address).expect(200).says("unseen@example.org");
        world.advance(Duration::minutes(1));
        browser.get(&address).expect(410).says("This preview has ended");
        import(&browser, PATH, &page, true).expect(410).says("Choose the file again");
        assert_eq!(everyone(&world), 0);
        tokendesk::imports::sweep(&world.desk, world.now()).unwrap();
        assert!(!world.dump("imports").contains("new-starters.csv"), "nothing of it is left");
    }

    fn a_file_beyond_the_limits_is_refused_before_anything_is_built(world) {
        let browser = world.signed_in("anna", BuiltIn::ProvisioningManager);
        let many = format!("User ID,Last Name\n{}", "a,\n".repeat(limits::LINES + 1));
        check(&browser, PATH, many).expect(422).says("at most 200000 are imported at once");
        check(&browser, PATH, vec![b'a'; 31 * 1024 * 1024]).expect(422).says("Line 1 is longer than 64 KiB");
        let open = format!("User ID,Last Name\na,\"{}", "b\n".repeat(limits::LINE_BYTES));
        check(&browser, PATH, open).expect(422).says("Line 2 is longer than 64 KiB");
        assert!(!world.dump("imports").contains("new-starters.csv"), "it is not kept");
    }

    fn imports_come_one_at_a_time_and_others_are_told_to_wait(world) {
        let browser = world.signed_in("anna", BuiltIn::Operator);
        let turn = world.desk.importing.take().expect("nobody imports");
        let wait = check(&browser, PATH, "User ID,Last Name\na,A\n").expect(503).says("Wait a few seconds");
        assert_eq!(wait.header("retry-after"), "10");
        check(&browser, "/tokens/import", "x").expect(503);
        drop(turn);
        check(&browser, PATH, "User ID,Last Name\na,A\n").expect(200);
        assert!(world.desk.importing.take().is_some(), "the turn ends with the answer");
    }

    fn outcomes_are_shown_a_page_at_a_time(world) {
        let browser = world.signed_in("anna", BuiltIn::ProvisioningManager);
        let lines: String = (0..250).map(|n| format!("user{n:03},\n")).collect();
        let page = check(&browser, PATH, format!("User ID,Last Name\n{lines}")).expect(200).says("250 lines are refused").says("Show all 250");
        assert_eq!(page.body.matches("Enter a last name.").count(), 20);
        assert!(!page.body.contains("form=\"import\""), "there is nothing to import");
        let id = page.hidden("preview");
        let last = browser.get(&format!("{PATH}?preview={id}&part=refused&page=3")).expect(200).says("Rows 201 to 250 of 250");
        assert_eq!(last.body.matches("Enter a last name.").count(), 50);
    }
}
