//! What happened in the demo world in the last weeks: which tasks were made, and how far each user came.

use crate::tokens::AuthenticationType::{self, AuthenticatorApp, HardwareToken};

/// How far a user comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Enrolls, and then uses the token.
    Completes,
    /// Enrolls, and has not used the token yet.
    Enrolls,
    /// Types wrong codes until the enrollment is Locked.
    LocksOut,
    /// Opens the link, and no more.
    OpensOnly,
    /// Does not even open it.
    DoesNothing,
}

/// A task of the demo world.
#[derive(Clone, Copy, Debug)]
pub struct PlannedTask {
    /// How many days before today it was made.
    pub days_ago: i64,
    /// Hour and minute of the day (UTC) it was made.
    pub at: (u32, u32),
    /// The UserID of who made it.
    pub operator: &'static str,
    /// The kind of token.
    pub kind: AuthenticationType,
    /// What it is for.
    pub description: &'static str,
    /// From which container; "" takes from all.
    pub container: &'static str,
    /// How many users.
    pub users: usize,
    /// Days until the Stop Date.
    pub days: i64,
    /// Of a hundred users: how many completed, enrolled without using it, locked themselves out. The rest did nothing.
    pub shares: [usize; 3],
}

impl PlannedTask {
    /// How far the `n`th of `count` users comes, so that the shares come out.
    pub fn fate(&self, n: usize, count: usize) -> Fate {
        let upto = |share: usize| (count * share).div_ceil(100);
        let [completed, enrolled, locked] = self.shares;
        let (a, b, c) = (upto(completed), upto(completed + enrolled), upto(completed + enrolled + locked));
        match n {
            _ if n < a => Fate::Completes,
            _ if n < b => Fate::Enrolls,
            _ if n < c => Fate::LocksOut,
            _ if n.is_multiple_of(3) => Fate::OpensOnly,
            _ => Fate::DoesNothing,
        }
    }
}

const fn task(
    (days_ago, hour, minute): (i64, u32, u32),
    operator: &'static str,
    (kind, container, description): (AuthenticationType, &'static str, &'static str),
    (users, days): (usize, i64),
    shares: [usize; 3],
) -> PlannedTask {
    PlannedTask { days_ago, at: (hour, minute), operator, kind, description, container, users, days, shares }
}

const KIM: &str = "k.lindqvist";
const MAYA: &str = "m.okafor";
const JUN: &str = "j.tanaka";

