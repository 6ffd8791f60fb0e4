//! Bringing a token back into step with two one-time passwords in a row (RFC 4226 §7.4, RFC 6238 §6).

use super::{MOST_DRIFT, Making, MovingFactor, Seed, Standing, digits};
use crate::oath;

/// How far ahead a counter is searched for when somebody reads two values in a row to the help desk. With both right a
/// guess hits once in 1,000 million.
const FAR_AHEAD: i64 = 1_000;

/// The standing after `first` and `second`, if they are two values in a row that were not used up yet. A clock may be
/// off by what can be remembered; the second value is from about now.
pub fn resynchronize(
    seed: &Seed,
    making: &Making,
    standing: &Standing,
    seconds: i64,
    first: &str,
    second: &str,
) -> Option<Standing> {
    let (first, second) = (digits(first)?, digits(second)?);
    let follows = |counter: i64| {
        oath::matches(&making.value(seed, counter), &first)
            && oath::matches(&making.value(seed, counter.saturating_add(1)), &second)
    };
    let next = standing.next_counter.max(0);
    match making.moving_factor {
        MovingFactor::Counter => (next..=next.saturating_add(FAR_AHEAD))
            .find(|counter| follows(*counter))
            .map(|counter| Standing { next_counter: counter.saturating_add(2), resync_counter: None, ..*standing }),
        MovingFactor::Time => {
            let here = i64::try_from(oath::step(seconds, making.period)).ok()?;
            let nearest_first = (0..=MOST_DRIFT).flat_map(|distance| [-distance, distance]);
            let mut steps = nearest_first.map(|drift| here + drift - 1).filter(|step| *step >= next);
            let step = steps.find(|step| follows(*step))?;
            Some(Standing { next_counter: step + 2, drift: step + 1 - here, resync_counter: None })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seed() -> Seed {
        Seed::new(*b"12345678901234567890")
    }

    fn at(making: &Making, standing: &Standing, first: i64, second: i64) -> Option<Standing> {
        let (first, second) = (making.value(&seed(), first), making.value(&seed(), second));
        resynchronize(&seed(), making, standing, 30_000, &first, &second)
    }

    #[test]
    fn two_values_in_a_row_bring_a_counter_back_into_step() {
        let making = Making { moving_factor: MovingFactor::Counter, ..Making::APP };
        let standing = Standing { next_counter: 100, drift: 0, resync_counter: Some(7) };
        let expected = Standing { next_counter: 802, drift: 0, resync_counter: None };
        assert_eq!(at(&making, &standing, 800, 801), Some(expected));
        assert_eq!(at(&making, &standing, 800, 802), None, "not in a row");
        assert_eq!(at(&making, &standing, 801, 800), None, "the wrong way round");
        assert_eq!(at(&making, &standing, 99, 100), None, "the first was used up");
        assert_eq!(at(&making, &standing, 2000, 2001), None, "too far ahead");
    }

    #[test]
    fn two_values_in_a_row_tell_how_far_a_clock_is_off() {
        let making = Making::APP;
        for drift in [-10, -3, 0, 1, 10] {
            let standing = at(&making, &Standing::default(), 1000 + drift - 1, 1000 + drift).unwrap();
            assert_eq!((standing.drift, standing.next_counter), (drift, 1000 + drift + 1));
        }
        assert_eq!(at(&making, &Standing::default(), 988, 989), None, "a clock further off is broken");
        assert_eq!(at(&making, &Standing { next_counter: 1000, ..Standing::default() }, 999, 1000), None, "used up");
    }

    #[test]
    fn junk_resynchronizes_nothing() {
        for junk in ["", "abcdef", "123456789012"] {
            assert_eq!(resynchronize(&seed(), &Making::APP, &Standing::default(), 30_000, junk, junk), None);
        }
    }
}
