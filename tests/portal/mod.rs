//! The portal: activation code, session, key, device, proof, "try it now", and the page of every link that has ended.

mod app;
mod code;
mod device;
mod ended;
mod session;

use chrono::Duration;
use tokendesk::{
    clock::{Timestamp, unix_seconds},
    ids::TaskId,
    oath::{self, Algorithm},
    operators::Who,
    policy::Policy,
    provision::choice::{Choice, Selection},
    tasks::{self, Status, links},
    tokens::AuthenticationType,
    users::User,
};

use crate::support::{Browser, Page, World};

/// A user with an enrollment in a task, and the link and code of their email.
struct Invited {
    user: User,
    task: TaskId,
    handle: String,
    code: String,
}

impl Invited {
    fn path(&self, rest: &str) -> String {
        format!("/enroll/{}{rest}", self.handle)
    }
}

fn invite_to(world: &World, user_id: &str, authentication_type: AuthenticationType) -> Invited {
    let (who, user) = (Who::system(), world.user(user_id, "Sales"));
    let choice = Choice { authentication_type, ..world.app_choice() };
    let task =
        tokendesk::provision::provision(&world.desk, &who, world.now(), &Selection::Users(vec![user.id]), &choice);
    let task = task.expect("the user can be provisioned");
    let enrollment = world.enrollment(task, user.id);
    // The link of the email is sealed; a second one made here is as good, and it is the newest.
    let link = world.desk.db.write(|conn| {
        let link = links::make(&world.desk, conn, world.now(), enrollment.id, &Policy::default())?;
        Ok(link)
    });
    let link = link.expect("a link is made");
    Invited { user, task, handle: link.handle, code: link.code }
}

fn invite(world: &World, user_id: &str) -> Invited {
    invite_to(world, user_id, AuthenticationType::AuthenticatorApp)
}

fn status(world: &World, invited: &Invited) -> Status {
    let enrollment = world.enrollment(invited.task, invited.user.id);
    tasks::status(&enrollment.facts, 5, world.desk.settings.zone.today(world.now()))
}

fn failures(world: &World, invited: &Invited) -> i64 {
    world.enrollment(invited.task, invited.user.id).facts.failures
}

/// The key that the page shows.
fn key_of(page: &Page) -> String {
    let start = page.body.find("data-copy=\"").expect("the page has a key") + 11;
    page.body[start..].chars().take_while(|letter| *letter != '"').collect()
}

fn otp(base32: &str, at: Timestamp) -> String {
    let key = data_encoding::BASE32_NOPAD.decode(base32.as_bytes()).expect("base 32");
    oath::totp(&key, unix_seconds(at), 30, 6, Algorithm::Sha1)
}

/// Types the code and opens the key.
fn to_key(browser: &Browser, invited: &Invited) -> String {
    let page = browser.post(&invited.path(""), &[("code", &invited.code)]);
    assert_eq!(page.location(), invited.path("/key"));
    key_of(&browser.get(&invited.path("/key")).expect(200))
}

/// Enrolls in this browser; the key.
fn enroll(world: &World, browser: &Browser, invited: &Invited) -> String {
    let key = to_key(browser, invited);
    let page = browser.post(&invited.path("/key"), &[("otp", &otp(&key, world.now()))]);
    assert_eq!(page.location(), invited.path("/done"));
    key
}

/// A one-time password that is wrong for a while around now.
fn wrong(key: &str, now: Timestamp) -> String {
    (0..1_000_000)
        .map(|number| format!("{number:06}"))
        .find(|typed| (-20..20).all(|step| otp(key, now + Duration::seconds(30 * step)) != *typed))
        .expect("most are wrong")
}
