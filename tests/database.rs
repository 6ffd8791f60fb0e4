//! Both databases end with equal tables, and one transaction is all or nothing.

use std::collections::BTreeMap;

use diesel::{RunQueryDsl, prelude::*};
use tokendesk::{
    db,
    error::Error,
    schema::{self, containers},
    tokens::{self, Device, Making, MovingFactor, Seed},
};

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

/// A line of what the database keeps of keys and indexes.
#[derive(diesel::QueryableByName)]
struct Line {
    #[diesel(sql_type = diesel::sql_types::Text)]
    line: String,
}

fn columns(world: &World) -> BTreeMap<String, String> {
    let sql = if world.desk.db.is_postgres() {
        "SELECT table_name::text, column_name::text, data_type::text, is_nullable = 'YES' AS nullable \
         FROM information_schema.columns WHERE table_schema = 'public'"
    } else {
        "SELECT m.name AS table_name, c.name AS column_name, c.type AS data_type, c.\"notnull\" = 0 AS nullable \
         FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'"
    };
    let rows: Vec<Column> = world.desk.db.read(|conn| Ok(diesel::sql_query(sql).load(conn)?)).unwrap();
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

/// Indexes with their columns, primary keys, what is unique, and what refers to what. An index has a name; keys and
/// UNIQUE are named by the database, and are told by their columns.
fn keys(world: &World) -> Vec<String> {
    let indexes = if world.desk.db.is_postgres() {
        "SELECT (CASE WHEN i.indisprimary THEN 'key' WHEN EXISTS (SELECT 1 FROM pg_constraint k \
             WHERE k.conindid = i.indexrelid AND k.contype = 'u') THEN 'unique' ELSE 'index ' || x.relname END \
           || ' ' || t.relname || '(' || (SELECT string_agg( \
             CASE WHEN i.indkey[n - 1] = 0 THEN 'expression' ELSE pg_get_indexdef(i.indexrelid, n, true) END \
             || CASE WHEN i.indoption[n - 1] & 1 = 1 THEN ' DESC' ELSE '' END, ', ' ORDER BY n) \
             FROM generate_series(1, i.indnkeyatts) n) || ')' \
           || CASE WHEN i.indisunique THEN ' unique' ELSE '' END \
           || CASE WHEN i.indpred IS NOT NULL THEN ' partial' ELSE '' END) AS line \
         FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid \
         JOIN pg_namespace s ON s.oid = t.relnamespace WHERE s.nspname = 'public' AND t.relname NOT LIKE '\\_\\_%'"
    } else {
        // A number that is the key of its table has no index: it is the row.
        "SELECT CASE l.origin WHEN 'pk' THEN 'key' WHEN 'u' THEN 'unique' ELSE 'index ' || l.name END \
           || ' ' || m.name || '(' || (SELECT group_concat(COALESCE(x.name, 'expression') \
             || CASE WHEN x.\"desc\" THEN ' DESC' ELSE '' END, ', ') \
             FROM (SELECT * FROM pragma_index_xinfo(l.name) WHERE key ORDER BY seqno) x) || ')' \
           || CASE WHEN l.\"unique\" THEN ' unique' ELSE '' END || CASE WHEN l.partial THEN ' partial' ELSE '' END AS line \
         FROM sqlite_master m JOIN pragma_index_list(m.name) l WHERE m.type = 'table' \
           AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\' AND m.name NOT LIKE 'sqlite%' \
         UNION ALL \
         SELECT 'key ' || m.name || '(' || c.name || ') unique' FROM sqlite_master m JOIN pragma_table_info(m.name) c \
         WHERE m.type = 'table' AND c.pk = 1 AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\' AND m.name NOT LIKE 'sqlite%' \
           AND NOT EXISTS (SELECT 1 FROM pragma_index_list(m.name) l WHERE l.origin = 'pk')"
    };
    let references = if world.desk.db.is_postgres() {
        "SELECT t.relname || '.' || a.attname || ' refers to ' || f.relname || '.' || b.attname || ', ' \
           || CASE k.confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' WHEN 'r' THEN 'RESTRICT' \
             ELSE 'NO ACTION' END AS line \
         FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid JOIN pg_class f ON f.oid = k.confrelid \
         JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.conkey[1] \
         JOIN pg_attribute b ON b.attrelid = f.oid AND b.attnum = k.confkey[1] WHERE k.contype = 'f'"
    } else {
        "SELECT m.name || '.' || r.\"from\" || ' refers to ' || r.\"table\" || '.' || COALESCE(r.\"to\", 'id') || ', ' \
           || r.on_delete AS line FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) r WHERE m.type = 'table'"
    };
    let rows = |sql: &str| -> Vec<Line> { world.desk.db.read(|conn| Ok(diesel::sql_query(sql).load(conn)?)).unwrap() };
    let mut lines: Vec<String> = rows(indexes).into_iter().chain(rows(references)).map(|row| row.line).collect();
    lines.sort();
    lines
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
    let (ours, theirs) = (keys(&sqlite), keys(&postgres));
    assert!(ours.iter().any(|line| line.starts_with("index ") && line.ends_with(" partial")), "{ours:#?}");
    let without = |these: &[String], those: &[String]| -> Vec<String> {
        these.iter().filter(|line| !those.contains(line)).cloned().collect()
    };
    assert_eq!((without(&ours, &theirs), without(&theirs, &ours)), (Vec::new(), Vec::new()), "only there");
    assert_eq!(ours.len(), theirs.len());
}

on_both! {
    fn a_transaction_that_fails_leaves_nothing(world) {
        let insert = |name: &'static str, fail: bool| {
            world.desk.db.write(|conn| {
                diesel::insert_into(containers::table)
                    .values((
                        containers::name.eq(name),
                        containers::name_key.eq(name),
                        containers::created_at.eq(world.now()),
                    ))
                    .execute(conn)?;
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
            world.desk.db.read(|conn| Ok(containers::table.select(containers::name).load(conn)?)).unwrap();
        assert_eq!(names, ["sales"]);
    }

    fn many_rows_of_which_one_is_there_already_are_refused_as_one_row_is_and_none_stays(world) {
        let device = |n: usize| {
            let making = Making { moving_factor: MovingFactor::Counter, ..Making::APP };
            Device { serial: format!("HW-{n}"), seed: Seed::new(*b"12345678901234567890"), making, container: None }
        };
        let desk = &world.desk;
        let import = |numbers: std::ops::Range<usize>| {
            let devices: Vec<Device> = numbers.map(device).collect();
            desk.db.write(|conn| tokens::insert_inventory(desk, conn, world.now(), &devices))
        };
        let count = || desk.db.read(|conn| Ok(schema::tokens::table.count().get_result::<i64>(conn)?)).unwrap();
        // One at a time, and more than are sent by themselves.
        for (first, second) in [(0..1, 0..1), (100..140, 139..180)] {
            import(first).unwrap();
            let before = count();
            let error = import(second).unwrap_err();
            assert!(db::is_taken(&error), "{error}");
            // The connection goes on as if nothing had been.
            assert_eq!(count(), before);
        }
        import(200..260).unwrap();
        assert_eq!(count(), 1 + 40 + 60);
    }

    fn migrating_twice_changes_nothing(world) {
        assert_eq!(world.desk.db.pending_migrations().unwrap(), 0);
        assert_eq!(world.desk.db.migrate().unwrap(), Vec::<String>::new());
    }

    fn times_come_back_as_they_went(world) {
        let at: tokendesk::clock::Timestamp = "2026-11-20T13:32:00.123456".parse().unwrap();
        world.desk.db.write(|conn| {
            diesel::insert_into(containers::table)
                .values((containers::name.eq("a"), containers::name_key.eq("a"), containers::created_at.eq(at)))
                .execute(conn)?;
            Ok(())
        }).unwrap();
        let back: tokendesk::clock::Timestamp =
            world.desk.db.read(|conn| Ok(containers::table.select(containers::created_at).first(conn)?)).unwrap();
        assert_eq!(back, at);
    }
}
