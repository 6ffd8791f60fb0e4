//! People are found as they are spoken of: without accents, in any order, by the end of a number.

use tokendesk::{
    operators::{BuiltIn, Scope, Who},
    tokens::MovingFactor,
    users::{self, Details, Search, Typed},
};

use super::{container, found, user};
use crate::{
    on_both,
    support::{Browser, World, plan},
};

/// A few people whose names are spoken otherwise than they are written.
fn people(world: &World) {
    for (id, first, last) in [
        ("s.j", "Snežana", "Jovanović"),
        ("z.berg", "Zoë", "Berg"),
        ("j.m", "Jörg", "Müller-Groß"),
        ("joerg2", "Joerg", "Mueller"),
        ("s.o", "Søren", "Ødegård"),
        ("l.d", "Łukasz", "Đorđević"),
        ("i.s", "Işıl", "Yıldız"),
        ("jp.o", "Jean-Pierre", "O’Neill"),
        ("v.b", "Jan", "van den Berg"),
        ("ae", "Ægir", "Ærø"),
    ] {
        user(world, id, first, last, "Sales");
    }
}

fn meant(world: &World, who: &Who, q: &str) -> Vec<String> {
    let search = Search { q: q.into(), ..Search::default() };
    world.desk.db.read(|conn| users::meant(conn, &who.scope, &search)).unwrap()
}

