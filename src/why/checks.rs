//! The facts in the order of an enrollment, each with a mark and a time.

use crate::{
    clock::{Timestamp, distance, moment},
    english::{begun, continued},
    mail::State as Mail,
    tasks::Status,
    tokens::{AuthenticationType, TokenState, one_time::off},
    why::{facts::Facts, remedy::Stage, situation::Situation, words::Words},
};

/// How a fact turned out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It is as it should be.
    Good,
    /// It stands in the way.
    Bad,
    /// It has not happened yet.
    Open,
}

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Where it belongs.
    pub stage: Stage,
    /// How it turned out.
    pub mark: Mark,
    /// What it is.
    pub words: String,
    /// When, or why; may be empty.
    pub detail: String,
    /// A mail server's answer, as it was given; may be empty.
    pub answer: String,
    /// True for the one that the sentence is about.
    pub cause: bool,
}

fn check(stage: Stage, mark: Mark, words: impl Into<String>, detail: impl Into<String>) -> Check {
    Check { stage, mark, words: words.into(), detail: detail.into(), answer: String::new(), cause: false }
}

/// All facts that matter for this user, in order; the first one of the situation's stage is the cause.
pub fn checks(situation: Situation, facts: &Facts) -> Vec<Check> {
    let at = |at: Option<Timestamp>| at.map(|at| moment(facts.zone, facts.now, at)).unwrap_or_default();
    let mut list = vec![match facts.user.disabled_at {
        None => check(
            Stage::Account,
            Mark::Good,
            "Account is enabled",
            format!("In {}, within your scope", facts.user.container_name),
        ),
        disabled => check(Stage::Account, Mark::Bad, "Account is disabled", at(disabled)),
    }];
    if facts.enrollment.is_none() && facts.user.email.is_empty() {
        list.push(email(facts));
    }
    match &facts.enrollment {
        // A token may have come in another way than by a task.
        None if facts.token().is_some() => {}
        None => list.push(check(Stage::Task, Mark::Bad, "In no provisioning task", "")),
        Some(enrollment) if enrollment.facts.enrolled_at.is_some() => {
            let words = format!("Enrolled with task {}", enrollment.task);
            list.push(check(Stage::Task, Mark::Good, words, at(enrollment.facts.enrolled_at)));
        }
        Some(enrollment) if enrollment.removed_at.is_some() || enrollment.task_removed_at.is_some() => {
            let words = match situation {
                Situation::TaskRemoved => format!("Task {} was removed", enrollment.task),
                Situation::Replaced => format!("Replaced in task {}", enrollment.task),
                _ => format!("Taken out of task {}", enrollment.task),
            };
            let when = at(enrollment.removed_at.or(enrollment.task_removed_at));
            list.push(check(Stage::Task, Mark::Bad, words, format!("{when}, by {}", facts.trace.removed_by)));
        }
        Some(_) => enrolling(facts, &mut list),
    }
    with_token(situation, facts, &mut list);
    mark_cause(situation, facts, &mut list);
    list
}

/// The line that the sentence is about: the first of its stage that is not as it should be. A line that is as it should be
/// keeps its sign: where none of the stage stands in the way, the cause has a line of its own behind them.
fn mark_cause(situation: Situation, facts: &Facts, list: &mut Vec<Check>) {
    let Some(stage) = situation.stage() else { return };
    let found = list.iter().position(|check| check.stage == stage && check.mark != Mark::Good);
    let at = found.unwrap_or_else(|| {
        let after = list.iter().rposition(|check| check.stage == stage).map_or(list.len(), |last| last + 1);
        list.insert(after, check(stage, Mark::Bad, Words::of(situation, facts).sentence, ""));
        after
    });
    list[at].cause = true;
}

