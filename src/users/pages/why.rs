//! The panel "Why can't this user enroll?" on a user's Authentication Methods, and the two forms of it that are sent
//! here: the email address and the Stop Date. The other forms go where their verbs have a page.

use actix_web::web::Path;

use crate::{
    error::{Error, Mistakes},
    operators::may,
    policy::Policy,
    tasks::{self, edit::Chosen, reading, resend, stop_date, store::Place},
    tokens::pages::path as token_path,
    users::{
        self,
        pages::{
            Person,
            authentication_methods::{Address, Came, draw},
        },
        user::Details,
    },
    web::{Answer, Fault, Fields, Flash, Permitted, see_other},
    why::{Check, Diagnosis, Mark, Remedy, remedy::Stage},
};

/// What the panel draws (`templates/users/why.html`).
pub struct Panel {
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
    /// Whom to ask, if somebody else may mend it; may be empty.
    pub ask: String,
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
    pub fn new(diagnosis: &Diagnosis, person: &Person, came: &Came, unlock_shown: Option<String>) -> Self {
        let mend = diagnosis.remedy.and_then(|remedy| mend(remedy, diagnosis, person, came, unlock_shown));
        let ask = diagnosis.ask.as_ref().map(|(permission, roles)| {
            format!("{} may do this: it takes the permission “{}”.", asked(roles), permission.words())
        });
        Panel {
            sentence: diagnosis.words.sentence.clone(),
            because: diagnosis.words.because.clone(),
            say: diagnosis.words.say.clone(),
            checks: diagnosis.checks.clone(),
            mend,
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
    let named: Vec<String> = roles
        .iter()
        .map(|role| {
            let vowel = role.chars().next().is_some_and(|c| "aeiouAEIOU".contains(c));
            format!("{} {role}", if vowel { "an" } else { "a" })
        })
        .collect();
    match named.as_slice() {
        [] => "Nobody here".into(),
        [one] => format!("Ask {one}, who"),
        [most @ .., last] => format!("Ask {} or {last}, who", most.join(", ")),
    }
}

fn mend(
    remedy: Remedy,
    diagnosis: &Diagnosis,
    person: &Person,
    came: &Came,
    unlock_shown: Option<String>,
) -> Option<Mend> {
    let facts = &diagnosis.facts;
    let here = format!("{}/authentication-methods", person.path);
    let field = |kind, name, label, value: String| {
        let typed = came.fields.as_ref().filter(|fields| fields.ticked(name)).map(|fields| fields.text(name));
        Field { kind, name, label, value: typed.unwrap_or(value), error: came.mistakes.of(name).to_owned() }
    };
    let of_task = |place: &Place, page: &str| format!("{}/tasks/{}/{page}", person.path, place.task);
    let of_token = |page: &str| facts.token().map(|token| format!("{}/{page}", token_path(&token.serial)));
    let back = || vec![("back", here.clone())];
    let place = facts.place.as_ref();
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
            button: if place.is_some() || !facts.tokens.is_empty() { "Provision anew" } else { "Provision" }.into(),
            hint: "Shows what will happen before anything is sent.".into(),
            ..Mend::default()
        },
        Remedy::MoveStopDate => {
            let place = place?;
            let latest = facts.policy.latest_stop(place.start_on);
            Mend {
                action: of_task(place, "stop-date"),
                hidden: vec![("version", place.version.to_string())],
                fields: vec![field("date", "stop_on", "New Stop Date", proposed(&facts.policy, place, facts.today()))],
                icon: "calendar",
                button: "Apply".into(),
                hint: format!("Up to {latest} by the Self-Enrollment Policy. They are told by email, and their link works again."),
                ..Mend::default()
            }
        }
        Remedy::UnlockEnrollment => Mend {
            action: of_task(place?, "unlock"),
            hidden: vec![("shown", unlock_shown?)],
            fields: vec![field("text", "reason", "Reason", String::new())],
            icon: "lock-open",
            button: format!("Unlock in task {}", place?.task),
            hint: "For the audit log. The failed attempts go back to zero, and a fresh email goes to the address in the profile.".into(),
            ..Mend::default()
        },
        Remedy::Resend => {
            let place = place?;
            let after = resend::stop_after(place, &facts.policy, facts.today());
            let kept = if facts.user.email.is_empty() {
                "Used for this message only and not kept."
            } else {
                "From the profile. Another address is used once and not kept."
            };
            Mend {
                action: of_task(place, "edit"),
                fields: vec![field("email", "email", "Email", facts.user.email.clone())],
                icon: "send",
                button: format!("Resend task {}", place.task),
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
        Remedy::RenewKey => return None,
    })
}

/// The Stop Date that the form proposes: as long as for a new task, within the longest period.
fn proposed(policy: &Policy, place: &Place, today: chrono::NaiveDate) -> String {
    policy.proposed_stop(today).min(policy.latest_stop(place.start_on)).to_string()
}

/// `POST /users/{user id}/email`: the address in the profile, and nothing else of it.
///
/// # Errors
/// `NotFound` out of scope; `Conflict` if someone else changed the user meanwhile.
pub async fn save_email(p: Permitted<may::EditUsers>, user_id: Path<String>, fields: Fields) -> Answer {
    let user_id = user_id.into_inner();
    let (name, email) = (user_id.clone(), fields.text("email"));
    let version = fields.text("version").parse().unwrap_or(0);
    let saved = p
        .call(move |desk, who, now| {
            if email.is_empty() {
                return Err(Error::mistake("email", "Type an address such as name@example.org."));
            }
            let user = desk.db.read(|c| users::find(c, who, &name))?;
            let details = Details::parse(&users::Typed { email, ..user.typed() }).map_err(Error::Invalid)?;
            users::edit(desk, who, now, &name, version, &details)
        })
        .await;
    match saved {
        Ok(user) => {
            p.flash(&Flash::good(format!("{} is written to {}.", user.name(), user.email), ""));
            Ok(see_other(&format!("{}/authentication-methods", Person::new(&user).path)))
        }
        Err(Fault(Error::Invalid(mistakes))) => {
            draw(p, user_id, Address::default(), Came::back(fields, mistakes)).await
        }
        Err(other) => Err(other),
    }
}

/// `POST /users/{user id}/tasks/{number}/stop-date`: the Stop Date of this one user, who is told by email.
///
/// # Errors
/// `NotFound` out of scope; `Conflict` if the user's place changed since the page was shown.
pub async fn move_stop_date(p: Permitted<may::ChangeStopDate>, path: Path<(String, String)>, fields: Fields) -> Answer {
    let (user_id, number) = path.into_inner();
    let (name, task, typed, version) =
        (user_id.clone(), number.clone(), fields.text("stop_on"), fields.text("version"));
    let moved = p
        .call(move |desk, who, now| {
            let task = reading::number(&task)?;
            let place = desk.db.read(|c| {
                let user = users::find(c, who, &name)?;
                resend::place(c, who, task, user.id)
            })?;
            if place.version.to_string() != version {
                return Err(Error::Conflict(format!("Task {task} of {name} changed since the page was shown.")));
            }
            let chosen = Chosen::These(vec![place.id]);
            let picked = tasks::edit::pick(desk, who, now, task, &chosen)?;
            let date = stop_date::new_stop_date(&typed, &picked.task, &picked.policy, picked.today)?;
            let shown = picked.shown(&desk.keys, &stop_date::moving(date));
            stop_date::change_stop_date(desk, who, now, task, &chosen, date, true, &shown)?;
            Ok(date)
        })
        .await;
    match moved {
        Ok(date) => {
            p.flash(&Flash::good(
                format!("The Stop Date is {date}."),
                "The link in the newest email works until then.",
            ));
            Ok(see_other(&format!("/users/{}/authentication-methods", crate::web::segment(&user_id))))
        }
        Err(Fault(Error::Invalid(mistakes))) => {
            draw(p, user_id, Address { task: Some(number) }, Came::back(fields, mistakes)).await
        }
        Err(other) => Err(other),
    }
}

impl Came {
    fn back(fields: Fields, mistakes: Mistakes) -> Self {
        Came { fields: Some(fields), mistakes }
    }
}
