//! What becomes of each device of a file.

use super::columns;
use super::device::{Incoming, Line};
use super::owners::{self, Owned, Owners};
use super::pskc::Refusal;
use super::report::Telling;
use super::{Format, LineOutcome, MOST_BYTES, Opening, PassedOver, Report, pskc, table, uris};
use crate::{
    audit::{self, Entry, Verb},
    clock::Timestamp,
    db::{self, AnyConn},
    desk::Desk,
    english::{counted, with_article},
    error::{Error, Result},
    ids::{ContainerId, UserId},
    imports,
    keys::Purpose,
    operators::{Scope, Who},
    tokens::{
        AuthenticationType, Making, MovingFactor, Seed, Standing, TokenState, one_time, seal_seed,
        store::{self, NewToken},
        token::serial_key,
    },
    users::{self, User},
};
use data_encoding::BASE32_NOPAD;
use std::collections::HashMap;

/// What would become of a file.
pub struct Plan {
    /// What became of each line or key.
    pub report: Report,
    good: Importable,
}

impl Plan {
    /// Looks at every line; changes nothing.
    pub(super) fn of(
        desk: &Desk,
        conn: &mut AnyConn,
        who: &Who,
        file: &File,
        container: &str,
        tell_owners: bool,
    ) -> Result<Self> {
        let containers = users::containers(conn, &who.scope)?;
        let containers: HashMap<String, ContainerId> =
            containers.into_iter().map(|(id, name)| (db::key(&name), id)).collect();
        let fallback = container_named(who, &containers, container).map_err(|why| Error::mistake("container", why))?;
        let (mut report, good) = judge(desk, conn, who, file, &containers, fallback)?;
        report.telling = telling(&good, tell_owners);
        Ok(Plan { report, good })
    }

    /// True if there is nothing that may be imported.
    pub(super) fn is_stopped(&self, leave_out: bool) -> bool {
        self.report.refused() > 0 && !leave_out || self.good.is_empty()
    }

