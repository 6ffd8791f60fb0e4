//! Operators, users, their tasks and their tokens, for tests that begin with who.

use diesel::prelude::*;
use tokendesk::{
    clock::{Timestamp, unix_seconds},
    ids::{TaskId, TokenId, UserId},
    oath,
    operators::{BuiltIn, Who},
    policy::Policy,
    provision::choice::{Choice, Selection},
    schema::tokens as token_rows,
    tasks::{self, task::Description},
    tokens::{self, AuthenticationType, Making, MovingFactor, Seed, Standing, Token},
    users::{
        self, User,
        user::{Details, Typed},
    },
};

use super::World;

/// A token with its key, as the user's phone or device knows it.
#[derive(Clone)]
pub struct Carried {
    pub token: Token,
    pub seed: Seed,
}

impl Carried {
    /// What it shows at `at`.
    pub fn at(&self, at: Timestamp) -> String {
        let making = self.token.making;
        oath::totp(self.seed.bytes(), unix_seconds(at), making.period, making.digits, making.algorithm)
    }

    /// What it shows at the press of this number.
    pub fn press(&self, counter: u64) -> String {
        oath::hotp(self.seed.bytes(), counter, self.token.making.digits, self.token.making.algorithm)
    }
}

impl World {
    /// k.lindqvist, who may do everything.
    pub fn lindqvist(&self) -> Who {
        self.operator("k.lindqvist", BuiltIn::Operator)
    }

    /// A user in a container, made by the verb.
    pub fn user(&self, user_id: &str, container: &str) -> User {
        let typed = Typed {
            user_id: user_id.into(),
            last_name: format!("Last {user_id}"),
            first_name: "First".into(),
            email: format!("{user_id}@example.org"),
            container: container.into(),
            ..Typed::default()
        };
        let details = Details::parse(&typed).expect("the details are right");
        users::create(&self.desk, &Who::system(), self.now(), &details).expect("the user is new")
    }

    /// A task for these users, by the verb; it stops on the policy's proposed Stop Date.
    pub fn task(&self, who: &Who, users: &[UserId]) -> TaskId {
        tokendesk::provision::provision(
            &self.desk,
            who,
            self.now(),
            &Selection::Users(users.to_vec()),
            &self.app_choice(),
        )
        .expect("the users can be provisioned")
    }

    /// An authenticator app until the policy's proposed Stop Date, nobody included against the rules.
    pub fn app_choice(&self) -> Choice {
        let today = self.desk.settings.zone.today(self.now());
        Choice {
            authentication_type: AuthenticationType::AuthenticatorApp,
            description: Description::default(),
            stop_on: Policy::default().proposed_stop(today),
            include_with_token: false,
            include_with_task: false,
            hand_over: false,
        }
    }

    /// The enrollment of a user in a task.
    pub fn enrollment(&self, task: TaskId, user: UserId) -> tasks::Enrollment {
        let enrollment = self.desk.db.read(|conn| tasks::enrollments::enrollment_of(conn, task, user));
        enrollment.expect("the database answers").expect("the user was in the task")
    }

    /// Enrolls a user with a bare row of a token (the portal has tests of its own).
    pub fn enroll(&self, task: TaskId, user: UserId) -> TokenId {
        let enrollment = self.enrollment(task, user);
        let now = self.now();
        let serial = format!("TD-TEST-{}", enrollment.id);
        let token = self.desk.db.write(|conn| {
            let id: i64 = diesel::insert_into(token_rows::table)
                .values((
                    (
                        token_rows::serial.eq(&serial),
                        token_rows::serial_key.eq(&serial),
                        token_rows::authentication_type.eq(enrollment.authentication_type.code()),
                        token_rows::moving_factor.eq("time"),
                        token_rows::algorithm.eq("SHA1"),
                        token_rows::digits.eq(6i64),
                        token_rows::period.eq(30i64),
                        token_rows::seed.eq(vec![0u8; 4]),
                        token_rows::state.eq("Active"),
                        token_rows::container_id.eq(enrollment.container.0),
                        token_rows::user_id.eq(user.0),
                    ),
                    (
                        token_rows::next_counter.eq(0i64),
                        token_rows::drift.eq(0i64),
                        token_rows::failures.eq(0i64),
                        token_rows::created_at.eq(now),
                        token_rows::bound_at.eq(now),
                        token_rows::state_reason.eq(""),
                    ),
                ))
                .returning(token_rows::id)
                .get_result(conn)?;
            tasks::note_enrolled(conn, now, enrollment.id, TokenId(id))?;
            Ok(TokenId(id))
        });
        token.expect("the user may enroll")
    }

    /// An authenticator app that `user` has enrolled.
    pub fn app_of(&self, user: &User) -> Carried {
        let seed = tokens::new_seed(&self.desk);
        let token = self.desk.db.write(|conn| {
            tokens::enroll_app(&self.desk, conn, self.now(), user.id, user.container, &seed, &Standing::default())
        });
        Carried { token: token.expect("the token is new"), seed }
    }

    /// A device in inventory for everybody.
    pub fn device(&self, serial: &str, moving_factor: MovingFactor) -> Carried {
        self.device_that(serial, Making { moving_factor, ..Making::APP }, Seed::new(*b"12345678901234567890"))
    }

    /// A device in inventory for everybody.
    pub fn device_that(&self, serial: &str, making: Making, seed: Seed) -> Carried {
        let device = tokens::Device { serial: serial.into(), seed: seed.clone(), making, container: None };
        self.desk
            .db
            .write(|conn| tokens::insert_inventory(&self.desk, conn, self.now(), std::slice::from_ref(&device)))
            .expect("the serial number is new");
        Carried { token: self.token(serial), seed }
    }

    /// The token of this serial number as it is now.
    pub fn token(&self, serial: &str) -> Token {
        self.desk.db.read(|conn| tokens::by_serial(conn, serial)).expect("the database answers").expect("it is there")
    }

    /// A device that `user` has enrolled with its first value.
    pub fn device_of(&self, user: &User, serial: &str, moving_factor: MovingFactor) -> Carried {
        let device = self.device(serial, moving_factor);
        let typed = match moving_factor {
            MovingFactor::Counter => device.press(0),
            MovingFactor::Time => device.at(self.now()),
        };
        let bound = self
            .desk
            .db
            .write(|conn| tokens::bind_hardware(&self.desk, conn, self.now(), user.id, user.container, serial, &typed));
        assert!(matches!(bound, Ok(tokens::Binding::Bound(_))), "{bound:?}");
        assert_eq!(device.token.authentication_type, AuthenticationType::HardwareToken);
        Carried { token: self.token(serial), seed: device.seed }
    }
}
