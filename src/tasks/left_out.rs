//! Who of the ticked users is left out of what is done to them, and why: the pages and the verbs ask here, so that what
//! a page counts is what happens (PRODUCT.md §2, "Edit", "Resend", "Unlock").

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::english::counted_as;
use crate::tasks::{
    members::EnrollmentRow,
    status::{EnrollmentFacts, Status, status},
};

/// What can be done to the ticked users of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EditAction {
    /// They are taken out of the task.
    Remove,
    /// They get another Stop Date.
    StopDate,
    /// They are sent the email again.
    Resend,
    /// Their failed attempts go back to zero, and they are sent a fresh email.
    Unlock,
}

impl EditAction {
    /// True if each of them is sent an email of their own, without which it is of no use.
    fn writes(self) -> bool {
        matches!(self, EditAction::Resend | EditAction::Unlock)
    }

    /// "Nobody of them can be resent to".
    fn nobody(self) -> &'static str {
        match self {
            EditAction::Remove => "Nobody of them can be removed",
            EditAction::StopDate => "Nobody of them can get another Stop Date",
            EditAction::Resend => "Nobody of them can be resent to",
            EditAction::Unlock => "Nobody of them can be unlocked",
        }
    }
}

/// Why a user is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftOut {
    /// The user has enrolled.
    Enrolled,
    /// The user is disabled.
    Disabled,
    /// Too many failed attempts.
    Locked,
    /// The Stop Date has passed.
    Expired,
    /// The user is not Locked.
    NotLocked,
    /// There is no address to write to.
    NoEmail,
}

impl LeftOut {
    /// Said of one user, after the User ID: what is so, and what to do instead.
    pub fn label(self) -> &'static str {
        match self {
            LeftOut::Enrolled => "has enrolled and keeps the token",
            LeftOut::Disabled => "is disabled: enable the user first",
            LeftOut::Locked => "is Locked: unlock instead",
            LeftOut::Expired => "is Expired: set a new Stop Date first, or give more time",
            LeftOut::NotLocked => "is not Locked",
            LeftOut::NoEmail => "has no email address: add one to the profile",
        }
    }

    /// The words after a number of users.
    pub fn of_many(self, count: usize) -> String {
        let (one, many) = match self {
            LeftOut::Enrolled => ("has enrolled", "have enrolled"),
            LeftOut::Disabled => ("is disabled", "are disabled"),
            LeftOut::Locked => ("is Locked", "are Locked"),
            LeftOut::Expired => ("is Expired", "are Expired"),
            LeftOut::NotLocked => ("is not Locked", "are not Locked"),
            LeftOut::NoEmail => ("has no email address", "have no email address"),
        };
        counted_as(count, one, many)
    }
}

/// What decides whether something can be done to a user.
pub struct Standing<'a> {
    /// What the status is worked out from.
    pub facts: &'a EnrollmentFacts,
    /// The user is disabled.
    pub disabled: bool,
    /// There is an address in the profile.
    pub has_email: bool,
}

impl<'a> From<&'a EnrollmentRow> for Standing<'a> {
    fn from(member: &'a EnrollmentRow) -> Self {
        Standing { facts: &member.facts, disabled: member.disabled, has_email: !member.email.is_empty() }
    }
}

/// Why `action` leaves this user out, who is still in the task; `None` if it does not.
pub fn why<'a>(action: EditAction, user: impl Into<Standing<'a>>, attempts: i64, today: NaiveDate) -> Option<LeftOut> {
    let user = user.into();
    if user.facts.enrolled_at.is_some() {
        return Some(LeftOut::Enrolled);
    }
    if !action.writes() {
        return None;
    }
    if user.disabled {
        return Some(LeftOut::Disabled);
    }
    match (action, status(user.facts, attempts, today)) {
        (EditAction::Unlock, Status::Locked) => {}
        (EditAction::Unlock, _) => return Some(LeftOut::NotLocked),
        (_, Status::Locked) => return Some(LeftOut::Locked),
        (_, Status::Expired) => return Some(LeftOut::Expired),
        _ => {}
    }
    (!user.has_email).then_some(LeftOut::NoEmail)
}

/// "1 is disabled, 2 have no email address": how many, by reason.
pub fn sum(reasons: impl Iterator<Item = LeftOut>) -> String {
    let mut counts: BTreeMap<LeftOut, usize> = BTreeMap::new();
    for why in reasons {
        *counts.entry(why).or_default() += 1;
    }
    let parts: Vec<String> = counts.into_iter().map(|(why, count)| why.of_many(count)).collect();
    parts.join(", ")
}

/// The sentence where nobody is left.
pub fn nobody(action: EditAction, reasons: impl Iterator<Item = LeftOut>) -> String {
    format!("{}: {}.", action.nobody(), sum(reasons))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 20).unwrap()
    }

    fn left(action: EditAction, change: impl Fn(&mut EnrollmentFacts, &mut bool, &mut bool)) -> Option<LeftOut> {
        let mut facts = EnrollmentFacts { stop_on: today(), failures: 0, enrolled_at: None, used_at: None };
        let (mut disabled, mut has_email) = (false, true);
        change(&mut facts, &mut disabled, &mut has_email);
        why(action, Standing { facts: &facts, disabled, has_email }, 5, today())
    }

    #[test]
    fn who_enrolled_is_left_out_of_everything() {
        for action in [EditAction::Remove, EditAction::StopDate, EditAction::Resend, EditAction::Unlock] {
            let enrolled = left(action, |facts, _, _| facts.enrolled_at = today().and_hms_opt(9, 0, 0));
            assert_eq!(enrolled, Some(LeftOut::Enrolled));
        }
    }

    #[test]
    fn what_sends_an_email_needs_an_enabled_user_with_an_address() {
        for (action, failures) in [(EditAction::Resend, 0), (EditAction::Unlock, 5)] {
            let of = |disables: bool, mail: bool| {
                left(action, |facts, disabled, has_email| {
                    (facts.failures, *disabled, *has_email) = (failures, disables, mail);
                })
            };
            assert_eq!(of(false, true), None);
            assert_eq!(of(true, true), Some(LeftOut::Disabled));
            assert_eq!(of(false, false), Some(LeftOut::NoEmail));
        }
        assert_eq!(left(EditAction::Remove, |_, disabled, has_email| (*disabled, *has_email) = (true, false)), None);
        assert_eq!(left(EditAction::StopDate, |_, disabled, has_email| (*disabled, *has_email) = (true, false)), None);
    }

    #[test]
    fn only_active_users_are_resent_to_and_only_locked_ones_unlocked() {
        let locked = |facts: &mut EnrollmentFacts| facts.failures = 5;
        let expired = |facts: &mut EnrollmentFacts| facts.stop_on = today().pred_opt().unwrap();
        assert_eq!(left(EditAction::Resend, |facts, _, _| locked(facts)), Some(LeftOut::Locked));
        assert_eq!(left(EditAction::Resend, |facts, _, _| expired(facts)), Some(LeftOut::Expired));
        assert_eq!(left(EditAction::Unlock, |_, _, _| {}), Some(LeftOut::NotLocked));
        assert_eq!(left(EditAction::Unlock, |facts, _, _| expired(facts)), Some(LeftOut::NotLocked));
    }

    #[test]
    fn the_reasons_are_summed_up() {
        let all = [LeftOut::NoEmail, LeftOut::Locked, LeftOut::NoEmail];
        assert_eq!(
            nobody(EditAction::Resend, all.into_iter()),
            "Nobody of them can be resent to: 1 is Locked, 2 have no email address."
        );
    }
}
