//! Why a user cannot enroll: every situation, brought about by the verbs, with its sentence and its remedy.

use chrono::Duration;
use tokendesk::{
    authentication,
    ids::TaskId,
    mail::{self, Carrier, Mailbox, courier, mailbox::Refusal},
    oath::{self, Algorithm},
    operators::{BuiltIn, Who},
    portal::{Step, Visit},
    provision::choice::{Choice, Selection},
    tasks,
    tokens::{AuthenticationType, Seed},
    users::{self, Details, Typed, User},
    why::{self, Diagnosis, Mark, Remedy, Situation},
};

use crate::support::World;

mod address;
mod email;
mod enrolling;
mod page;
mod several;
mod task;
mod token;

/// A user in a task, with the link and the code of their newest email.
struct Invited {
    user: User,
    task: TaskId,
    handle: String,
    code: String,
}

/// The diagnosis for an Operator.
fn diagnosis(world: &World, user: &User) -> Diagnosis {
    diagnosis_by(world, &Who::system(), user, None)
}

fn diagnosis_by(world: &World, who: &Who, user: &User, task: Option<TaskId>) -> Diagnosis {
    world
        .desk
        .db
        .read(|conn| {
            let user = users::find(conn, &Who::system(), &user.user_id)?;
            why::diagnose(&world.desk, conn, who, world.now(), user, task)
        })
        .expect("the database answers")
}

/// Fails the test unless the user's situation is this one, with this in its words; the remedy that goes with it, for
/// somebody who may do everything.
#[track_caller]
fn is(world: &World, user: &User, situation: Situation, words: &str) -> Option<Remedy> {
    let found = diagnosis(world, user);
    assert_eq!(found.situation, situation, "{:?}", found.words);
    let all = format!("{} {} {}", found.words.sentence, found.words.because, found.words.say);
    assert!(all.contains(words), "“{words}” is not in “{all}”");
    for check in &found.checks {
        let words = check.words.to_lowercase();
        let bad = [
            "not ", "refused", "wrong", "rejected", "ended", "came back", "canceled", "deferred", "disabled", "older",
            "time ran out", "no ",
        ];
        let says_bad = bad.iter().any(|word| words.contains(word));
        assert!(!(check.mark == Mark::Good && says_bad), "a tick beside “{}”", check.words);
        let good = ["accepted", "is enabled", "email sent", "link opened", "enrolled with"];
        let says_good = good.iter().any(|word| words.contains(word)) && !says_bad;
        assert!(!(check.mark == Mark::Bad && says_good), "a cross beside “{}”", check.words);
    }
    let causes: Vec<_> = found.checks.iter().filter(|check| check.cause).collect();
    match situation.stage() {
        Some(stage) => {
            assert_eq!(causes.len(), 1, "{:?}", found.checks);
            assert_eq!((causes[0].stage, causes[0].mark == Mark::Good), (stage, false));
        }
        None => assert!(found.checks.iter().all(|check| check.mark == Mark::Good), "{:?}", found.checks),
    }
    found.remedy
}

fn provision(world: &World, user: &User, authentication_type: AuthenticationType) -> TaskId {
    let choice = Choice { authentication_type, ..world.app_choice() };
    let chosen = Selection::Users(vec![user.id]);
    tokendesk::provision::provision(&world.desk, &world.lindqvist_or_known(), world.now(), &chosen, &choice)
        .expect("the user can be provisioned")
}

/// Carries what is due to a mailbox that refuses everything with `answer`, if there is one.
fn carry(world: &World, answer: Option<&'static str>) -> Mailbox {
    let mailbox = Mailbox::with_trouble(move |_, _| {
        let answer = answer?.to_owned();
        Some(if answer.starts_with('4') { Refusal::ForNow(answer) } else { Refusal::ForGood(answer) })
    });
    courier::run_once(&world.desk, &Carrier::Mailbox(mailbox.clone())).expect("the courier runs");
    mailbox
}

/// The handle and the code of the newest email to `user` in a mailbox.
fn link_to(world: &World, mailbox: &Mailbox, user: &User) -> (String, String) {
    let (parcels, _) = mailbox.search(&user.email, 0, 10);
    let link = parcels.into_iter().find_map(|parcel| parcel.link(&world.desk.settings)).expect("an email with a link");
    let (path, code) = link.split_once('#').expect("it carries the code");
    (path.rsplit_once('/').expect("it has a handle").1.to_owned(), code.to_owned())
}

/// A user of Sales in a task, who got the email.
fn invite(world: &World, authentication_type: AuthenticationType) -> Invited {
    let user = world.user("t.adeyemi", "Sales");
    let task = provision(world, &user, authentication_type);
    let (handle, code) = link_to(world, &carry(world, None), &user);
    Invited { user, task, handle, code }
}

fn invite_app(world: &World) -> Invited {
    invite(world, AuthenticationType::AuthenticatorApp)
}

