//! What happens at the same moment: a user who enrolls, and an operator who changes what they enroll with. However it
//! ends, there is one winner, nobody is told of a database that fell over itself, and every count is right.

mod counting;
mod devices;
mod one_user;
mod storm;

use std::{sync::Barrier, thread};

use diesel::{QueryableByName, RunQueryDsl, sql_query};
use tokendesk::{
    clock::unix_seconds,
    counts,
    db::AnyConn,
    error::{Error, Result},
    ids::{EnrollmentId, TaskId},
    oath::{self, Algorithm},
    operators::{Scope, Who},
    policy::Policy,
    portal::{Step, Visit},
    provision::choice::{Choice, Selection},
    tasks::{
        self, links, remove,
        ticked_users::{self, TickedUsers},
    },
    tokens::{AuthenticationType, Token},
    users::User,
};

use crate::support::{World, people::Carried};

/// How often each pair meets: who is first differs from time to time.
const ROUNDS: usize = 8;

/// A user at the last step: what they type now enrolls them.
struct Guest {
    user: User,
    task: TaskId,
    enrollment: EnrollmentId,
    visit: Visit,
    typed: String,
    device: Option<String>,
}

/// How a user's last step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// They have a token.
    Enrolled,
    /// The link had ended, or the session with it.
    TooLate,
    /// What they typed was refused.
    Refused,
}

impl Guest {
    /// A user in a task of their own, with the activation code typed.
    fn with_app(world: &World, user_id: &str) -> Self {
        let user = world.user(user_id, "Sales");
        let task = provision(world, &[&user], AuthenticationType::AuthenticatorApp);
        Guest::come(world, user, task, None)
    }

    /// As [`Guest::with_app`], with a device in hand.
    fn with_device(world: &World, user_id: &str, device: &Carried) -> Self {
        let user = world.user(user_id, "Sales");
        let task = provision(world, &[&user], AuthenticationType::HardwareToken);
        Guest::come(world, user, task, Some(device))
    }

    /// The user opens their link and types the code.
    fn come(world: &World, user: User, task: TaskId, device: Option<&Carried>) -> Self {
        let enrollment = world.enrollment(task, user.id).id;
        // The link of the email is sealed; a second one made here is as good, and it is the newest.
        let link =
            world.desk.db.write(|conn| links::make(&world.desk, conn, world.now(), enrollment, &Policy::default()));
        let link = link.expect("a link is made");
        let mut visit =
            Visit { handle: link.handle, session: None, address: "192.0.2.9".into(), request: "test".into() };
        match tokendesk::portal::accept_code(&world.desk, world.now(), &visit, &link.code) {
            Ok(Step::Done(_, session)) => visit.session = Some(session),
            other => panic!("the code is right: {other:?}"),
        }
        let typed = match device {
            Some(device) => device.press(0),
            None => match tokendesk::portal::show_key(&world.desk, world.now(), &visit) {
                Ok(Step::Done(_, seed)) => oath::totp(seed.bytes(), unix_seconds(world.now()), 30, 6, Algorithm::Sha1),
                _ => panic!("the key is shown"),
            },
        };
        Guest { user, task, enrollment, visit, typed, device: device.map(|device| device.token.serial.clone()) }
    }

    /// The last step.
    fn enroll(&self, world: &World) -> End {
        ended(self.try_to_enroll(world).expect("the portal answers"))
    }

    fn try_to_enroll(&self, world: &World) -> Result<Step<Token>> {
        let (desk, now) = (&world.desk, world.now());
        match &self.device {
            Some(serial) => tokendesk::portal::claim_device(desk, now, &self.visit, serial, &self.typed),
            None => tokendesk::portal::prove(desk, now, &self.visit, &self.typed),
        }
    }

    fn ticked(&self) -> TickedUsers {
        TickedUsers::These(vec![self.enrollment])
    }

