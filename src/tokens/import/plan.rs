//! What becomes of each device of a file.

use super::columns;
use super::device::{Incoming, Line};
use super::pskc::Refusal;
use super::{Format, LineOutcome, MOST_BYTES, Opening, PassedOver, Report, pskc, table};
use crate::{
    audit::{self, Entry, Verb},
    clock::Timestamp,
    db::{self, AnyConn},
    desk::Desk,
    english::counted,
    error::{Error, Result},
    ids::ContainerId,
    imports,
    operators::{Scope, Who},
    tokens::{
        AuthenticationType, Making, MovingFactor, Standing, TokenState, one_time, seal_seed,
        store::{self, NewToken},
        token::serial_key,
    },
    users,
};
use std::collections::HashMap;

/// What would become of a file.
pub struct Plan {
    /// What became of each line or key.
    pub report: Report,
    good: Importable,
}

impl Plan {
    /// Looks at every line; changes nothing.
    pub(super) fn of(conn: &mut AnyConn, who: &Who, file: &File, container: &str) -> Result<Self> {
        let containers = users::containers(conn, &who.scope)?;
        let containers: HashMap<String, ContainerId> =
            containers.into_iter().map(|(id, name)| (db::key(&name), id)).collect();
        let fallback = container_named(who, &containers, container).map_err(|why| Error::mistake("container", why))?;
        let (report, good) = judge(conn, who, file, &containers, fallback)?;
        Ok(Plan { report, good })
    }

    /// True if there is nothing that may be imported.
    pub(super) fn is_stopped(&self, leave_out: bool) -> bool {
        self.report.refused() > 0 && !leave_out || self.good.is_empty()
    }

    /// Puts the good ones into inventory.
    pub(super) fn apply(
        self,
        desk: &Desk,
        conn: &mut AnyConn,
        who: &Who,
        now: Timestamp,
        container: &str,
    ) -> Result<Report> {
        let Plan { mut report, good } = self;
        let rows: Vec<NewToken> =
            good.into_iter().map(|(device, container)| new_token(desk, device, container)).collect();
        store::insert(conn, now, &rows).map_err(taken_meanwhile)?;
        report.carried_out = true;
        let (n, format) = (rows.len(), report.format.label());
        let sentence = format!("Imported {} from a {format} file", counted(n, "hardware token"));
        let mut entry = Entry::done(&who.actor, Verb::TokensImport, sentence);
        if let ([first, ..], [.., last]) = (rows.as_slice(), rows.as_slice()) {
            entry = entry.subject(&first.serial).fact("Serial Numbers", format!("{} to {}", first.serial, last.serial));
        }
        if !container.is_empty() {
            entry = entry.fact("Container", container.trim());
        }
        audit::record(conn, now, &entry.fact("Refused", report.refused().to_string()))?;
        Ok(report)
    }
}

pub(super) fn read(bytes: &[u8], now: Timestamp, opening: &Opening) -> Result<File> {
    let wrong = |why: String| Error::mistake("file", why);
    if bytes.len() > MOST_BYTES {
        return Err(wrong(format!("The file is larger than {} MB. Split it.", MOST_BYTES / 1024 / 1024)));
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes)
        .ok()
        .filter(|text| !text.contains('\0'))
        .ok_or_else(|| wrong("This is not UTF-8 text. Choose a CSV file or a PSKC (XML) file.".into()))?;
    if text.trim().is_empty() {
        return Err(wrong("The file is empty.".into()));
    }
    if !text.trim_start().starts_with('<') {
        imports::limits::check(bytes).map_err(wrong)?;
        let table = table::read(text).map_err(wrong)?;
        return Ok(File { format: Format::Csv, lines: table.lines, passed_over: table.passed_over });
    }
    let lines = pskc::read(text, now, opening).map_err(|refusal| match refusal {
        Refusal::File(why) => wrong(why),
        Refusal::Key(why) => Error::mistake("key", why),
        Refusal::Password(why) => Error::mistake("password", why),
    })?;
    Ok(File { format: Format::Pskc, lines, passed_over: Vec::new() })
}

