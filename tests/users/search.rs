//! What a search finds, for whom, and how the database finds it.

use tokendesk::{
    operators::{BuiltIn, Scope, Who},
    users::{self, Order, Search},
};

use super::{container, found, user};
use crate::{on_both, support::plan};

on_both! {
    fn only_the_star_is_a_wildcard(world) {
        for (id, first, last) in [
            ("a.berg", "Anneke", "Berg"), ("anders", "Jo", "Anders"), ("hansen", "Bo", "Hansen"),
            ("50%off", "Percy", "Cent"), ("50xoff", "Ex", "Off"), ("under_score", "U", "Score"), ("underxscore", "V", "Score"),
        ] {
            user(&world, id, first, last, "Sales");
        }
        let all = Who::command_line();
        assert_eq!(found(&world, &all, "user_id=an"), ["anders"], "without a star: the beginning");
        assert_eq!(found(&world, &all, "user_id=*an*"), ["anders", "hansen"]);
        assert_eq!(found(&world, &all, "user_id=*en"), ["hansen"]);
        assert_eq!(found(&world, &all, "user_id=a*g"), ["a.berg"]);
        assert_eq!(found(&world, &all, "user_id=50%25"), ["50%off"], "% is a letter");
        assert_eq!(found(&world, &all, "user_id=*%25off"), ["50%off"]);
        assert_eq!(found(&world, &all, "user_id=under_"), ["under_score"], "_ is a letter");
        assert_eq!(found(&world, &all, "user_id=*_s*"), ["under_score"]);
        assert_eq!(found(&world, &all, "user_id=*").len(), 7);
        assert_eq!(found(&world, &all, "last_name=BERG"), ["a.berg"], "case does not matter");
        assert_eq!(found(&world, &all, "email=HANSEN@"), ["hansen"]);
    }

    fn one_box_searches_ids_names_and_addresses(world) {
        user(&world, "ta", "Tobi", "Adeyemi", "Sales");
        user(&world, "jvdb", "Jan", "van den Berg", "Sales");
        user(&world, "uenal", "Ümit", "Ünal", "Sales");
        let all = Who::command_line();
        for q in ["ta", "tobi", "adey", "ta@example", "Tobi+Adeyemi", "adeyemi,+tobi", "adeyemi+t"] {
            assert_eq!(found(&world, &all, &format!("q={q}")), ["ta"], "{q}");
        }
        for q in ["van+den", "jan+van+den+berg", "van+den+berg,+jan", "*berg"] {
            assert_eq!(found(&world, &all, &format!("q={q}")), ["jvdb"], "{q}");
        }
        assert_eq!(found(&world, &all, "q=%C3%BCNA"), ["uenal"]);
        assert!(found(&world, &all, "q=erg").is_empty());
        assert!(found(&world, &all, "q=tobi+berg").is_empty());
        assert_eq!(found(&world, &all, "q=%00ta%0D%0A"), ["ta"], "control characters are not searched for");
    }

    fn what_is_outside_of_the_scope_does_not_exist(world) {
        user(&world, "s1", "A", "Same", "Sales");
        let outside = user(&world, "f1", "B", "Same", "Finance");
        let sales = container(&world, "Sales");
        let who = world.operator_in("m.okafor", BuiltIn::ProvisioningManager, &[sales]);
        assert_eq!(found(&world, &who, "last_name=same"), ["s1"]);
        assert_eq!(found(&world, &who, "q=f1"), [""; 0]);
        assert_eq!(found(&world, &who, "container=Finance"), [""; 0]);
        assert_eq!(found(&world, &who, "container=sales"), ["s1"]);
        let db = &world.desk.db;
        assert!(db.read(|conn| users::find(conn, &who, "f1")).is_err());
        assert!(db.read(|conn| users::find(conn, &who, "S1")).is_ok(), "case does not matter");
        let names: Vec<_> = db.read(|conn| users::containers(conn, &who.scope)).unwrap().into_iter().map(|(_, n)| n).collect();
        assert_eq!(names, ["Sales"]);
        let nobody = world.operator_in("nobody", BuiltIn::Operator, &[]);
        assert_eq!(found(&world, &nobody, ""), [""; 0]);
        assert!(users::disable(&world.desk, &who, world.now(), "f1").is_err());
        assert!(db.read(|conn| users::find_by_id(conn, outside.id)).unwrap().is_enabled());
    }

    fn disabled_users_are_found_when_asked_for(world) {
        user(&world, "on", "A", "B", "Sales");
        user(&world, "off", "A", "B", "Sales");
        users::disable(&world.desk, &Who::command_line(), world.now(), "off").unwrap();
        let all = Who::command_line();
        assert_eq!(found(&world, &all, ""), ["on"]);
        assert_eq!(found(&world, &all, "state=disabled"), ["off"]);
        assert_eq!(found(&world, &all, "state=any"), ["off", "on"]);
        users::enable(&world.desk, &Who::command_line(), world.now(), "off").unwrap();
        assert_eq!(found(&world, &all, ""), ["off", "on"]);
    }

    fn lists_are_sorted_and_paged_without_gaps(world) {
        for (n, enrollment) in ["Sales", "Finance", "Legal", "Finance", "Sales"].iter().enumerate() {
            user(&world, &format!("u{n}"), &format!("F{}", 5 - n), "Same", enrollment);
        }
        let list = |order: &str, offset: i64, limit: i64| {
            let order = Order::parse(order);
            let (list, total) = world.desk.db
                .read(|conn| users::search(conn, &Scope::All, &Search::default(), order, (offset, limit))).unwrap();
            assert_eq!(total.rows, 5);
            list.into_iter().map(|user| user.user_id).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(list("", 0, 9), "u0 u1 u2 u3 u4");
        assert_eq!(list("-user_id", 1, 2), "u3 u2");
        assert_eq!(list("last_name", 0, 2), "u4 u3", "equal last names by first name");
        assert_eq!(list("container", 0, 9), "u1 u3 u2 u0 u4");
        assert_eq!(list("container", 1, 3), "u3 u2 u0");
        assert_eq!(list("-container", 0, 9), "u4 u0 u2 u3 u1");
        assert_eq!(list("-container", 2, 2), "u2 u3");
        // Few of many are sorted otherwise than all; the orders are the same.
        let few = |order: &str| {
            let search = Search::parse("last_name=same");
            let (list, _) = world.desk.db
                .read(|conn| users::search(conn, &Scope::All, &search, Order::parse(order), (1, 3))).unwrap();
            list.into_iter().map(|user| user.user_id).collect::<Vec<_>>().join(" ")
        };
        for order in ["", "-user_id", "last_name", "-last_name", "email", "-email", "container", "-container"] {
            assert_eq!(few(order), list(order, 1, 3), "{order}");
        }
    }

    fn every_search_is_driven_by_an_index(world) {
        // More than are sorted without an index.
        let lines: String = (0..1_100).map(|n| format!("antony{n},Antony{n},Anna,antony{n}@example.org\n")).collect();
        let text = format!("User ID,Last Name,First Name,Email\n{lines}");
        let how = users::Import { container: "Sales".into(), dry_run: false, good_lines: false };
        users::import(&world.desk, &Who::command_line(), world.now(), text.as_bytes(), &how).unwrap();
        let sales = container(&world, "Sales");
        let searches = [
            "", "q=an", "q=tobi+adeyemi", "q=ant%C3%B3ny1+ann", "q=%2B49+170+1234", "q=*ny*", "user_id=an", "user_id=an*s", "last_name=an", "email=an", "container=Sales",
            "state=disabled", "state=any", "auth_method=none", "auth_method=authenticator-app",
            "q=an&container=Sales&state=any&auth_method=none",
        ];
        for scope in [Scope::All, Scope::Containers(vec![sales])] {
            for query in searches {
                for order in ["", "-user_id", "last_name", "-last_name", "email", "container"] {
                    let search = Search::parse(query);
                    let plans = plan::plans(&world, |conn| {
                        users::search(conn, &scope, &search, Order::parse(order), (36, 18))?;
                        // All users at once are read at once.
                        if query != "state=any" {
                            users::ids_matching(conn, &scope, &search)?;
                        }
                        Ok(())
                    });
                    for plan in plans.iter().filter(|plan| plan.sql.contains("users")) {
                        assert!(!plan.reads_all_of("user_words"), "{plan:#?}");
                        plan.is_driven_by_an_index_of("users");
                        assert!(!plan.reads_all_of("tokens"), "{plan:#?}");
                    }
                }
            }
        }
    }
}