    /// What the page showed an operator before `change`.
    fn shown(&self, world: &World, change: &str) -> String {
        shown(world, self.task, &self.ticked(), change)
    }
}

fn ended(step: Step<Token>) -> End {
    match step {
        Step::Done(..) => End::Enrolled,
        Step::Wrong(_) => End::Refused,
        Step::Ended(_) | Step::NoSession => End::TooLate,
        Step::Empty(_) | Step::Unknown => panic!("something was typed, into a link there is"),
    }
}

fn shown(world: &World, task: TaskId, ticked: &TickedUsers, change: &str) -> String {
    let preview = ticked_users::preview(&world.desk, &Who::system(), world.now(), task, ticked);
    preview.expect("they can be changed").shown(&world.desk.keys, change)
}

fn provision(world: &World, users: &[&User], authentication_type: AuthenticationType) -> TaskId {
    let choice = Choice { authentication_type, ..world.app_choice() };
    let ticked = Selection::Users(users.iter().map(|user| user.id).collect());
    tokendesk::provision::provision(&world.desk, &Who::system(), world.now(), &ticked, &choice)
        .expect("they can be provisioned")
}

/// Both at the same moment.
fn at_once<A: Send, B: Send>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B + Send) -> (A, B) {
    let start = Barrier::new(2);
    thread::scope(|scope| {
        let first = scope.spawn(|| {
            start.wait();
            one()
        });
        start.wait();
        let second = other();
        (first.join().expect("no panic"), second)
    })
}

/// True if it was done, false if it was refused because something was different meanwhile. Anything else fails the test.
#[track_caller]
fn done<T>(outcome: Result<T>) -> bool {
    match outcome {
        Ok(_) => true,
        // Nobody is left to be ticked: that is said of a form.
        Err(Error::Conflict(_) | Error::Refused(_) | Error::Invalid(_)) => false,
        Err(other) => panic!("nobody should be told of this: {other}"),
    }
}

/// Sums that must be nothing, whatever has happened.
const LAWS: &[(&str, &str)] = &[
    (
        "an enrolled user has a token, and nobody else has one of a place",
        "SELECT COUNT(*) AS n FROM enrollments WHERE (enrolled_at IS NULL) <> (token_id IS NULL)",
    ),
    (
        "a token is of one place",
        "SELECT COUNT(*) AS n FROM (SELECT token_id FROM enrollments WHERE token_id IS NOT NULL GROUP BY token_id HAVING COUNT(*) > 1) t",
    ),
    (
        "a token that a user enrolled is theirs, unless it was taken back",
        "SELECT COUNT(*) AS n FROM enrollments e JOIN tokens t ON t.id = e.token_id WHERE t.user_id <> e.user_id",
    ),
    (
        "who was removed has not enrolled afterwards",
        "SELECT COUNT(*) AS n FROM enrollments WHERE removed_at IS NOT NULL AND enrolled_at IS NOT NULL",
    ),
    (
        "one code of a place works, at most",
        "SELECT COUNT(*) AS n FROM (SELECT enrollment_id FROM enrollment_links WHERE superseded_at IS NULL \
         GROUP BY enrollment_id HAVING COUNT(*) > 1) l",
    ),
    (
        "no enrollment email waits for somebody who was removed",
        "SELECT COUNT(*) AS n FROM emails m JOIN enrollments e ON e.id = m.enrollment_id WHERE e.removed_at IS NOT NULL \
         AND m.state IN ('Queued', 'Deferred') AND m.kind IN ('enrollment', 'reminder')",
    ),
    (
        "one enrollment email of a place waits, at most",
        "SELECT COUNT(*) AS n FROM (SELECT enrollment_id FROM emails WHERE state IN ('Queued', 'Deferred') \
         AND kind IN ('enrollment', 'reminder') GROUP BY enrollment_id HAVING COUNT(*) > 1) m",
    ),
    (
        "a place knows its newest email",
        "SELECT COUNT(*) AS n FROM enrollments e JOIN emails m ON m.id = e.last_email_id WHERE m.shown_to <> e.emailed_to",
    ),
    (
        "the audit log has every enrollment once",
        "SELECT ABS((SELECT COUNT(*) FROM enrollments WHERE enrolled_at IS NOT NULL) \
         - (SELECT COUNT(*) FROM audit_entries WHERE verb = 'enrollment.enroll')) AS n",
    ),
    (
        "the audit log has every user who was taken out of a task",
        "SELECT ABS((SELECT COUNT(*) FROM enrollments WHERE removed_at IS NOT NULL AND removed_why <> 'replaced') \
         - (SELECT COUNT(*) FROM audit_entries WHERE verb = 'tasks.remove_user')) AS n",
    ),
    (
        "a task knows the newest email of its users",
        "SELECT COUNT(*) AS n FROM tasks t WHERE COALESCE(t.last_email_id, 0) <> COALESCE((SELECT MAX(m.id) \
         FROM enrollments e JOIN emails m ON m.enrollment_id = e.id AND m.task_id = e.task_id \
         WHERE e.task_id = t.id AND (e.removed_at IS NULL OR e.removed_why = 'task removed')), 0)",
    ),
    (
        "the earliest Stop Date of a task is that of one of its users",
        "SELECT COUNT(*) AS n FROM tasks t WHERE t.users > 0 AND t.earliest_stop_on <> (SELECT MIN(e.stop_on) FROM enrollments e \
         WHERE e.task_id = t.id AND (e.removed_at IS NULL OR e.removed_why = 'task removed'))",
    ),
    (
        "the latest Stop Date of a task is that of one of its users",
        "SELECT COUNT(*) AS n FROM tasks t WHERE t.users > 0 AND t.latest_stop_on <> (SELECT MAX(e.stop_on) FROM enrollments e \
         WHERE e.task_id = t.id AND (e.removed_at IS NULL OR e.removed_why = 'task removed'))",
    ),
];