/// In the order they were made. Some were finished, which is why they are not on the list of open tasks.
#[rustfmt::skip]
pub const TASKS: &[PlannedTask] = &[
    task((39, 7, 5), MAYA, (AuthenticatorApp, "Legal", "Legal, first wave"), (12, 14), [100, 0, 0]),
    task((38, 8, 40), KIM, (AuthenticatorApp, "Service desk", "Service desk pilot"), (9, 14), [100, 0, 0]),
    task((36, 12, 10), JUN, (AuthenticatorApp, "Finance", "Finance pilot"), (8, 7), [100, 0, 0]),
    task((31, 9, 20), KIM, (AuthenticatorApp, "Warehouse", "Warehouse, early shift"), (15, 29), [76, 0, 7]),
    task((29, 8, 15), JUN, (HardwareToken, "Facilities", "Gate keepers, pocket tokens"), (6, 28), [67, 0, 0]),
    task((28, 13, 0), MAYA, (AuthenticatorApp, "Sales", "Sales, field team north"), (44, 14), [86, 0, 0]),
    task((26, 9, 30), KIM, (AuthenticatorApp, "Finance", "Finance, month-end closers"), (5, 28), [60, 0, 20]),
    task((24, 10, 45), JUN, (AuthenticatorApp, "Sales", "Contractors Q4"), (17, 26), [80, 6, 0]),
    task((22, 7, 50), MAYA, (AuthenticatorApp, "Warehouse", "Warehouse tablets"), (29, 23), [76, 4, 4]),
    task((21, 11, 5), KIM, (AuthenticatorApp, "", "New starters, first of the month"), (2, 25), [50, 0, 0]),
    task((20, 8, 0), JUN, (HardwareToken, "Warehouse", "Forklift drivers without phones"), (8, 24), [62, 0, 12]),
    task((20, 14, 30), MAYA, (AuthenticatorApp, "Facilities", "Facilities, replacement phones"), (24, 21), [80, 4, 4]),
    task((18, 9, 10), KIM, (AuthenticatorApp, "Legal", "Outside counsel"), (4, 12), [50, 0, 0]),
    task((17, 8, 35), JUN, (AuthenticatorApp, "Sales", "Sales, field team south"), (31, 24), [78, 3, 0]),
    task((16, 12, 20), MAYA, (AuthenticatorApp, "Service desk", "Second line"), (6, 20), [66, 0, 0]),
    task((15, 7, 15), KIM, (AuthenticatorApp, "Warehouse", "Warehouse, late shift"), (32, 16), [36, 3, 4]),
    task((14, 10, 0), MAYA, (AuthenticatorApp, "", "Works council"), (3, 18), [34, 0, 0]),
    task((13, 9, 0), JUN, (AuthenticatorApp, "Sales", "All of Sales"), (86, 28), [55, 5, 2]),
    task((12, 13, 40), KIM, (HardwareToken, "Service desk", "On-call pocket tokens"), (4, 20), [50, 25, 0]),
    task((12, 15, 5), MAYA, (AuthenticatorApp, "Finance", "Finance, autumn rotation"), (18, 13), [78, 5, 5]),
    task((11, 8, 25), JUN, (AuthenticatorApp, "Facilities", "Facilities, cleaning lead"), (1, 14), [0, 0, 0]),
    task((10, 9, 45), KIM, (AuthenticatorApp, "Warehouse", "Warehouse, night shift"), (57, 24), [70, 4, 2]),
    task((10, 14, 0), MAYA, (AuthenticatorApp, "Legal", "Paralegals"), (10, 14), [50, 10, 0]),
    task((9, 7, 40), JUN, (AuthenticatorApp, "", "Leavers' replacements"), (6, 13), [66, 0, 0]),
    task((8, 11, 30), KIM, (AuthenticatorApp, "Service desk", "Service desk, new starters November"), (12, 15), [42, 9, 9]),
    task((8, 12, 15), MAYA, (AuthenticatorApp, "Finance", "Audit season temps"), (9, 14), [45, 11, 0]),
    task((7, 8, 5), JUN, (HardwareToken, "Finance", "Payment approvers, pocket tokens"), (3, 21), [34, 0, 0]),
    task((7, 10, 50), KIM, (AuthenticatorApp, "Facilities", "Building managers"), (5, 14), [40, 0, 20]),
    task((6, 9, 15), MAYA, (AuthenticatorApp, "", "Roll-out of the second site"), (140, 29), [45, 4, 2]),
    task((5, 13, 25), JUN, (AuthenticatorApp, "Sales", "Trade fair crew"), (12, 9), [34, 8, 0]),
    task((5, 14, 10), KIM, (AuthenticatorApp, "Warehouse", "Returns desk"), (4, 14), [25, 0, 25]),
    task((4, 8, 20), MAYA, (AuthenticatorApp, "", "Data protection office"), (3, 14), [66, 0, 0]),
    task((4, 9, 55), JUN, (AuthenticatorApp, "Finance", "Treasury"), (2, 14), [50, 0, 0]),
    task((3, 7, 30), KIM, (AuthenticatorApp, "", "Lost phones, week 46"), (7, 14), [28, 14, 0]),
    task((3, 12, 40), MAYA, (AuthenticatorApp, "Service desk", "Weekend cover"), (3, 14), [0, 34, 0]),
    task((2, 9, 5), JUN, (AuthenticatorApp, "Facilities", "Facilities, new starters"), (9, 14), [23, 0, 0]),
    task((2, 15, 20), KIM, (AuthenticatorApp, "Sales", "Partner managers"), (4, 7), [25, 0, 0]),
    task((1, 8, 45), MAYA, (AuthenticatorApp, "Warehouse", "Inventory count helpers"), (12, 9), [17, 0, 0]),
    task((1, 10, 30), JUN, (AuthenticatorApp, "Finance", "Phone replaced"), (1, 14), [0, 0, 0]),
    task((1, 13, 15), KIM, (HardwareToken, "Legal", "Court room tokens"), (2, 14), [0, 0, 0]),
    task((0, 7, 10), MAYA, (AuthenticatorApp, "Sales", "New starters, Monday"), (4, 14), [0, 0, 0]),
    task((0, 8, 30), JUN, (AuthenticatorApp, "Facilities", "Facilities, lost phone"), (1, 14), [0, 0, 0]),
    task((0, 10, 5), KIM, (AuthenticatorApp, "Service desk", "Help desk seat 14"), (1, 7), [0, 0, 0]),
];

/// What the mail server says of some addresses: the number of the person (by the order of the list) and the answer.
pub const TROUBLE: &[(usize, &str)] = &[
    (17, "550 5.1.1 No such user here"),
    (61, "552 5.2.2 Mailbox full"),
    (133, "550 5.1.1 No such user here"),
    (187, "451 4.7.1 Greylisted, try again later"),
    (211, "552 5.2.2 Mailbox full"),
    (255, "550 5.1.1 No such user here"),
    (301, "450 4.2.1 Mailbox busy"),
    (333, "550 5.7.1 Relay access denied"),
    (377, "451 4.3.0 Temporary lookup failure"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_are_planned_in_the_order_they_are_made() {
        let moments: Vec<_> = TASKS.iter().map(|task| (-task.days_ago, task.at)).collect();
        assert!(moments.is_sorted());
    }

    #[test]
    fn the_world_has_enough_to_look_at() {
        let sizes: Vec<_> = TASKS.iter().filter(|task| task.shares[0] < 100).map(|task| task.users).collect();
        assert_eq!(sizes.len(), 40);
        assert_eq!((sizes.iter().min(), sizes.iter().max()), (Some(&1), Some(&140)));
    }
}
