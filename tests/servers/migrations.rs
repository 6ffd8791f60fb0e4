//! What a migration may do while servers of the last release still work on the tables: it adds. What it takes away names
//! the release that stopped reading it.

use std::{collections::BTreeSet, fs, path::Path};

/// The first words of a migration that takes something away, before the name of a folder in `tests/fixtures`: the release
/// that does not read it any more.
const CONTRACT: &str = "-- Contract: unread since ";

/// Migrations since the last release that do more than add, and why older servers work on beside them.
const EXCEPTIONS: &[(&str, &str)] = &[
    (
        "2026-11-26-0012_report_indexes",
        "drops three indexes: no statement names one, and an older server reads what it read, more slowly",
    ),
    (
        "2026-11-28-0000_lookups",
        "drops the index of a user's tokens: the one that came for it begins with the user as well",
    ),
];

/// Folders of `tests/fixtures`: each is named by the release whose databases it has.
fn releases() -> Vec<String> {
    let entries = fs::read_dir("tests/fixtures").expect("the fixtures are there");
    entries.map(|entry| entry.expect("they can be read").file_name().into_string().expect("a name")).collect()
}

/// The newest migration that a release has, as the database writes it: the digits of its folder.
fn newest_of_releases() -> String {
    let dumps = releases().into_iter().map(|release| {
        let dump = fs::read_to_string(format!("tests/fixtures/{release}/postgres.sql")).expect("what it held");
        let rows = dump.lines().filter(|line| line.starts_with("INSERT INTO public.__diesel_schema_migrations"));
        rows.map(|line| line.split('\'').nth(1).expect("a version").to_owned()).max().expect("it was migrated")
    });
    dumps.max().expect("there was a release")
}

/// The words of a statement, in capitals, without what stands in brackets or quotes.
fn words(statement: &str) -> Vec<String> {
    let (mut depth, mut quoted, mut outside) = (0, false, String::new());
    for letter in statement.chars() {
        match letter {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            _ if depth == 0 && !quoted => outside.push(letter),
            _ => {}
        }
    }
    outside.to_uppercase().split_whitespace().map(str::to_owned).collect()
}

/// What came since the last release: no older server knows it.
#[derive(Default)]
struct New {
    tables: BTreeSet<String>,
    columns: BTreeSet<String>,
    indexes: BTreeSet<String>,
}

