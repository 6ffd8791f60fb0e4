//! Who may do what, and where: permissions, roles, and the person a verb is carried out for.

pub mod permission;
pub mod role;
pub mod who;

pub use permission::{Permission, Permissions, may};
pub use role::{BuiltIn, Role};
pub use who::{ALL_CONTAINERS, Scope, Who, grantable};
