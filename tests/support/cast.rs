//! Users and their tokens, for tests that begin with who.

use tokendesk::{
    clock::{Timestamp, unix_seconds},
    oath,
    operators::Who,
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
    /// A user in the container Sales.
    pub fn person(&self, user_id: &str) -> User {
        self.person_in(user_id, "Sales")
    }

    /// A user in this container.
    pub fn person_in(&self, user_id: &str, container: &str) -> User {
        let typed = Typed {
            user_id: user_id.into(),
            last_name: "Adeyemi".into(),
            first_name: "Tobi".into(),
            email: format!("{user_id}@example.org"),
            container: container.into(),
            ..Typed::default()
        };
        let details = Details::parse(&typed).expect("the details are right");
        users::create(&self.desk, &Who::system(), self.now(), &details).expect("the user is new")
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