/// A file that was read.
pub struct File {
    format: Format,
    lines: Vec<Line>,
    passed_over: Vec<PassedOver>,
}

/// Devices that can be imported, with their containers.
type Importable = Vec<(Incoming, Option<ContainerId>)>;

/// Looks at every line; changes nothing.
fn judge(
    conn: &mut AnyConn,
    who: &Who,
    file: &File,
    containers: &HashMap<String, ContainerId>,
    fallback: Option<ContainerId>,
) -> Result<(Report, Importable)> {
    let (format, lines) = (file.format, &file.lines);
    let keys: Vec<String> =
        lines.iter().filter_map(|line| line.device.as_ref().ok()).map(|device| serial_key(&device.serial)).collect();
    let known = store::list::known(conn, &who.scope, &keys)?;
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut report = Report {
        format,
        lines: Vec::with_capacity(lines.len()),
        passed_over: file.passed_over.clone(),
        taken_elsewhere: Vec::new(),
        carried_out: false,
    };
    let mut good = Importable::new();
    for line in lines {
        let (number, serial) = (line.number, line.serial.clone());
        let judged = line.device.clone().and_then(|device| {
            let key = serial_key(&device.serial);
            if let Some(first) = seen.get(&key) {
                let part = format.part().to_lowercase();
                return Err(format!("This serial number is that of {part} {first} already."));
            }
            if let Some(is_inside) = known.get(&key) {
                if !is_inside {
                    report.taken_elsewhere.push(device.serial.clone());
                }
                return Err("A token with this serial number is there already.".into());
            }
            let container = match device.container.as_str() {
                "" => fallback,
                name => container_named(who, containers, name)?,
            };
            seen.insert(key, number);
            Ok((device, container))
        });
        let (making, refused) = match judged {
            Ok((device, container)) => {
                let making = making_words(&device.making);
                good.push((device, container));
                (making, None)
            }
            Err(why) => (String::new(), Some(why)),
        };
        report.lines.push(LineOutcome { number, serial, making, refused });
    }
    Ok((report, good))
}

/// The container of this name; none, which is the whole organization, is for those who work everywhere.
fn container_named(
    who: &Who,
    containers: &HashMap<String, ContainerId>,
    name: &str,
) -> Result<Option<ContainerId>, String> {
    let name = name.trim();
    match (name.is_empty(), containers.get(&db::key(name))) {
        (true, _) if who.scope == Scope::All => Ok(None),
        (true, _) => Err("Choose a container of your scope.".into()),
        (false, Some(container)) => Ok(Some(*container)),
        (false, None) => Err(format!("There is no container {} in your scope.", columns::shown(name))),
    }
}

fn new_token(desk: &Desk, device: Incoming, container: Option<ContainerId>) -> NewToken {
    NewToken {
        sealed_seed: seal_seed(desk, &device.serial, &device.seed),
        serial: device.serial,
        authentication_type: AuthenticationType::HardwareToken,
        making: device.making,
        state: TokenState::Inventory,
        container,
        user: None,
        standing: Standing { next_counter: device.counter, ..Standing::default() },
        validity: device.validity,
    }
}

/// "HOTP, SHA1, 6 digits" or "TOTP, SHA256, 8 digits, 60 s".
pub fn making_words(making: &Making) -> String {
    let algorithm = one_time::algorithm_word(making.algorithm);
    match making.moving_factor {
        MovingFactor::Counter => format!("HOTP, {algorithm}, {} digits", making.digits),
        MovingFactor::Time => format!("TOTP, {algorithm}, {} digits, {} s", making.digits, making.period),
    }
}

/// Two files with the same serial numbers come one after the other, but another server's import may hold no lock of ours.
fn taken_meanwhile(error: Error) -> Error {
    if db::is_taken(&error) {
        return Error::Conflict(
            "Somebody imported one of these serial numbers at the same moment. Import the file again.".into(),
        );
    }
    error
}
