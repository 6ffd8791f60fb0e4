//! The messages there are: one for each kind of email, and for enrollment one for each authentication type.

use chrono::NaiveDate;

use crate::{
    mail::{Facts, Kind, Secret},
    policy::Policy,
    tokens::AuthenticationType,
};

/// A message whose words can be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// What it is about.
    pub kind: Kind,
    /// The type, for kinds with words for each.
    pub authentication_type: Option<AuthenticationType>,
}

impl Message {
    /// All of them.
    pub fn all() -> Vec<Message> {
        let of = |kind: &Kind| -> Vec<Message> {
            if kind.by_type() {
                AuthenticationType::ALL
                    .map(|authentication_type| Message { kind: *kind, authentication_type: Some(authentication_type) })
                    .to_vec()
            } else {
                vec![Message { kind: *kind, authentication_type: None }]
            }
        };
        Kind::ALL.iter().filter(|kind| !kind.is_for_operators()).flat_map(of).collect()
    }

    /// The message of these words in addresses; where a type is needed and none is named, the first.
    pub fn find(kind: &str, authentication_type: &str) -> Option<Message> {
        let mut found = Message::all().into_iter().filter(|message| message.kind.code() == kind);
        if authentication_type.is_empty() {
            return found.next();
        }
        found.find(|message| message.authentication_type.is_some_and(|known| known.code() == authentication_type))
    }

    /// "Enrollment: Authenticator app".
    pub fn label(self) -> String {
        match self.authentication_type {
            Some(authentication_type) => format!("{}: {}", self.kind.label(), authentication_type.plain()),
            None => self.kind.label().to_owned(),
        }
    }

    /// When it goes out.
    pub fn occasion(self) -> &'static str {
        match self.kind {
            Kind::Enrollment => "When a user is provisioned, after Resend and after Unlock",
            Kind::Reminder => "By itself, some days before the Stop Date (Self-Enrollment Policy)",
            Kind::NewStopDate => "When the Stop Date was moved",
            Kind::Canceled => "When a user or a task was removed with the email notification ticked",
            Kind::Enrolled => "When a user has enrolled a token",
            Kind::Locked => "When failed attempts have locked an enrollment",
            Kind::TokenAssigned => "When a hardware token was assigned to a user by hand",
            Kind::TokenImported => "When tokens were imported with their owners and telling them was ticked",
            Kind::TokenSuspended => "When a token was suspended",
            Kind::ReportedLost => "When a token was reported lost with the email notification ticked",
            Kind::TemporaryCode => "When the help desk gave a user a temporary code",
            Kind::CallBackCode => "When a caller is checked by a code to the address on file",
            Kind::TokenRevoked => "When a token was revoked",
            Kind::Alert => "When something happened that a role is told of (Operator alerts)",
            Kind::Test => "When an operator asks for one",
        }
    }

    /// Its address.
    pub fn path(self) -> String {
        self.address("")
    }

    /// The address of what is done to it: "/preview", "/test".
    pub fn address(self, end: &str) -> String {
        let kind = self.kind.code();
        match self.authentication_type {
            Some(authentication_type) => format!("/messages/{kind}{end}?type={}", authentication_type.code()),
            None => format!("/messages/{kind}{end}"),
        }
    }

    /// The type as emails tell it, and as the rows of messages are found by; empty where there is none.
    pub fn type_words(self) -> &'static str {
        self.authentication_type.map_or("", AuthenticationType::plain)
    }
}

/// What is told of the sample user in previews and tests.
pub fn sample(message: Message, policy: &Policy, today: NaiveDate, requester: &str) -> (Facts, Option<Secret>) {
    let authentication_type = message.authentication_type.unwrap_or(AuthenticationType::AuthenticatorApp);
    let stop_on = policy.proposed_stop(today);
    let facts = Facts {
        first_name: "Sam".into(),
        name: "Sam Sample".into(),
        user_id: "s.sample".into(),
        authentication_type: authentication_type.plain().into(),
        task: Some(1001),
        stop_on: Some(stop_on),
        previous_stop_on: stop_on.pred_opt(),
        requester: requester.into(),
        serial: Some("TD-0000-0000".into()),
        works_until: None,
        alert: None,
    };
    let length = usize::try_from(policy.code_length).unwrap_or(10);
    let secret = message.kind.carries_link().then(|| Secret {
        handle: Some("sample".into()),
        code: Some("SAMPLE23456789AB".chars().take(length).collect()),
        carries_code: policy.link_carries_code,
        alternate_to: None,
    });
    (facts, secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_is_found_by_its_address() {
        let all = Message::all();
        // Enrollment has one for each type; what operators are told has none.
        assert_eq!(all.len(), Kind::ALL.len() + AuthenticationType::ALL.len() - 3);
        for message in all {
            let type_word = message.authentication_type.map_or("", AuthenticationType::code);
            assert_eq!(Message::find(message.kind.code(), type_word), Some(message));
        }
        assert_eq!(Message::find("enrollment", "").map(Message::type_words), Some("Authenticator app"));
        assert_eq!(Message::find("enrollment", "sms"), None);
        assert_eq!(Message::find("reminder", "hardware-token"), None);
    }
}
