//! The one form of the panel "Why can't this user enroll?" that mends what is in the way, or the link to it.

use crate::{
    error::Mistakes,
    policy::Policy,
    tasks::{Enrollment, resend},
    tokens::pages::path as token_path,
    users::pages::Person,
    web::Fields,
    why::{Diagnosis, Remedy},
};

/// A form of the panel that comes back.
#[derive(Default)]
pub struct FormBack {
    /// What was typed.
    pub fields: Option<Fields>,
    /// What was wrong with it.
    pub mistakes: Mistakes,
}

impl FormBack {
    /// What was typed, and what was wrong with it.
    pub fn back(fields: Fields, mistakes: Mistakes) -> Self {
        FormBack { fields: Some(fields), mistakes }
    }
}

/// A form with one button, or a link to the page that has one.
#[derive(Default)]
pub struct Mend {
    /// Where it goes.
    pub action: String,
    /// True if nothing is sent: it is only a way there.
    pub link: bool,
    /// What is sent besides.
    pub hidden: Vec<(&'static str, String)>,
    /// What is typed.
    pub fields: Vec<Field>,
    /// The drawing on the button.
    pub icon: &'static str,
    /// What the button says.
    pub button: String,
    /// What will happen.
    pub hint: String,
}

/// One line of the form.
pub struct Field {
    /// The type of the control.
    pub kind: &'static str,
    /// Its name and id.
    pub name: &'static str,
    /// Its label.
    pub label: &'static str,
    /// What stands in it.
    pub value: String,
    /// What was wrong with it; may be empty.
    pub error: String,
}

/// The form of a remedy; `came` is what was typed, if it comes back. `unlock_shown` is what Unlock is asked to carry out.
pub(super) fn mend(
    remedy: Remedy,
    diagnosis: &Diagnosis,
    person: &Person,
    came: &FormBack,
    unlock_shown: Option<String>,
) -> Option<Mend> {
    let facts = &diagnosis.facts;
    let here = format!("{}/authentication-methods", person.path);
    let field = |kind, name, label, value: String| {
        let typed = came.fields.as_ref().filter(|fields| fields.ticked(name)).map(|fields| fields.text(name));
        Field { kind, name, label, value: typed.unwrap_or(value), error: came.mistakes.of(name).to_owned() }
    };
    let of_task = |enrollment: &Enrollment, page: &str| format!("{}/tasks/{}/{page}", person.path, enrollment.task);
    let of_token = |page: &str| facts.token().map(|token| format!("{}/{page}", token_path(&token.serial)));
    let back = || vec![("back", here.clone())];
    let enrollment = facts.enrollment.as_ref();
    Some(match remedy {
        Remedy::EnableAccount => Mend {
            action: format!("{}/enable", person.path),
            hidden: back(),
            icon: "circle-check",
            button: "Enable account".into(),
            ..Mend::default()
        },
        Remedy::EditEmail => Mend {
            action: format!("{}/email", person.path),
            hidden: vec![("version", facts.user.version.to_string())],
            fields: vec![field("email", "email", "Email", facts.user.email.clone())],
            icon: "check",
            button: "Save email".into(),
            hint: "Written into the profile. No email is sent by it.".into(),
            ..Mend::default()
        },
        Remedy::Provision => Mend {
            action: "/provision".into(),
            hidden: vec![("user", person.id.to_string())],
            icon: "ticket",
            button: if enrollment.is_some() || !facts.tokens.is_empty() { "Provision anew" } else { "Provision" }.into(),
            hint: "Shows what will happen before anything is sent.".into(),
            ..Mend::default()
        },
        Remedy::GiveMoreTime => Mend {
            action: of_task(enrollment?, "more-time"),
            fields: vec![field("email", "email", "Email", facts.user.email.clone())],
            icon: "calendar",
            button: "Give more time".into(),
            hint: format!(
                "The Stop Date becomes {}, and a fresh email goes out. Another address is used once and not kept.",
                facts.policy.proposed_stop(facts.today())
            ),
            ..Mend::default()
        },
        Remedy::MoveStopDate => {
            let enrollment = enrollment?;
            let latest = facts.policy.latest_stop(enrollment.start_on);
            Mend {
                action: of_task(enrollment, "stop-date"),
                hidden: vec![("version", enrollment.version.to_string())],
                fields: vec![field("date", "stop_on", "New Stop Date", proposed(&facts.policy, enrollment, facts.today()))],
                icon: "calendar",
                button: "Apply".into(),
                hint: format!("Up to {latest} by the Self-Enrollment Policy. They are told by email."),
                ..Mend::default()
            }
        }
        Remedy::UnlockEnrollment => Mend {
            action: of_task(enrollment?, "unlock"),
            hidden: vec![("shown", unlock_shown?)],
            fields: vec![field("text", "reason", "Reason", String::new())],
            icon: "lock-open",
            button: format!("Unlock in task {}", enrollment?.task),
            hint: "For the audit log. The failed attempts go back to zero, and a fresh email goes to the address in the profile.".into(),
            ..Mend::default()
        },
        Remedy::Resend => {
            let enrollment = enrollment?;
            let after = resend::stop_after(enrollment, &facts.policy, facts.today());
            let kept = if facts.user.email.is_empty() {
                "Used for this message only and not kept."
            } else {
                "From the profile. Another address is used once and not kept."
            };
            Mend {
                action: of_task(enrollment, "edit"),
                fields: vec![field("email", "email", "Email", facts.user.email.clone())],
                icon: "send",
                button: format!("Resend task {}", enrollment.task),
                hint: format!("{kept} The Stop Date becomes {after}."),
                ..Mend::default()
            }
        }
        Remedy::ImportTokens => Mend {
            action: "/tokens/import".into(),
            link: true,
            icon: "upload",
            button: "Import tokens".into(),
            ..Mend::default()
        },
        Remedy::LookAtEmail => Mend {
            action: format!("/outbox/{}", facts.email.as_ref()?.id),
            link: true,
            icon: "mail",
            button: "Look at the email".into(),
            ..Mend::default()
        },
        Remedy::ResumeToken => Mend {
            action: of_token("resume")?,
            hidden: back(),
            icon: "player-play",
            button: format!("Resume {}", facts.token()?.serial),
            ..Mend::default()
        },
        Remedy::ReplaceToken => Mend {
            action: of_token("replace")?,
            link: true,
            icon: "refresh",
            button: format!("Replace {}", facts.token()?.serial),
            ..Mend::default()
        },
        Remedy::GiveTemporaryCode => Mend {
            action: format!("{}/temporary-code", person.path),
            link: true,
            icon: "clock",
            button: "Give a temporary code".into(),
            ..Mend::default()
        },
        Remedy::HandOver => Mend {
            action: of_task(enrollment?, "hand-over"),
            link: true,
            icon: "qrcode",
            button: "Hand over link and code".into(),
            ..Mend::default()
        },
        Remedy::UnlockToken => Mend {
            action: of_token("unlock")?,
            hidden: back(),
            fields: vec![field("text", "unlock_reason", "Reason", String::new())],
            icon: "lock-open",
            button: "Unlock token".into(),
            hint: "For the audit log. The wrong one-time passwords in a row go back to zero.".into(),
            ..Mend::default()
        },
        Remedy::ResyncToken => Mend {
            action: of_token("resync")?,
            hidden: back(),
            fields: vec![
                field("text", "first", "First one-time password", String::new()),
                field("text", "second", "The next one", String::new()),
            ],
            icon: "refresh",
            button: "Resync token".into(),
            hint: "As the caller reads them out, one after the other. Both are used up by it.".into(),
            ..Mend::default()
        },
        Remedy::EnableNode => Mend {
            action: "/auth-nodes".into(),
            link: true,
            icon: "key",
            button: "Look at the auth nodes".into(),
            ..Mend::default()
        },
        Remedy::LookAtNewer => {
            let newer = enrollment?.replaced_by?;
            Mend {
                action: format!("{here}?task={newer}"),
                link: true,
                icon: "ticket",
                button: format!("Look at task {newer}"),
                ..Mend::default()
            }
        }
    })
}

/// The Stop Date that the form proposes: as long as for a new task, within the longest period.
fn proposed(policy: &Policy, enrollment: &Enrollment, today: chrono::NaiveDate) -> String {
    policy.proposed_stop(today).min(policy.latest_stop(enrollment.start_on)).to_string()
}
