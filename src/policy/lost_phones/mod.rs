//! What the policy says of lost phones: whether there are temporary codes, how long and how often they work, and whether
//! the caller is checked first (PRODUCT.md §11).

use std::ops::RangeInclusive;

use crate::{
    audit::{self, Entry, Verb},
    clock::Timestamp,
    db::{self, Lock},
    desk::Desk,
    error::{Error, Mistakes, Result},
    operators::{Permission, Who},
    policy::Difference,
};

pub mod pages;
mod rule;
mod store;

pub use rule::LostPhonePolicy;
pub use store::{changes, current};

/// Hours for which a temporary code may work at most, whatever the policy says.
const HOURS: RangeInclusive<i64> = 1..=72;

/// Uses that a temporary code may have; as many as wrong tries end any authenticator.
const USES: RangeInclusive<i64> = 1..=100;

/// The policy as it was typed.
#[derive(Clone, Debug, Default)]
pub struct LostPhoneForm {
    /// Temporary codes can be given.
    pub temporary_codes: bool,
    /// The longest life of one, in hours.
    pub longest_hours: String,
    /// The most uses of one.
    pub most_uses: String,
    /// Only a caller who was checked gets one.
    pub checked_caller: bool,
}

impl LostPhoneForm {
    /// The form as it opens.
    pub fn of(policy: &LostPhonePolicy) -> Self {
        LostPhoneForm {
            temporary_codes: policy.temporary_codes,
            longest_hours: policy.longest_hours.to_string(),
            most_uses: policy.most_uses.to_string(),
            checked_caller: policy.checked_caller,
        }
    }

    fn check(&self, version: i64) -> Result<LostPhonePolicy> {
        let mut mistakes = Mistakes::default();
        let mut number = |field: &'static str, text: &str, limits: RangeInclusive<i64>| {
            whole(text, &limits).unwrap_or_else(|sentence| {
                mistakes.add(field, sentence);
                *limits.start()
            })
        };
        let policy = LostPhonePolicy {
            temporary_codes: self.temporary_codes,
            longest_hours: number("longest_hours", &self.longest_hours, HOURS),
            most_uses: number("most_uses", &self.most_uses, USES),
            checked_caller: self.checked_caller,
            version: version + 1,
        };
        mistakes.into_result()?;
        Ok(policy)
    }
}

/// A whole number within `limits`, or the sentence that asks for one.
pub fn whole(typed: &str, limits: &RangeInclusive<i64>) -> Result<i64, String> {
    let number = typed.trim().parse().ok().filter(|number| limits.contains(number));
    number.ok_or_else(|| format!("Enter a whole number from {} to {}.", limits.start(), limits.end()))
}

/// The words of a field, by its name in the form.
pub fn label(field: &str) -> &'static str {
    match field {
        "temporary_codes" => "Temporary codes",
        "longest_hours" => "Longest life",
        "most_uses" => "Most uses",
        _ => "Checked caller first",
    }
}

fn differences(before: &LostPhonePolicy, after: &LostPhonePolicy) -> Vec<Difference> {
    let on_or_off = |is: bool| if is { "on" } else { "off" }.to_owned();
    let values = |policy: &LostPhonePolicy| {
        [
            (label("temporary_codes"), on_or_off(policy.temporary_codes)),
            (label("longest_hours"), format!("{} h", policy.longest_hours)),
            (label("most_uses"), policy.most_uses.to_string()),
            (label("checked_caller"), on_or_off(policy.checked_caller)),
        ]
    };
    let pairs = values(before).into_iter().zip(values(after));
    let differing = pairs.filter(|((_, old), (_, new))| old != new);
    differing.map(|((field, old), (_, new))| Difference { field, old, new }).collect()
}

/// Changes the policy, and keeps who, when, old and new value of each field. Codes that were given stay as they are;
/// turned off, none is accepted. `version` is the one the form was opened with.
///
/// # Errors
/// `Invalid` with a sentence for each field; `Conflict` if someone else changed it meanwhile.
pub fn change(desk: &Desk, who: &Who, now: Timestamp, typed: &LostPhoneForm, version: i64) -> Result<Vec<Difference>> {
    who.need_everywhere(Permission::EditPolicies)?;
    let after = typed.check(version)?;
    desk.db.write(|conn| {
        db::hold(conn, Lock::Policy)?;
        let before = current(conn)?;
        if before.version != version {
            return Err(Error::Conflict("Someone else changed the policy of lost phones meanwhile.".into()));
        }
        let differences = differences(&before, &after);
        if differences.is_empty() {
            return Ok(differences);
        }
        store::update(conn, &after)?;
        store::keep(conn, now, who.name(), after.version, &differences)?;
        let mut entry = Entry::done(&who.actor, Verb::PolicyChange, "Changed the policy of lost phones");
        for difference in &differences {
            entry = entry.fact(difference.field, format!("{} → {}", difference.old, difference.new));
        }
        audit::record(conn, now, &entry)?;
        Ok(differences)
    })
}