    /// Puts the good ones into inventory, or gives them to their owners.
    pub(super) fn apply(
        self,
        desk: &Desk,
        conn: &mut AnyConn,
        who: &Who,
        now: Timestamp,
        container: &str,
    ) -> Result<Report> {
        let Plan { mut report, good } = self;
        let (rows, owners): (Vec<NewToken>, Vec<Option<User>>) =
            good.into_iter().map(|one| (new_token(desk, &one), one.owner)).unzip();
        store::insert(conn, now, &rows).map_err(taken_meanwhile)?;
        report.carried_out = true;
        let owned: Vec<Owned<'_>> =
            rows.iter().zip(&owners).filter_map(|(row, owner)| owned(row, owner.as_ref())).collect();
        owners::record(conn, who, now, &owned)?;
        if report.telling.asked {
            owners::tell(desk, conn, who, now, &owned)?;
        }
        let hardware = rows.iter().all(|row| row.authentication_type == AuthenticationType::HardwareToken);
        let what = counted(rows.len(), if hardware { "hardware token" } else { "token" });
        let sentence = format!("Imported {what} from {} file", with_article(report.format.label()));
        let mut entry = Entry::done(&who.actor, Verb::TokensImport, sentence);
        if let ([first, ..], [.., last]) = (rows.as_slice(), rows.as_slice()) {
            entry = entry.subject(&first.serial).fact("Serial Numbers", format!("{} to {}", first.serial, last.serial));
        }
        if !container.is_empty() {
            entry = entry.fact("Container", container.trim());
        }
        if !owned.is_empty() {
            let told = if report.telling.asked { report.telling.told } else { 0 };
            entry = entry.fact("With their owners", owned.len().to_string()).fact("Owners told", told.to_string());
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
    let text = std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\0')).ok_or_else(|| {
        wrong("This is not UTF-8 text. Choose a CSV file, a PSKC (XML) file, or one of otpauth:// addresses.".into())
    })?;
    if text.trim().is_empty() {
        return Err(wrong("The file is empty.".into()));
    }
    if uris::is_of_uris(text) {
        imports::limits::check(bytes).map_err(wrong)?;
        return Ok(File { format: Format::Uris, lines: uris::read(text).map_err(wrong)?, passed_over: Vec::new() });
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

/// A device that can be imported.
struct Good {
    device: Incoming,
    serial: String,
    container: Option<ContainerId>,
    owner: Option<User>,
}

/// Devices that can be imported.
type Importable = Vec<Good>;

/// Looks at every line; changes nothing.
fn judge(
    desk: &Desk,
    conn: &mut AnyConn,
    who: &Who,
    file: &File,
    containers: &HashMap<String, ContainerId>,
    fallback: Option<ContainerId>,
) -> Result<(Report, Importable)> {
    let (format, lines) = (file.format, &file.lines);
    let good = lines.iter().filter_map(|line| line.device.as_ref().ok());
    let keys: Vec<String> = good.map(|device| serial_key(&serial_of(desk, device))).collect();
    let known = store::list::known(conn, &who.scope, &keys)?;
    let mut owners = Owners::of(conn, who, lines)?;
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut report = Report {
        format,
        lines: Vec::with_capacity(lines.len()),
        passed_over: file.passed_over.clone(),
        taken_elsewhere: Vec::new(),
        telling: Telling::default(),
        carried_out: false,
    };
    let mut good = Importable::new();
    for line in lines {
        let number = line.number;
        let judged = line.device.clone().and_then(|device| {
            let serial = serial_of(desk, &device);
            let named = if device.serial.is_some() { "serial number" } else { "key" };
            let key = serial_key(&serial);
            if let Some(first) = seen.get(&key) {
                let part = format.part().to_lowercase();
                return Err(format!("This {named} is that of {part} {first} already."));
            }
            if let Some(is_inside) = known.get(&key) {
                if !is_inside {
                    report.taken_elsewhere.push(serial);
                }
                return Err(format!("A token with this {named} is there already."));
            }
            let wanted = match device.container.as_str() {
                "" => None,
                name => container_named(who, containers, name)?,
            };
            let (owner, container) = match device.owner.as_str() {
                "" if device.authentication_type == AuthenticationType::AuthenticatorApp => {
                    return Err("It names no user, and an authenticator app cannot go to inventory.".into());
                }
                "" => (None, wanted.or(fallback)),
                user_id => {
                    let owner = owners.admit(user_id, wanted)?;
                    let container = owner.container;
                    (Some(owner), Some(container))
                }
            };
            seen.insert(key, number);
            Ok(Good { device, serial, container, owner })
        });
        report.lines.push(match judged {
            Ok(one) => {
                let owner = one.owner.as_ref().map(|owner| owner.user_id.clone()).unwrap_or_default();
                let (serial, making) = (one.serial.clone(), making_words(&one.device.making));
                good.push(one);
                LineOutcome { number, serial, owner, making, refused: None }
            }
            Err(why) => {
                let (serial, owner) = (line.serial.clone(), line.owner.clone());
                LineOutcome { number, serial, owner, making: String::new(), refused: Some(why) }
            }
        });
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

/// The serial number of the file, or one that is made of the seed, so that the same key comes in once: 60 bits of a keyed hash,
/// of which two among a million are the same with a chance of 1 in 2 million.
fn serial_of(desk: &Desk, device: &Incoming) -> String {
    device.serial.clone().unwrap_or_else(|| made_of(desk, &device.seed))
}

fn made_of(desk: &Desk, seed: &Seed) -> String {
    let hash = BASE32_NOPAD.encode(&desk.keys.hash(Purpose::ImportedSeed, seed.bytes()));
    format!("TD-{}-{}-{}", &hash[..4], &hash[4..8], &hash[8..12])
}

/// Who of the owners is, or would be, told.
fn telling(good: &Importable, asked: bool) -> Telling {
    let owners: HashMap<UserId, bool> =
        good.iter().filter_map(|one| one.owner.as_ref()).map(|owner| (owner.id, owner.email.is_empty())).collect();
    let silent = owners.values().filter(|silent| **silent).count();
    Telling { asked, told: owners.len() - silent, silent }
}

fn owned<'a>(row: &'a NewToken, owner: Option<&'a User>) -> Option<Owned<'a>> {
    let NewToken { serial, authentication_type, .. } = row;
    owner.map(|owner| Owned { serial, authentication_type: *authentication_type, owner })
}

fn new_token(desk: &Desk, one: &Good) -> NewToken {
    let device = &one.device;
    NewToken {
        sealed_seed: seal_seed(desk, &one.serial, &device.seed),
        serial: one.serial.clone(),
        authentication_type: device.authentication_type,
        making: device.making,
        state: if one.owner.is_some() { TokenState::Active } else { TokenState::Inventory },
        container: one.container,
        user: one.owner.as_ref().map(|owner| owner.id),
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
