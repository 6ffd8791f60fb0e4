//! What operators do with emails of the outbox: send again, try now, cancel (PRODUCT.md §6).

use diesel::prelude::*;
use tokendesk::{
    error::Error,
    ids::{EmailId, TaskId},
    mail::{self, Email, EndedTry, Filter, Kind, Verdict, View},
    operators::{BuiltIn, Who},
    tasks::{
        remove, stop_date,
        ticked_users::{self, TickedUsers},
    },
    users::User,
};

use crate::support::World;

mod kinds;
mod pages;
mod races;
mod ticked;
mod verbs;
mod waits;

impl World {
    /// All emails, the oldest first.
    fn outbox(&self) -> Vec<Email> {
        let filter = Filter::default();
        let all = self.desk.db.read(|conn| mail::rows(conn, self.now(), None, &filter, View::All, (0, 100_000)));
        let mut list = all.expect("the outbox can be read");
        list.reverse();
        list
    }

    /// The newest email of this kind.
    fn newest(&self, kind: Kind) -> Email {
        self.outbox().into_iter().rfind(|email| email.kind == kind).expect("there is one")
    }

    /// The words of the states of all emails, the oldest first.
    fn states(&self) -> Vec<&'static str> {
        self.outbox().iter().map(|email| email.state.code()).collect()
    }

    /// A worker takes all that is due, and the mail server answers this to it; how many emails that were.
    fn deliver(&self, verdict: Verdict) -> usize {
        let answer = match verdict {
            Verdict::Accepted => "250 2.0.0 queued",
            Verdict::RefusedForNow => "451 4.7.1 Greylisted",
            Verdict::Refused => "550 5.1.1 No such user here",
        };
        let claimed = mail::claim(&self.desk, self.now(), "worker", 100_000).expect("the database answers");
        let settled: Vec<EndedTry> = claimed
            .into_iter()
            .map(|email| EndedTry { worker: "worker".into(), email, verdict, answer: answer.into() })
            .collect();
        mail::settle(&self.desk, self.now(), &settled).expect("the database answers");
        settled.len()
    }

    /// Takes users out of a task, and tells them.
    fn tell_canceled(&self, who: &Who, task: TaskId, users: &[&User]) {
        let ticked = TickedUsers::These(users.iter().map(|user| self.enrollment(task, user.id).id).collect());
        let preview = ticked_users::preview(&self.desk, who, self.now(), task, &ticked).expect("they can be ticked");
        let shown = preview.shown(&self.desk.keys, remove::REMOVE);
        remove::remove_users(&self.desk, who, self.now(), task, &ticked, true, &shown).expect("they can be removed");
    }

    /// Moves the Stop Date of a user, and tells them.
    fn move_stop(&self, who: &Who, task: TaskId, user: &User, date: &str) {
        let (date, ticked) =
            (date.parse().expect("a date"), TickedUsers::These(vec![self.enrollment(task, user.id).id]));
        let preview = ticked_users::preview(&self.desk, who, self.now(), task, &ticked).expect("they can be ticked");
        let shown = preview.shown(&self.desk.keys, &stop_date::moving(date));
        stop_date::change_stop_date(&self.desk, who, self.now(), task, &ticked, date, true, &shown)
            .expect("the date may be");
    }

    /// Gives a user another address.
    fn set_email(&self, user: &User, email: &str) {
        use tokendesk::schema::users;
        let change = (users::email.eq(email), users::email_key.eq(email));
        let row = users::table.find(user.id.0);
        self.desk.db.write(|conn| Ok(diesel::update(row).set(change).execute(conn)?)).expect("the user is there");
    }

    /// An email that tells a.berg that their enrollment was canceled, refused by the mail server.
    fn refused_notice(&self, who: &Who) -> (User, Email) {
        let user = self.user("a.berg", "Sales");
        let task = self.task(who, &[user.id]);
        self.deliver(Verdict::Accepted);
        self.tell_canceled(who, task, &[&user]);
        self.deliver(Verdict::Refused);
        (user, self.newest(Kind::Canceled))
    }
}

/// The sentence with which a verb refused.
#[track_caller]
fn why<T: std::fmt::Debug>(outcome: Result<T, Error>) -> String {
    match outcome {
        Err(Error::Conflict(why) | Error::Refused(why)) => why,
        other => panic!("expected a refusal: {other:?}"),
    }
}

fn provisioned(world: &World, who: &Who) -> (User, TaskId, Email) {
    let user = world.user("a.berg", "Sales");
    let task = world.task(who, &[user.id]);
    (user, task, world.newest(Kind::Enrollment))
}

/// Fails the test unless there is no such email for `who`.
#[track_caller]
fn missing<T: std::fmt::Debug>(outcome: Result<T, Error>, id: EmailId) {
    assert!(matches!(&outcome, Err(Error::NotFound { name, .. }) if *name == id.to_string()), "{outcome:?}");
}

fn auditor(world: &World) -> Who {
    world.operator("otto", BuiltIn::Auditor)
}
