//! Rules of one-time passwords: which values a token takes, and what it remembers of them (PRODUCT.md §4).

use zeroize::Zeroizing;

use crate::oath;

pub mod making;
pub mod off;
pub mod resync;

pub use making::{Making, MovingFactor, Seed, algorithm_of, algorithm_word};

/// Values beyond the expected one that a counter-based token may be ahead, for presses that nobody sent
/// (PRODUCT.md §4; the look-ahead of RFC 4226 §7.2).
pub const LOOK_AHEAD: i64 = 10;

/// How far ahead two consecutive values are searched for (RFC 4226 §7.4). Wide enough for a device that was pressed in a
/// pocket for an hour; a guesser would have to hit two values in a row, 1 in 5,000 million a pair.
pub const RESYNC_LOOK_AHEAD: i64 = 200;

/// Steps that a clock may be off on either side (PRODUCT.md §4; RFC 6238 §5.2).
pub const STEPS_EITHER_SIDE: i64 = 1;

/// The most drift that is remembered, in steps: five minutes at 30 seconds. A clock further off is broken.
pub const MOST_DRIFT: i64 = 10;

/// What the server remembers of a token's values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The lowest counter (or step) that may still be accepted: every value is accepted once.
    pub next_counter: i64,
    /// Steps that the token's clock was ahead (or behind, below 0) when it was last accepted.
    pub drift: i64,
    /// The counter after a value that was seen far ahead; the value there brings the token back into step.
    pub resync_counter: Option<i64>,
}

/// What is made of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgment {
    /// It is right; the token stands so from now on.
    Right(Standing),
    /// It is a value of this token from far ahead: right if the next one follows.
    FarAhead(Standing),
    /// It is the one accepted last, sent again: a client that sends twice, and no guess.
    Repeated,
    /// It was right once, and has been accepted or passed over.
    Used,
    /// It is none of the token's values near here.
    Wrong,
}

/// The digits that were typed: people and apps put spaces and dashes between them. `None` if there is anything else.
pub fn digits(typed: &str) -> Option<Zeroizing<String>> {
    let kept: String = typed.chars().filter(|letter| !letter.is_whitespace() && *letter != '-').collect();
    let good = !kept.is_empty() && kept.len() <= 10 && kept.bytes().all(|letter| letter.is_ascii_digit());
    good.then(|| Zeroizing::new(kept))
}

/// Judges what was typed for a token that stands as `standing`, `seconds` after 1970.
///
/// A clock-based token may be one step either side of the server's clock, or of where the token's own clock was when it
/// was last accepted. The drift that is remembered is the distance of the accepted step, so that it follows a slow clock
/// by one step at a time, and it ends at [`MOST_DRIFT`]. That the server's own clock always counts too keeps somebody
/// who twice types late from being taken for somebody whose clock is late.
pub fn judge(seed: &Seed, making: &Making, standing: &Standing, seconds: i64, typed: &str) -> Judgment {
    let Some(typed) = digits(typed) else { return Judgment::Wrong };
    match making.moving_factor {
        MovingFactor::Counter => judge_counter(seed, making, standing, &typed),
        MovingFactor::Time => {
            let near = |center: i64| center - STEPS_EITHER_SIDE..=center + STEPS_EITHER_SIDE;
            judge_time(seed, making, standing, seconds, &typed, near(standing.drift).chain(near(0)))
        }
    }
}

/// As [`judge`], for a device that nobody has used yet: how far its clock is off after years in a drawer is not known,
/// so that every drift that could be remembered will do (RFC 6238 §6).
pub fn judge_new_device(seed: &Seed, making: &Making, standing: &Standing, seconds: i64, typed: &str) -> Judgment {
    match (making.moving_factor, digits(typed)) {
        (MovingFactor::Time, Some(typed)) => {
            let nearest_first = (0..=MOST_DRIFT).flat_map(|distance| [distance, -distance]);
            judge_time(seed, making, standing, seconds, &typed, nearest_first)
        }
        _ => judge(seed, making, standing, seconds, typed),
    }
}

fn judge_time(
    seed: &Seed,
    making: &Making,
    standing: &Standing,
    seconds: i64,
    typed: &str,
    drifts: impl Iterator<Item = i64> + Clone,
) -> Judgment {
    let here = i64::try_from(oath::step(seconds, making.period)).unwrap_or(i64::MAX - 2 * MOST_DRIFT);
    let steps = drifts.map(|drift| here + drift);
    let fresh = steps.clone().filter(|step| *step >= standing.next_counter);
    if let Some(step) = making.first_match(seed, typed, fresh) {
        let drift = (step - here).clamp(-MOST_DRIFT, MOST_DRIFT);
        return Judgment::Right(Standing { next_counter: step + 1, drift, resync_counter: None });
    }
    used(making, seed, standing, typed, steps.filter(|step| *step < standing.next_counter))
}

