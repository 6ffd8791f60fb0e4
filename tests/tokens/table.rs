//! Importing devices from CSV files: an outcome for each, nothing half done, and no seed anywhere but sealed.

use reqwest::blocking::multipart::{Form, Part};
use tokendesk::{
    error::Error,
    operators::{BuiltIn, Who},
    tokens::import::{self as importing, Choices, Opening},
};

use super::{SEED, everything, import, mistake, outcomes};
use crate::{
    on_both,
    support::{Browser, browser},
    users::preview::import as run,
};

fn upload(browser: &Browser, file: &str, fields: &[(&'static str, &'static str)]) -> browser::Page {
    let part = Part::bytes(file.as_bytes().to_vec()).file_name("tokens.csv");
    let form = fields.iter().fold(Form::new().part("file", part), |form, (name, value)| form.text(*name, *value));
    browser::send(browser.request("/tokens/import").multipart(form))
}

on_both! {
    fn devices_come_into_inventory_and_can_be_used(world) {
        let file = format!("\u{FEFF}Type;serial number;SEED;Counter\r\nHOTP;FT-1;{SEED};3\r\n;FT-2;GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ;\r\n");
        let report = import(&world, &Who::command_line(), file.as_bytes(), Opening::Nothing).unwrap();
        assert!(report.carried_out);
        assert_eq!(outcomes(&report), ["2 FT-1 imported", "3 FT-2 imported"]);
        assert_eq!(report.lines[0].detail(), "HOTP, SHA1, 6 digits");
        let user = world.user("t.adeyemi", "Sales");
        // The third counter of RFC 4226, appendix D.
        let bound = world.desk.db.write(|conn| {
            tokendesk::tokens::bind_hardware(&world.desk, conn, world.now(), user.id, user.container, "ft-1", "969429")
        });
        assert!(matches!(bound, Ok(tokendesk::tokens::Binding::Bound(_))), "{bound:?}");
    }

    fn one_refused_token_stops_all_unless_the_good_ones_are_asked_for(world) {
        world.device("OLD-1", tokendesk::tokens::MovingFactor::Time);
        let file = format!(
            "Serial,Seed,Digits,Container\nNEW-1,{SEED},8,\nold-1,{SEED},,\nnew-1,{SEED},,\n,{SEED},,\nNEW-2,{SEED},7,\nNEW-3,{SEED},,Nowhere\nNEW-4,1234,,\nNEW-5,{SEED}\n"
        );
        let expected = [
            "2 NEW-1 imported", "3 old-1 refused", "4 new-1 refused", "5  refused", "6 NEW-2 refused", "7 NEW-3 refused",
            "8 NEW-4 refused", "9 NEW-5 refused",
        ];
        let who = Who::command_line();
        let report = import(&world, &who, file.as_bytes(), Opening::Nothing).unwrap();
        assert_eq!(outcomes(&report), expected);
        assert!(!report.carried_out);
        assert!(!everything(&world).contains("new-1"), "nothing half done");
        let choices = |dry_run| Choices { opening: Opening::Nothing, container: String::new(), tell_owners: false, good_ones: true, dry_run };
        let dry = importing::import(&world.desk, &who, world.now(), file.as_bytes(), &choices(true)).unwrap();
        assert_eq!(outcomes(&dry), expected);
        assert!(!dry.carried_out && !everything(&world).contains("new-1"));
        let report = importing::import(&world.desk, &who, world.now(), file.as_bytes(), &choices(false)).unwrap();
        assert!(report.carried_out);
        assert_eq!(world.token("new-1").serial, "NEW-1");
        assert!(String::from_utf8(report.to_csv()).unwrap().contains("3,old-1,refused,A token with this serial number is there already."));
    }

    fn a_seed_is_nowhere_but_sealed(world) {
        let browser = world.signed_in("k.lindqvist", BuiltIn::Operator);
        let file = format!("Serial,Seed,Digits\nFT-1,{SEED},6\nFT-2,{SEED},7\n");
        let page = upload(&browser, &file, &[("good_ones", "1")]).expect(200).says("1 new token, 1 refused");
        assert!(!page.body.contains(SEED) && !everything(&world).contains(SEED), "nor in a preview");
        let page = run(&browser, "/tokens/import", &page, true).expect(200).says("1 good, 1 refused");
        let all = format!("{}{}", everything(&world), page.body.to_lowercase());
        assert!(all.contains("ft-1"));
        for secret in [SEED, "gezdgnbvgy3tqojqgezdgnbvgy3tqojq", "mtizndu2nzg5mdeymzq1njc4ota=", "12345678901234567890"] {
            assert!(!all.contains(secret), "{secret}");
        }
    }

    fn operators_import_within_their_scope(world) {
        let sales = world.user("s", "Sales").container;
        world.user("l", "Lab");
        let who = world.operator_in("m.okafor", BuiltIn::ProvisioningManager, &[sales]);
        let file = format!("Serial,Seed,Container\nA,{SEED},sales\nB,{SEED},Lab\n");
        assert!(mistake(import(&world, &who, file.as_bytes(), Opening::Nothing), "container").contains("your scope"));
        let choices = Choices { opening: Opening::Nothing, container: "Sales".into(), tell_owners: false, good_ones: false, dry_run: false };
        let report = importing::import(&world.desk, &who, world.now(), file.as_bytes(), &choices).unwrap();
        assert_eq!(outcomes(&report), ["2 A imported", "3 B refused"]);
        let helper = world.operator("h.elp", BuiltIn::HelpDesk);
        assert!(matches!(import(&world, &helper, file.as_bytes(), Opening::Nothing), Err(Error::Forbidden(_))));
    }

    fn a_file_that_is_none_comes_back_with_a_sentence(world) {
        let who = Who::command_line();
        let wrong = |file: &[u8]| mistake(import(&world, &who, file, Opening::Nothing), "file");
        assert!(wrong(b"").contains("empty"));
        assert!(wrong(b"PK\x03\x04\0\0").contains("not UTF-8"));
        assert!(wrong(b"\xFF\xFES\0").contains("not UTF-8"));
        assert!(wrong(b"Serial,Shoe size\n1,2\n").contains("The columns are Serial Number, Seed"));
        assert!(wrong(&vec![b'a'; importing::MOST_BYTES + 1]).contains("larger than 16 MB"));
        let many = format!("Serial,Seed\n{}", "A,B\n".repeat(importing::MOST_DEVICES + 1));
        assert!(wrong(many.as_bytes()).contains("more than 10000 lines"));
    }

    fn the_page_checks_first_and_saves_outcomes(world) {
        let browser = world.signed_in("k.lindqvist", BuiltIn::Operator);
        browser.get("/tokens").expect(200).says("No tokens yet").says("Import tokens");
        browser.get("/tokens/import").expect(200).says("PSKC").says("Pre-shared key");
        let file = format!("Serial,Seed\nFT-1,{SEED}\n");
        let checked = upload(&browser, &file, &[("check", "1")]).expect(200).says("Preview: 1 new token; nothing imported yet");
        browser.get("/tokens/FT-1").expect(404);
        let done = run(&browser, "/tokens/import", &checked, false).expect(200).says("Imported: 1 good, 0 refused");
        assert!(done.body.contains("download=\"import-outcomes.csv\""));
        browser.get("/tokens/ft-1").expect(200).says("Imported 1 hardware token from a CSV file");
        upload(&browser, &file, &[("check", "1")]).expect(200).says("is there already").says("There is nothing to import.");
        upload(&browser, "", &[("import", "1")]).expect(422).says("Choose a file.");
        upload(&browser, &file, &[("import", "1"), ("key", "xyz")]).expect(422).says("The key is not hexadecimal.");
        upload(&browser, &file, &[("import", "1"), ("container", "Nowhere")]).expect(422).says("There is no container Nowhere");
    }
}
