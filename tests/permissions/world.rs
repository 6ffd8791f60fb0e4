//! A world of two containers with one of everything in each, and the one table that fills the `{segments}` of addresses
//! from it.

use diesel::prelude::*;
use tokendesk::{
    audit::{self, Entry, Verb},
    authentication,
    ids::{ContainerId, RoleId, WorkId},
    operators::{BuiltIn, Permission, Permissions, Who},
    provision::choice::Selection,
    schema::{audit_entries, auth_nodes, emails, enrollment_links},
    tasks::task::Description,
    tokens::{self, Making, MovingFactor, Seed},
    users::{self, Details, Typed},
    work::{self, Kind, NewPiece},
};

use crate::support::{Browser, World};

/// What things are called in a container. Every text about them begins with `mark`, so that a page shows it if it shows
/// anything of theirs.
pub struct Names {
    pub container: &'static str,
    pub mark: &'static str,
}

/// Where the operators of these tests work.
pub const SALES: Names = Names { container: "Sales", mark: "marigold" };
/// Where they do not.
pub const LEGAL: Names = Names { container: "Quillon chambers", mark: "quillon" };

/// One of everything in a container.
pub struct Side {
    pub container: ContainerId,
    pub user: users::User,
    pub task: i64,
    pub enrollment: i64,
    pub email: i64,
    pub entry: i64,
    pub serial: String,
    pub handle: String,
    /// Holds nothing, so that whoever manages operators may change them.
    pub operator: String,
    pub draft: String,
    work: WorkId,
}

/// An operator of the test, who works everywhere or in Sales.
pub struct Actor {
    pub who: Who,
    pub browser: Browser,
    /// An entry of the audit log about themselves.
    entry: i64,
    draft: String,
    /// Long work that they asked for.
    work: WorkId,
}

/// What fills a segment.
pub struct Fixture {
    /// The word before the segment, and the segment: "tasks/{number}".
    pub segment: &'static str,
    /// A name that exists for who works in Sales.
    pub inside: String,
    /// One that there is, and not for them; `None` for what is in no container.
    pub outside: Option<String>,
    /// One that nothing has.
    pub missing: &'static str,
}

/// What is in no container.
pub struct Shared {
    role: RoleId,
    node: i64,
}

/// The fixtures of all segments, for `actor`. **A new segment needs a line here**, and nothing else.
pub fn table(actor: &Actor, sales: &Side, legal: &Side, shared: &Shared) -> Vec<Fixture> {
    let scoped = |segment, inside: &dyn ToString, outside: &dyn ToString, missing| Fixture {
        segment,
        inside: inside.to_string(),
        outside: Some(outside.to_string()),
        missing,
    };
    let shared_by_all = |segment, inside: &dyn ToString| Fixture {
        segment,
        inside: inside.to_string(),
        outside: None,
        missing: "no-such-thing",
    };
    vec![
        scoped("users/{user}", &sales.user.user_id, &legal.user.user_id, "no.such.user"),
        scoped("tasks/{number}", &sales.task, &legal.task, "999991"),
        scoped("outbox/{id}", &sales.email, &legal.email, "999992"),
        // What everybody may read who reads anything of the log: their own entries.
        scoped("audit/{id}", &actor.entry, &legal.entry, "999993"),
        // A draft is its operator's own.
        scoped("provision/{draft}", &actor.draft, &legal.draft, "no-such-draft"),
        // Long work is its operator's own, for all but those who may read the audit log of all containers.
        scoped("work/{id}", &actor.work, &legal.work, "999995"),
        scoped("tokens/{serial}", &sales.serial, &legal.serial, "NO-SUCH-TOKEN"),
        scoped("operators/{operator}", &sales.operator, &legal.operator, "no.such.operator"),
        // Roles, auth nodes and the words of emails count in all containers.
        shared_by_all("roles/{role}", &shared.role),
        shared_by_all("auth-nodes/{node}", &shared.node),
        shared_by_all("messages/{kind}", &"canceled"),
        // Open to everybody, with no scope: style sheets, the portal, the mailbox of the demo.
        shared_by_all("static/{file:.*}", &"app.css"),
        shared_by_all("enroll/{handle}", &sales.handle),
        shared_by_all("mailbox/{id}", &"1"),
    ]
}

/// The roles of these tests: the built-in ones, one for each permission alone, and one that holds nothing.
pub fn roles() -> Vec<(String, Permissions)> {
    let built_in = BuiltIn::ALL.into_iter().map(|role| (role.name().to_owned(), role.permissions()));
    let single = Permission::ALL.iter().map(|one| (format!("Only {}", one.name()), [*one].into_iter().collect()));
    built_in.chain(single).chain([(NOTHING.to_owned(), Permissions::default())]).collect()
}

/// The role that holds nothing.
const NOTHING: &str = "Nothing";

impl World {
    /// Makes the roles that are not built in, and what is in no container.
    pub fn shared(&self) -> Shared {
        authentication::add_node(&self.desk, &Who::command_line(), self.now(), "VPN").expect("the auth node is new");
        let made = self.desk.db.write(|conn| {
            for (name, held) in roles().into_iter().skip(BuiltIn::ALL.len()) {
                tokendesk::roles::insert(conn, &name, held)?;
            }
            let role = tokendesk::roles::insert(conn, "Spare", Permissions::default())?;
            Ok(Shared { role, node: auth_nodes::table.select(auth_nodes::id).first(conn)? })
        });
        made.expect("the roles are new")
    }

