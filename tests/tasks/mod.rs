//! Provisioning tasks: the laws of PRODUCT.md §2, by verb and by screen.

mod boxes;
mod browser;
mod bulk;
mod edit;
mod emailed_to;
mod left_out;
mod list;
mod more_time;
mod reminders;
mod resend;
mod screens;
mod ticked;

use diesel::prelude::*;
use tokendesk::{
    ids::{EnrollmentId, TaskId, UserId},
    schema::{emails, enrollments, users},
    tasks,
};

use crate::support::World;

/// What the tests of this feature do again and again.
impl World {
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

    /// Spends all attempts of a user.
    pub fn lock(&self, task: TaskId, user: UserId) {
        let enrollment = self.enrollment(task, user);
        for _ in 0..5 {
            self.desk.db.write(|conn| tasks::note_failure(conn, enrollment.id, 5)).expect("the database answers");
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