impl Invited {
    fn visit(&self, session: Option<String>) -> Visit {
        Visit { handle: self.handle.clone(), session, address: "192.0.2.9".into(), request: "test".into() }
    }

    fn open(&self, world: &World) {
        tokendesk::portal::open(&world.desk, world.now(), &self.visit(None)).expect("the page opens");
    }

    /// Types an activation code; the session, if it was right.
    fn types(&self, world: &World, code: &str) -> Option<String> {
        match tokendesk::portal::accept_code(&world.desk, world.now(), &self.visit(None), code)
            .expect("the page answers")
        {
            Step::Done(_, session) => Some(session),
            _ => None,
        }
    }

    /// Types the right code; a visit with the session.
    fn comes_in(&self, world: &World) -> Visit {
        self.open(world);
        let session = self.types(world, &self.code).expect("the code is right");
        self.visit(Some(session))
    }

    /// The key that is shown.
    fn key(&self, world: &World, visit: &Visit) -> Seed {
        match tokendesk::portal::show_key(&world.desk, world.now(), visit).expect("the page answers") {
            Step::Done(_, seed) => seed,
            _ => panic!("no key is shown"),
        }
    }

    /// Proves the key by what an app shows whose clock is off by so many seconds; true if it was taken.
    fn proves(&self, world: &World, visit: &Visit, off: i64) -> bool {
        let typed = app(&self.key(world, visit), world, off);
        matches!(tokendesk::portal::prove(&world.desk, world.now(), visit, &typed), Ok(Step::Done(..)))
    }

    /// Enrolls an app; its key.
    fn enrolls(&self, world: &World) -> Seed {
        let visit = self.comes_in(world);
        let seed = self.key(world, &visit);
        assert!(self.proves(world, &visit, 0));
        seed
    }

    /// Claims a device; true if it was given.
    fn claims(&self, world: &World, visit: &Visit, serial: &str, typed: &str) -> bool {
        matches!(tokendesk::portal::claim_device(&world.desk, world.now(), visit, serial, typed), Ok(Step::Done(..)))
    }
}

/// What an app shows whose clock is off by so many seconds.
fn app(seed: &Seed, world: &World, off: i64) -> String {
    let at = world.now() + Duration::seconds(off);
    oath::totp(seed.bytes(), tokendesk::clock::unix_seconds(at), 30, 6, Algorithm::Sha1)
}

/// A value that the app shows at no time near now.
fn wrong(seed: &Seed, world: &World) -> String {
    let near: Vec<String> = (-400..=400).map(|step| app(seed, world, 30 * step)).collect();
    (0..1_000_000).map(|n| format!("{n:06}")).find(|typed| !near.contains(typed)).expect("most are wrong")
}

/// An auth node asks; true if it was accepted.
fn signs_in(world: &World, user: &User, typed: &str) -> bool {
    let node = authentication::add_node(&world.desk, &Who::command_line(), world.now(), &world.desk.random.handle());
    let caller =
        authentication::admit(&world.desk, world.now(), Some(&node.expect("its name is new")), "192.0.2.1", "r");
    authentication::authenticate(&world.desk, &caller.expect("a key"), world.now(), &user.user_id, typed)
        .expect("it may ask")
}

/// A user without an email address.
fn without_email(world: &World, user_id: &str) -> User {
    let typed = Typed {
        user_id: user_id.into(),
        last_name: "Adeyemi".into(),
        first_name: "Tobi".into(),
        container: "Sales".into(),
        ..Typed::default()
    };
    let details = Details::parse(&typed).expect("the details are right");
    users::create(&world.desk, &Who::system(), world.now(), &details).expect("the user is new")
}

/// Takes the address out of a user's profile.
fn forget_email(world: &World, user: &User) {
    let user = world.desk.db.read(|conn| users::find(conn, &Who::system(), &user.user_id)).expect("the user is there");
    let details = Details::parse(&Typed { email: String::new(), ..user.typed() }).expect("the details are right");
    users::edit(&world.desk, &Who::system(), world.now(), &user.user_id, user.version, &details).expect("it is saved");
}

impl World {
    /// k.lindqvist, whether a test has made the operator or not.
    fn lindqvist_or_known(&self) -> Who {
        let known = self.desk.db.read(|conn| tokendesk::operators::row(conn, "k.lindqvist"));
        match known.expect("the database answers") {
            None => self.operator("k.lindqvist", BuiltIn::Operator),
            Some(operator) => {
                let at_work =
                    self.desk.db.read(|conn| tokendesk::operators::at_work(conn, operator.id, "192.0.2.17", "test"));
                at_work.expect("the database answers").expect("an operator").who
            }
        }
    }
}

/// Cancels what waits for the user, as taking it out of the outbox does.
fn cancel_waiting(world: &World, invited: TaskId, user: &User) {
    let enrollment = world.enrollment(invited, user.id);
    world.desk.db.write(|conn| mail::cancel_waiting(conn, &[enrollment.id])).expect("it is canceled");
}
