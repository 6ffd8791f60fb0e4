//! What is wrong with an auth node, in words: the one thing to mend first (PRODUCT.md §10).

use super::node::{AuthNode, Kind};
use crate::{
    clock::Timestamp,
    tally::{Counts, Fault, Seen},
};

use chrono::Duration;

/// What was wrong so many hours ago, and was not seen since, is not what somebody looks for.
const RECENT_HOURS: i64 = 24;

/// How an auth node stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing is taken from it.
    Disabled,
    /// What it sends last is wrong.
    Wrong(Fault, Seen),
    /// It asks by RADIUS, and has never asked.
    Silent,
    /// Nothing is wrong.
    InUse,
}

/// How it stands: a fault counts if it was seen after the last check that ended, and lately.
pub fn state(node: &AuthNode, today: &Counts, faults: &[(Fault, Seen)], now: Timestamp) -> State {
    if node.disabled_at.is_some() {
        return State::Disabled;
    }
    let answered = node.last_used_at.max(today.answered_at);
    let lately = now - Duration::hours(RECENT_HOURS);
    let wrong = faults.iter().find(|(_, seen)| seen.last_at > lately && answered.is_none_or(|at| seen.last_at > at));
    match wrong {
        Some((fault, seen)) => State::Wrong(*fault, *seen),
        None if node.kind == Kind::Radius && answered.is_none() => State::Silent,
        None => State::InUse,
    }
}

/// When an auth node last asked, rightly or not.
pub fn last_asked(node: &AuthNode, today: &Counts, faults: &[(Fault, Seen)]) -> Option<Timestamp> {
    let wrong = faults.iter().map(|(_, seen)| seen.last_at).max();
    node.last_used_at.max(today.answered_at).max(wrong)
}

/// What people read of a fault.
pub struct Words {
    /// Two words for the list.
    pub state: &'static str,
    /// What to do, or what came, for the list.
    pub hint: &'static str,
    /// The sentence at the top of the page.
    pub verdict: &'static str,
    /// What its users notice.
    pub effect: &'static str,
    /// What to do at the other end.
    pub remedy: &'static str,
    /// It gets no answer at all, and not a reject.
    pub unanswered: bool,
}

/// The words of a fault.
pub fn words(fault: Fault) -> Words {
    match fault {
        Fault::NoMessageAuthenticator => Words {
            state: "Asks, gets no answer",
            hint: "No Message-Authenticator",
            verdict: "It sends no Message-Authenticator",
            effect: "Its requests get no answer. To its users it seems to be down.",
            remedy: "At the other end, turn on Message-Authenticator for this RADIUS server. Some clients call it “require Message-Authenticator”; old ones need an update.",
            unanswered: true,
        },
        Fault::OtherSecret => Words {
            state: "Asks, gets no answer",
            hint: "With another secret",
            verdict: "It asks with another secret",
            effect: "Its requests get no answer. To its users it seems to be down.",
            remedy: "Put the shared secret of this page into its settings. If it is lost, make a second one here: both are taken for 7 days.",
            unanswered: true,
        },
        Fault::Chap => Words {
            state: "Rejected: CHAP",
            hint: "Set it to PAP",
            verdict: "It asks with CHAP",
            effect: "Everybody who signs in there is rejected.",
            remedy: "Set it to PAP. With CHAP it sends a sum of what was typed, and one-time passwords cannot be compared with it.",
            unanswered: false,
        },
        Fault::MsChap => Words {
            state: "Rejected: MS-CHAP",
            hint: "Set it to PAP",
            verdict: "It asks with MS-CHAP",
            effect: "Everybody who signs in there is rejected.",
            remedy: "Set it to PAP. With MS-CHAP it sends a sum of what was typed, and one-time passwords cannot be compared with it.",
            unanswered: false,
        },
        Fault::Eap => Words {
            state: "Rejected: EAP",
            hint: "Set it to PAP",
            verdict: "It asks with EAP",
            effect: "Everybody who signs in there is rejected.",
            remedy: "Set it to PAP. For networks that need EAP put FreeRADIUS before Tokendesk, with EAP-TTLS and PAP inside.",
            unanswered: false,
        },
        Fault::NoPassword => Words {
            state: "Rejected: no password",
            hint: "It sends no name or no password",
            verdict: "It sends no name or no password",
            effect: "These requests are rejected.",
            remedy: "See that it asks its users for a User ID and a one-time password, and sends both with PAP.",
            unanswered: false,
        },
        Fault::NotWhole => Words {
            state: "Asks, gets no answer",
            hint: "No whole RADIUS packets",
            verdict: "What it sends is no whole RADIUS packet",
            effect: "Its requests get no answer.",
            remedy: "See that it sends RADIUS to this port, and that nothing on the way cuts packets.",
            unanswered: true,
        },
        Fault::OtherCode => Words {
            state: "Sends something else",
            hint: "Neither Access-Request nor Status-Server",
            verdict: "It sends something else than questions",
            effect: "It gets no answer to that.",
            remedy: "Accounting goes to another port than this one, and Tokendesk takes none: turn it off there for this server.",
            unanswered: true,
        },
    }
}
