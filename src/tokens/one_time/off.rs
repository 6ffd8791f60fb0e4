//! How far off the clock behind a wrong one-time password is, for the help desk to say; nothing is accepted by it.

use super::{Making, MovingFactor, Seed, digits};
use crate::english::counted;
use crate::oath;

/// How far off a clock is looked for, in seconds: three hours cover a phone set by hand to the next time zones. Of a
/// million guesses some seven hundred look like such a clock, which costs a help desk one wrong question.
const FARTHEST_SECONDS: i64 = 3 * 60 * 60;

/// By how many seconds the clock of a time-based token is ahead (behind, below 0), if `typed` is a value that it shows
/// within hours of now; the nearest one counts. All values are computed whatever is found, so that the time it takes
/// tells nothing to whoever typed it.
pub fn off_by(seed: &Seed, making: &Making, seconds: i64, typed: &str) -> Option<i64> {
    let typed = digits(typed)?;
    if making.moving_factor == MovingFactor::Counter {
        return None;
    }
    let period = i64::from(making.period.max(1));
    let here = i64::try_from(oath::step(seconds, making.period)).ok()?;
    let mut found = None;
    for distance in (0..=FARTHEST_SECONDS / period).rev() {
        for steps in [-distance, distance] {
            let right = here + steps >= 0 && oath::matches(&making.value(seed, here + steps), &typed);
            found = if right { Some(steps * period) } else { found };
        }
    }
    found
}

/// "11 minutes behind", "1 hour ahead": how far off a clock is, in words.
pub fn words(seconds: i64) -> String {
    let distance = seconds.unsigned_abs();
    let (count, unit) = match distance {
        0..90 => (distance, "second"),
        90..5_400 => ((distance + 30) / 60, "minute"),
        _ => ((distance + 1_800) / 3_600, "hour"),
    };
    format!("{} {}", counted(count, unit), if seconds < 0 { "behind" } else { "ahead" })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn off(making: Making, seconds: i64) -> Option<i64> {
        let seed = Seed::new(*b"12345678901234567890");
        let typed = making.value(&seed, (NOW + seconds) / i64::from(making.period));
        off_by(&seed, &making, NOW, &typed)
    }

    #[test]
    fn a_clock_that_is_hours_off_is_recognized() {
        for seconds in [-10_800, -660, -60, 0, 90, 3_600, 10_800] {
            assert_eq!(off(Making::APP, seconds), Some(seconds));
        }
        assert_eq!(off(Making::APP, 10_830), None);
        assert_eq!(off(Making { period: 60, ..Making::APP }, 600), Some(600));
    }

    #[test]
    fn how_far_off_is_said_in_the_largest_unit() {
        assert_eq!(words(-660), "11 minutes behind");
        assert_eq!(words(60), "60 seconds ahead");
        assert_eq!(words(3_600), "60 minutes ahead");
        assert_eq!(words(-7_200), "2 hours behind");
    }

    #[test]
    fn a_counter_has_no_clock() {
        assert_eq!(off(Making { moving_factor: MovingFactor::Counter, ..Making::APP }, 0), None);
        assert_eq!(off_by(&Seed::new([1; 20]), &Making::APP, NOW, "a password"), None);
    }
}