fn enrolling(facts: &Facts, list: &mut Vec<Check>) {
    let Some(enrollment) = &facts.enrollment else { return };
    let at = |at: Timestamp| moment(facts.zone, facts.now, at);
    let status = facts.status().unwrap_or(Status::Active);
    let stop = enrollment.facts.stop_on;
    let verb = if stop < facts.today() { "Stopped" } else { "Stops" };
    let detail = format!("{verb} {stop}, {}", distance(facts.today(), stop));
    let mark = if status == Status::Active { Mark::Good } else { Mark::Bad };
    list.push(check(Stage::Task, mark, format!("Task {} is {}", enrollment.task, status.label()), detail));
    match facts.devices {
        Some(0) => list.push(check(Stage::Inventory, Mark::Bad, "No hardware token in inventory", "")),
        Some(1) => list.push(check(Stage::Inventory, Mark::Good, "1 hardware token available", "")),
        Some(count) => list.push(check(Stage::Inventory, Mark::Good, format!("{count} hardware tokens available"), "")),
        None => {}
    }
    list.push(email(facts));
    if let Some(left) = facts.address_left_at {
        let what = if facts.user.email.is_empty() { "removed" } else { "changed" };
        list.push(check(Stage::Link, Mark::Bad, format!("Link ended: the address was {what}"), at(left)));
    }
    if let Some((task, opened)) = facts.replaced_link {
        let words = format!("The link of task {task}, which was replaced, was opened");
        list.push(check(Stage::Link, Mark::Bad, words, at(opened)));
    }
    list.push(match (facts.older_link_at(), facts.opened_at()) {
        (Some(older), _) => check(Stage::Link, Mark::Bad, "An older link was opened", at(older)),
        (None, Some(opened)) => check(Stage::Link, Mark::Good, "Link opened", at(opened)),
        (None, None) => check(Stage::Link, Mark::Open, "Link not opened yet", ""),
    });
    list.push(match facts.code_accepted_at() {
        Some(accepted) => check(Stage::Enrolling, Mark::Good, "Activation code accepted", at(accepted)),
        None => check(Stage::Enrolling, Mark::Open, "Activation code not accepted yet", ""),
    });
    if facts.code_accepted_at().is_some() && facts.miss().is_none() {
        let words = match (facts.under_way, enrollment.authentication_type) {
            (false, _) => "Time ran out before it was finished",
            (true, AuthenticationType::AuthenticatorApp) => "Key shown, not proven yet",
            (true, AuthenticationType::HardwareToken) => "No serial number typed yet",
        };
        list.push(check(Stage::Enrolling, Mark::Open, words, ""));
    }
    let failures = enrollment.facts.failures.min(facts.policy.attempts_allowed);
    let mark = if status == Status::Locked { Mark::Bad } else { Mark::Good };
    let words = format!("{failures} of {} attempts used", facts.policy.attempts_allowed);
    let last = facts.trace.miss;
    let detail = last.filter(|_| mark == Mark::Bad || facts.miss().is_none());
    let detail = detail.map(|miss| format!("Last: {}, {}", miss.what.short(), at(miss.at))).unwrap_or_default();
    list.push(check(Stage::Attempts, mark, words, detail));
    if let Some(miss) = facts.miss().filter(|_| status != Status::Locked) {
        list.push(check(Stage::Attempts, Mark::Bad, format!("Last attempt: {}", miss.what.short()), at(miss.at)));
    }
    if let Some((miss, seconds)) = facts.miss().and_then(|miss| Some((miss, miss.what.seconds()?))) {
        list.push(check(Stage::Clock, Mark::Bad, format!("Clock {}", off::words(seconds)), at(miss.at)));
    }
}

