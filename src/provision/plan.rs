//! The rules of Provision: who gets an enrollment and who is left out, and exactly what was shown (PRODUCT.md §2).

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::{
    english::{counted, counted_as, is_are},
    ids::TaskId,
    policy::Policy,
    provision::choice::Choice,
};

pub use crate::provision::candidate::{Candidate, Candidates, OpenEnrollment, Skip};

/// What happens to one chosen user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// Gets an enrollment and an email.
    Gets,
    /// As `Gets`, and loses the enrollment in this older task.
    Replaces(TaskId),
    /// Gets an enrollment and no email: link and code are handed over. The task is the older one that is left.
    IsHandedOver(Option<TaskId>),
    /// Left out; the task is the one the user has an enrollment in.
    Skipped(Skip, Option<TaskId>),
}

impl Check {
    /// What the confirm page says.
    pub fn label(&self) -> String {
        match self {
            Check::Gets => "Ready".into(),
            Check::IsHandedOver(None) => "Link and code are handed over".into(),
            Check::IsHandedOver(Some(task)) => {
                format!("Link and code are handed over; replaces their enrollment in task {task}")
            }
            Check::Replaces(task) => format!("Replaces their enrollment in task {task}"),
            Check::Skipped(Skip::HasPlace, Some(task)) => format!("Left out: already in open task {task}"),
            Check::Skipped(why, _) => format!("Left out: {}", why.label()),
        }
    }

    /// Where it stands in the list: what needs a look comes first.
    fn rank(&self) -> u8 {
        match self {
            Check::Skipped(..) => 0,
            Check::Replaces(_) | Check::IsHandedOver(_) => 1,
            Check::Gets => 2,
        }
    }

    /// True if the user gets an enrollment.
    pub fn gets(&self) -> bool {
        !matches!(self, Check::Skipped(..))
    }
}

/// Tokens of a type that is backed by inventory, as the operator may see them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stock {
    /// Tokens nobody has yet; `None` where there is no end of them.
    pub inventory: Option<i64>,
    /// Users of open tasks who are Active or Locked and not enrolled.
    pub reserved: i64,
}

impl Stock {
    /// Available (PRODUCT.md §2); `None`: unlimited.
    pub fn available(self) -> Option<i64> {
        self.inventory.map(|inventory| (inventory - self.reserved).max(0))
    }

    /// "Unlimited", or the number.
    pub fn available_words(self) -> String {
        self.available().map_or_else(|| "Unlimited".into(), |number| number.to_string())
    }
}

/// What will be done on Confirm: exactly what is shown.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What the operator chose.
    pub choice: Choice,
    /// The Start Date.
    pub start_on: NaiveDate,
    /// Every chosen user in scope, and what happens to them: those left out first, then those who are moved from an older
    /// task, each in the order of the User ID.
    pub lines: Vec<(Candidate, Check)>,
    /// Chosen users who are outside of the scope, or not there.
    pub outside: usize,
    /// Tokens of the type.
    pub stock: Stock,
}

impl Plan {
    /// Decides for every candidate.
    pub fn new(choice: Choice, start_on: NaiveDate, candidates: Candidates, stock: Stock) -> Self {
        let mut lines: Vec<(Candidate, Check)> = candidates
            .found
            .into_iter()
            .map(|candidate| {
                let check = decide(&choice, &candidate);
                (candidate, check)
            })
            .collect();
        lines.sort_by_key(|(_, check)| check.rank());
        Plan { choice, start_on, lines, outside: candidates.outside, stock }
    }

    /// Those who get an enrollment, and so an email.
    pub fn getting(&self) -> impl Iterator<Item = &Candidate> {
        self.lines.iter().filter(|(_, check)| check.gets()).map(|(candidate, _)| candidate)
    }

    /// Nobody is emailed: link and code of all are handed over, whatever the profile holds.
    pub fn hand_all_over(&mut self) {
        for (candidate, check) in &mut self.lines {
            *check = match &*check {
                Check::Gets => Check::IsHandedOver(None),
                Check::Replaces(task) => Check::IsHandedOver(Some(*task)),
                other => other.clone(),
            };
            candidate.email.clear();
        }
    }

