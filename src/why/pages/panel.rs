//! The panel "Why can't this user enroll?" on a user's Authentication Methods. Its form goes where the verb has a page.

use super::mend::{FormBack, Mend, mend};
use crate::{
    english::with_article,
    ids::TaskId,
    operators::Permission,
    users::{pages::Person, user::User},
    why::{Check, Diagnosis, Mark, Other, Situation, Weight, remedy::Stage},
};

/// What the panel draws (`templates/why/panel.html`).
pub struct Panel {
    /// The question, which names the task where there is more than one.
    pub question: String,
    /// A tab for each task, where there is more than one, the newest first.
    pub tabs: Vec<Tab>,
    /// What is so in the other tasks, a line each.
    pub others: Vec<String>,
    /// What may lead astray: others of the same name.
    pub notes: Vec<String>,
    /// The sentence.
    pub sentence: String,
    /// What is behind it.
    pub because: String,
    /// What the help desk could say; may be empty.
    pub say: String,
    /// The facts, in order.
    pub checks: Vec<Check>,
    /// The one form that mends it.
    pub mend: Option<Mend>,
    /// A second way beside it, as a link.
    pub beside: Option<Mend>,
    /// Whom to ask, if somebody else may mend it; may be empty.
    pub ask: String,
}

/// One of the tasks.
pub struct Tab {
    /// Where it leads.
    pub href: String,
    /// The number.
    pub task: i64,
    /// What kind of token.
    pub words: &'static str,
    /// The drawing and its tone: how much it is in the way.
    pub icon: (&'static str, &'static str),
    /// The one that the panel is about.
    pub here: bool,
}

impl Tab {
    fn new(person: &Person, task: TaskId, words: &'static str, weight: Weight, here: bool) -> Self {
        let icon = match weight {
            Weight::Stops => ("circle-x", "locked"),
            Weight::Mistaken => ("alert-circle", "warn"),
            Weight::Waits => ("circle-dashed", "muted"),
            Weight::Over => ("circle-minus", "muted"),
        };
        Tab { href: format!("{}/authentication-methods?task={task}", person.path), task: task.0, words, icon, here }
    }
}

impl Check {
    /// The drawing and its tone.
    pub fn icon(&self) -> (&'static str, &'static str) {
        match self.mark {
            Mark::Good => ("circle-check", "done"),
            Mark::Bad => ("circle-x", "locked"),
            Mark::Open => ("circle-dashed", "muted"),
        }
    }

    /// The mark, for those who do not see it.
    pub fn said(&self) -> &'static str {
        match self.mark {
            Mark::Good => "In order:",
            Mark::Bad => "In the way:",
            Mark::Open => "Not yet:",
        }
    }
}

impl Panel {
    /// The panel of a diagnosis; `came` is what was typed, if the form comes back. `unlock_shown` is what Unlock is asked
    /// to carry out.
    pub fn new(diagnosis: &Diagnosis, person: &Person, came: &FormBack, unlock_shown: Option<String>) -> Self {
        let beside = diagnosis.beside.and_then(|remedy| mend(remedy, diagnosis, person, came, None));
        let mend = diagnosis.remedy.and_then(|remedy| mend(remedy, diagnosis, person, came, unlock_shown));
        let ask = diagnosis.ask.as_ref().map(|(permission, roles)| {
            let this = match permission {
                Permission::ReplaceToken => "replace it",
                Permission::EditUsers if diagnosis.remedy.is_some() => "change the address",
                _ => "do this",
            };
            format!("{} may {this}: it takes the permission “{}”.", asked(roles), permission.label())
        });
        let enrollment = diagnosis.facts.enrollment.as_ref();
        let others = &diagnosis.others;
        let tab = |one: &Other| Tab::new(person, one.task, one.authentication_type, one.weight, false);
        let mut tabs: Vec<Tab> = if enrollment.is_some() { others.iter().map(tab).collect() } else { Vec::new() };
        if let (Some(enrollment), false) = (enrollment, tabs.is_empty()) {
            let (words, weight) = (enrollment.authentication_type.plain(), diagnosis.situation.weight());
            tabs.push(Tab::new(person, enrollment.task, words, weight, true));
        }
        tabs.sort_by_key(|tab| -tab.task);
        let line = |one: &Other| format!("Task {}, {}: {}.", one.task, one.authentication_type, one.sentence);
        let namesake =
            |user: &User| format!("There is another {}: {} in {}.", user.name(), user.user_id, user.container_name);
        Panel {
            question: match enrollment {
                _ if matches!(
                    diagnosis.situation,
                    Situation::ReportedLost | Situation::TemporaryCode | Situation::TemporaryCodeEnded
                ) =>
                {
                    "Why can’t this user sign in?".into()
                }
                Some(enrollment) if !tabs.is_empty() => {
                    format!("Why can’t this user enroll in task {}?", enrollment.task)
                }
                _ => "Why can’t this user enroll?".into(),
            },
            tabs,
            others: others.iter().map(line).collect(),
            notes: diagnosis.facts.namesakes.iter().map(namesake).collect(),
            sentence: diagnosis.words.sentence.clone(),
            because: diagnosis.words.because.clone(),
            say: diagnosis.words.say.clone(),
            checks: diagnosis.checks.clone(),
            mend,
            beside,
            ask: ask.unwrap_or_default(),
        }
    }

    /// True if the account is what stands in the way, so that the profile is where to look.
    pub fn is_account(&self) -> bool {
        self.checks.iter().any(|check| check.cause && check.stage == Stage::Account)
    }
}

/// "Ask a Provisioning manager or an Operator. They"
fn asked(roles: &[String]) -> String {
    let named: Vec<String> = roles.iter().map(|role| with_article(role)).collect();
    match named.as_slice() {
        [] => "Nobody here".into(),
        [one] => format!("Ask {one}, who"),
        [most @ .., last] => format!("Ask {} or {last}, who", most.join(", ")),
    }
}