/// What a migration does that an older server would meet.
fn faults(sql: &str, new: &mut New) -> Vec<String> {
    let plain: String =
        sql.lines().map(|line| line.split("--").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    if let Some(release) = sql.lines().find_map(|line| line.strip_prefix(CONTRACT)) {
        let release = release.split([' ', ':', '.', ',']).next().unwrap_or_default();
        let known = releases().iter().any(|known| known == release);
        return if known { Vec::new() } else { vec![format!("no release is called {release}")] };
    }
    let New { tables, columns, indexes } = new;
    let mut faults = Vec::new();
    for statement in plain.split(';').filter(|statement| !statement.trim().is_empty()) {
        let words = words(statement);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let adds = match words.as_slice() {
            ["CREATE", "TABLE", table, ..] => tables.insert((*table).to_owned()),
            ["CREATE", "INDEX", index, "ON", ..] => {
                indexes.insert((*index).to_owned());
                true
            }
            ["DROP", "INDEX", index] => indexes.remove(*index),
            // What must be there once now could be there twice for an older server.
            ["CREATE", "UNIQUE", "INDEX", _, "ON", table, ..] => tables.contains(*table),
            ["ALTER", "TABLE", _, "ADD", "COLUMN", column, _, rest @ ..] => {
                columns.insert((*column).to_owned());
                let given = rest.contains(&"DEFAULT") || !rest.windows(2).any(|pair| pair == ["NOT", "NULL"]);
                given && !["UNIQUE", "CHECK", "REFERENCES", "PRIMARY"].iter().any(|word| rest.contains(word))
            }
            ["INSERT", "INTO", table, ..] => tables.contains(*table),
            // One column, and a new one.
            ["UPDATE", table, "SET", column, "=", ..] => {
                tables.contains(*table) || (columns.contains(*column) && !words.iter().any(|word| word.ends_with(',')))
            }
            _ => false,
        };
        if !adds {
            faults.push(statement.split_whitespace().collect::<Vec<_>>().join(" "));
        }
    }
    faults
}

#[test]
fn migrations_since_the_last_release_add_or_say_who_stopped_reading() {
    let newest = newest_of_releases();
    let mut wrong = Vec::new();
    for kind in ["sqlite", "postgres"] {
        let folders = fs::read_dir(Path::new("migrations").join(kind)).expect("the migrations are there");
        let mut names: Vec<String> =
            folders.map(|entry| entry.expect("they can be read").file_name().into_string().expect("a name")).collect();
        let digits = |name: &str| name.split('_').next().unwrap_or_default().replace('-', "");
        names.retain(|name| digits(name).as_str() > newest.as_str());
        names.sort_unstable();
        assert!(!names.is_empty(), "{newest}");
        let mut new = New::default();
        for (name, why) in EXCEPTIONS {
            println!("{name}: {why}");
            assert!(names.iter().any(|known| known == name), "{name} is no exception any more");
        }
        for name in names {
            let sql = fs::read_to_string(format!("migrations/{kind}/{name}/up.sql")).expect("it can be read");
            let excepted = EXCEPTIONS.iter().any(|(known, _)| *known == name);
            let found = faults(&sql, &mut new);
            assert!(!excepted || !found.is_empty(), "{name} adds only: it is no exception");
            wrong.extend(found.into_iter().filter(|_| !excepted).map(|fault| format!("{kind}/{name}: {fault}")));
        }
    }
    assert!(wrong.is_empty(), "older servers would meet this: {wrong:#?}");
}

#[test]
fn what_takes_away_or_asks_for_more_is_found() {
    for refused in [
        "DROP TABLE users;",
        "ALTER TABLE users DROP COLUMN mobile;",
        "ALTER TABLE users RENAME COLUMN mobile TO phone;",
        "ALTER TABLE users RENAME TO people;",
        "ALTER TABLE users ADD COLUMN pager TEXT NOT NULL;",
        "ALTER TABLE users ADD COLUMN pager TEXT UNIQUE;",
        "ALTER TABLE users ADD COLUMN task_id BIGINT NOT NULL DEFAULT 1 REFERENCES tasks(id);",
        "ALTER TABLE users ALTER COLUMN mobile SET NOT NULL;",
        "ALTER TABLE users ALTER COLUMN mobile TYPE BIGINT;",
        "ALTER TABLE users ADD CONSTRAINT short CHECK (length(mobile) < 20);",
        "CREATE UNIQUE INDEX users_mobile ON users (mobile);",
        "DROP INDEX users_email;",
        "UPDATE users SET mobile = '';",
        "ALTER TABLE users ADD COLUMN pager TEXT; UPDATE users SET pager = '', mobile = '';",
        "DELETE FROM sessions;",
        "INSERT INTO roles (name) VALUES ('Watcher');",
        "CREATE TRIGGER t BEFORE INSERT ON users EXECUTE FUNCTION f();",
        "-- Contract: unread since the-day-before-yesterday\nALTER TABLE users DROP COLUMN mobile;",
    ] {
        assert!(!faults(refused, &mut New::default()).is_empty(), "{refused}");
    }
    for taken in [
        "CREATE TABLE pagers (id BIGINT NOT NULL PRIMARY KEY); CREATE UNIQUE INDEX pagers_id ON pagers (id); INSERT INTO pagers VALUES (1);",
        "CREATE INDEX users_pager ON users (mobile); DROP INDEX users_pager;",
        "-- DROP is a word\nALTER TABLE users ADD COLUMN pager TEXT; UPDATE users SET pager = mobile WHERE mobile <> '';",
        "ALTER TABLE users ADD COLUMN pager TEXT NOT NULL DEFAULT ''; CREATE INDEX users_pager ON users (pager);",
        "-- Contract: unread since 26b1365, which keeps it no more.\nALTER TABLE users DROP COLUMN mobile;",
    ] {
        assert_eq!(faults(taken, &mut New::default()), Vec::<String>::new(), "{taken}");
    }
}