    /// How many of them get no email: link and code are handed over.
    pub fn handed_over(&self) -> usize {
        self.lines.iter().filter(|(_, check)| matches!(check, Check::IsHandedOver(_))).count()
    }

    /// How many get an enrollment.
    pub fn count(&self) -> usize {
        self.getting().count()
    }

    /// How many are left out, by reason.
    pub fn skipped(&self) -> Vec<(Skip, usize)> {
        let mut counts = BTreeMap::new();
        if self.outside > 0 {
            counts.insert(Skip::Outside, self.outside);
        }
        for (_, check) in &self.lines {
            if let Check::Skipped(why, _) = check {
                *counts.entry(*why).or_insert(0) += 1;
            }
        }
        counts.into_iter().collect()
    }

    /// The older enrollments that end.
    pub fn replaced(&self) -> Vec<OpenEnrollment> {
        self.getting().flat_map(|candidate| candidate.enrollments.iter().copied()).collect()
    }

    /// Why nothing can be done as it stands; `None` if it can.
    pub fn refusal(&self, policy: &Policy) -> Option<String> {
        let count = i64::try_from(self.count()).unwrap_or(i64::MAX);
        if count == 0 {
            return Some("Nobody is left to provision: everyone who was chosen is left out.".into());
        }
        if let Some(sentence) = policy.stop_refusal(self.choice.stop_on, self.start_on, self.start_on) {
            return Some(sentence);
        }
        // A replaced enrollment gives its reserved token to the new one.
        let freed = self.replaced().iter().filter(|enrollment| enrollment.reserves).count();
        let free = self.stock.inventory.map(|all| all - self.stock.reserved + i64::try_from(freed).unwrap_or(0));
        free.filter(|free| count > *free).map(|free| {
            let free = free.max(0);
            let users = format!("{} {}", counted_as(count, "user needs", "users need"), counted(count, "token"));
            format!(
                "{users}, but {free} {} available. Leave out {}, or import tokens first.",
                is_are(free),
                counted(count - free, "user")
            )
        })
    }

    /// Everything that was shown, as one text: its keyed hash goes through the page, and Confirm compares.
    pub fn text(&self) -> String {
        let choice = &self.choice;
        let mut text = format!(
            "{}\u{1e}{}\u{1e}{}\u{1e}{}\u{1e}",
            choice.authentication_type.code(),
            choice.description.as_str(),
            self.start_on,
            choice.stop_on
        );
        text.push_str(&format!("{}\u{1e}", self.outside));
        for (candidate, check) in &self.lines {
            for part in [
                &candidate.user.to_string(),
                &candidate.user_id,
                &candidate.first_name,
                &candidate.last_name,
                &candidate.email,
                &check.label(),
            ] {
                text.push_str(part);
                text.push('\u{1f}');
            }
            text.push('\u{1e}');
        }
        text
    }
}

