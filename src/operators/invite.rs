//! Invite: an operator is added with a first password, which is shown once.

use crate::{
    clock::Timestamp,
    desk::Desk,
    error::Result,
    ids::Random,
    operators::{
        self, Details, NewOperator, Who,
        password::{self, OwnWords},
    },
};

/// Letters of a first password: 4.9 bits each, so 98 bits, which nobody guesses before it is changed at the first
/// sign-in; in groups of five it can be read over the phone.
const FIRST_PASSWORD_LETTERS: usize = 20;

/// Letters in a group of a first password.
const GROUP: usize = 5;

/// How often a first password is drawn anew. One in 100,000 holds a UserID of four letters.
const DRAWS: usize = 5;

/// A first password, to be shown once to whoever hands it over. One that holds a short UserID by chance is drawn again.
pub(crate) fn first_password(random: &Random, own: &OwnWords) -> String {
    let draw = || {
        let letters: Vec<char> = random.unmistakable(FIRST_PASSWORD_LETTERS).chars().collect();
        letters.chunks(GROUP).map(String::from_iter).collect::<Vec<_>>().join("-")
    };
    let mut drawn = draw();
    for _ in 0..DRAWS {
        if password::mistake(&drawn, own).is_none() {
            break;
        }
        drawn = draw();
    }
    drawn
}

/// Adds an operator with a first password, which is shown this once and has to be changed at the first sign-in.
///
/// # Errors
/// As [`operators::add`].
pub fn invite(desk: &Desk, who: &Who, now: Timestamp, user_id: &str, details: &Details) -> Result<String> {
    let Details { name, email, role, containers } = details.clone();
    let password = first_password(&desk.random, &OwnWords::of(&desk.settings).and_of(user_id, &name, &email));
    let new = NewOperator {
        user_id: user_id.into(),
        name,
        email,
        role,
        password: password.clone(),
        must_change_password: true,
        containers,
    };
    operators::add(desk, who, now, new)?;
    Ok(password)
}
