//! Tokens: the inventory, importing it, and what operators do to a token.

mod list;
mod owners;
mod preview;
mod pskc;
mod states;
mod stock;
mod table;
mod taken;
mod uris;
mod validity;

use diesel::prelude::*;
use tokendesk::{
    error::{Error, Result},
    operators::Who,
    tokens::import::{self as importing, Choices, Opening, Report},
};

use crate::support::World;

/// The seed of RFC 4226, appendix D, in hexadecimal.
pub const SEED: &str = "3132333435363738393031323334353637383930";

/// Imports a file for the whole organization; one refused token stops all.
pub fn import(world: &World, who: &Who, file: &[u8], opening: Opening) -> Result<Report> {
    let choices = Choices { opening, container: String::new(), tell_owners: false, good_ones: false, dry_run: false };
    importing::import(&world.desk, who, world.now(), file, &choices)
}

/// The word and the serial number of each outcome, with the reason.
pub fn outcomes(report: &Report) -> Vec<String> {
    report.lines.iter().map(|line| format!("{} {} {}", line.number, line.serial, line.code())).collect()
}

/// The sentence of the mistake in this field.
pub fn mistake(outcome: Result<Report>, field: &str) -> String {
    match outcome {
        Err(Error::Invalid(mistakes)) => {
            let sentence = mistakes.of(field).to_owned();
            assert!(!sentence.is_empty(), "no mistake in {field}: {mistakes}");
            sentence
        }
        other => panic!("expected a mistake in {field}: {other:?}"),
    }
}

/// Everything in the database, in lower case.
pub fn everything(world: &World) -> String {
    #[derive(diesel::QueryableByName)]
    struct Table {
        #[diesel(sql_type = diesel::sql_types::Text)]
        name: String,
    }
    let sql = if world.desk.db.is_postgres() {
        "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public'"
    } else {
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    };
    let tables: Vec<Table> =
        world.desk.db.read(|conn| Ok(diesel::sql_query(sql).load(conn)?)).expect("the tables can be listed");
    assert!(tables.len() > 10);
    tables.iter().map(|table| world.dump(&table.name)).collect::<String>().to_lowercase()
}
