//! The audit entry of a change of a user.

use super::User;
use crate::{
    audit::{Entry, Verb},
    operators::Who,
};

/// An audit entry with the old and the new value of each field that changed.
pub(super) fn changed<'a>(
    who: &'a Who,
    user: &User,
    word: &str,
    changes: &[(&'static str, String, String)],
) -> Entry<'a> {
    let entry = Entry::done(&who.actor, Verb::UsersEdit, format!("{word} the user {}", user.user_id));
    changes.iter().fold(entry.user(user.id, &user.user_id), |entry, (label, old, new)| {
        entry.fact(label, format!("{} → {}", shown(old), shown(new)))
    })
}

pub(super) fn shown(text: &str) -> &str {
    if text.is_empty() { "empty" } else { text }
}
