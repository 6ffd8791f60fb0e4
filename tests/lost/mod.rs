//! The day a phone is lost: what the help desk and managers do for the user, and what becomes of the old token.

use tokendesk::{
    authentication::{self, Person},
    mail::{self, Kind},
    operators::{BuiltIn, Who},
    users::User,
};

use crate::support::{World, people::Carried};

mod caller;
mod code;
mod hand_over;
mod replace;
mod report;

impl World {
    /// s.moreau of the help desk.
    fn moreau(&self) -> Who {
        self.operator("s.moreau", BuiltIn::HelpDesk)
    }

    /// The kinds of the emails in the outbox, the newest first.
    fn letters(&self) -> Vec<Kind> {
        let read =
            |conn: &mut _| mail::rows(conn, self.now(), None, &mail::Filter::default(), mail::View::All, (0, 100));
        self.desk.db.read(read).expect("the outbox can be read").into_iter().map(|email| email.kind).collect()
    }

    /// True if an auth node would accept what `user` typed.
    fn signs_in(&self, user: &User, typed: &str) -> bool {
        let person = Person { id: Some(user.id), user_id: user.user_id.clone(), disabled: false };
        let answer = self
            .desk
            .db
            .write(|conn| authentication::check(&self.desk, conn, self.now(), &Who::system().actor, &person, typed));
        matches!(answer, Ok(authentication::Answer::Accepted { .. }))
    }

    /// As [`World::signs_in`], with what the phone shows a minute later.
    fn signs_in_later(&self, user: &User, carried: &Carried) -> bool {
        self.advance(chrono::Duration::minutes(1));
        self.signs_in(user, &carried.at(self.now()))
    }
}
