//! What is out of scope shows nowhere: every page says the same whether it exists or not, in every word and every number.

use std::{collections::BTreeMap, thread};

use actix_web::http::Method;
use diesel::{RunQueryDsl, connection::SimpleConnection, prelude::*};
use tokendesk::{
    app,
    ids::{EnrollmentId, TaskId, UserId},
    mail::{self, Facts, Kind, NewEmail},
    operators::BuiltIn,
    provision::choice::Selection,
    schema::{audit_entries, enrollments},
    tasks,
    users::User,
};

use super::{
    Which, fill, missing, told,
    world::{Actor, LEGAL, SALES, Shared, Side, table},
};
use crate::{on_both, support::World};

/// What every list is asked for, besides nothing: all views and filters there are anywhere, and searches for what is out
/// of scope. Pages leave aside what they do not know. `NEXT` and `LAST` stand for the numbers of tasks out of scope.
const QUERIES: &[&str] = &[
    "",
    "q=quillon",
    "status=locked&sort=-stop&q=quillon&size=200",
    "q=quillon.clerk",
    "q=quillon@example.org",
    "q=QUILLON-1",
    "q=QUILLON-2",
    "q=wave&size=200",
    "q=NEXT&state=all&size=200",
    "q=LAST&state=any&view=mail",
    "state=any&user_id=quillon&size=200",
    "state=disabled&last_name=quillon",
    "state=all&message=enrollment&size=200",
    "state=failed&email=quillon",
    "container=Quillon+chambers&state=any",
    "operator=quillon.boss&view=past",
    "operator=quillon.clerk&view=locked",
    "view=stopping&action=users",
    "view=mine&action=operators",
    "action=tasks&from=2026-11-01&to=2026-11-30",
    "page=2&size=25",
    "type=totp&stop=week&all=1",
    "role=Operator&sort=sign-in",
];

/// How many of them the page of one thing is asked for: those that look into the list on it.
const OF_ONE_THING: usize = 3;

/// Tasks with users from inside and outside of the scope.
pub struct Mixed {
    pub open: TaskId,
    /// Those inside have enrolled.
    pub half: TaskId,
}

impl World {
    /// The part of the mixed tasks that is in scope.
    pub fn mixed(&self) -> Mixed {
        let who = self.lindqvist();
        let task = |end: &str| {
            let user = self.someone(&SALES, end).id;
            let chosen = Selection::Users(vec![user]);
            let task = tokendesk::provision::provision(&self.desk, &who, self.now(), &chosen, &self.app_choice());
            (task.expect("the user can be provisioned"), user)
        };
        let ((open, _), (half, user)) = (task("mixed"), task("half"));
        self.complete(half, user);
        // A sum over the whole task, which is told as long as all of it is in scope.
        let of_task = audit_entries::task_id.eq_any([open.0, half.0]);
        let sums = audit_entries::table.filter(of_task.and(audit_entries::user_id.is_null()));
        self.desk.db.write(|conn| Ok(diesel::delete(sums.clone()).execute(conn)?)).expect("the entries can be deleted");
        Mixed { open, half }
    }

    /// Gives a user an enrollment in a task that was made, as if they had been chosen with the others.
    pub fn join(&self, task: TaskId, user: &User) {
        let (UserId(row), now) = (user.id, self.now());
        let joined = self.desk.db.write(|conn| {
            conn.batch_execute(&format!(
                "INSERT INTO enrollments (task_id, user_id, authentication_type, stop_on, failures, removed_by, \
                 removed_why, emailed_to, emailed_at, version) SELECT task_id, {row}, authentication_type, stop_on, 0, \
                 '', '', '{}', emailed_at, 1 FROM enrollments WHERE task_id = {task}",
                user.email
            ))?;
            let enrollment =
                enrollments::table.filter(enrollments::user_id.eq(row).and(enrollments::task_id.eq(task.0)));
            let enrollment: i64 = enrollment.select(enrollments::id).first(conn)?;
            let email = NewEmail {
                kind: Kind::Enrollment,
                to: user.email.clone(),
                alternate: false,
                user: Some(user.id),
                container: Some(user.container),
                task: Some(task),
                enrollment: Some(EnrollmentId(enrollment)),
                facts: Facts { user_id: user.user_id.clone(), name: user.name(), ..Facts::default() },
                secret: None,
                give_up_at: self.desk.settings.zone.end_of("2026-11-27".parse().expect("a date")),
            };
            mail::post(&self.desk, conn, now, "k.lindqvist", &[email])?;
            tasks::note_last_emails(conn, task)
        });
        joined.expect("the user is new to the task");
    }