/// What to make of a value that is none to come: whether it is one of `before`, and whether it is the last of them.
fn used(
    making: &Making,
    seed: &Seed,
    standing: &Standing,
    typed: &str,
    before: impl Iterator<Item = i64> + Clone,
) -> Judgment {
    let last = |counter: &i64| counter.saturating_add(1) == standing.next_counter;
    if making.first_match(seed, typed, before.clone().filter(last)).is_some() {
        return Judgment::Repeated;
    }
    match making.first_match(seed, typed, before) {
        Some(_) => Judgment::Used,
        None => Judgment::Wrong,
    }
}

fn judge_counter(seed: &Seed, making: &Making, standing: &Standing, typed: &str) -> Judgment {
    let next = standing.next_counter;
    let right = |counter: i64| {
        Judgment::Right(Standing { next_counter: counter.saturating_add(1), resync_counter: None, ..*standing })
    };
    let edge = next.saturating_add(LOOK_AHEAD);
    if let Some(counter) = making.first_match(seed, typed, next..=edge) {
        return right(counter);
    }
    let awaited = standing.resync_counter.filter(|counter| *counter > edge);
    if let Some(counter) = making.first_match(seed, typed, awaited.into_iter()) {
        return right(counter);
    }
    if let Some(counter) =
        making.first_match(seed, typed, edge.saturating_add(1)..=next.saturating_add(RESYNC_LOOK_AHEAD))
    {
        return Judgment::FarAhead(Standing { resync_counter: Some(counter.saturating_add(1)), ..*standing });
    }
    used(making, seed, standing, typed, next.saturating_sub(LOOK_AHEAD)..next)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::oath::Algorithm;

    fn seed() -> Seed {
        Seed::new(*b"12345678901234567890")
    }

    fn counter() -> Making {
        Making { moving_factor: MovingFactor::Counter, ..Making::APP }
    }

    fn value(making: Making, counter: i64) -> String {
        making.value(&seed(), counter).to_string()
    }

    fn after(judgment: Judgment) -> Standing {
        match judgment {
            Judgment::Right(standing) | Judgment::FarAhead(standing) => standing,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_values_of_rfc_4226_are_taken_in_order_and_once() {
        let mut standing = Standing::default();
        for typed in ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583"] {
            standing = after(judge(&seed(), &counter(), &standing, 0, typed));
            assert_eq!(judge(&seed(), &counter(), &standing, 0, typed), Judgment::Repeated);
        }
        assert_eq!(standing.next_counter, 8);
    }

    #[test]
    fn the_values_of_rfc_6238_are_taken_at_their_time() {
        let long = Seed::new(*b"1234567890123456789012345678901234567890123456789012345678901234");
        let sha1 = Making { digits: 8, ..Making::APP };
        let sha512 = Making { algorithm: Algorithm::Sha512, ..sha1 };
        for (seconds, one, five) in [
            (59, "94287082", "90693936"),
            (1_111_111_111, "14050471", "99943326"),
            (20_000_000_000, "65353130", "47863826"),
        ] {
            for (seed, making, typed) in [(&seed(), sha1, one), (&long, sha512, five)] {
                let right = judge(seed, &making, &Standing::default(), seconds, typed);
                assert!(matches!(right, Judgment::Right(_)), "{typed}");
            }
        }
    }

    #[test]
    fn a_counter_may_be_ten_ahead_and_no_more() {
        let start = Standing { next_counter: 100, ..Standing::default() };
        let judged = judge(&seed(), &counter(), &start, 0, &value(counter(), 110));
        assert_eq!(after(judged).next_counter, 111);
        let judged = judge(&seed(), &counter(), &start, 0, &value(counter(), 111));
        assert!(matches!(judged, Judgment::FarAhead(_)));
        assert_eq!(judge(&seed(), &counter(), &start, 0, &value(counter(), 301)), Judgment::Wrong);
        assert_eq!(judge(&seed(), &counter(), &start, 0, &value(counter(), 98)), Judgment::Used);
    }

    #[test]
    fn the_value_accepted_last_is_told_from_those_before_it_as_long_as_it_would_be_near() {
        let making = Making::APP;
        let standing = Standing { next_counter: 1001, ..Standing::default() };
        for (seconds, step, expected) in [
            (30_000, 1000, Judgment::Repeated),
            (30_030, 1000, Judgment::Repeated),
            (30_000, 999, Judgment::Used),
            (30_060, 1000, Judgment::Wrong),
        ] {
            assert_eq!(judge(&seed(), &making, &standing, seconds, &value(making, step)), expected, "{seconds} {step}");
        }
        let pressed = Standing { next_counter: 100, ..Standing::default() };
        assert_eq!(judge(&seed(), &counter(), &pressed, 0, &value(counter(), 99)), Judgment::Repeated);
    }

    #[test]
    fn two_consecutive_values_bring_a_counter_back_into_step() {
        let start = Standing { next_counter: 100, ..Standing::default() };
        let far = after(judge(&seed(), &counter(), &start, 0, &value(counter(), 250)));
        assert_eq!(far.next_counter, 100);
        let skipped = judge(&seed(), &counter(), &far, 0, &value(counter(), 252));
        assert_eq!(after(skipped).resync_counter, Some(253), "a value that does not follow starts over");
        assert_eq!(after(judge(&seed(), &counter(), &far, 0, &value(counter(), 251))).next_counter, 252);
    }

    #[test]
    fn one_value_from_far_ahead_is_never_enough() {
        let start = Standing::default();
        let far = after(judge(&seed(), &counter(), &start, 0, &value(counter(), 50)));
        assert!(matches!(judge(&seed(), &counter(), &far, 0, &value(counter(), 50)), Judgment::FarAhead(_)));
    }

    #[test]
    fn a_clock_may_be_one_step_off_on_either_side() {
        let making = Making::APP;
        for (off, right) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let judged = judge(&seed(), &making, &Standing::default(), 30_000, &value(making, 1000 + off));
            assert_eq!(matches!(judged, Judgment::Right(_)), right, "{off}");
        }
    }

    #[test]
    fn drift_is_remembered_and_followed_step_by_step() {
        let making = Making::APP;
        let mut standing = Standing::default();
        for (seconds, off) in [(30_000, -1), (60_000, -2), (90_000, -3)] {
            let step = seconds / 30 + off;
            standing = after(judge(&seed(), &making, &standing, seconds, &value(making, step)));
            assert_eq!(standing.drift, off);
        }
        let right_clock = judge(&seed(), &making, &standing, 120_000, &value(making, 4000));
        assert_eq!(after(right_clock).drift, 0, "the server's own clock always counts");
    }

    #[test]
    fn drift_ends_at_the_most() {
        let making = Making::APP;
        let standing = Standing { drift: MOST_DRIFT, ..Standing::default() };
        let judged = judge(&seed(), &making, &standing, 30_000, &value(making, 1000 + MOST_DRIFT + 1));
        assert_eq!(after(judged).drift, MOST_DRIFT);
    }

    #[test]
    fn a_new_devices_clock_may_be_anywhere_within_the_most_drift() {
        let making = Making::APP;
        let judged = judge_new_device(&seed(), &making, &Standing::default(), 30_000, &value(making, 993));
        assert_eq!(after(judged).drift, -7);
        let judged = judge_new_device(&seed(), &making, &Standing::default(), 30_000, &value(making, 989));
        assert_eq!(judged, Judgment::Wrong);
    }

    #[test]
    fn spaces_and_dashes_are_not_part_of_a_value() {
        assert_eq!(digits(" 755 224\u{a0}").unwrap().as_str(), "755224");
        assert_eq!(digits("7552-24").unwrap().as_str(), "755224");
        for junk in ["", "75522a", "७५५२२४", "12345678901"] {
            assert!(digits(junk).is_none(), "{junk}");
        }
    }

    proptest! {
        #[test]
        fn no_value_is_taken_twice(moves in proptest::collection::vec((0_i64..90, -2_i64..=2), 1..40)) {
            let making = Making::APP;
            let (mut seconds, mut standing, mut taken) = (30_000, Standing::default(), std::collections::HashSet::new());
            for (later, off) in moves {
                seconds += later;
                let step = seconds / 30 + off;
                if let Judgment::Right(next) = judge(&seed(), &making, &standing, seconds, &value(making, step)) {
                    prop_assert!(next.next_counter > standing.next_counter);
                    prop_assert!(taken.insert(next.next_counter));
                    prop_assert!(next.drift.abs() <= MOST_DRIFT);
                    standing = next;
                }
            }
        }

        #[test]
        fn a_counter_never_goes_back(presses in proptest::collection::vec(0_i64..300, 1..20)) {
            let mut standing = Standing::default();
            for press in presses {
                match judge(&seed(), &counter(), &standing, 0, &value(counter(), press)) {
                    Judgment::Right(next) => {
                        prop_assert!(next.next_counter > standing.next_counter);
                        standing = next;
                    }
                    Judgment::FarAhead(next) => {
                        prop_assert_eq!(next.next_counter, standing.next_counter);
                        standing = next;
                    }
                    Judgment::Repeated | Judgment::Used | Judgment::Wrong => {}
                }
            }
        }

        #[test]
        fn nothing_typed_makes_it_panic(typed in ".*", seconds in any::<i64>(), next in any::<i64>(), drift in -10_i64..=10) {
            let standing = Standing { next_counter: next, drift, resync_counter: Some(next) };
            judge(&seed(), &Making::APP, &standing, seconds, &typed);
        }
    }
}
