//! What the roles chose, what was typed, and what that changes.

use super::alert::{Delivery, Event};
use crate::{
    clock::Timestamp,
    error::{Mistakes, Result},
    ids::RoleId,
    operators::Permissions,
};

/// A role, and how it is told of each kind of event.
#[derive(Clone, Debug)]
pub struct RoleChoices {
    /// The role.
    pub role: RoleId,
    /// Its name.
    pub name: String,
    /// What it holds.
    pub permissions: Permissions,
    /// The choices that are not Off.
    pub on: Vec<AlertChoice>,
}

/// How a role is told of one kind of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlertChoice {
    /// What happens.
    pub event: Event,
    /// How it is told.
    pub delivery: Delivery,
    /// What happened before is not told.
    pub since: Timestamp,
}

impl RoleChoices {
    /// How the role is told of `event`.
    pub fn of(&self, event: Event) -> Delivery {
        self.on.iter().find(|choice| choice.event == event).map_or(Delivery::Off, |choice| choice.delivery)
    }

    /// The choices that have an effect: what the role may not see it is not told.
    pub fn effective(&self) -> impl Iterator<Item = AlertChoice> {
        self.on.iter().copied().filter(|choice| self.permissions.has(choice.event.permission()))
    }

    /// What is wrong with choosing `code` for `event`; empty if nothing is.
    pub fn mistake(&self, event: Event, code: &str) -> String {
        match Delivery::from_code(code) {
            None => "Choose Off, At once or Daily digest.".into(),
            Some(delivery) if delivery != Delivery::Off && !self.permissions.has(event.permission()) => {
                format!("{} may not “{}”, and cannot be told.", self.name, event.permission().label())
            }
            Some(_) => String::new(),
        }
    }
}

/// The form as it was sent: the code that was chosen for a role and an event. What is not in it stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertForm(Vec<(RoleId, Event, String)>);

impl AlertForm {
    /// From the fields of the form; those of another name are left out.
    pub fn of<'a>(fields: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let read = |(name, code): (&str, &str)| {
            let (event, role) = name.rsplit_once("--")?;
            Some((role.parse().map(RoleId).ok()?, Event::from_code(event)?, code.trim().to_owned()))
        };
        AlertForm(fields.filter_map(read).collect())
    }

    /// The code for a role and an event; `None` if it was not in the form.
    pub fn code(&self, role: RoleId, event: Event) -> Option<&str> {
        self.0.iter().find(|(of, what, _)| *of == role && *what == event).map(|(.., code)| code.as_str())
    }

    /// What the form changes in `roles`. A role that was removed meanwhile is told nothing anyway.
    ///
    /// # Errors
    /// `Invalid` with a sentence for each kind of event, named by its word.
    pub fn differences(&self, roles: &[RoleChoices]) -> Result<Vec<Difference>> {
        let mut mistakes = Mistakes::default();
        let mut differences = Vec::new();
        for role in roles {
            for event in Event::ALL {
                let Some(code) = self.code(role.role, event) else { continue };
                let sentence = role.mistake(event, code);
                if let (true, Some(new)) = (sentence.is_empty(), Delivery::from_code(code)) {
                    let old = role.of(event);
                    if old != new {
                        differences.push(Difference { role: role.role, name: role.name.clone(), event, old, new });
                    }
                } else {
                    mistakes.add(event.code(), sentence);
                }
            }
        }
        mistakes.into_result()?;
        Ok(differences)
    }
}

/// The name of the field for a role and an event.
pub fn field(role: RoleId, event: Event) -> String {
    format!("{}--{role}", event.code())
}

/// What a choice was and is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The role.
    pub role: RoleId,
    /// Its name.
    pub name: String,
    /// What happens.
    pub event: Event,
    /// Before.
    pub old: Delivery,
    /// After.
    pub new: Delivery,
}

/// A line of the Change Log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub at: Timestamp,
    /// The UserID of who changed it.
    pub operator: String,
    /// The name of the role at that time.
    pub role: String,
    /// What happens, in words.
    pub event: String,
    /// Before, in words.
    pub old: String,
    /// After, in words.
    pub new: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{error::Error, operators::BuiltIn};

    fn role(id: i64, role: BuiltIn) -> RoleChoices {
        RoleChoices {
            role: RoleId(id),
            name: role.name().into(),
            permissions: role.permissions(),
            on: vec![AlertChoice {
                event: Event::LockOut,
                delivery: Delivery::Daily,
                since: "2026-11-20T13:32:00".parse().unwrap(),
            }],
        }
    }

    fn typed(fields: &[(&str, &str)]) -> AlertForm {
        AlertForm::of(fields.iter().copied())
    }

    #[test]
    fn the_form_changes_what_differs_and_leaves_the_rest() {
        let roles = [role(1, BuiltIn::Operator), role(3, BuiltIn::HelpDesk)];
        let fields =
            [("lock-out--1", "daily"), ("failed-mail--3", "at-once"), ("version", "4"), ("expired--9", "daily")];
        let told: Vec<_> =
            typed(&fields).differences(&roles).unwrap().into_iter().map(|d| (d.name, d.event, d.old, d.new)).collect();
        assert_eq!(told, [("Help desk".into(), Event::FailedMail, Delivery::Off, Delivery::AtOnce)]);
        assert!(AlertForm::default().differences(&roles).unwrap().is_empty());
    }

    #[test]
    fn a_role_is_not_told_of_what_it_may_not_see() {
        let blind = RoleChoices { permissions: Permissions::default(), ..role(7, BuiltIn::Auditor) };
        let wrong = |fields: &[(&str, &str)]| match typed(fields).differences(std::slice::from_ref(&blind)) {
            Err(Error::Invalid(mistakes)) => mistakes,
            other => panic!("{other:?}"),
        };
        let mistakes = wrong(&[("failed-mail--7", "daily"), ("expired--7", "sometimes")]);
        assert_eq!(mistakes.of("failed-mail"), "Auditor may not “see the outbox”, and cannot be told.");
        assert_eq!(mistakes.of("expired"), "Choose Off, At once or Daily digest.");
        assert_eq!(blind.effective().count(), 0);
        assert!(typed(&[("lock-out--7", "off")]).differences(&[blind]).is_ok());
    }
}