on_both! {
    fn names_are_found_without_accents_and_in_any_order(world) {
        people(&world);
        let all = Who::command_line();
        for (q, id) in [
            ("jovanovic", "s.j"), ("JOVANOVIĆ", "s.j"), ("snez jov", "s.j"), ("zoe berg", "z.berg"), ("berg zoe", "z.berg"),
            ("Zoe\u{308} Berg", "z.berg"), ("gross", "j.m"), ("groß", "j.m"), ("soren", "s.o"), ("soeren odegard", "s.o"),
            ("lukasz dor", "l.d"), ("isil yildiz", "i.s"), ("oneill", "jp.o"), ("o'neill jean-pierre", "jp.o"),
            ("pierre", "jp.o"), ("den jan", "v.b"), ("vandenberg", "v.b"), ("aegir", "ae"), ("aero", "ae"), ("z.berg@exam", "z.berg"),
        ] {
            assert_eq!(found(&world, &all, &format!("q={}", tokendesk::web::segment(q))), [id], "{q}");
        }
        for q in ["jorg", "joerg", "J%C3%B6rg", "mueller+joerg"] {
            let list = found(&world, &all, &format!("q={q}"));
            assert!(list.contains(&"j.m".to_owned()), "{q}: {list:?}");
        }
        assert_eq!(found(&world, &all, "q=joerg"), ["j.m", "joerg2"], "as those write who have no ö");
        assert_eq!(found(&world, &all, "last_name=jovanovic"), ["s.j"]);
        assert_eq!(found(&world, &all, "last_name=*vanov*"), ["s.j"]);
        for q in ["ovanovic", "zoe+hansen", "%25", ",", "example"] {
            assert!(found(&world, &all, &format!("q={q}")).is_empty(), "{q}");
        }
    }

    fn a_mobile_number_and_custom_fields_find_a_user(world) {
        let who = Who::command_line();
        let typed = Typed {
            user_id: "tel".into(), last_name: "Meyer".into(), mobile: "+49 (0)170/123 456".into(), container: "Sales".into(),
            custom: ["Büro 12".into(), "K-4711".into(), "Nachtschicht".into()],
            ..Typed::default()
        };
        let made = users::create(&world.desk, &who, world.now(), &Details::parse(&typed).unwrap()).unwrap();
        user(&world, "other", "An", "Other", "Sales");
        for q in ["123456", "3456", "0170123456", "0170%2F123456", "%2B49+170+123456", "0049+170+123+456", "buero", "buro+12", "k-47", "k47", "nacht"] {
            assert_eq!(found(&world, &who, &format!("q={q}")), ["tel"], "{q}");
        }
        assert!(found(&world, &who, "q=456").is_empty(), "three digits are no number");
        let moved = Typed { mobile: "0151 999 888".into(), custom: Default::default(), last_name: "Ny".into(), ..typed };
        users::edit(&world.desk, &who, world.now(), "tel", made.version, &Details::parse(&moved).unwrap()).unwrap();
        assert!(found(&world, &who, "q=3456").is_empty() && found(&world, &who, "q=nacht").is_empty());
        assert_eq!(found(&world, &who, "q=%2B49+151+999888"), ["tel"], "a number without its country is found with it");
        let how = users::Import { container: "Sales".into(), dry_run: false, good_lines: false };
        let table = "User ID,Last Name,Mobile\ntel,Nygård,+47 22 33 44 55\nnewcomer,Åse,\n";
        users::import(&world.desk, &who, world.now(), table.as_bytes(), &how).unwrap();
        assert!(found(&world, &who, "q=999888").is_empty());
        assert_eq!(found(&world, &who, "q=nygard"), ["tel"]);
        assert_eq!(found(&world, &who, "q=22334455"), ["tel"]);
        assert_eq!(found(&world, &who, "q=aase"), ["newcomer"]);
    }

    fn one_slip_is_asked_about_only_where_nothing_is_found(world) {
        people(&world);
        user(&world, "elsewhere", "Otto", "Jovanovec", "Finance");
        let browser = world.signed_in("h.elp", BuiltIn::HelpDesk);
        let page = browser.get("/find?q=jovanowic").expect(200).says("Did you mean");
        assert!(page.body.contains("href=\"/find?q=jovanovic\""), "{}", page.body);
        let page = browser.get("/users?q=zoe+brg").expect(200).says("Did you mean").says("zoe berg");
        assert!(page.body.contains("/users?q=zoe+berg") || page.body.contains("/users?q=zoe%20berg"));
        browser.get("/users?q=jovanovic").expect(200).does_not_say("Did you mean");
        browser.get("/users?q=qqqqqqq").expect(200).says("No user matches").does_not_say("Did you mean");
        let scoped = world.operator_in("scoped", BuiltIn::HelpDesk, &[container(&world, "Finance")]);
        assert_eq!(meant(&world, &scoped, "jovanovic"), ["jovanovec"], "who is out of scope is not meant");
        assert_eq!(meant(&world, &scoped, "muller"), [""; 0]);
        assert_eq!(meant(&world, &Who::command_line(), "z.brg"), ["z.berg"], "a User ID");
        for plan in plan::plans(&world, |conn| users::meant(conn, &Scope::All, &Search { q: "zoe brgg".into(), ..Search::default() }).map(|_| ())) {
            assert!(!plan.reads_all_of("users") && !plan.reads_all_of("user_words"), "{plan:#?}");
        }
    }

    fn a_scope_holds_for_every_way_of_finding(world) {
        people(&world);
        user(&world, "fin", "Zoë", "Bergström", "Finance");
        let scoped = world.operator_in("scoped", BuiltIn::HelpDesk, &[container(&world, "Finance")]);
        assert_eq!(found(&world, &scoped, "q=zoe"), ["fin"]);
        assert!(found(&world, &scoped, "q=jovanovic").is_empty());
        let browser = Browser::signed_in(&world.url, &world.desk, &scoped);
        browser.get("/find?q=zoe").expect(200).says("fin").does_not_say("z.berg");
    }

    fn a_serial_number_is_found_by_its_end(world) {
        for serial in ["FT-1 88400", "FT-288401", "GX-8840"] {
            world.device(serial, MovingFactor::Time);
        }
        let browser = world.signed_in("h.elp", BuiltIn::HelpDesk);
        browser.get("/find?q=88400").expect(200).says("88400").does_not_say("88401");
        browser.get("/tokens?q=88400").expect(200).says("88400").does_not_say("88401");
        browser.get("/tokens?q=-8840").expect(200).says("GX-8840").does_not_say("88401");
        browser.get("/tokens?q=ft-").expect(200).says("88400").says("88401").does_not_say("GX-8840");
        browser.get("/tokens?q=840").expect(200).says("No token matches");
        let zone = world.desk.settings.zone;
        for plan in plan::plans(&world, |conn| {
            tokendesk::reports::find(conn, &Who::command_line(), world.now(), zone, "88400").map(|_| ())
        }) {
            assert!(!plan.reads_all_of("tokens"), "{plan:#?}");
        }
        let lines = plan::of(&world, |conn| {
            let search = tokendesk::tokens::inventory::Search::parse("q=88400");
            tokendesk::tokens::list_page(conn, &Scope::All, &search, None, (0, 18)).map(|_| ())
        });
        assert!(lines.iter().any(|line| line.contains("tokens_serial_end")), "{lines:#?}");
        assert!(!lines.iter().any(|line| line.trim().starts_with("SCAN")), "{lines:#?}");
    }
}
