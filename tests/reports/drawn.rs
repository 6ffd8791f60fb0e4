//! Reports that are drawn, and reports on paper.

use tokendesk::operators::BuiltIn;

use crate::{
    browser::{run, sign_in},
    on_both,
    support::{Browser, chromium::Chromium, demo::Demo},
};

on_both! {
    fn whoever_opens_enrollments_reads_the_users_of_twelve_weeks_by_status(world) {
        let history = world.history();
        let browser = Browser::signed_in(&world.url, &world.desk, &history.lindqvist);
        let page = browser.get("/reports/enrollments").expect(200);
        // Of the removed task and of who was taken out there is nothing.
        page.says("11 users provisioned in 12 weeks; 27 % have Completed.")
            .says("Completed 3 Active 3 Locked 2 Expired 3")
            .says("4 users enrolled: too few to say how long it takes.")
            .says("By container")
            .says("By operator")
            .says("a.reyes")
            .says("By authentication type");
        // Narrowed by a type and by a container: what is counted is what stands in the rest of the page.
        browser.get("/reports/enrollments?type=hardware-token").expect(200).says("0 users provisioned in 12 weeks");
        let legal = browser.get("/reports/enrollments?container=Legal").expect(200);
        legal.says("5 users provisioned in 12 weeks; 20 % have Completed.").says("Completed 1 Active 2 Locked 1 Expired 1");
        world.advance(chrono::Duration::days(120));
        let later = Browser::signed_in(&world.url, &world.desk, &history.lindqvist);
        later.get("/reports/enrollments").expect(200).says("No user was provisioned in this time.");
    }

    fn whoever_works_in_some_containers_sees_these_drawn_and_no_others(world) {
        let history = world.history();
        let some = world.operator_in("d.iyer", BuiltIn::Operator, &[history.legal]);
        let page = Browser::signed_in(&world.url, &world.desk, &some).get("/reports/enrollments").expect(200);
        let page = page.says("Legal").does_not_say("Sales");
        assert!(!page.text().contains("11 users provisioned"), "{}", page.text());
        world.signed_in("s.moreau", BuiltIn::HelpDesk).get("/reports/enrollments").expect(403).says("reports; export");
    }
}

#[test]
#[ignore = "needs Chromium: tests/run installs it"]
fn whoever_prints_a_report_gets_its_filter_and_its_rows_black_on_white_even_at_night() {
    let demo = Demo::start();
    run(async {
        let browser = Chromium::start(&demo.url, true).await;
        sign_in(&browser, "k.lindqvist").await;
        let paper = serde_json::json!({ "media": "print", "features": [
            { "name": "prefers-color-scheme", "value": "dark" },
        ] });
        browser.devtools("Emulation.setEmulatedMedia", paper).await;
        for page in ["/reports/provisioning?operator=k.lindqvist", "/tasks?operator=k.lindqvist"] {
            browser.open(page).await;
            let seen = browser
                .execute(
                    "const style = (what) => getComputedStyle(document.querySelector(what)); \
                     return [style('body').backgroundColor, style('tbody td').color, style('.sidebar').display, \
                     style('.filter').display, document.querySelector('.chips').innerText.includes('k.lindqvist')]",
                )
                .await;
            let wanted = serde_json::json!(["rgb(255, 255, 255)", "rgb(0, 0, 0)", "none", "none", true]);
            assert_eq!(seen, wanted, "{page}");
        }
        browser.open("/reports/provisioning").await;
        browser.says("Start Date from 2026-").await;
        browser.open("/reports/enrollments").await;
        // What is closed on the screen is open on paper.
        let tall = "return [...document.querySelectorAll('.as-table table')].map((table) => table.offsetHeight > 40)";
        let open = browser.execute(tall).await;
        assert!(open.as_array().is_some_and(|list| list.len() == 6 && list.iter().all(|tall| tall == true)), "{open}");
    });
}
