//! The preview of an import of tokens and its run are one thing, and the file does not stay.

use chrono::Duration;
use tokendesk::operators::BuiltIn;

use super::{SEED, everything};
use crate::{
    on_both,
    support::World,
    users::preview::{check, import},
};

const PATH: &str = "/tokens/import";

fn is_kept_in_the_open(world: &World) -> bool {
    everything(world).contains(&SEED.to_lowercase())
}

on_both! {
    fn a_file_of_a_maker_is_previewed_and_imported_without_being_chosen_twice(world) {
        let browser = world.signed_in("k.lindqvist", BuiltIn::Operator);
        let file = format!("upn,serial number,secret key,time interval,manufacturer,model\na@b.example,7100001,{SEED},30,ExampleCo,T-30\n,7100002,1234,30,,\n");
        let sent = reqwest::blocking::multipart::Part::bytes(file.into_bytes()).file_name("new-starters.csv");
        let form = reqwest::blocking::multipart::Form::new().part("file", sent).text("check", "1");
        let page = crate::support::browser::send(browser.request(PATH).multipart(form)).expect(200)
            .says("Preview: 1 new token, 1 refused; nothing imported yet")
            .says("“upn” (1 line has a value there)").says("“manufacturer” (1 line has a value there)")
            .says("1 token is refused").says("The seed has 2 bytes").says("TOTP, SHA1, 6 digits, 30 s");
        assert!(page.body.contains("disabled>Import 1 token, leave 1 out"));
        assert!(!is_kept_in_the_open(&world) && !page.body.contains(SEED));
        browser.get("/tokens/7100001").expect(404);
        import(&browser, PATH, &page, false).expect(422);
        import(&browser, PATH, &page, true).expect(200).says("Imported: 1 good, 1 refused");
        browser.get("/tokens/7100001").expect(200);
        let id = page.hidden("preview");
        let outcomes = browser.get(&format!("{PATH}?preview={id}&save=outcomes")).expect(200);
        assert!(outcomes.body.contains("7100001,imported") && !outcomes.body.contains(SEED), "{}", outcomes.body);
        import(&browser, PATH, &page, true).expect(409).says("already");
    }

    fn a_serial_number_that_came_meanwhile_stops_it_and_a_preview_ends(world) {
        let browser = world.signed_in("k.lindqvist", BuiltIn::Operator);
        let file = format!("Serial,Seed\nA-1,{SEED}\nA-2,{SEED}\n");
        let sent = |file: &str| {
            let part = reqwest::blocking::multipart::Part::bytes(file.as_bytes().to_vec()).file_name("t.csv");
            crate::support::browser::send(browser.request(PATH).multipart(reqwest::blocking::multipart::Form::new().part("file", part)))
        };
        let page = sent(&file).expect(200).says("2 new tokens");
        world.device("A-1", tokendesk::tokens::MovingFactor::Time);
        let moved = import(&browser, PATH, &page, true).expect(409).says("nothing was imported").says("1 new token, 1 refused");
        world.advance(Duration::minutes(15));
        import(&browser, PATH, &moved, true).expect(410).says("This preview has ended");
        browser.get("/tokens/A-2").expect(404);
        check(&browser, "/users/import", "User ID,Last Name\na,A\n").expect(200);
        assert!(!world.dump("imports").contains("t.csv"), "swept with the next");
    }
}
