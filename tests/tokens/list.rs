//! `/tokens`: search, tabs, pages, and plans that go by indexes.

use tokendesk::{
    operators::{BuiltIn, Scope},
    tokens::{self, MovingFactor, inventory::Search},
};

use crate::{
    on_both,
    support::{Browser, World, browser::Page, plan},
};

/// The serial numbers on a page, in order.
fn serials(page: &Page) -> Vec<String> {
    let rows = page.body.split("<a class=\"mono\" href=\"/tokens/").skip(1);
    rows.map(|rest| rest.split('"').next().unwrap_or_default().to_owned()).collect()
}

fn counts(plan: &plan::Plan) -> bool {
    plan.sql.to_lowercase().contains("count(")
}

fn stocked(world: &World) -> Browser {
    for serial in ["FT-3", "FT-1", "GX-1"] {
        world.device(serial, MovingFactor::Time);
    }
    let user = world.user("t.adeyemi", "Sales");
    world.device_of(&user, "FT-2", MovingFactor::Time);
    world.signed_in("a.udit", BuiltIn::Auditor)
}

on_both! {
    fn tokens_are_found_by_serial_state_type_container_and_user(world) {
        let browser = stocked(&world);
        let list = |query: &str| serials(&browser.get(&format!("/tokens?{query}")).expect(200));
        assert_eq!(list(""), ["FT-1", "FT-2", "FT-3", "GX-1"]);
        assert_eq!(list("q=ft"), ["FT-1", "FT-2", "FT-3"]);
        assert_eq!(list("q=FT-2&state=Active"), ["FT-2"]);
        assert_eq!(list("state=Inventory"), ["FT-1", "FT-3", "GX-1"]);
        assert_eq!(list("user=T.AD"), ["FT-2"]);
        assert_eq!(list("container=sales"), ["FT-2"]);
        assert_eq!(list("type=authenticator-app"), [] as [&str; 0]);
        assert_eq!(list("container=Nowhere"), [] as [&str; 0]);
        assert_eq!(list("sort=-serial"), ["GX-1", "FT-3", "FT-2", "FT-1"]);
        assert_eq!(list("sort=added"), ["FT-3", "FT-1", "GX-1", "FT-2"]);
        assert_eq!(list("q=%25"), [] as [&str; 0]);
        let page = browser.get("/tokens?q=ft").expect(200).says("All 3").says("Inventory 2").says("Active 1");
        let page = page.says("3 Available").says("0 Reserved for Provisioning Tasks").says("Rows 1 to 3 of 3");
        assert!(!page.body.contains("href=\"/tokens/import\""), "an auditor imports nothing");
        browser.get("/tokens?q=nothing").expect(200).says("No token matches").says("Clear filters");
    }

    fn a_scope_sees_its_users_tokens_and_the_stock_of_all(world) {
        stocked(&world);
        let user = world.user("l", "Lab");
        world.app_of(&user);
        let lab = world.operator_in("h.elp", BuiltIn::HelpDesk, &[user.container]);
        let browser = Browser::signed_in(&world.url, &world.desk, &lab);
        let page = browser.get("/tokens").expect(200).says("All 4").says("Active 1");
        assert!(!serials(&page).contains(&"FT-2".to_owned()));
        assert_eq!(serials(&browser.get("/tokens?container=Sales")), [] as [&str; 0]);
        assert_eq!(serials(&browser.get("/tokens?user=t")), [] as [&str; 0]);
    }

    fn every_list_goes_by_an_index(world) {
        stocked(&world);
        let scope = Scope::Containers(vec![world.user("x", "Sales").container]);
        for scope in [Scope::All, scope] {
            for query in ["", "q=ft", "state=Inventory", "state=Inventory&q=ft", "sort=-added", "user=t", "type=hardware-token"] {
                let search = Search::parse(query);
                let plans = plan::plans(&world, |conn| {
                    tokens::list_page(conn, &scope, &search, None, (0, 18))?;
                    tokens::state_counts(conn, &scope, &search, None)?;
                    Ok(())
                });
                for plan in plans.iter().filter(|plan| !counts(plan) && !query.ends_with("added")) {
                    assert!(!plan.reads_all_of("tokens") && !plan.reads_all_of("users"), "{query}: {plan:#?}");
                }
                for plan in plans.iter().filter(|plan| counts(plan)) {
                    assert!(!plan.reads_all_of("tokens"), "{query}: {plan:#?}");
                }
            }
        }
    }
}
