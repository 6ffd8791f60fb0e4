//! Tokens that come with their owners (PRODUCT.md §12): Active at once, whoever they belong to, and nobody enrolls.

use std::collections::BTreeMap;

use diesel::prelude::*;
use reqwest::blocking::multipart::{Form, Part};
use tokendesk::{
    audit,
    mail::{self, Email, Kind},
    operators::{BuiltIn, Who},
    tokens::{
        self, AuthenticationType, MovingFactor, TokenState,
        import::{self as importing, Choices, MOST_OF_A_USER, Opening, Report},
    },
    users,
};

use super::{SEED, import, outcomes};
use crate::{
    on_both,
    support::{Page, World, browser},
    users::preview::import as run,
};

const PATH: &str = "/tokens/import";

/// Imports the good ones of a file, as the command line does.
fn good_ones(world: &World, who: &Who, file: &str, tell_owners: bool) -> Report {
    let choices =
        Choices { opening: Opening::Nothing, container: String::new(), tell_owners, good_ones: true, dry_run: false };
    importing::import(&world.desk, who, world.now(), file.as_bytes(), &choices).unwrap()
}

/// Everything in the outbox, up to more than there are.
fn outbox(world: &World) -> Vec<Email> {
    let all = (mail::Filter::default(), mail::View::All);
    world.desk.db.read(|conn| mail::rows(conn, world.now(), None, &all.0, all.1, (0, 20_000))).unwrap()
}

fn refusals(report: &Report) -> Vec<&str> {
    report.lines.iter().filter_map(|line| line.refused.as_deref()).collect()
}

fn previewed(browser: &browser::Browser, file: &str, fields: &[(&'static str, &'static str)]) -> Page {
    let part = Part::bytes(file.as_bytes().to_vec()).file_name("tokens.csv");
    let form = fields.iter().fold(Form::new().part("file", part), |form, (name, value)| form.text(*name, *value));
    browser::send(browser.request(PATH).multipart(form))
}

