//! What the tests share: a world of their own for each, on either database, with the clock standing still.

use std::{net::TcpListener, sync::mpsc, thread};

use actix_web::{App, HttpServer, dev::ServerHandle, rt::System};
use diesel::{RunQueryDsl, prelude::*};
use tokendesk::{
    app,
    audit::{Actor, ActorKind},
    clock::{Clock, Timestamp},
    config::{Settings, Written},
    desk::Desk,
    error::Result,
    ids::{ContainerId, OperatorId, Random},
    operators::{self, BuiltIn, Details, Permissions, Scope, Who},
    schema,
};

pub mod browser;
pub mod chromium;
pub mod cluster;
pub mod databases;
pub mod demo;
pub mod log;
mod many;
pub mod mta;
pub mod nginx;
pub mod oathtool;
pub mod old;
pub mod pebble;
pub mod people;
pub mod plan;
pub mod program;
pub mod radius;
pub mod smtp;

pub use browser::{Browser, Page};
pub use databases::Database;
use databases::{Place, postgres, sqlite};

/// The master key of all tests.
pub const MASTER: [u8; 32] = [7; 32];

/// The two databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    Sqlite,
    Postgres,
}

/// Makes two tests of one: on SQLite, and on PostgreSQL if there is one. Behind the world's name may stand what is
/// changed in its settings: `fn law(world, |settings| settings.session_hours = 1)`.
#[macro_export]
macro_rules! on_both {
    ($($(#[$meta:meta])* fn $name:ident($world:ident $(, |$settings:ident| $change:expr)?) $body:block)+) => {$(
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            $(#[$meta])*
            fn law($world: $crate::support::World) $body

            #[allow(unused_variables)]
            fn change(settings: &mut ::tokendesk::config::Written) {
                $(let $settings = settings; $change;)?
            }

            #[test]
            fn sqlite() {
                law($crate::support::World::with($crate::support::On::Sqlite, change));
            }

            #[test]
            #[ignore = "needs PostgreSQL: tests/run starts one"]
            fn postgres() {
                law($crate::support::World::with($crate::support::On::Postgres, change));
            }
        }
    )+};
}

/// When every test begins: Friday 20 November 2026, 14:32 in Berlin.
pub fn beginning() -> Timestamp {
    "2026-11-20T13:32:00".parse().expect("a time")
}

/// One installation with a database of its own and a server on a port of its own.
pub struct World {
    pub desk: Desk,
    pub url: String,
    server: Option<ServerHandle>,
    thread: Option<thread::JoinHandle<()>>,
    _place: Place,
}

impl World {
    /// A fresh one.
    pub fn new(on: On) -> Self {
        World::with(on, |_| {})
    }

    /// A fresh one with other settings.
    pub fn with(on: On, change: impl FnOnce(&mut Written)) -> Self {
        World::limited(on, change, |_| {})
    }

    /// A fresh one with other settings, and with other limits that are no settings.
    pub fn limited(on: On, change: impl FnOnce(&mut Written), limit: impl FnOnce(&mut Settings)) -> Self {
        let stored = match on {
            On::Sqlite => sqlite(),
            On::Postgres => postgres(),
        };
        World::over(stored, (&MASTER, beginning()), change, limit)
    }

    /// One over a database that is there, with the master key of what is sealed in it, at this time.
    fn over(
        (place, database_url): (Place, String),
        (master, now): (&[u8; 32], Timestamp),
        change: impl FnOnce(&mut Written),
        limit: impl FnOnce(&mut Settings),
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("a bound socket has an address"));
        let mut written = Written {
            public_url: url.clone(),
            database_url,
            database_connections: 4,
            organization: "Example Org".into(),
            help_desk: "extension 4400, weekdays 8:00 to 18:00".into(),
            time_zone: "Europe/Berlin".into(),
            require_second_factor: false,
            // Nothing listens there, and nobody calls: tests carry emails with a carrier of their own.
            smtp_url: "smtp://mail.example.org".into(),
            ..Written::default()
        };
        change(&mut written);
        let mut settings = Settings::check(written).expect("the settings of the tests are right");
        limit(&mut settings);
        let desk = Desk::assemble(settings, master, Random::seeded(1), Clock::fixed(now)).expect("a database");
        let (server, thread) = serve(desk.clone(), listener);
        World { desk, url, server: Some(server), thread: Some(thread), _place: place }
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.desk.now()
    }

    /// Moves the clock on.
    pub fn advance(&self, by: chrono::Duration) {
        self.desk.clock.advance(by);
    }

    /// A browser that is signed in to nothing.
    pub fn stranger(&self) -> Browser {
        Browser::new(&self.url)
    }

    /// An operator of this role who works everywhere, and their browser, signed in.
    pub fn signed_in(&self, user_id: &str, role: BuiltIn) -> Browser {
        let who = self.operator(user_id, role);
        Browser::signed_in(&self.url, &self.desk, &who)
    }

    /// An operator of this role who works everywhere.
    pub fn operator(&self, user_id: &str, role: BuiltIn) -> Who {
        self.insert_operator(user_id, role, None)
    }

    /// Gives an operator another role, as somebody who manages operators does.
    pub fn change_role(&self, who: &Who, user_id: &str, role: &str) -> Result<()> {
        let (operator, scope) = self.desk.db.read(|conn| operators::find(conn, &Who::system(), user_id))?;
        let details = Details {
            name: operator.name,
            email: operator.email.unwrap_or_default(),
            role: role.into(),
            containers: operators::containers_of(&scope),
        };
        operators::edit(&self.desk, who, self.now(), user_id, operator.version, details).map(|_| ())
    }

    /// An operator of this role who works in these containers.
    pub fn operator_in(&self, user_id: &str, role: BuiltIn, containers: &[ContainerId]) -> Who {
        self.insert_operator(user_id, role, Some(containers))
    }

    fn insert_operator(&self, user_id: &str, role: BuiltIn, containers: Option<&[ContainerId]>) -> Who {
        self.operator_of(user_id, role.name(), role.permissions(), containers)
    }

    /// An operator of the role of this name, which holds `permissions`; no containers: who works everywhere.
    pub fn operator_of(
        &self,
        user_id: &str,
        role: &str,
        permissions: Permissions,
        containers: Option<&[ContainerId]>,
    ) -> Who {
        use schema::{operator_containers, operators, roles};
        let id = self.desk.db.write(|conn| {
            let role_id: i64 = roles::table.filter(roles::name.eq(role)).select(roles::id).first(conn)?;
            let id: i64 = diesel::insert_into(operators::table)
                .values((
                    operators::user_id.eq(user_id),
                    operators::user_id_key.eq(user_id.to_lowercase()),
                    operators::name.eq(user_id),
                    operators::role_id.eq(role_id),
                    operators::all_containers.eq(containers.is_none()),
                    operators::password_hash.eq("none: signed in by the test"),
                    operators::must_change_password.eq(false),
                    operators::created_at.eq(self.now()),
                ))
                .returning(operators::id)
                .get_result(conn)?;
            for container in containers.unwrap_or_default() {
                diesel::insert_into(operator_containers::table)
                    .values((
                        operator_containers::operator_id.eq(id),
                        operator_containers::container_id.eq(container.0),
                    ))
                    .execute(conn)?;
            }
            Ok(id)
        });
        Who {
            operator: Some(OperatorId(id.expect("the operator is new"))),
            actor: Actor {
                kind: ActorKind::Operator,
                name: user_id.into(),
                role: role.into(),
                address: "192.0.2.17".into(),
                request: "test".into(),
            },
            permissions,
            scope: containers.map_or(Scope::All, |list| Scope::Containers(list.to_vec())),
        }
    }

    /// Every text in every row of a table, for tests that search for secrets.
    pub fn dump(&self, table: &str) -> String {
        #[derive(diesel::QueryableByName)]
        struct Line {
            #[diesel(sql_type = diesel::sql_types::Text)]
            line: String,
        }
        let sql = if self.desk.db.is_postgres() {
            format!("SELECT COALESCE(string_agg(t::text, '\n'), '') AS line FROM {table} t")
        } else {
            let columns = self.columns(table);
            let texts: Vec<String> = columns.iter().map(|c| format!("quote(\"{c}\")")).collect();
            format!("SELECT COALESCE(group_concat({}, '\n'), '') AS line FROM {table}", texts.join(" || ' ' || "))
        };
        let lines: Vec<Line> =
            self.desk.db.read(|conn| Ok(diesel::sql_query(sql).load(conn)?)).expect("the table can be read");
        lines.into_iter().map(|line| line.line).collect()
    }

    /// The number `n` that a query answers.
    pub fn number(&self, query: &str) -> i64 {
        #[derive(diesel::QueryableByName)]
        struct Number {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            n: i64,
        }
        let number: Result<Number> = self.desk.db.read(|conn| Ok(diesel::sql_query(query).get_result(conn)?));
        number.expect("the database answers").n
    }

    fn columns(&self, table: &str) -> Vec<String> {
        #[derive(diesel::QueryableByName)]
        struct Column {
            #[diesel(sql_type = diesel::sql_types::Text)]
            name: String,
        }
        let sql = format!("SELECT name FROM pragma_table_info('{table}')");
        let columns: Vec<Column> =
            self.desk.db.read(|conn| Ok(diesel::sql_query(sql).load(conn)?)).expect("the table can be read");
        columns.into_iter().map(|column| column.name).collect()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            // Not awaited: the thread's own runtime carries it out.
            drop(server.stop(false));
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(desk: Desk, listener: TcpListener) -> (ServerHandle, thread::JoinHandle<()>) {
    let (send, receive) = mpsc::channel();
    let thread = thread::spawn(move || {
        System::new().block_on(async move {
            let server = HttpServer::new(move || App::new().configure(|config| app::configure(&desk, config)))
                .workers(1)
                .disable_signals()
                .listen(listener)
                .expect("the socket is bound")
                .run();
            send.send(server.handle()).expect("the test waits for the handle");
            server.await.expect("the server runs until it is stopped");
        });
    });
    (receive.recv().expect("the server starts"), thread)
}
