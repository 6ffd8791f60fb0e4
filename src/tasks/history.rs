//! The history of a task as its page tells it.

use crate::english::continued;
use crate::{
    audit::{Outcome, Verb},
    clock::Timestamp,
};

/// Verbs that the history leaves out: another entry sums them up, or (the activation code) tells what came of it.
pub const LEFT_OUT: [Verb; 7] = [
    Verb::TasksProvisionUser,
    Verb::TasksRemoveUser,
    Verb::TasksStopDateUser,
    Verb::TasksResendUser,
    Verb::EnrollmentAcceptCode,
    Verb::MailSendAgainEach,
    Verb::MailCancelEach,
];

/// An entry of the audit log about a task.
#[derive(Clone, Debug)]
pub struct HistoryEntry {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// What; none that another version wrote.
    pub verb: Option<Verb>,
    /// How it ended.
    pub outcome: String,
    /// On whom; empty for the task as a whole.
    pub subject: String,
    /// What happened.
    pub sentence: String,
}

/// A line of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// The drawing in front of it.
    pub icon: &'static str,
    /// Who stands in front, in bold; empty if the sentence says it.
    pub who: String,
    /// What happened.
    pub sentence: String,
}

/// Tells the newest `limit` lines: reminders that went out together are one.
pub fn events(entries: &[HistoryEntry], limit: usize) -> Vec<Event> {
    let together =
        |a: &HistoryEntry, b: &HistoryEntry| a.verb == Some(Verb::TasksRemind) && b.verb == a.verb && a.at == b.at;
    entries.chunk_by(together).take(limit).map(HistoryEntry::event).collect()
}

impl HistoryEntry {
    fn event(run: &[HistoryEntry]) -> Event {
        let told = &run[0];
        let (who, sentence) = match (told.verb, run.len()) {
            (Some(Verb::TasksRemind), 1) => (String::new(), format!("Reminder mailed to {}", told.subject)),
            (Some(Verb::TasksRemind), many) => (String::new(), format!("Reminder mailed to {many} users")),
            // An auth node accepted it, but it is the user one looks for.
            (Some(Verb::AuthenticationCheck), _) => {
                (told.subject.clone(), "signed in for the first time: Completed".into())
            }
            (Some(Verb::MailSend | Verb::MailBounce), _) => (String::new(), told.sentence.clone()),
            (_, _) if told.subject.is_empty() || told.subject == told.actor => {
                (told.actor.clone(), continued(&told.sentence))
            }
            (_, _) => (told.actor.clone(), format!("{}: {}", continued(&told.sentence), told.subject)),
        };
        Event { at: told.at, icon: told.icon(), who, sentence }
    }

    fn icon(&self) -> &'static str {
        let sign = Outcome::from_code(&self.outcome).sign();
        match self.verb {
            Some(Verb::MailSend | Verb::MailBounce) => "mail-x",
            _ if self.outcome == Outcome::Refused.code() => sign.icon,
            Some(Verb::TasksProvision) => "ticket",
            Some(Verb::TasksStopDate | Verb::TasksGiveMoreTime) => "calendar",
            Some(Verb::TasksResend | Verb::MailSendAgain | Verb::TasksRemind) => "send",
            Some(Verb::TasksUnlock) => "lock-open",
            Some(Verb::TasksRemove | Verb::TasksRemoveUsers | Verb::TasksReplace) => "user-minus",
            Some(Verb::MailCancel) => "mail-canceled",
            Some(Verb::EnrollmentEnroll) => "key",
            // An auth node accepted the first one-time password.
            Some(Verb::AuthenticationCheck) => "circle-check",
            _ => sign.icon,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;

    fn told(verb: Verb, actor: &str, subject: &str, sentence: &str) -> HistoryEntry {
        HistoryEntry {
            at: NaiveDate::from_ymd_opt(2026, 11, 20).unwrap().and_hms_opt(8, 0, 0).unwrap(),
            actor: actor.into(),
            verb: Some(verb),
            outcome: "done".into(),
            subject: subject.into(),
            sentence: sentence.into(),
        }
    }

    #[test]
    fn a_line_begins_with_who_and_goes_on_as_one_sentence() {
        let lines = events(&[told(Verb::TasksProvision, "m.okafor", "", "Provisioned 25 users")], 9);
        assert_eq!((lines[0].who.as_str(), lines[0].sentence.as_str()), ("m.okafor", "provisioned 25 users"));
    }

    #[test]
    fn reminders_that_went_out_together_are_one_line() {
        let remind = |subject| told(Verb::TasksRemind, "system", subject, "Reminded of the Stop Date 2026-11-23");
        let lines = events(&[remind("a.berg"), remind("b.cole")], 9);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].sentence, "Reminder mailed to 2 users");
    }

    #[test]
    fn what_failed_carries_no_sign_of_success() {
        for verb in
            [Verb::EnrollmentAttempt, Verb::AuthenticationCheck, Verb::MailSend, Verb::MailBounce, Verb::TasksResend]
        {
            let refused = HistoryEntry { outcome: "refused".into(), ..told(verb, "a", "a", "Failed") };
            let icon = events(&[refused], 9)[0].icon;
            assert!(["circle-x", "mail-x"].contains(&icon), "{verb:?}: {icon}");
            assert_ne!(events(&[told(Verb::EnrollmentEnroll, "a", "a", "Enrolled a token")], 9)[0].icon, "circle-x");
        }
    }

    #[test]
    fn the_first_sign_in_is_told_of_the_user_and_not_of_the_auth_node() {
        let lines =
            events(&[told(Verb::AuthenticationCheck, "vpn", "h.brandt", "Accepted the first one-time password")], 9);
        assert_eq!(lines[0].who, "h.brandt");
    }
}
