//! Both databases end with equal tables, and one transaction is all or nothing.

use std::collections::BTreeMap;

use diesel::{RunQueryDsl, prelude::*};
use tokendesk::{error::Error, schema::containers};

use crate::{
    on_both,
    support::{On, World},
};

#[derive(diesel::QueryableByName)]
struct Column {
    #[diesel(sql_type = diesel::sql_types::Text)]
    table_name: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    column_name: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    data_type: String,
    #[diesel(sql_type = diesel::sql_types::Bool)]
    nullable: bool,
}

#[derive(diesel::QueryableByName)]
struct Index {
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
}

fn columns(world: &World) -> BTreeMap<String, String> {
    let sql = if world.desk.db.is_postgres() {
        "SELECT table_name::text, column_name::text, data_type::text, is_nullable = 'YES' AS nullable \
         FROM information_schema.columns WHERE table_schema = 'public'"
    } else {
        "SELECT m.name AS table_name, c.name AS column_name, c.type AS data_type, c.\"notnull\" = 0 AS nullable \
         FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'"
    };
    let rows: Vec<Column> = world.desk.db.read(|c| Ok(diesel::sql_query(sql).load(c)?)).unwrap();
    rows.into_iter()
        .filter(|row| !row.table_name.starts_with("__") && !row.table_name.starts_with("sqlite_"))
        .map(|row| {
            let kind = match row.data_type.to_uppercase().as_str() {
                "INTEGER" | "BIGINT" => "number",
                "TEXT" => "text",
                "BOOLEAN" => "yes or no",
                "TIMESTAMP" | "TIMESTAMP WITHOUT TIME ZONE" => "time",
                "DATE" => "date",
                "BLOB" | "BYTEA" => "bytes",
                other => panic!("{}.{} is a {other}", row.table_name, row.column_name),
            };
            (format!("{}.{}", row.table_name, row.column_name), format!("{kind}, nullable: {}", row.nullable))
        })
        .collect()
}

fn indexes(world: &World) -> Vec<String> {
    let sql = if world.desk.db.is_postgres() {
        "SELECT indexname::text AS name FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
    } else {
        "SELECT name FROM sqlite_master WHERE type = 'index' ORDER BY 1"
    };
    let rows: Vec<Index> = world.desk.db.read(|c| Ok(diesel::sql_query(sql).load(c)?)).unwrap();
    // Those of primary keys and UNIQUE are named by the database.
    let own = |name: &String| !name.starts_with("sqlite_") && !name.ends_with("_pkey") && !name.ends_with("_key");
    rows.into_iter().map(|row| row.name).filter(own).collect()
}

#[test]
fn the_migrations_have_equal_names_on_both_sides() {
    let names = |side: &str| {
        let mut names: Vec<_> = std::fs::read_dir(format!("migrations/{side}"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names("sqlite"), names("postgres"));
}

#[test]
#[ignore = "needs PostgreSQL: tests/run starts one"]
fn both_databases_end_with_equal_tables() {
    let (sqlite, postgres) = (World::new(On::Sqlite), World::new(On::Postgres));
    assert_eq!(columns(&sqlite), columns(&postgres));
    assert_eq!(indexes(&sqlite), indexes(&postgres));
}

on_both! {
    fn a_transaction_that_fails_leaves_nothing(world) {
        let insert = |name: &'static str, fail: bool| {
            world.desk.db.write(|c| {
                diesel::insert_into(containers::table)
                    .values((
                        containers::name.eq(name),
                        containers::name_key.eq(name),
                        containers::created_at.eq(world.now()),
                    ))
                    .execute(c)?;
                if fail { Err(Error::Conflict("on purpose".into())) } else { Ok(()) }
            })
        };
        insert("sales", false).unwrap();
        assert!(insert("legal", true).is_err());
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            world.desk.db.write::<()>(|_| panic!("on purpose"))
        }));
        assert!(panicked.is_err());
        let names: Vec<String> =
            world.desk.db.read(|c| Ok(containers::table.select(containers::name).load(c)?)).unwrap();
        assert_eq!(names, ["sales"]);
    }

    fn migrating_twice_changes_nothing(world) {
        assert_eq!(world.desk.db.pending_migrations().unwrap(), 0);
        assert_eq!(world.desk.db.migrate().unwrap(), Vec::<String>::new());
    }

    fn times_come_back_as_they_went(world) {
        let at: tokendesk::clock::Timestamp = "2026-11-20T13:32:00.123456".parse().unwrap();
        world.desk.db.write(|c| {
            diesel::insert_into(containers::table)
                .values((containers::name.eq("a"), containers::name_key.eq("a"), containers::created_at.eq(at)))
                .execute(c)?;
            Ok(())
        }).unwrap();
        let back: tokendesk::clock::Timestamp =
            world.desk.db.read(|c| Ok(containers::table.select(containers::created_at).first(c)?)).unwrap();
        assert_eq!(back, at);
    }
}
