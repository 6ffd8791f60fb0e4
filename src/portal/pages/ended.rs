//! Links that lead nowhere any more: each has a page that says what happened, what to do and whom to ask.

use actix_web::http::StatusCode;
use askama::Template;

use crate::{
    clock::long_date,
    portal::{
        End, Step, View,
        pages::{Guest, PortalFrame, day},
    },
    web::{Answer, page_with, see_other},
};

/// Who it is about. Shown only once the activation code was verified: the link alone may have been seen by others.
struct About {
    user_id: String,
    task: i64,
    status: &'static str,
}

#[derive(Template)]
#[template(path = "portal/ended.html")]
struct Ended {
    frame: PortalFrame,
    /// "done", "locked" or "" for the color of the seal.
    seal: &'static str,
    icon: &'static str,
    title: String,
    lede: String,
    about: Option<About>,
    advice: &'static str,
}

/// What is shown for a step that was not taken, where its page has nothing to say of it.
pub fn instead<T>(guest: &Guest, step: &Step<T>) -> Answer {
    match step {
        Step::Done(view, _) | Step::Wrong(view) | Step::Empty(view) | Step::Ended(view) => show(guest, view),
        Step::NoSession => Ok(guest.to_start()),
        Step::Unknown => unknown(guest),
    }
}

/// The page of a link that has ended; who has just enrolled in this browser is shown what they got instead.
pub fn show(guest: &Guest, view: &View) -> Answer {
    let Some(end) = view.end else { return Ok(guest.to_start()) };
    if end == End::AlreadyEnrolled && view.verified {
        return Ok(see_other(&guest.path("/done")));
    }
    let (seal, icon, title, lede, advice) = words(guest, view, end);
    let enrollment = &view.enrollment;
    let about = view.verified.then(|| About {
        user_id: enrollment.user_id.clone(),
        task: enrollment.task.0,
        status: end.status(),
    });
    let status = if end == End::Disabled { StatusCode::FORBIDDEN } else { StatusCode::GONE };
    page_with(status, &Ended { frame: guest.frame.clone(), seal, icon, title, lede, about, advice })
}

fn words(guest: &Guest, view: &View, end: End) -> (&'static str, &'static str, String, String, &'static str) {
    let zone = guest.zone();
    let moment = |at| format!("{}, {}", long_date(zone.today(at)), zone.local(at).format("%H:%M"));
    match end {
        End::AlreadyEnrolled => (
            "done",
            "check",
            "Your token is set up already".into(),
            "This link has done its work and cannot be used again.".into(),
            "Was it not you who set it up, or do you have a new phone? Call the help desk.",
        ),
        End::Replaced => (
            "",
            "refresh",
            "A newer setup replaced this one".into(),
            "You were sent another email for it. This link no longer works.".into(),
            "Open the link in the newest email. If you cannot find it, ask the help desk to send it again.",
        ),
        End::Canceled(at) => (
            "",
            "ban",
            "This setup was canceled".into(),
            format!("Your organization canceled this setup on {}. This link no longer works.", day(zone.today(at))),
            "If you did not expect this, ask the help desk. Your existing sign-in still works as before.",
        ),
        End::AddressLeft(at) => (
            "",
            "mail",
            "This email went to an older address".into(),
            format!(
                "The email address was changed on {}, and the link in this email ended with it. A newer address is used now.",
                moment(at)
            ),
            "Look for a newer email at your present address; look in the junk folder too. If there is none, ask the help desk to send it. If this email is not for you, please delete it.",
        ),
        End::Superseded(at) => (
            "",
            "mail",
            "A newer email was sent to you".into(),
            format!("It went out on {}. Only the link in the newest email works.", moment(at)),
            "Open the link in the newest email; look in the junk folder too. If you cannot find it, ask the help desk to send it again.",
        ),
        End::Locked => (
            "locked",
            "lock",
            "Too many wrong codes".into(),
            format!(
                "All {} attempts were used, so this setup is locked to keep your account safe.",
                view.attempts_allowed
            ),
            "Call the help desk and give them your User ID. They can tell what went wrong and send a new email.",
        ),
        End::Expired(stop_on) => (
            "",
            "hourglass",
            format!("This link ended on {}", day(stop_on)),
            "The time to set up your token is over. Nothing is wrong with your account.".into(),
            "Ask for a new email. It takes the help desk a moment, and you start again from the link in it.",
        ),
        End::Disabled => (
            "",
            "user-x",
            "Your account is switched off at the moment".into(),
            "Tokens cannot be set up for it. Nothing was lost.".into(),
            "Ask the help desk why. Once your account is switched on again, this link works until its last day.",
        ),
    }
}

/// The page for a handle that leads nowhere.
pub fn unknown(guest: &Guest) -> Answer {
    let ended = Ended {
        frame: guest.frame.clone(),
        seal: "",
        icon: "link-off",
        title: "This link is not complete".into(),
        lede: "There is nothing at this address. Part of the link may have been cut off.".into(),
        about: None,
        advice: "Open the link from the email again, or copy the whole of it. If that does not help, ask the help desk.",
    };
    page_with(StatusCode::NOT_FOUND, &ended)
}
