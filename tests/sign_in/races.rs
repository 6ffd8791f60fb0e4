//! Many at the same instant.

use std::thread;

use chrono::Duration;

use super::second_factor;
use crate::operators::{PASSWORD, add, sign_in};
use crate::{on_both, support::Browser};

/// Carries out `f` in each browser at the same time and gives back what each answers.
fn at_once<T: Send>(browsers: &[Browser], f: impl Fn(&Browser) -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let threads: Vec<_> = browsers.iter().map(|browser| scope.spawn(|| f(browser))).collect();
        threads.into_iter().map(|thread| thread.join().expect("the thread ends well")).collect()
    })
}

on_both! {
    fn a_one_time_password_used_twice_at_the_same_instant_is_accepted_once(world, |s| s.require_second_factor = true) {
        add(&world, "k.lindqvist", "Operator");
        let seed = second_factor::set_up(&world, &world.stranger(), "k.lindqvist");
        world.advance(Duration::seconds(60));
        let browsers: Vec<Browser> = (0..4).map(|_| world.stranger()).collect();
        for browser in &browsers {
            assert_eq!(sign_in(browser, "k.lindqvist", PASSWORD).location(), "/sign-in/verify");
        }
        let otp = second_factor::value(&world, &seed);
        let answers = at_once(&browsers, |browser| browser.post("/sign-in/verify", &[("otp", &otp)]).status);
        assert_eq!(answers.iter().filter(|status| **status == 303).count(), 1, "{answers:?}");
    }

    fn many_guesses_at_the_same_instant_are_no_more_than_five(world) {
        add(&world, "k.lindqvist", "Operator");
        let browsers: Vec<Browser> = (0..12).map(|_| world.stranger()).collect();
        let answers = at_once(&browsers, |browser| sign_in(browser, "k.lindqvist", "not the password").status);
        assert_eq!(answers.iter().filter(|status| **status == 422).count(), 5, "{answers:?}");
        assert_eq!(answers.iter().filter(|status| **status == 429).count(), 7, "{answers:?}");
    }
}