    /// Forgets that reports were exported, which is written down.
    fn forget_exports(&self) {
        let exports = audit_entries::table.filter(audit_entries::verb.like("reports.%"));
        self.desk.db.write(|conn| Ok(diesel::delete(exports).execute(conn)?)).expect("the entries can be deleted");
    }
}

/// What every address says to `actor`, by address. Files come last: that they were made is in the audit log.
fn pages(actor: &Actor, sales: &Side, shared: &Shared, mixed: &Mixed) -> BTreeMap<String, [String; 3]> {
    let table = table(actor, sales, sales, shared);
    let (next, last) = ((mixed.half.0 + 1).to_string(), (mixed.half.0 + 2).to_string());
    let mut addresses = Vec::new();
    for route in app::routes(false) {
        if route.method != Method::GET || route.gate.permissions().is_none() || missing(route.gate, actor).is_some() {
            continue;
        }
        let queries = if route.path.contains('{') { &QUERIES[..OF_ONE_THING] } else { QUERIES };
        addresses.push((fill(route.path, &table, |_| Which::Inside).expect("every segment has a line"), queries));
        for task in [mixed.open, mixed.half].iter().filter(|_| route.path.starts_with("/tasks/{number}")) {
            addresses.push((route.path.replace("{number}", &task.to_string()), queries));
        }
    }
    addresses.sort_by_key(|(address, _)| address.ends_with(".csv"));
    let mut pages = BTreeMap::new();
    for (address, queries) in addresses {
        for query in queries {
            let address = format!("{address}?{}", query.replace("NEXT", &next).replace("LAST", &last));
            // The audit log as a file holds the files that were taken before it, whose numbers follow from what others took.
            let told = told(&actor.browser.get(&address)).map(|text| {
                let lines: Vec<&str> = text.lines().filter(|line| !line.contains(",reports.download,")).collect();
                lines.join("\n")
            });
            pages.insert(address.clone(), told);
        }
    }
    pages
}

/// The first line that differs.
pub fn first_difference(before: &[String; 3], after: &[String; 3]) -> String {
    let lines = |page: &[String; 3]| page.join("\n").lines().map(str::to_owned).collect::<Vec<_>>();
    let (before, after) = (lines(before), lines(after));
    let n = (0..).find(|n| before.get(*n) != after.get(*n)).unwrap_or_default();
    format!("{:?} became {:?}", before.get(n), after.get(n))
}

on_both! {
    fn every_page_says_the_same_whether_what_is_out_of_scope_exists_or_not(world) {
        let shared = world.shared();
        let (sales, mixed) = (world.side(&SALES), world.mixed());
        let actor = |role: BuiltIn| {
            world.actor(&format!("sales.{}", role as u8), role.name(), role.permissions(), Some(sales.container))
        };
        let actors = BuiltIn::ALL.map(actor);
        let look = || {
            thread::scope(|scope| {
                let looking = actors.each_ref().map(|actor| scope.spawn(|| pages(actor, &sales, &shared, &mixed)));
                looking.map(|one| one.join().expect("the pages can be opened"))
            })
        };
        let before = look();
        world.forget_exports();
        let legal = world.side(&LEGAL);
        world.join(mixed.open, &legal.user);
        world.join(mixed.half, &world.someone(&LEGAL, "half"));
        let after = look();
        // By what differs: one leak shows on many pages.
        let mut leaks = BTreeMap::new();
        for ((actor, before), after) in actors.iter().zip(&before).zip(&after) {
            for (address, page) in before.iter().filter(|(address, page)| **page != after[*address]) {
                let seen = format!("{address} for {}", actor.who.actor.role);
                leaks.entry(first_difference(page, &after[address])).or_insert(seen);
            }
        }
        let list: Vec<String> = leaks.iter().map(|(words, address)| format!("{address}: {words}")).collect();
        assert!(list.is_empty(), "pages tell of what is out of scope:\n{}", list.join("\n"));
    }
}
