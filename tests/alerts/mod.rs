//! Operator alerts: who is told what by email, when, and once.

mod page;
mod recipients;
mod sending;

use chrono::Duration;
use diesel::prelude::*;
use tokendesk::{
    alerts::{self, AlertForm, Delivery, Event},
    clock::Timestamp,
    ids::{OperatorId, RoleId, TaskId, UserId},
    mail::{self, EndedTry, Facts, Verdict, letter::alert::Alert},
    operators::{BuiltIn, Permissions, Who},
    schema::{emails, operators, roles},
    tasks::{self, missed::FailureKind},
};

use crate::support::World;

/// What the tests of this feature do again and again.
impl World {
    /// Moves the clock to this moment of the organization's wall clock (Berlin in winter: an hour before it in UTC).
    pub fn clock_at(&self, local: &str) -> Timestamp {
        let local: Timestamp = local.parse().expect("a time");
        self.desk.clock.set(local - Duration::hours(1));
        self.now()
    }

    /// The row of a role.
    pub fn role(&self, name: &str) -> RoleId {
        let choices = self.desk.db.read(alerts::choices).expect("the database answers");
        choices.into_iter().find(|choice| choice.name == name).expect("there is such a role").role
    }

    /// A role of their own that holds these permissions.
    pub fn own_role(&self, name: &str, held: Permissions) -> RoleId {
        let names = held.to_names();
        let id = self.desk.db.write(|conn| {
            let row = (
                roles::name.eq(name),
                roles::name_key.eq(name.to_lowercase()),
                roles::built_in.eq(false),
                roles::permissions.eq(&names),
            );
            Ok(diesel::insert_into(roles::table).values(row).returning(roles::id).get_result(conn)?)
        });
        RoleId(id.expect("the role is new"))
    }

    /// Suspends an operator, or lets them work again.
    pub fn suspend(&self, who: &Who, is: bool) {
        let OperatorId(id) = who.operator.expect("an operator");
        let change = operators::suspended_at.eq(is.then(|| self.now()));
        let row = operators::table.find(id);
        self.desk.db.write(|conn| Ok(diesel::update(row).set(change).execute(conn)?)).expect("the operator is there");
    }

    /// Chooses how a role is told, and lets the server see it.
    pub fn choose(&self, role: &str, event: Event, delivery: Delivery) {
        let field = alerts::choice::field(self.role(role), event);
        let typed = AlertForm::of([(field.as_str(), delivery.code())].into_iter());
        let version = self.desk.db.read(alerts::version).expect("the database answers");
        alerts::change(&self.desk, &Who::system(), self.now(), &typed, version).expect("the choice can be made");
        self.round();
    }

    /// A round of the server; how many emails it posted.
    pub fn round(&self) -> usize {
        alerts::send(&self.desk, self.now()).expect("the database answers")
    }

    /// An operator with an email address who works in these containers.
    pub fn told(&self, user_id: &str, role: BuiltIn, containers: Option<&[&str]>) -> Who {
        let ids: Option<Vec<_>> = containers.map(|names| {
            let find = |name: &&str| self.user(&format!("first.of.{}", name.to_lowercase()), name).container;
            names.iter().map(find).collect()
        });
        let who = match &ids {
            None => self.operator(user_id, role),
            Some(ids) => self.operator_in(user_id, role, ids),
        };
        self.set_address(&who, Some(&format!("{user_id}@desk.example")));
        who
    }

    /// Gives an operator an email address, or takes it away.
    pub fn set_address(&self, who: &Who, email: Option<&str>) {
        let OperatorId(id) = who.operator.expect("an operator");
        let row = operators::table.find(id);
        let change = operators::email.eq(email);
        self.desk.db.write(|conn| Ok(diesel::update(row).set(change).execute(conn)?)).expect("the operator is there");
    }

    /// Spends all attempts of a user in the portal, at this moment.
    pub fn lock_now(&self, task: TaskId, user: UserId) {
        let enrollment = self.enrollment(task, user).id;
        let outcome = self.desk.db.write(|conn| {
            while tasks::note_failure(conn, enrollment, 5)?.is_some() {}
            tasks::note_missed(conn, self.now(), enrollment, FailureKind::Code)
        });
        outcome.expect("the database answers");
    }

    /// The mail server refuses all that waits; how many emails that were.
    pub fn refuse_mail(&self) -> usize {
        let claimed = mail::claim(&self.desk, self.now(), "test", 1_000).expect("the database answers");
        let settled: Vec<EndedTry> = claimed
            .into_iter()
            .map(|email| EndedTry {
                worker: "test".into(),
                email,
                verdict: Verdict::Refused,
                answer: "550 5.1.1 no such user".into(),
            })
            .collect();
        mail::settle(&self.desk, self.now(), &settled).expect("the database answers");
        settled.len()
    }

    /// The alerts in the outbox, in the order they were posted: address and facts.
    pub fn alerts(&self) -> Vec<(String, Alert)> {
        let kind = mail::Kind::Alert.code();
        let sent = emails::table.filter(emails::kind.eq(kind)).order(emails::id);
        let rows: Vec<(String, String)> =
            self.desk.db.read(|conn| Ok(sent.select((emails::shown_to, emails::facts)).load(conn)?)).expect("emails");
        let facts = |facts: &str| serde_json::from_str::<Facts>(facts).expect("facts").alert.expect("an alert");
        rows.into_iter().map(|(to, json)| (to, facts(&json))).collect()
    }

    /// To whom the alerts went and their sums: "k.lindqvist@desk.example: 1 lock-out".
    pub fn sums(&self) -> Vec<String> {
        self.alerts().into_iter().map(|(to, alert)| format!("{to}: {}", alert.sum)).collect()
    }
}