/// Fails the test unless everything that is kept agrees with what can be counted.
#[track_caller]
fn all_agrees(world: &World) {
    #[derive(QueryableByName)]
    struct Number {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        n: i64,
    }
    let read = |conn: &mut AnyConn, sql: &str| -> Result<i64> {
        let rows: Vec<Number> = sql_query(sql).load(conn)?;
        Ok(rows[0].n)
    };
    for (law, sql) in LAWS {
        let broken = world.desk.db.read(|conn| read(conn, sql)).expect(law);
        assert_eq!(broken, 0, "{law}");
    }
    let miscounted = world.desk.db.read(counts::miscounted).expect("the tasks can be counted");
    assert!(miscounted.is_empty(), "{miscounted:?}");
    let today = world.desk.settings.zone.today(world.now());
    let kind = AuthenticationType::HardwareToken;
    let stock = world
        .desk
        .db
        .read(|conn| tokendesk::provision::stock(conn, &Scope::All, kind, today))
        .expect("the stock can be counted");
    let (inventory, reserved) = world
        .desk
        .db
        .read(|conn| {
            let inventory = read(conn, "SELECT COUNT(*) AS n FROM tokens WHERE state = 'Inventory'")?;
            let reserved = format!(
                "SELECT COUNT(*) AS n FROM enrollments e JOIN tasks t ON t.id = e.task_id WHERE e.removed_at IS NULL \
                 AND t.removed_at IS NULL AND e.enrolled_at IS NULL AND e.authentication_type = '{}' \
                 AND (e.stop_on >= '{today}' OR e.failures >= 5) AND NOT EXISTS (SELECT 1 FROM tokens d \
                   WHERE d.user_id = e.user_id AND d.state = 'Assigned')",
                kind.code()
            );
            Ok((inventory, read(conn, &reserved)?))
        })
        .expect("they can be counted");
    assert_eq!((stock.inventory, stock.reserved), (Some(inventory), reserved));
}
