//! The Self-Enrollment Policy: the numbers that Provision, the portal and the checks go by.

pub mod self_enrollment;
pub mod store;

pub use self_enrollment::Policy;
pub use store::current;
