//! Who lives in the world, and in which order they come to tasks.

use crate::{
    demo::{
        people::{CONTAINERS, FIRST, LAST, ascii},
        world::{
            draw::draw,
            size::{GROUP, Size},
        },
    },
    error::{Error, Result},
    users::{Details, Typed},
};

/// The number behind the first User ID, so that it is none of those the story gives.
const FIRST_NUMBER: i64 = 10_000;

/// Somebody.
#[derive(Clone, Debug)]
pub struct Resident {
    /// The position among the users of the world.
    pub n: i64,
    /// "t.adeyemi10492".
    pub user_id: String,
    /// First and last name.
    pub first: &'static str,
    pub last: &'static str,
    /// The address.
    pub email: String,
    /// The position of the container in [`CONTAINERS`].
    pub container: usize,
    /// True if the account is disabled: one of a hundred.
    pub disabled: bool,
}

/// The `n`th of them.
pub fn resident(n: i64) -> Resident {
    let at = |list: &[&'static str], n: i64| list[usize::try_from(n).unwrap_or(0) % list.len()];
    let (first, last) = (at(&FIRST, n), at(&LAST, n / 50 + n));
    let user_id = format!("{}.{}{}", ascii(first).chars().next().unwrap_or('x'), ascii(last), FIRST_NUMBER + n);
    let email = format!("{user_id}@example.org");
    let mut position =
        draw(20, n / GROUP, i64::try_from(CONTAINERS.iter().map(|(_, size)| size).sum::<usize>()).unwrap_or(1));
    let container = CONTAINERS.iter().position(|(_, size)| {
        position -= i64::try_from(*size).unwrap_or(0);
        position < 0
    });
    Resident { n, user_id, first, last, email, container: container.unwrap_or(0), disabled: n % 100 == 41 }
}

impl Resident {
    /// As the users of the console have it.
    ///
    /// # Errors
    /// `Invalid` if a rule of users is broken.
    pub fn details(&self) -> Result<Details> {
        let mobile =
            if self.n % 3 == 0 { format!("+49 170 {:07}", draw(21, self.n, 10_000_000)) } else { String::new() };
        let custom1 = if self.n % 4 == 0 { format!("Room {}", 100 + draw(22, self.n, 700)) } else { String::new() };
        let typed = Typed {
            user_id: self.user_id.clone(),
            last_name: self.last.into(),
            first_name: self.first.into(),
            email: self.email.clone(),
            mobile,
            container: CONTAINERS[self.container].0.into(),
            custom: [custom1, String::new(), String::new()],
        };
        Details::parse(&typed).map_err(Error::Invalid)
    }
}

/// The order in which they come to tasks of one kind of token: group after group, scattered over all of them, and when
/// everybody was there, from the beginning.
#[derive(Clone, Copy, Debug)]
pub struct Round {
    groups: i64,
    stride: i64,
}

impl Round {
    /// That of a world of this size.
    pub fn of(size: &Size) -> Self {
        let groups = (size.users / GROUP).max(1);
        // Near the golden section, where neighbors land far from each other; without a common factor, so that all are met.
        let near = groups * 618 / 1_000;
        let stride = (near.max(1)..).find(|stride| gcd(*stride, groups) == 1).unwrap_or(1);
        Round { groups, stride }
    }

    /// Users until it begins anew.
    pub fn length(&self) -> i64 {
        self.groups * GROUP
    }

    /// Who comes at this position.
    pub fn user(&self, position: i64) -> i64 {
        let (group, within) = (position / GROUP % self.groups, position % GROUP);
        group * self.stride % self.groups * GROUP + within
    }
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
