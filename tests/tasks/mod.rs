//! Provisioning tasks: the laws of PRODUCT.md §2, by verb and by screen.

mod boxes;
mod bulk;
mod chosen;
mod edit;
mod emailed_to;
mod left_out;
mod list;
mod more_time;
mod provision;
mod reminders;
mod screens;
mod several;

use diesel::prelude::*;
use tokendesk::{
    ids::{EnrollmentId, TaskId, TokenId, UserId},
    operators::{BuiltIn, Who},
    schema::{emails, enrollments, tokens, users},
    tasks::{
        self,
        provision::{Choice, Selection},
        task::Description,
    },
    tokens::AuthenticationType,
    users::{Details, Typed, User},
};

use crate::support::World;

/// What the tests of this feature do again and again.
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
        tokendesk::users::create(&self.desk, &Who::system(), self.now(), &details).expect("the user is new")
    }

    /// `count` users in Service desk: p0000, p0001, …, put there at once.
    pub fn crowd(&self, count: usize) -> Vec<UserId> {
        let container = self.user("first.of.many", "Service desk").container;
        let at = self.now();
        let rows: Vec<_> = (0..count)
            .map(|n| {
                let name = format!("p{n:05}");
                (
                    (
                        users::user_id.eq(name.clone()),
                        users::user_id_key.eq(name.clone()),
                        users::last_name.eq("Person"),
                        users::last_name_key.eq("person"),
                        users::first_name.eq(name.clone()),
                        users::first_name_key.eq(name.clone()),
                        users::email.eq(format!("{name}@example.org")),
                        users::email_key.eq(format!("{name}@example.org")),
                    ),
                    (
                        users::mobile.eq(""),
                        users::container_id.eq(container.0),
                        users::custom1.eq(""),
                        users::custom2.eq(""),
                        users::custom3.eq(""),
                        users::created_at.eq(at),
                        users::version.eq(1i64),
                    ),
                )
            })
            .collect();
        let insert = self.desk.db.write(|conn| {
            tokendesk::insert_all!(conn, users::table, &rows)?;
            Ok(users::table
                .filter(users::user_id_key.like("p%"))
                .order(users::id)
                .select(users::id)
                .load::<i64>(conn)?)
        });
        let people = insert.expect("the users are new").into_iter().map(UserId).collect();
        // Rows that no verb wrote have no words to be found by until the upgrade makes them.
        tokendesk::users::renew(&self.desk).expect("the words can be made");
        people
    }

    /// A task for these users, by the verb; it stops on the policy's proposed Stop Date.
    pub fn task(&self, who: &Who, users: &[UserId]) -> TaskId {
        tasks::drafts::provision(&self.desk, who, self.now(), &Selection::Users(users.to_vec()), &self.app_choice())
            .expect("the users can be provisioned")
    }

    /// An authenticator app until the policy's proposed Stop Date, nobody included against the rules.
    pub fn app_choice(&self) -> Choice {
        let today = self.desk.settings.zone.today(self.now());
        Choice {
            authentication_type: AuthenticationType::AuthenticatorApp,
            description: Description::default(),
            stop_on: tokendesk::policy::Policy::default().proposed_stop(today),
            include_with_token: false,
            include_with_task: false,
        }
    }

    /// The enrollment of a user in a task.
    pub fn place(&self, task: TaskId, user: UserId) -> tasks::store::Enrollment {
        let place = self.desk.db.read(|conn| tasks::store::enrollments::enrollment_of(conn, task, user));
        place.expect("the database answers").expect("the user was in the task")
    }

    /// Enrolls a user with a bare row of a token (the portal has tests of its own).
    pub fn enroll(&self, task: TaskId, user: UserId) -> TokenId {
        let place = self.place(task, user);
        let now = self.now();
        let serial = format!("TD-TEST-{}", place.id);
        let token = self.desk.db.write(|conn| {
            let id: i64 = diesel::insert_into(tokens::table)
                .values((
                    (
                        tokens::serial.eq(&serial),
                        tokens::serial_key.eq(&serial),
                        tokens::authentication_type.eq(place.authentication_type.code()),
                        tokens::moving_factor.eq("time"),
                        tokens::algorithm.eq("SHA1"),
                        tokens::digits.eq(6i64),
                        tokens::period.eq(30i64),
                        tokens::seed.eq(vec![0u8; 4]),
                        tokens::state.eq("Active"),
                        tokens::container_id.eq(place.container.0),
                        tokens::user_id.eq(user.0),
                    ),
                    (
                        tokens::next_counter.eq(0i64),
                        tokens::drift.eq(0i64),
                        tokens::failures.eq(0i64),
                        tokens::created_at.eq(now),
                        tokens::bound_at.eq(now),
                        tokens::state_reason.eq(""),
                    ),
                ))
                .returning(tokens::id)
                .get_result(conn)?;
            tasks::note_enrolled(conn, now, place.id, TokenId(id))?;
            Ok(TokenId(id))
        });
        token.expect("the user may enroll")
    }

    /// Spends all attempts of a user.
    pub fn lock(&self, task: TaskId, user: UserId) {
        let place = self.place(task, user);
        for _ in 0..5 {
            self.desk.db.write(|conn| tasks::note_failure(conn, place.id, 5)).expect("the database answers");
        }
    }

    /// Sets what became of the newest email of an enrollment.
    pub fn mail_state(&self, enrollment: EnrollmentId, state: &str, answer: &str) {
        let last = emails::table.filter(emails::enrollment_id.eq(enrollment.0));
        self.desk
            .db
            .write(|conn| {
                Ok(diesel::update(last).set((emails::state.eq(state), emails::last_answer.eq(answer))).execute(conn)?)
            })
            .expect("the email is there");
    }

    /// Rows of the tables that Provision writes.
    pub fn provisioned_rows(&self) -> [i64; 4] {
        self.desk
            .db
            .read(|conn| {
                Ok([
                    tokendesk::schema::tasks::table.count().get_result(conn)?,
                    enrollments::table.count().get_result(conn)?,
                    emails::table.count().get_result(conn)?,
                    tokendesk::schema::enrollment_links::table.count().get_result(conn)?,
                ])
            })
            .expect("the database answers")
    }
}

/// Sabotage.
impl World {
    /// From now on the database refuses rows of `table` for which `condition` holds.
    pub fn refuse_inserts(&self, table: &str, condition: &str) {
        use diesel::connection::SimpleConnection;
        let statements = if self.desk.db.is_postgres() {
            format!(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN IF NEW.{condition} THEN RAISE EXCEPTION 'refused'; END IF; RETURN NEW; END $$; \
                 CREATE TRIGGER refuse BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION refuse();"
            )
        } else {
            format!(
                "CREATE TRIGGER refuse BEFORE INSERT ON {table} WHEN NEW.{condition} \
                 BEGIN SELECT RAISE(ABORT, 'refused'); END;"
            )
        };
        self.desk.db.write(|conn| Ok(conn.batch_execute(&statements)?)).expect("the trigger is made");
    }
}