fn decide(choice: &Choice, candidate: &Candidate) -> Check {
    let enrollment = candidate.enrollments.first().map(|enrollment| enrollment.task);
    let by_hand = choice.hand_over && candidate.email.is_empty();
    if let Some(why) = candidate.never().filter(|why| *why != Skip::NoEmail || !by_hand) {
        Check::Skipped(why, None)
    } else if candidate.has_token && !choice.include_with_token {
        Check::Skipped(Skip::HasToken, None)
    } else if let Some(task) = enrollment {
        if choice.include_with_task && by_hand {
            Check::IsHandedOver(Some(task))
        } else if choice.include_with_task {
            Check::Replaces(task)
        } else {
            Check::Skipped(Skip::HasPlace, Some(task))
        }
    } else if by_hand {
        Check::IsHandedOver(None)
    } else {
        Check::Gets
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ids::{ContainerId, EnrollmentId, UserId},
        tasks::task::Description,
        tokens::AuthenticationType,
    };

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn choice() -> Choice {
        Choice {
            authentication_type: AuthenticationType::HardwareToken,
            description: Description::default(),
            stop_on: date("2026-12-04"),
            include_with_token: false,
            include_with_task: false,
            hand_over: false,
        }
    }

    fn candidate(row: i64) -> Candidate {
        Candidate {
            user: UserId(row),
            user_id: format!("u{row}"),
            first_name: "U".into(),
            last_name: row.to_string(),
            email: format!("u{row}@example.org"),
            container: ContainerId(1),
            disabled: false,
            has_token: false,
            enrollments: Vec::new(),
        }
    }

    fn placed(row: i64) -> Candidate {
        let enrollment = OpenEnrollment { enrollment: EnrollmentId(row), task: TaskId(1038), reserves: true };
        Candidate { enrollments: vec![enrollment], ..candidate(row) }
    }

    fn plan(choice: Choice, found: Vec<Candidate>, inventory: i64) -> Plan {
        let chosen = Candidates { found, outside: 0 };
        Plan::new(choice, date("2026-11-20"), chosen, Stock { inventory: Some(inventory), reserved: 1 })
    }

    #[test]
    fn users_who_cannot_or_need_not_enroll_are_left_out_and_it_says_why() {
        let people = vec![
            candidate(1),
            Candidate { email: String::new(), ..candidate(2) },
            Candidate { disabled: true, ..candidate(3) },
            Candidate { has_token: true, ..candidate(4) },
            placed(5),
        ];
        let plan = plan(choice(), people, 9);
        let words: Vec<String> = plan.lines.iter().map(|(_, check)| check.label()).collect();
        assert_eq!(
            words,
            [
                "Left out: no email address",
                "Left out: disabled",
                "Left out: already has a token of this type",
                "Left out: already in open task 1038",
                "Ready",
            ],
            "those left out come first"
        );
        assert_eq!(plan.count(), 1);
        assert_eq!(plan.skipped().len(), 4);
    }

    #[test]
    fn who_has_no_mailbox_is_included_where_link_and_code_are_handed_over() {
        let people = || {
            vec![Candidate { email: String::new(), ..candidate(1) }, Candidate { email: String::new(), ..placed(2) }]
        };
        assert_eq!(plan(choice(), people(), 9).count(), 0);
        let both = Choice { hand_over: true, include_with_task: true, ..choice() };
        let plan = plan(both, people(), 9);
        assert_eq!((plan.count(), plan.handed_over(), plan.replaced().len()), (2, 2, 1));
        assert_eq!(plan.lines[0].1.label(), "Link and code are handed over");
    }

    #[test]
    fn who_is_outside_is_counted_and_shown() {
        let chosen = Candidates { found: vec![candidate(1)], outside: 2 };
        let plan = Plan::new(choice(), date("2026-11-20"), chosen, Stock::default());
        assert_eq!(plan.skipped(), [(Skip::Outside, 2)]);
        assert_ne!(plan.text(), self::plan(choice(), vec![candidate(1)], 9).text());
    }

    #[test]
    fn those_with_a_token_or_an_enrollment_can_be_included() {
        let choice = Choice { include_with_token: true, include_with_task: true, ..choice() };
        let plan = plan(choice, vec![Candidate { has_token: true, ..candidate(1) }, placed(2)], 9);
        assert_eq!(plan.count(), 2);
        assert_eq!(plan.lines[0].1.label(), "Replaces their enrollment in task 1038");
        assert_eq!(plan.replaced().len(), 1);
    }

    #[test]
    fn asking_for_more_than_available_is_refused() {
        let policy = Policy::default();
        let refused = plan(choice(), vec![candidate(1), candidate(2)], 2).refusal(&policy).unwrap();
        assert_eq!(refused, "2 users need 2 tokens, but 1 is available. Leave out 1 user, or import tokens first.");
        assert_eq!(plan(choice(), vec![candidate(1), candidate(2)], 3).refusal(&policy), None);
        // The replaced enrollment gives its token back.
        let including = Choice { include_with_task: true, ..choice() };
        assert_eq!(plan(including, vec![candidate(1), placed(2)], 2).refusal(&policy), None);
    }

    #[test]
    fn what_was_shown_differs_when_anything_in_it_does() {
        let before = plan(choice(), vec![candidate(1)], 9).text();
        let mut moved = candidate(1);
        moved.email = "new@example.org".into();
        assert_ne!(before, plan(choice(), vec![moved], 9).text());
        assert_ne!(before, plan(choice(), vec![placed(1)], 9).text());
        assert_ne!(before, plan(Choice { stop_on: date("2026-12-05"), ..choice() }, vec![candidate(1)], 9).text());
        assert_eq!(before, plan(choice(), vec![candidate(1)], 8).text());
    }
}
