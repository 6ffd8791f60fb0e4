//! All tables at once: what stands in them, and putting it back.

use std::collections::BTreeSet;

use diesel::{QueryableByName, RunQueryDsl, connection::SimpleConnection, sql_types::Text};

use crate::support::World;

/// Beginning of the names of the copies.
const KEPT: &str = "kept_";

/// Rows as texts, each with the name of its table before it.
pub type Rows = BTreeSet<String>;

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

impl World {
    /// The names of all tables, as the database knows them, so that a new one is not forgotten.
    pub fn tables(&self) -> Vec<String> {
        let sql = if self.desk.db.is_postgres() {
            "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        } else {
            "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1"
        };
        let names: Vec<Name> =
            self.desk.db.read(|conn| Ok(diesel::sql_query(sql).load(conn)?)).expect("the tables can be listed");
        let ours = |name: &String| !["__", "sqlite_", KEPT].iter().any(|other| name.starts_with(other));
        names.into_iter().map(|row| row.name).filter(ours).collect()
    }

    /// Every row of every table but these.
    pub fn everything_but(&self, left_out: &[&str]) -> Rows {
        let tables = self.tables().into_iter().filter(|table| !left_out.contains(&table.as_str()));
        tables
            .flat_map(|table| self.dump(&table).lines().map(|row| format!("{table}: {row}")).collect::<Vec<_>>())
            .collect()
    }

    /// Keeps a copy of all tables, which [`World::put_back`] goes back to.
    pub fn keep(&self) {
        let copies: Vec<String> =
            self.tables().iter().map(|table| format!("CREATE TABLE {KEPT}{table} AS SELECT * FROM {table};")).collect();
        self.desk.db.write(|conn| Ok(conn.batch_execute(&copies.concat())?)).expect("the tables can be copied");
    }

    /// Makes all tables what they were at [`World::keep`]. The sessions stay, so that everybody remains signed in.
    pub fn put_back(&self) {
        let first = match self.desk.db.is_postgres() {
            true => "SET LOCAL session_replication_role = replica;",
            false => "PRAGMA defer_foreign_keys = ON;",
        };
        let mut statements = vec![first.to_owned()];
        for table in self.tables().iter().filter(|table| *table != "sessions") {
            statements.push(format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM {KEPT}{table};"));
        }
        self.desk.db.write(|conn| Ok(conn.batch_execute(&statements.concat())?)).expect("the tables can be put back");
    }
}

/// What was added or taken away, for the sentence of a failed test.
pub fn difference(before: &Rows, after: &Rows) -> Vec<String> {
    let gone = before.difference(after).map(|row| format!("- {row}"));
    gone.chain(after.difference(before).map(|row| format!("+ {row}"))).collect()
}