    /// An operator of these tests, with a draft and an entry in the audit log; no container: who works everywhere.
    pub fn actor(&self, user_id: &str, role: &str, held: Permissions, container: Option<ContainerId>) -> Actor {
        let containers = container.map(|one| [one]);
        let who = self.operator_of(user_id, role, held, containers.as_ref().map(|list| list.as_slice()));
        let draft = format!("draft-of-{user_id}");
        let made = self.desk.db.write(|conn| {
            let operator = who.operator.expect("an operator");
            tokendesk::provision::draft_rows::insert(
                conn,
                self.now(),
                &draft,
                operator,
                &Selection::Users(Vec::new()),
            )?;
            let entry = Entry::done(&who.actor, Verb::OperatorsSignIn, "Signed in").subject(user_id);
            audit::record(conn, self.now(), &entry)?;
            let own = audit_entries::table.filter(audit_entries::actor.eq(user_id));
            let piece = NewPiece {
                kind: Kind::Provision,
                title: format!("Provision everybody for {user_id}"),
                about: "Authenticator app".into(),
                asked: "{}".into(),
                back: "/users".into(),
                total: 2_000,
            };
            Ok((own.select(audit_entries::id).first(conn)?, work::ask(conn, &who, self.now(), &piece)?))
        });
        let browser = Browser::signed_in(&self.url, &self.desk, &who);
        let (entry, work) = made.expect("the rows are new");
        Actor { who, browser, entry, draft, work }
    }

    /// One of everything in a container.
    pub fn side(&self, names: &Names) -> Side {
        let mark = names.mark;
        let user = self.someone(names, "");
        let containers = [user.container];
        let held = BuiltIn::Operator.permissions();
        let boss = self.operator_of(&format!("{mark}.boss"), BuiltIn::Operator.name(), held, Some(&containers));
        let clerk = format!("{mark}.clerk");
        let clerk = self.actor(&clerk, NOTHING, Permissions::default(), Some(user.container));
        // Open, completed, locked, too late; and a task of its own that was removed.
        let crowd: Vec<users::User> = ["used", "locked", "late"].map(|end| self.someone(names, end)).into();
        let ids: Vec<_> = crowd.iter().map(|one| one.id).chain([user.id]).collect();
        let mut choice = self.app_choice();
        choice.description = Description::parse(&format!("{mark} wave")).expect("a description");
        let provision = |ids: &[tokendesk::ids::UserId]| {
            let chosen = Selection::Users(ids.to_vec());
            tokendesk::provision::provision(&self.desk, &boss, self.now(), &chosen, &choice)
                .expect("they can be provisioned")
        };
        let removed = provision(&[self.someone(names, "removed").id]);
        self.remove_task(removed);
        let task = provision(&ids);
        self.complete(task, crowd[0].id);
        self.lock(task, crowd[1].id);
        self.stop(task, crowd[2].id, "2026-11-19");
        let enrollment = self.enrollment(task, user.id).id;
        self.mail_state(enrollment, "Failed", &format!("550 5.1.1 no {mark} here"));
        let serial = format!("{mark}-1").to_uppercase();
        self.device_of(&user, &serial, MovingFactor::Counter);
        let device = tokens::Device {
            serial: format!("{mark}-2").to_uppercase(),
            seed: Seed::new(*b"12345678901234567890"),
            making: Making { moving_factor: MovingFactor::Counter, ..Making::APP },
            container: Some(user.container),
        };
        users::disable(&self.desk, &boss, self.now(), &self.someone(names, "disabled").user_id)
            .expect("they are there");
        let found = self.desk.db.write(|conn| {
            tokens::insert_inventory(&self.desk, conn, self.now(), std::slice::from_ref(&device))?;
            let email = emails::table.filter(emails::enrollment_id.eq(enrollment.0)).select(emails::id).first(conn)?;
            let entry = audit_entries::table.filter(audit_entries::user_id.eq(user.id.0));
            let entry = entry.select(audit_entries::id).first(conn)?;
            let handle = enrollment_links::table.filter(enrollment_links::enrollment_id.eq(enrollment.0));
            Ok((email, entry, handle.select(enrollment_links::handle).first(conn)?))
        });
        let (email, entry, handle) = found.expect("a task has its emails and links");
        Side {
            container: user.container,
            user,
            task: task.0,
            enrollment: enrollment.0,
            email,
            entry,
            serial,
            handle,
            operator: clerk.who.name().to_owned(),
            draft: clerk.draft,
            work: clerk.work,
        }
    }

    /// A user whose every field says where they are.
    pub fn someone(&self, names: &Names, end: &str) -> users::User {
        let mark = names.mark;
        let user_id = if end.is_empty() { mark.to_owned() } else { format!("{mark}.{end}") };
        let typed = Typed {
            email: format!("{user_id}@example.org"),
            user_id,
            last_name: format!("{mark} last"),
            first_name: format!("{mark} first"),
            container: names.container.into(),
            custom: [1, 2, 3].map(|n| format!("{mark} {n}")),
            ..Typed::default()
        };
        let details = Details::parse(&typed).expect("the details are right");
        users::create(&self.desk, &Who::system(), self.now(), &details).expect("the user is new")
    }
}
