//! The tokens that users of the world enrolled, and the inventory.

use chrono::Duration;

use crate::{
    clock,
    demo::world::{
        draw::{draw, of_hundred},
        maker::{Case, Maker, index},
        store::rows::TokenRow,
    },
    oath,
    tokens::{
        self, AuthenticationType, Device, Making, MovingFactor, Rejected, TokenState, one_time::algorithm_word,
        serial_key,
    },
};

/// Of a hundred tokens in use: those that are out of use for a while. Half as many are Locked.
const SUSPENDED: i64 = 2;

/// Of a hundred tokens whose user has enrolled another one since: those that were lost; the others were broken.
const LOST: i64 = 70;

/// Letters and digits of serial numbers.
const LETTERS: &[u8; 30] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Serial numbers grow by so much at the most: they look drawn, and each is the last in the index.
const STEP: i64 = 300_000;

/// Days in which a token that was used is used again.
const USED_DAYS: i64 = 60;

impl Maker<'_> {
    /// Makes the token that `case` ended with; its number and its serial number.
    pub(super) fn token(&mut self, case: &Case<'_>) -> Option<(i64, String)> {
        let enrolled_at = case.course.enrolled_at?;
        self.numbers.token += 1;
        let id = self.numbers.token;
        let is_app = case.task.kind == AuthenticationType::AuthenticatorApp;
        let serial = if is_app { app_serial(id) } else { format!("HW-{:08}", 20_000_000 + id) };
        let comes_again = case.position + self.round.length() < self.all[index(case.task.kind)];
        let allowed = self.policy.token_failures_allowed;
        let (state, state_reason) = match draw(60, id, 200) {
            _ if comes_again && of_hundred(61, id, LOST) => (TokenState::Lost, "Left in a train".to_owned()),
            _ if comes_again => (TokenState::Faulty, "Does not start any more".to_owned()),
            n if n < 2 * SUSPENDED => (TokenState::Suspended, "On leave".to_owned()),
            n if n < 3 * SUSPENDED => (TokenState::Locked, format!("{allowed} wrong one-time passwords in a row")),
            _ => (TokenState::Active, String::new()),
        };
        let used_at = case.course.used_at;
        let days = Duration::days(USED_DAYS);
        let last_used_at = used_at.map(|at| self.calendar.between(at, days, draw(62, id, 1_000)));
        let is_locked = state == TokenState::Locked;
        let seconds = clock::unix_seconds(last_used_at.unwrap_or(enrolled_at));
        let step = i64::try_from(oath::step(seconds, Making::APP.period)).unwrap_or(0);
        self.slice.tokens.push(TokenRow {
            id,
            serial_key: serial_key(&serial),
            authentication_type: case.task.kind.code(),
            moving_factor: if is_app { MovingFactor::Time } else { MovingFactor::Counter }.code(),
            algorithm: algorithm_word(Making::APP.algorithm),
            digits: Making::APP.digits.into(),
            period: Making::APP.period.into(),
            seed: tokens::seal_seed(self.desk, &serial, &tokens::new_seed(self.desk)),
            state: state.code(),
            container_id: case.container.0,
            user_id: case.user,
            next_counter: if is_app { step + 1 } else { 1 + draw(63, id, 200) },
            drift: 0,
            failures: if is_locked { allowed } else { 0 },
            created_at: if is_app { enrolled_at } else { case.task.created_at },
            bound_at: enrolled_at,
            first_used_at: used_at,
            last_used_at,
            state_reason,
            rejected: if is_locked { Rejected::Wrong.code() } else { "" },
            rejected_at: last_used_at.or(Some(enrolled_at)).filter(|_| is_locked),
            serial: serial.clone(),
        });
        Some((id, serial))
    }
}

/// A serial number as apps get them, with a letter more, so that it is none that was drawn.
fn app_serial(id: i64) -> String {
    let number = id * STEP + draw(64, id, STEP);
    let (digits, mut rest) = (number % 100_000, number / 100_000);
    let mut letters = [0; 5];
    for letter in letters.iter_mut().rev() {
        *letter = LETTERS[usize::try_from(rest % 30).unwrap_or(0)];
        rest /= 30;
    }
    format!("TD-{}-{digits:05}", String::from_utf8_lossy(&letters))
}

/// `count` devices that nobody has yet, the `n`th and those after it.
pub fn inventory(maker: &Maker<'_>, n: i64, count: i64) -> Vec<Device> {
    (n..n + count)
        .map(|n| Device {
            serial: format!("HW-{:08}", 10_000_000 + n),
            seed: tokens::new_seed(maker.desk),
            making: Making { moving_factor: MovingFactor::Counter, ..Making::APP },
            container: None,
        })
        .collect()
}
