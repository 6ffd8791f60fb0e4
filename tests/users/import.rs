//! Importing users: every line has an outcome, and nothing is half done.

use std::process::Command;

use reqwest::blocking::multipart::{Form, Part};
use tokendesk::{
    error::Error,
    operators::{BuiltIn, Who},
    users::{self, Import, Report, Search},
};

use super::{container, found, preview::run};
use crate::{
    on_both,
    support::{World, browser},
};

/// More than go into one statement; the speed of a hundred thousand is that of the optimized program.
const LINES: i64 = 5_000;

fn import(world: &World, who: &Who, text: &str, good_lines: bool) -> Result<Report, Error> {
    let how = Import { container: "Default".into(), dry_run: false, good_lines };
    users::import(&world.desk, who, world.now(), text.as_bytes(), &how)
}

fn outcomes(report: &Report) -> Vec<String> {
    let line = |line: &users::import::LineOutcome| format!("{} {} {}", line.number, line.user_id, line.outcome.code());
    report.lines.iter().map(line).collect()
}

fn everyone(world: &World) -> i64 {
    world.desk.db.read(|conn| users::count(conn, &Who::command_line().scope, &Search::parse("state=any"))).unwrap()
}

on_both! {
    fn every_field_of_a_line_is_stored_when_a_user_is_created_and_when_one_is_changed(world) {
        let who = world.lindqvist();
        let labels = users::user::Typed::default().fields().map(|(_, label, _)| label);
        let line = |n: &str| {
            let cell = |label: &&str| match *label {
                "User ID" => "t.adeyemi".to_owned(),
                "Email" => format!("t{n}@example.org"),
                "Mobile" => format!("+49 30 4400 {n}"),
                label => format!("{label} {n}"),
            };
            labels.iter().map(cell).collect::<Vec<_>>().join(",")
        };
        for n in ["1", "2"] {
            import(&world, &who, &format!("{}\n{}\n", labels.join(","), line(n)), false).unwrap();
            let user = world.desk.db.read(|conn| users::find(conn, &who, "t.adeyemi")).unwrap();
            let stored = user.typed().fields().map(|(.., value)| value.to_owned()).join(",");
            assert_eq!(stored, line(n));
        }
    }

    fn every_line_has_an_outcome_and_one_bad_line_stops_all(world) {
        let who = Who::command_line();
        world.user("known", "Sales");
        world.user("same", "Sales");
        let text = "\u{FEFF}email;User ID;Last Name;First Name\r\n\
            a@example.org;new1;\"Øst; \"\"A\"\"\";Anna\r\n\
            ;KNOWN;Last known;Toby\r\n\
            same@example.org;same;Last same;First\r\n\
            \r\n\
            not an address;new2;B;B\r\n\
            b@example.org;NEW1;B;B\r\n\
            b@example.org;;B;B\r\n\
            b@example.org;new3;;B\r\n\
            b@example.org;a/b;B;B\r\n\
            b@example.org;new4\r\n";
        let expected = [
            "2 new1 created", "3 KNOWN updated", "4 same unchanged", "6 new2 refused", "7 NEW1 refused", "8  refused",
            "9 new3 refused", "10 a/b refused", "11 new4 refused",
        ];
        let report = import(&world, &who, text, false).unwrap();
        assert_eq!(outcomes(&report), expected);
        assert!(!report.carried_out);
        assert_eq!(everyone(&world), 2, "nothing half done");
        assert!(!world.dump("audit_entries").contains("users.import"));

        let report = import(&world, &who, text, true).unwrap();
        assert_eq!(outcomes(&report), expected);
        assert!(report.carried_out);
        assert_eq!(found(&world, &who, ""), ["known", "new1", "same"]);
        let find = |user_id: &str| world.desk.db.read(|conn| users::find(conn, &who, user_id)).unwrap();
        let new = find("new1");
        assert_eq!((new.last_name.as_str(), new.container_name.as_str()), ("Øst; \"A\"", "Default"));
        let known = find("known");
        assert_eq!((known.first_name.as_str(), known.email.as_str()), ("Toby", ""), "an empty cell empties the field");
        assert_eq!((known.user_id.as_str(), known.container_name.as_str()), ("known", "Sales"));
        assert_eq!(known.version, 2);
        assert_eq!(find("same").version, 1);
        let audit = world.dump("audit_entries");
        for words in ["Imported users: 1 created, 1 updated, 1 unchanged, 6 refused", "Created the user new1 by import", "First → Toby"] {
            assert!(audit.contains(words), "{words}");
        }
        let again = import(&world, &who, "User ID,Last Name\nnew1,\"Øst; \"\"A\"\"\"\nknown,Last known\n", false).unwrap();
        assert_eq!(outcomes(&again), ["2 new1 unchanged", "3 known unchanged"], "absent columns change nothing");
    }

    fn an_import_stays_within_the_scope(world) {
        world.user("theirs", "Finance");
        world.user("ours", "Sales");
        let who = world.operator_in("importer", BuiltIn::ProvisioningManager, &[container(&world, "Sales")]);
        let text = "User ID,Last Name,Container\ntheirs,X,Sales\nours,X,sales\nnew1,X,\nnew2,X,Finance\nnew3,X,Nowhere\n";
        assert!(matches!(import(&world, &who, text, true), Err(Error::Invalid(_))), "there is no Default in their scope");
        let how = Import { container: "SALES".into(), dry_run: false, good_lines: true };
        let report = users::import(&world.desk, &who, world.now(), text.as_bytes(), &how).unwrap();
        assert_eq!(outcomes(&report), ["2 theirs refused", "3 ours updated", "4 new1 created", "5 new2 refused", "6 new3 refused"]);
        assert_eq!(found(&world, &who, ""), ["new1", "ours"]);
        assert!(report.new_containers.is_empty());
        assert_eq!(world.desk.db.read(|conn| users::find(conn, &Who::command_line(), "theirs")).unwrap().last_name, "Last theirs");
        let helper = world.operator("helper", BuiltIn::HelpDesk);
        assert!(matches!(import(&world, &helper, text, true), Err(Error::Forbidden(_))));
    }

    fn new_containers_are_named_before_they_are_made(world) {
        let text = "User ID,Last Name,Container\na,A,Zürich\nb,B,ZÜRICH\nc,C,Legal\n";
        let how = Import { container: "Default".into(), dry_run: true, good_lines: false };
        let report = users::import(&world.desk, &Who::command_line(), world.now(), text.as_bytes(), &how).unwrap();
        assert_eq!(report.new_containers, ["Legal", "Zürich"]);
        assert_eq!((everyone(&world), report.carried_out), (0, false));
        assert!(import(&world, &Who::command_line(), text, false).unwrap().carried_out);
        assert_eq!(found(&world, &Who::command_line(), "container=z%C3%BCrich"), ["a", "b"]);
    }

    fn a_long_file_is_imported_in_few_statements(world) {
        let mut text = String::from("User ID,Last Name,First Name,Email,Mobile,Container,Custom 1\r\n");
        for n in 0..LINES {
            text.push_str(&format!("user{n:06},Last{},First{n},user{n:06}@example.org,+49 170 {n},Unit {},{n}\r\n", n % 977, n % 12));
        }
        let report = import(&world, &Who::command_line(), &text, false).unwrap();
        assert_eq!(report.summary(), format!("{LINES} created"));
        assert_eq!(everyone(&world), LINES);
        let moved = text.replace("+49", "+41");
        let report = import(&world, &Who::command_line(), &moved, false).unwrap();
        assert_eq!(report.summary(), format!("{LINES} updated"));
        let report = import(&world, &Who::command_line(), &moved, false).unwrap();
        assert_eq!(report.summary(), format!("{LINES} unchanged"));
    }

    fn the_page_checks_first_and_imports_what_it_checked(world) {
        let operator = world.signed_in("importer", BuiltIn::ProvisioningManager);
        let send = |file: Option<&[u8]>, text: &str, button: &str, good: bool| {
            let mut form = Form::new().text("text", text.to_owned()).text("container", "Default").text(button.to_owned(), "1");
            let part = Part::bytes(file.unwrap_or_default().to_vec()).file_name(if file.is_some() { "users.csv" } else { "" });
            form = form.part("file", part);
            if good {
                form = form.text("good_lines", "1");
            }
            browser::send(operator.request("/users/import").multipart(form))
        };
        operator.get("/users/import").expect(200).says("Check first").says("Custom 3");
        send(None, "", "check", false).expect(422).says("Choose a file, or paste its lines.");
        send(Some(b"User ID,Shoe size\na,43\n"), "", "check", false).expect(422).says("The column “Last Name” is missing");
        send(Some(b"a,Adeyemi\nb,Berg\n"), "", "check", false).expect(422).says("“a, Adeyemi” does not");
        let text = "User ID,Last Name\na,<script>alert(1)</script>\nb,\n";
        let page = send(Some(text.as_bytes()), "", "check", false).expect(200);
        let page = page.says("Preview: 1 new user, 1 refused; nothing imported yet").says("Enter a last name.").says("Import 1 user, leave 1 out");
        assert!(!page.body.contains("<script>alert"));
        assert_eq!(everyone(&world), 0);
        // What is sent with a file is never imported unseen.
        send(None, text, "import", true).expect(200).says("nothing imported yet");
        assert_eq!(everyone(&world), 0);
        browser::send(operator.request("/users/import").multipart(run(&page, false))).expect(422).says("They stop the import");
        assert_eq!(everyone(&world), 0);
        browser::send(operator.request("/users/import").multipart(run(&page, true))).expect(200).says("Imported: 1 created, 1 refused");
        assert_eq!(found(&world, &Who::command_line(), ""), ["a"]);
        operator.get("/users/a").expect(200).says("<script>alert(1)</script>");
        send(Some(&vec![b'a'; 33 * 1024 * 1024]), "", "check", false).expect(413);
        let latin = send(Some(b"User ID,Last Name\nd,D\xFCrer\n"), "", "check", false).expect(200);
        latin.says("not UTF-8").says("Windows-1252").says("1 new user");
    }

    fn tables_of_directories_are_imported_and_what_is_passed_over_is_named(world) {
        let who = Who::command_line();
        let text = "#TYPE Microsoft.ActiveDirectory.Management.ADUser\n\
            \"SamAccountName\",\"sn\",\"GivenName\",\"mail\",\"mobile\",\"Department\",\"Enabled\"\n\
            \"st.ad\",\"Okoro\",\"Ann\",\"st.ad@example.org\",\"+49 (0)170/123456\",\"IT\",\"True\"\n\
            \"=\"\"00045\"\"\",\"Meyer\",\"Bo\",\"\",\"+49.170.123456 x5\",\"IT\",\"True\"\n\
            \"st.gone\",\"Gone\",\"Al\",\"\",\"\",\"IT\",\"False\"\n\
            \"st.short\",\"Short\"\n";
        let report = import(&world, &who, text, false).unwrap();
        let expected = ["3 st.ad created", "4 00045 created", "5 st.gone passed over", "6 st.short created"];
        assert_eq!((outcomes(&report), report.carried_out), (expected.map(String::from).to_vec(), true));
        assert_eq!(report.notes, ["Department was passed over: nothing is read from this column."]);
        assert_eq!(report.summary(), "3 created, 1 passed over");
        assert!(report.lines[2].outcome.detail().contains("Enabled is False"));
        let find = |user_id: &str| world.desk.db.read(|conn| users::find(conn, &who, user_id)).unwrap();
        assert_eq!(find("st.ad").mobile, "+49 (0)170/123456");
        assert_eq!(find("00045").mobile, "+49.170.123456 ext. 5");
        let again = import(&world, &who, text, false).unwrap();
        assert_eq!(again.summary(), "3 unchanged, 1 passed over", "what was taken as meant is the same again");
        let browser = world.signed_in("importer", BuiltIn::ProvisioningManager);
        let form = Form::new().text("text", text).text("container", "Default").text("check", "1");
        browser::send(browser.request("/users/import").multipart(form)).expect(200)
            .says("Department was passed over").says("1 line is passed over").says("Enabled is False");
    }

    fn one_user_id_typed_two_ways_is_on_two_lines_of_a_file(world) {
        let text = "User ID,Last Name\nst.jos\u{e9},Garc\u{ed}a\nst.jose\u{301},Garci\u{301}a\n";
        let report = import(&world, &Who::command_line(), text, true).unwrap();
        assert!(report.lines[1].outcome.detail().contains("on line 2 already"));
        assert_eq!(everyone(&world), 1);
    }

    fn only_those_who_may_edit_users_import_them(world) {
        for role in [BuiltIn::HelpDesk, BuiltIn::Auditor] {
            let browser = world.signed_in(role.name(), role);
            browser.get("/users/import").expect(403).says("create, edit, import users");
            let form = Form::new().text("text", "User ID,Last Name\na,A\n").text("import", "1");
            browser::send(browser.request("/users/import").multipart(form)).expect(403);
        }
        assert_eq!(everyone(&world), 0);
    }
}

