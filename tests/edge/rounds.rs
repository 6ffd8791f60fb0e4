//! A round of the server that breaks off is told of everywhere, and the server stays ready.

use tokendesk::{
    error::Error,
    operators::BuiltIn,
    rounds::{self, Round},
};

use crate::{on_both, support::log::Ear};

const KEY: &str = "0123456789abcdef0123456789abcdef";

on_both! {
    fn a_round_that_panics_or_fails_is_logged_counted_and_told_until_one_goes_well(
        world, |settings| settings.metrics_key = KEY.into()
    ) {
        let (desk, browser) = (&world.desk, world.signed_in("k.lindqvist", BuiltIn::Operator));
        let words = "The server fails at alerting operators";
        assert!(!browser.get("/").expect(200).text().contains(words));
        let ear = Ear::new();
        rounds::run(desk, Round::Alert, world.now(), |_, _| panic!("the roof is on fire"));
        rounds::run(desk, Round::Alert, world.now(), |_, _| Err(Error::Internal("the cellar too".into())));
        let heard = ear.heard();
        for said in ["the roof is on fire", "the cellar too"] {
            let line = heard.lines().find(|line| line.contains(said)).expect("it is in the log");
            assert!(line.contains("ERROR") && line.contains("alert"), "{line}");
        }
        let metrics = browser.get_with("/metrics", "authorization", &format!("Bearer {KEY}")).expect(200).body;
        assert!(metrics.contains("tokendesk_round_failures_total{round=\"alert\"} 2"), "{metrics}");
        assert!(metrics.contains("tokendesk_round_failures_total{round=\"sweep\"} 0"), "{metrics}");
        browser.get("/").expect(200).says(words).says("2026-11-20 14:32");
        let failing = desk.db.read(rounds::failing).unwrap();
        assert_eq!(failing, [rounds::Failing { round: Round::Alert, failed_at: world.now() }]);
        browser.get("/readyz").expect(200);

        // Too much to do is no failure, and no success either.
        rounds::run(desk, Round::Alert, world.now(), |_, _| Err(Error::Busy));
        browser.get("/").expect(200).says(words);
        rounds::run(desk, Round::Sweep, world.now(), |_, _| Ok(()));
        browser.get("/").expect(200).says(words);
        rounds::run(desk, Round::Alert, world.now(), |_, _| Ok(()));
        assert!(!browser.get("/").expect(200).text().contains(words));
        assert!(desk.db.read(rounds::failing).unwrap().is_empty());
    }
}