on_both! {
    fn a_token_arrives_active_with_its_owner_and_counter_and_its_first_use_is_noted(world) {
        let adeyemi = world.user("t.adeyemi", "Sales");
        let file = format!("Serial,Seed,Type,Counter,User ID\nFT-1,{SEED},hotp,3,T.Adeyemi\nFT-2,{SEED},hotp,,\n");
        let report = import(&world, &world.lindqvist(), file.as_bytes(), Opening::Nothing).unwrap();
        assert_eq!((report.imported(), report.owned()), (2, 1));
        let token = world.token("FT-1");
        assert_eq!((token.state, token.user, token.container), (TokenState::Active, Some(adeyemi.id), Some(adeyemi.container)));
        assert_eq!((token.authentication_type, token.bound_at, token.first_used_at), (AuthenticationType::HardwareToken, Some(world.now()), None));
        assert_eq!((world.token("FT-2").state, world.token("FT-2").user), (TokenState::Inventory, None));
        assert!(outbox(&world).is_empty(), "nobody is asked for anything");
        // The values of RFC 4226, appendix D: the second is passed, the fourth is the first that counts.
        world.advance(chrono::Duration::minutes(5));
        let check = |typed: &str| {
            world.desk.db.write(|conn| tokens::check(&world.desk, conn, world.now(), adeyemi.id, typed)).unwrap()
        };
        assert!(matches!(check("359152"), tokens::Verdict::Rejected(_)), "before the counter of the file");
        assert!(matches!(check("969429"), tokens::Verdict::Accepted { first: true, .. }));
        assert_eq!(world.token("FT-1").first_used_at, Some(world.now()));
    }

    fn the_owner_is_found_in_the_audit_log_and_on_the_pages(world) {
        let adeyemi = world.user("t.adeyemi", "Sales");
        let browser = world.signed_in("k.lindqvist", BuiltIn::Operator);
        let file = format!("Serial,Seed,User ID,Authentication Type\nFT-1,{SEED},t.adeyemi,\nAPP-1,{SEED},t.adeyemi,Authenticator app\n");
        let page = previewed(&browser, &file, &[("tell_owners", "1")]).expect(200)
            .says("2 go to their owners and are Active at once. No email asks anybody to enroll; 1 owner is told by email.");
        run(&browser, PATH, &page, false).expect(200).says("Imported: 2 good, 0 refused").says("t.adeyemi");
        browser.get("/tokens/FT-1").expect(200).says("Imported the token FT-1 of t.adeyemi").says("t.adeyemi");
        browser.get("/users/t.adeyemi/authentication-methods").expect(200).says("FT-1").says("APP-1");
        let told: Vec<String> = world.desk.db.read(|conn| audit::of_user(conn, adeyemi.id, 10)).unwrap().into_iter().map(|line| line.sentence).collect();
        assert!(told.contains(&"Imported the token APP-1 of t.adeyemi".to_owned()), "{told:?}");
        assert_eq!(world.token("APP-1").authentication_type, AuthenticationType::AuthenticatorApp);
        browser.get("/audit").expect(200).says("Imported 2 tokens from a CSV file").says("With their owners");
    }

    fn one_message_tells_an_owner_of_all_their_tokens_if_that_is_asked_for(world) {
        let who = world.lindqvist();
        world.user("t.adeyemi", "Sales");
        let silent = world.user("b.cole", "Sales");
        world.desk.db.write(|conn| {
            use tokendesk::schema::users::dsl;
            Ok(diesel::update(dsl::users.find(silent.id.0)).set(dsl::email.eq("")).execute(conn)?)
        }).unwrap();
        let file = format!("Serial,Seed,User ID\nA-1,{SEED},t.adeyemi\nA-2,{SEED},b.cole\nA-3,{SEED},T.ADEYEMI\nA-4,{SEED},\n");
        let report = good_ones(&world, &who, &file, true);
        assert_eq!((report.telling.told, report.telling.silent), (1, 1));
        assert_eq!(report.owners_words(), "3 go to their owners and are Active at once. 1 goes to Inventory. No email asks anybody to enroll; 1 owner is told by email, 1 has no address.");
        let told = outbox(&world);
        let [email] = told.as_slice() else { panic!("{} emails", told.len()) };
        assert_eq!((email.kind, email.shown_to.as_str(), email.facts.serial.as_deref()), (Kind::TokenImported, "t.adeyemi@example.org", Some("A-1, A-3")));
        let browser = world.signed_in("o.perator", BuiltIn::Operator);
        browser.get(&format!("/outbox/{}", email.id)).expect(200).says("Token imported");
        let letter = mail::letter::render(&world.desk.settings, email.kind, &email.facts, None, None).unwrap();
        assert!(letter.text.contains("A-1, A-3") && letter.text.contains("there is nothing to set up"), "{}", letter.text);
        good_ones(&world, &who, &format!("Serial,Seed,User ID\nB-1,{SEED},t.adeyemi\n"), false);
        assert_eq!(outbox(&world).len(), 1, "it is a choice");
    }

    fn a_pskc_file_names_the_owner_at_the_key_or_the_device(world) {
        world.user("jsmith", "Sales");
        world.user("a.berg", "Sales");
        let package = |serial: &str, device: &str, key: &str| format!(
            "<KeyPackage><DeviceInfo><SerialNo>{serial}</SerialNo>{device}</DeviceInfo><Key Id=\"1\" \
             Algorithm=\"urn:ietf:params:xml:ns:keyprov:pskc:totp\"><Data><Secret>\
             <PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</PlainValue></Secret></Data>{key}</Key></KeyPackage>"
        );
        let of = |name: &str| format!("<UserId>{name}</UserId>");
        let packages = [
            package("A", &of("UID=jsmith,DC=example-bank,DC=net"), ""),
            package("B", &of("UID=jsmith,DC=example-bank,DC=net"), &of("a.berg")),
            package("C", "", &of("CN=nobody,DC=net")),
            package("D", "", ""),
        ].concat();
        let file = format!("<KeyContainer Version=\"1.0\" xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\">{packages}</KeyContainer>");
        let report = good_ones(&world, &world.lindqvist(), &file, false);
        let owners: Vec<(&str, &str)> = report.lines.iter().map(|line| (line.serial.as_str(), line.owner.as_str())).collect();
        assert_eq!(owners, [("A", "jsmith"), ("B", "a.berg"), ("C", "nobody"), ("D", "")]);
        assert_eq!(refusals(&report), ["There is no user nobody in your scope."]);
        assert_eq!(world.token("D").state, TokenState::Inventory);
    }

    fn who_is_disabled_has_too_many_or_is_elsewhere_gets_none(world) {
        let who = world.lindqvist();
        let gone = world.user("g.one", "Sales");
        users::disable(&world.desk, &who, world.now(), &gone.user_id).unwrap();
        world.user("t.adeyemi", "Sales");
        world.user("l.ab", "Lab");
        let many: String = (0..=MOST_OF_A_USER).map(|n| format!("M-{n},{SEED},t.adeyemi,\n")).collect();
        let file = format!("Serial,Seed,User ID,Container\nA,{SEED},g.one,\n{many}B,{SEED},l.ab,Sales\nC,{SEED},nobody,\nD,{SEED},a\u{1}b,\n");
        assert_eq!(refusals(&good_ones(&world, &who, &file, false)), [
            "The account g.one is disabled.", "t.adeyemi has 10 tokens already, which is the most.",
            "l.ab is in the container Lab.", "There is no user nobody in your scope.", "There is no user a b in your scope.",
        ]);
        let again = good_ones(&world, &who, &format!("Serial,Seed,User ID\nN,{SEED},t.adeyemi\n"), false);
        assert_eq!(refusals(&again), ["t.adeyemi has 10 tokens already, which is the most."], "those of before count");
        let sales = world.user("s", "Sales").container;
        let manager = world.operator_in("m.okafor", BuiltIn::ProvisioningManager, &[sales]);
        let choices = Choices { opening: Opening::Nothing, container: "Sales".into(), tell_owners: false, good_ones: true, dry_run: true };
        let file = format!("Serial,Seed,User ID\nE,{SEED},l.ab\nF,{SEED},s\n");
        let report = importing::import(&world.desk, &manager, world.now(), file.as_bytes(), &choices).unwrap();
        assert_eq!(refusals(&report), ["There is no user l.ab in your scope."], "in the words of one who does not exist");
    }

    fn what_is_imported_is_what_was_shown_also_of_the_owners(world) {
        world.user("t.adeyemi", "Sales");
        let browser = world.signed_in("k.lindqvist", BuiltIn::Operator);
        let file = format!("Serial,Seed,User ID\nFT-1,{SEED},t.adeyemi\nFT-2,{SEED},t.adeyemi\n");
        let page = previewed(&browser, &file, &[]).expect(200).says("Preview: 2 new tokens").says("the owners are not told");
        users::disable(&world.desk, &Who::system(), world.now(), "t.adeyemi").unwrap();
        let moved = run(&browser, PATH, &page, true).expect(409).says("nothing was imported").says("The account t.adeyemi is disabled.");
        browser.get("/tokens/FT-1").expect(404);
        users::enable(&world.desk, &Who::system(), world.now(), "t.adeyemi").unwrap();
        run(&browser, PATH, &moved, true).expect(409);
        run(&browser, PATH, &page, false).expect(200).says("Imported: 2 good, 0 refused");
    }

    fn of_ten_thousand_rows_with_one_in_a_hundred_wrong_in_twelve_ways_each_is_named(world) {
        for n in 0..500 {
            world.user(&format!("o{n:04}"), "Sales");
        }
        let lab = world.user("l.ab", "Lab");
        let gone = world.user("g.one", "Sales");
        users::disable(&world.desk, &Who::system(), world.now(), &gone.user_id).unwrap();
        world.device("OLD-1", MovingFactor::Time);
        let full = world.user("f.ull", "Sales");
        let held: String = (0..MOST_OF_A_USER).map(|n| format!("F-{n},{SEED},f.ull\n")).collect();
        assert_eq!(good_ones(&world, &Who::system(), &format!("Serial,Seed,User ID\n{held}"), false).owned(), 10);
        let faults: [(&str, String); 12] = [
            ("It has no serial number.", format!(",{SEED},,,,,o0001,")),
            ("A serial number consists of letters, digits and - . _ :", format!("a b,{SEED},,,,,o0001,")),
            ("A token with this serial number is there already.", format!("old-1,{SEED},,,,,o0001,")),
            ("This serial number is that of line 2 already.", format!("t-1,{SEED},,,,,o0002,")),
            ("The seed has 2 bytes; at least 16 are needed to be safe (RFC 4226, section 4).", "X-5,1234,,,,,o0001,".into()),
            ("The seed is neither hexadecimal nor base 32.", "X-6,0189zzzz,,,,,o0001,".into()),
            ("One-time passwords have 6 or 8 digits.", format!("X-7,{SEED},,7,,,o0001,")),
            ("The counter is a whole number from 0 on.", format!("X-8,{SEED},hotp,,,-1,o0001,")),
            ("There is no user nobody in your scope.", format!("X-9,{SEED},,,,,nobody,")),
            ("The account g.one is disabled.", format!("X-10,{SEED},,,,,g.one,")),
            ("f.ull has 10 tokens already, which is the most.", format!("X-11,{SEED},,,,,f.ull,")),
            ("l.ab is in the container Lab.", format!("X-12,{SEED},,,,,l.ab,Sales")),
        ];
        let mut file = String::from("Serial,Seed,Type,Digits,Period,Counter,User ID,Container\n");
        let (mut owners, mut wanted) = (BTreeMap::<usize, i64>::new(), BTreeMap::<&str, usize>::new());
        for row in 1..=10_000_usize {
            if row % 100 == 50 {
                let (why, line) = &faults[row / 100 % 12];
                *wanted.entry(why).or_default() += 1;
                file.push_str(&format!("{}\n", if line.starts_with("X-") { line.replacen("X-", &format!("X-{row}-"), 1) } else { line.clone() }));
            } else {
                // A tenth goes to inventory; nobody gets more than the most.
                let owner = (row % 10 != 0).then_some(row % 500).filter(|owner| {
                    let held = owners.entry(*owner).or_default();
                    *held += i64::from(*held < MOST_OF_A_USER - 1);
                    *held < MOST_OF_A_USER - 1
                });
                let owner = owner.map(|owner| format!("o{owner:04}")).unwrap_or_default();
                file.push_str(&format!("T-{row},{SEED},,,,,{owner},\n"));
            }
        }
        let report = good_ones(&world, &world.lindqvist(), &file, true);
        assert!(report.carried_out);
        assert_eq!((report.imported(), report.refused()), (9_900, 100));
        let mut named = BTreeMap::<&str, usize>::new();
        refusals(&report).into_iter().for_each(|why| *named.entry(why).or_default() += 1);
        assert_eq!((named.len(), named), (12, wanted));
        let listed = outcomes(&report);
        assert!(listed[49].starts_with("51 ") && listed[49].ends_with("refused"), "by its line: {}", listed[49]);
        let in_use = world.desk.db.read(|conn| {
            use tokendesk::schema::tokens::dsl;
            Ok(dsl::tokens.filter(dsl::state.eq("Active")).count().get_result::<i64>(conn)?)
        }).unwrap();
        assert_eq!(in_use, i64::try_from(report.owned()).unwrap() + MOST_OF_A_USER);
        assert_eq!(outbox(&world).len(), report.telling.told, "one email an owner");
        assert!(world.desk.db.read(|conn| tokens::of_user(conn, lab.id)).unwrap().is_empty());
        assert_eq!(world.desk.db.read(|conn| tokens::of_user(conn, full.id)).unwrap().len(), 10);
    }
}
