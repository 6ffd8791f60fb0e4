//! The screens of Assignment.

use crate::{
    db::AnyConn,
    error::{Mistakes, Result},
    operators::{Scope, Who},
    users::{
        self, Typed,
        user::{DEFAULT_CONTAINER, Details},
    },
    web::Fields,
};

pub mod authentication_methods;
pub mod check_caller;
pub mod detail;
pub mod edit;
pub mod file;
pub mod import;
pub mod list;
pub mod new;
mod person;
pub mod preview;
pub mod temporary_code;

pub use person::Person;

/// The address of these screens.
const IMPORT: &str = "/users/import";

/// The fields of Create User and Edit (`templates/users/fields.html`).
pub struct Form {
    /// As it was typed.
    pub typed: Typed,
    /// The name of a container that is to be made.
    pub new_container: String,
    /// What is wrong with it.
    pub mistakes: Mistakes,
    /// The containers to choose from.
    pub containers: Vec<String>,
    /// True if a new container may be named.
    pub may_make: bool,
}

impl Form {
    fn new(typed: Typed) -> Self {
        let (new_container, mistakes) = (String::new(), Mistakes::default());
        Form { typed, new_container, mistakes, containers: Vec::new(), may_make: false }
    }

    /// Reads what was sent.
    fn read(fields: &Fields) -> Self {
        let typed = Typed {
            user_id: fields.text("user_id"),
            last_name: fields.text("last_name"),
            first_name: fields.text("first_name"),
            email: fields.text("email"),
            mobile: fields.text("mobile"),
            container: fields.text("container"),
            custom: [fields.text("custom1"), fields.text("custom2"), fields.text("custom3")],
        };
        Form { new_container: fields.text("new_container"), ..Form::new(typed) }
    }

    /// Checks all of it. A new container counts before one that was chosen.
    fn details(&self) -> Result<Details> {
        let mut typed = self.typed.clone();
        if !self.new_container.is_empty() {
            typed.container = self.new_container.clone();
        }
        Details::parse(&typed).map_err(crate::error::Error::Invalid)
    }

    /// Adds what there is to choose from.
    fn with_choices(mut self, conn: &mut AnyConn, who: &Who) -> Result<Self> {
        self.containers = users::containers(conn, &who.scope)?.into_iter().map(|(_, name)| name).collect();
        self.may_make = who.scope == Scope::All;
        if self.containers.is_empty() && self.may_make {
            self.containers.push(DEFAULT_CONTAINER.into());
        }
        Ok(self)
    }

    /// The sentence at a field; empty if there is none.
    pub fn error(&self, field: &str) -> &str {
        self.mistakes.of(field)
    }

    /// True if this container is the chosen one.
    pub fn chosen(&self, container: &str) -> bool {
        crate::db::key(&self.typed.container) == crate::db::key(container)
    }
}
