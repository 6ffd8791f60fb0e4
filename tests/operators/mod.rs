//! Operators: signing in, sessions, what each role may open, and who may change whom.

use tokendesk::{
    ids::OperatorId,
    operators::{self, NewOperator, Who},
};

use crate::support::{Browser, World, browser::Page};

mod audit_log;
mod command_line;
mod guards;
pub mod managing;
mod nodes;
pub mod routes;
mod sessions;
mod verbs;

/// A password that is taken.
pub const PASSWORD: &str = "a walk in the rain";

/// Another one.
pub const OTHER_PASSWORD: &str = "a ride through the snow";

/// An operator to be added.
pub fn new(user_id: &str, role: &str) -> NewOperator {
    NewOperator {
        user_id: user_id.into(),
        name: String::new(),
        email: String::new(),
        role: role.into(),
        password: PASSWORD.into(),
        must_change_password: false,
        containers: None,
    }
}

/// An operator who signs in with [`PASSWORD`].
pub fn add(world: &World, user_id: &str, role: &str) -> OperatorId {
    operators::add(&world.desk, &Who::command_line(), world.now(), new(user_id, role)).expect("the operator is added")
}

/// Sends the sign-in form.
pub fn sign_in(browser: &Browser, user_id: &str, password: &str) -> Page {
    browser.post("/sign-in", &[("user_id", user_id), ("password", password)])
}

/// True if the browser is signed in.
pub fn is_signed_in(browser: &Browser) -> bool {
    browser.get("/account").status == 200
}