fn email(facts: &Facts) -> Check {
    if let Some(enrollment) = facts.enrollment.as_ref().filter(|enrollment| enrollment.is_handed_over()) {
        let at = enrollment.emailed_at.map(|at| moment(facts.zone, facts.now, at)).unwrap_or_default();
        return check(Stage::Email, Mark::Good, begun(&enrollment.emailed_to), at);
    }
    let Some(email) = &facts.email else {
        let words = if facts.user.email.is_empty() { "No email address" } else { "No email was written" };
        return check(Stage::Email, Mark::Bad, words, "");
    };
    let at = |at: Timestamp| moment(facts.zone, facts.now, at);
    let answered = at(email.last_answer_at.unwrap_or(email.created_at));
    let (mark, words, detail) = match email.state {
        Mail::Queued if facts.no_mail_server => {
            (Mark::Bad, "Email waits: there is no mail server", at(email.created_at))
        }
        Mail::Queued => (Mark::Open, "Email waits to be sent", at(email.created_at)),
        Mail::Sent => (Mark::Good, "Email sent", at(email.sent_at.unwrap_or(email.created_at))),
        Mail::Deferred => {
            let next = email.next_try_at.map(|next| format!(", next try {}", at(next))).unwrap_or_default();
            (Mark::Bad, "Email deferred", format!("{answered}{next}"))
        }
        Mail::Failed => (Mark::Bad, "Email refused", answered),
        Mail::Bounced => (Mark::Bad, "Email came back", answered),
        Mail::Canceled => (Mark::Bad, "Email canceled", at(email.created_at)),
    };
    let spoken = email.state.is_trouble();
    let answer = if spoken { email.last_answer.clone() } else { String::new() };
    Check { answer, ..check(Stage::Email, mark, words, detail) }
}

fn with_token(situation: Situation, facts: &Facts, list: &mut Vec<Check>) {
    let at = |at: Timestamp| moment(facts.zone, facts.now, at);
    let enrolled = facts.enrollment.as_ref().is_none_or(|enrollment| enrollment.facts.enrolled_at.is_some());
    if !enrolled {
        return;
    }
    let Some(token) = facts.token() else {
        if facts.enrollment.is_some() {
            list.push(check(Stage::Token, Mark::Bad, "Token was taken from them", ""));
        } else if let Some(waiting) = facts.assigned() {
            list.push(check(Stage::Token, Mark::Open, format!("{} is Assigned", waiting.serial), "Not enrolled yet"));
        }
        return;
    };
    let mark = if token.state == TokenState::Active { Mark::Good } else { Mark::Bad };
    let words = format!("{} is {}", token.serial, token.state.label());
    list.push(check(Stage::Token, mark, words, token.state_reason.clone()));
    if let Some((rejection, seconds)) = facts.rejection().and_then(|one| Some((one, one.seconds?))) {
        list.push(check(Stage::Clock, Mark::Bad, format!("Clock {}", off::words(seconds)), at(rejection.at)));
    }
    if let Some(code) = facts.live_code().filter(|_| situation == Situation::TemporaryCode) {
        let words = format!("Temporary code, {} of {} uses", code.uses, code.most_uses);
        list.push(check(Stage::Use, Mark::Open, words, format!("Until {}", continued(&at(code.ends_at)))));
    }
    list.push(match (facts.rejection(), token.last_used_at) {
        (Some(rejection), _) => check(Stage::Use, Mark::Bad, "Last one-time password rejected", at(rejection.at)),
        (None, Some(used)) => check(Stage::Use, Mark::Good, "Last one-time password accepted", at(used)),
        (None, None) => check(Stage::Use, Mark::Open, "Not used yet", ""),
    });
    let sign_in = match situation {
        Situation::TemporaryCodeEnded => facts
            .ended_code()
            .map(|(code, _)| ("Temporary code no longer works".into(), code.last_used_at.unwrap_or(code.given_at))),
        Situation::NodeDisabled => {
            facts.refused_node.clone().map(|(name, when)| (format!("Auth node {name} is disabled"), when))
        }
        Situation::WrongUserId => {
            facts.mistaken_as.clone().map(|(typed, when)| (format!("“{typed}” was typed as User ID"), when))
        }
        _ => None,
    };
    if let Some((words, when)) = sign_in {
        // What came before it is about the token, and not what stands in the way.
        list.iter_mut().filter(|check| check.stage == Stage::Use).for_each(|check| check.stage = Stage::Token);
        list.push(check(Stage::Use, Mark::Bad, words, at(when)));
    }
}