#[test]
fn the_command_line_imports_a_file_and_tells_scripts_of_refused_lines() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("users.csv");
    let saved = folder.path().join("outcomes.csv");
    let data = format!("data_dir={}", folder.path().join("data").display());
    let run = |flags: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tokendesk"));
        command.args(["users", "import"]).arg(&file).args(flags).args(["--set", &data]);
        // Set for the tests, and no setting of the program.
        let output = command.env_remove("TOKENDESK_TEST_POSTGRES").output().expect("the program runs");
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    std::fs::write(&file, "User ID,Last Name\na,A\n=cmd,B\nb,\n").unwrap();
    let (code, told, problem) = run(&["--dry-run"]);
    assert_eq!(code, Some(1), "{told}{problem}");
    assert!(told.contains("Nothing was imported: 2 created, 1 refused."), "{told}{problem}");
    assert!(told.contains("line 4: b refused: Enter a last name."), "{told}");
    let (code, told, problem) = run(&["--good-lines", "--outcomes", saved.to_str().unwrap()]);
    assert_eq!(code, Some(1), "{told}{problem}");
    assert!(told.contains("Imported: 2 created, 1 refused."), "{told}");
    let outcomes = std::fs::read_to_string(&saved).unwrap();
    assert!(outcomes.contains("\"'=cmd\",created"), "{outcomes}");
    std::fs::write(&file, "User ID,Last Name\na,A\n").unwrap();
    assert_eq!(run(&[]).0, Some(0));
    std::fs::remove_file(&file).unwrap();
    assert_eq!(run(&[]).0, Some(1));
}
