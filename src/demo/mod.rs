//! The demo: a believable world, made by calling the verbs of real use with a clock that is moved along.

pub mod pages;
pub mod people;
pub mod plan;
pub mod story;
pub mod world;

/// Someone who may sign in to the demo.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    /// The UserID.
    pub user_id: &'static str,
    /// Their name.
    pub name: &'static str,
    /// Their role.
    pub role: &'static str,
    /// Where they work; empty for everywhere.
    pub containers: &'static [&'static str],
}

/// The password of all of them: it guards nothing, and the page says so.
pub const PASSWORD: &str = "have-a-look-around";

/// The operators of the demo, one of each role and one who works in two containers only.
pub const ACCOUNTS: &[Account] = &[
    Account { user_id: "k.lindqvist", name: "Kim Lindqvist", role: "Operator", containers: &[] },
    Account { user_id: "m.okafor", name: "Maya Okafor", role: "Provisioning manager", containers: &[] },
    Account { user_id: "j.tanaka", name: "Jun Tanaka", role: "Provisioning manager", containers: &[] },
    Account { user_id: "s.moreau", name: "Sam Moreau", role: "Help desk", containers: &[] },
    Account { user_id: "d.iyer", name: "Devi Iyer", role: "Help desk", containers: &["Sales", "Service desk"] },
    Account { user_id: "a.reyes", name: "Alex Reyes", role: "Auditor", containers: &[] },
];
