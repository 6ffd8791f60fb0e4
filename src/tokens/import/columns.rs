//! What the cells of a table of devices are: by the names in its first line, or, without any, by the layouts in use.

use super::device;

/// The columns a file may have, as people write them.
pub const COLUMNS: &str = "Serial Number, Seed, Type, Algorithm, Digits, Period, Counter, User ID, Authentication Type and Container (Serial Number and Seed are required)";

/// A column that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// The serial number.
    Serial,
    /// The seed.
    Seed,
    /// HOTP or TOTP.
    Type,
    /// The hash.
    Algorithm,
    /// How many digits.
    Digits,
    /// Seconds in a step.
    Period,
    /// The first counter.
    Counter,
    /// The User ID of who has it.
    Owner,
    /// Authenticator app or hardware token.
    AuthenticationType,
    /// The container.
    Container,
}

impl Column {
    /// Reads the name of a column: case, spaces and signs do not matter. Beside ours, those in files of makers (Entra ID,
    /// Token2, Feitian, privacyIDEA).
    fn named(name: &str) -> Option<Self> {
        let plain: String = name.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
        Some(match plain.as_str() {
            "serialnumber" | "serial" | "serialno" | "serialnr" | "sn" | "tokenserial" | "tokenserialnumber" => {
                Column::Serial
            }
            "seed" | "secretkey" | "secret" | "sharedsecret" | "otpkey" | "key" | "seedhex" | "hexseed"
            | "secrethex" | "secretkeyhex" | "seedbase32" | "secretbase32" | "secretkeybase32" | "base32seed"
            | "hmackey" | "oathsecret" | "tokenseed" => Column::Seed,
            "type" | "tokentype" | "otptype" | "oathtype" | "mode" => Column::Type,
            "algorithm" | "hashlib" | "hash" | "hashalgorithm" | "hmacalgorithm" => Column::Algorithm,
            "digits" | "otplen" | "otplength" | "otpdigits" | "codelength" => Column::Digits,
            "period" | "timeinterval" | "timestep" | "interval" | "timeintervalseconds" | "timeintervals" | "step" => {
                Column::Period
            }
            "counter" | "movingfactor" | "startcounter" | "initialcounter" => Column::Counter,
            // Not Entra's "upn", which its files have in every line and which here is a User ID in some organizations only.
            "userid" | "username" | "user" | "owner" | "login" | "loginname" | "samaccountname" => Column::Owner,
            "authenticationtype" => Column::AuthenticationType,
            "container" => Column::Container,
            _ => return None,
        })
    }
}

/// A column of the file that is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassedOver {
    /// Its name, as the file has it.
    pub name: String,
    /// How many lines have something there.
    pub filled: usize,
}

/// What the cells of each line are; `None`: passed over.
pub type Layout = Vec<Option<Column>>;

/// What a first line is.
pub enum First {
    /// It names the columns.
    Header(Layout),
    /// It is a device already: the file has no header.
    Device,
}

/// Reads the first line.
pub fn first(record: &csv::StringRecord) -> Result<First, String> {
    let layout: Layout = record.iter().map(Column::named).collect();
    if layout.iter().flatten().next().is_none() && record.iter().any(is_seed) {
        return without_header(record).map(|_| First::Device);
    }
    for (n, column) in layout.iter().enumerate() {
        if column.is_some() && layout[..n].contains(column) {
            return Err(format!("Column {} has the name of another one.", n + 1));
        }
    }
    for (column, name) in [(Column::Serial, "Serial Number"), (Column::Seed, "Seed")] {
        if !layout.contains(&Some(column)) {
            return Err(format!("The column “{name}” is missing in the first line. The columns are {COLUMNS}."));
        }
    }
    Ok(First::Header(layout))
}

/// What the cells of a line are in a file without a header: OATH CSV (serial number, seed, type, digits, and period or
/// counter), or what Yubico's tools write.
pub fn without_header(record: &csv::StringRecord) -> Result<Layout, String> {
    use Column::{Algorithm, Counter, Digits, Period, Seed, Serial, Type};
    let cell = |at: usize| record.get(at).unwrap_or_default();
    if cell(0).eq_ignore_ascii_case("OATH-HOTP") && is_seed(cell(5)) {
        return Ok(vec![Some(Type), None, None, Some(Serial), None, Some(Seed)]);
    }
    // The cell after the empty public identity is the counter of a key for HOTP.
    if is_seed(cell(3)) && !is_seed(cell(1)) && cell(2) == "0" {
        return Ok(vec![Some(Serial), None, Some(Counter), Some(Seed)]);
    }
    const FORM: &str =
        "Without a header a line is: Serial Number, Seed, Type (hotp or totp), Digits, Period or Counter.";
    if cell(0).is_empty() || !is_seed(cell(1)) {
        return Err(format!("The file has no header, and its lines begin with no serial number and seed. {FORM}"));
    }
    let last = match device::moving_factor(cell(2)) {
        Ok(crate::tokens::MovingFactor::Counter) => Counter,
        Ok(crate::tokens::MovingFactor::Time) if !cell(2).is_empty() => Period,
        _ => return Err(format!("Its third cell is neither hotp nor totp. {FORM}")),
    };
    Ok(vec![Some(Serial), Some(Seed), Some(Type), Some(Digits), Some(last), Some(Algorithm)])
}

/// True for what can only be a seed: digits of base 16 or 32, as many as a short one has.
fn is_seed(text: &str) -> bool {
    text.len() >= 26 && device::seed_text(text).is_ok()
}

/// The columns that are passed over, with names that can be shown: what is one cell too many has none, and a seed is
/// never repeated.
pub fn passed_over(header: &csv::StringRecord, layout: &Layout) -> Vec<(usize, PassedOver)> {
    let name = |n: usize, name: &str| match name {
        "" => format!("column {}, which has no name", n + 1),
        name if is_seed(name) => format!("column {}", n + 1),
        name => shown(name),
    };
    let cells = header.iter().enumerate().zip(layout).filter(|(_, column)| column.is_none());
    cells.map(|((n, text), _)| (n, PassedOver { name: name(n, text), filled: 0 })).collect()
}

/// A serial number for the list of outcomes, however wrong it is.
pub fn shown(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.chars().count() > 40 { line.chars().take(40).chain(['…']).collect() } else { line }
}
