//! A PSKC file (RFC 6030): one key a package, plain or encrypted with a key that both sides know.

use chrono::{DateTime, NaiveDateTime};
use data_encoding::BASE64;
use zeroize::Zeroizing;

use crate::{
    clock::Timestamp,
    tokens::{
        AuthenticationType, Validity,
        import::{
            MOST_DEVICES,
            cipher::{self, Closed, MacMethod, Prf},
            columns::shown,
            device::{self, Incoming, Line},
            distinguished_name,
            xml::Element,
        },
        one_time::{Making, MovingFactor},
    },
};

/// Elements of one key, with all that RFC 6030 knows: some 40; twice that leaves room for extensions.
const ELEMENTS_A_KEY: usize = 80;

/// What opens an encrypted file.
pub enum Opening {
    /// Nothing: the file is plain.
    Nothing,
    /// The pre-shared key (RFC 6030 §6.1).
    Key(Zeroizing<Vec<u8>>),
    /// The password that the key is derived from (RFC 6030 §6.2).
    Password(Zeroizing<String>),
}

/// Why a file as a whole is refused.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is not what it should be.
    File(String),
    /// The pre-shared key is missing or does not fit.
    Key(String),
    /// The password is missing or does not fit.
    Password(String),
}

/// What encrypted values are opened with.
struct Keyring {
    key: Zeroizing<Vec<u8>>,
    mac: Option<(MacMethod, Zeroizing<Vec<u8>>)>,
    derived: bool,
}

/// Reads a file; what is wrong with single keys stands with them.
///
/// # Errors
/// As [`Refusal`] says.
pub fn read(text: &str, now: Timestamp, opening: &Opening) -> Result<Vec<Line>, Refusal> {
    let root = Element::read(text, MOST_DEVICES * ELEMENTS_A_KEY).map_err(Refusal::File)?;
    if root.name != "KeyContainer" {
        return Err(Refusal::File(format!("This is no PSKC file: its outermost element is {}.", shown(&root.name))));
    }
    if let Some(version) = root.attribute("Version").filter(|version| !version.starts_with("1.")) {
        return Err(Refusal::File(format!("PSKC version {} is not known; 1.0 is.", shown(version))));
    }
    let packages: Vec<&Element> = root.all("KeyPackage").collect();
    if packages.is_empty() {
        return Err(Refusal::File("The file has no key.".into()));
    }
    if packages.len() > MOST_DEVICES {
        return Err(Refusal::File(format!("The file has more than {MOST_DEVICES} keys. Split it.")));
    }
    let keyring = keyring(&root, opening)?;
    let mut sealed = 0;
    let mut misfits = 0;
    let lines = packages
        .iter()
        .zip(1..)
        .map(|(package, number)| {
            let serial = serial_of(package);
            let device = match key(package, &serial, now, keyring.as_ref()) {
                Ok((device, was_sealed)) => {
                    sealed += usize::from(was_sealed);
                    Ok(device)
                }
                Err(Unread::Misfit(why)) => {
                    misfits += 1;
                    Err(why)
                }
                Err(Unread::Plainly(why)) => Err(why),
            };
            Line { number, serial: shown(&serial), owner: shown(&owner_of(package)), device }
        })
        .collect();
    match keyring {
        // One that does not fit is damaged; when none fits, the key is the wrong one.
        Some(keyring) if sealed == 0 && misfits > 0 => Err(keyring.wrong()),
        _ => Ok(lines),
    }
}

/// The number on the device; where a file names no device, the id of the key.
fn serial_of(package: &Element) -> String {
    let number = package.at(&["DeviceInfo", "SerialNo"]).map(|number| number.text().to_owned());
    let id = || package.child("Key").and_then(|key| key.attribute("Id")).map(|id| id.trim().to_owned());
    number.filter(|number| !number.is_empty()).or_else(id).unwrap_or_default()
}

/// The User ID of who has it: that of the key goes before that of the device (RFC 6030 §4.2, §4.3.3), and both are names of
/// directories.
fn owner_of(package: &Element) -> String {
    let of = [&["Key", "UserId"], &["DeviceInfo", "UserId"]].into_iter().find_map(|way| {
        let text = package.at(way)?.text();
        (!text.is_empty()).then(|| distinguished_name::user_id(text))
    });
    of.unwrap_or_default()
}

impl Keyring {
    fn wrong(&self) -> Refusal {
        if self.derived {
            Refusal::Password("The password does not open this file.".into())
        } else {
            Refusal::Key("The key does not open this file.".into())
        }
    }
}

/// The keys of an encrypted file; `None` for a plain one.
fn keyring(root: &Element, opening: &Opening) -> Result<Option<Keyring>, Refusal> {
    let Some(encryption) = root.child("EncryptionKey") else { return Ok(None) };
    let (key, derived) = match (encryption.child("DerivedKey"), opening) {
        (Some(derived), Opening::Password(password)) => (derive(derived, password).map_err(Refusal::File)?, true),
        (Some(_), _) => {
            return Err(Refusal::Password("This file is encrypted with a password. Enter it.".into()));
        }
        (None, Opening::Key(key)) => (key.clone(), false),
        (None, _) if encryption.child("KeyName").is_some() || encryption.children().is_empty() => {
            return Err(Refusal::Key("This file is encrypted with a pre-shared key. Enter it.".into()));
        }
        (None, _) => {
            return Err(Refusal::File(
                "This file is encrypted for a certificate. Ask the maker for one with a pre-shared key or a password."
                    .into(),
            ));
        }
    };
    let mut keyring = Keyring { key, mac: None, derived };
    if let Some(method) = root.child("MACMethod") {
        let named = method.attribute("Algorithm").unwrap_or_default();
        let known = MacMethod::named(named)
            .ok_or_else(|| Refusal::File(format!("The MAC method {} is not known.", shown(named))))?;
        // Without a key of its own the MAC is made with the encryption key (RFC 6030 §6.1.1).
        let mac_key = match method.child("MACKey") {
            Some(sealed) => open(sealed, &keyring.key).map_err(|closed| match closed {
                Closed::Garbled => keyring.wrong(),
                Closed::Unknown(_) => Refusal::File(words(&closed)),
                Closed::KeyLength(_) if keyring.derived => Refusal::File(words(&closed)),
                Closed::KeyLength(_) => Refusal::Key(words(&closed)),
            })?,
            None => keyring.key.clone(),
        };
        keyring.mac = Some((known, mac_key));
    }
    Ok(Some(keyring))
}

/// The key of a password (RFC 6030 §6.2, with PBKDF2 of PKCS #5).
fn derive(derived: &Element, password: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    let method = derived.child("KeyDerivationMethod").ok_or("The file does not say how its key is derived.")?;
    let named = method.attribute("Algorithm").unwrap_or_default();
    if !named.ends_with("#pbkdf2") {
        return Err(format!("The key derivation {} is not known; PBKDF2 is.", shown(named)));
    }
    let parameters = method.child("PBKDF2-params").ok_or("The file does not say how PBKDF2 is used.")?;
    let salt = parameters.at(&["Salt", "Specified"]).and_then(|salt| base64(salt.text()));
    let salt = salt.filter(|salt| !salt.is_empty()).ok_or("The salt of PBKDF2 is missing.")?;
    let number = |name: &str| parameters.child(name).and_then(|number| number.text().parse::<u32>().ok());
    let rounds = number("IterationCount").ok_or("The iteration count of PBKDF2 is missing.")?;
    let length = number("KeyLength").unwrap_or(16);
    let prf = match parameters.child("PRF").and_then(|prf| prf.attribute("Algorithm")).unwrap_or_default() {
        "" => Prf::Sha1,
        named => match device::algorithm(named.rsplit(['#', '/', ':']).next().unwrap_or_default()) {
            Ok(crate::oath::Algorithm::Sha1) => Prf::Sha1,
            Ok(crate::oath::Algorithm::Sha256) => Prf::Sha256,
            Ok(crate::oath::Algorithm::Sha512) => Prf::Sha512,
            Err(_) => return Err(format!("The function {} below PBKDF2 is not known.", shown(named))),
        },
    };
    cipher::derive(password, &salt, rounds, length as usize, prf).ok_or_else(|| {
        format!(
            "PBKDF2 with {rounds} rounds for {length} bytes is refused; at most {} rounds and 32 bytes.",
            cipher::MOST_ROUNDS
        )
    })
}

/// The value of an element with `EncryptionMethod` and `CipherData`.
fn open(sealed: &Element, key: &[u8]) -> Result<Zeroizing<Vec<u8>>, Closed> {
    let method = sealed.child("EncryptionMethod").and_then(|method| method.attribute("Algorithm")).unwrap_or_default();
    cipher::decrypt(method, key, &cipher_value(sealed).ok_or(Closed::Garbled)?)
}

fn cipher_value(sealed: &Element) -> Option<Vec<u8>> {
    base64(sealed.at(&["CipherData", "CipherValue"])?.text())
}

fn base64(text: &str) -> Option<Vec<u8>> {
    let plain: Zeroizing<String> = Zeroizing::new(text.split_whitespace().collect());
    BASE64.decode(plain.as_bytes()).ok()
}

fn words(closed: &Closed) -> String {
    match closed {
        Closed::Unknown(method) => format!("The encryption {} is not known; AES-CBC is.", shown(method)),
        Closed::KeyLength(bytes) => {
            format!("This file needs a key of {bytes} bytes, {} hexadecimal digits.", bytes * 2)
        }
        Closed::Garbled => "It is damaged: what was decrypted makes no sense.".into(),
    }
}

/// Why a key is not taken.
enum Unread {
    /// It was opened, or not encrypted, and is not what it should be.
    Plainly(String),
    /// The key of the file does not fit it.
    Misfit(String),
}

impl From<String> for Unread {
    fn from(why: String) -> Self {
        Unread::Plainly(why)
    }
}

impl From<&str> for Unread {
    fn from(why: &str) -> Self {
        Unread::Plainly(why.into())
    }
}

/// A value: its bytes, and whether it was encrypted.
type Value = (Zeroizing<Vec<u8>>, bool);

/// One key; with it, whether its secret was encrypted.
fn key(package: &Element, serial: &str, now: Timestamp, keyring: Option<&Keyring>) -> Result<(Incoming, bool), Unread> {
    let key = package.child("Key").ok_or("The package has no key.")?;
    let named = key.attribute("Algorithm").unwrap_or_default();
    let moving_factor = match named.rsplit([':', '#']).next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "" => return Err("It does not say what kind of key it is.".into()),
        "pin" => return Err("It is a PIN, not a key that makes one-time passwords.".into()),
        kind => device::moving_factor(kind).map_err(|_| "It is neither an HOTP nor a TOTP key.")?,
    };
    let validity = policy(key, now)?;
    let parameters = key.child("AlgorithmParameters");
    let suite = parameters.and_then(|all| all.child("Suite")).map(Element::text).unwrap_or_default();
    let format = parameters.and_then(|all| all.child("ResponseFormat"));
    let attribute = |name: &str| format.and_then(|format| format.attribute(name)).unwrap_or_default();
    if !matches!(attribute("Encoding"), "" | "DECIMAL") {
        return Err("Its values are not decimal.".into());
    }
    if matches!(attribute("CheckDigits"), "true" | "1") {
        return Err("Its values have a check digit, which is not supported.".into());
    }
    let data = key.child("Data").ok_or("It has no data.")?;
    let (secret, sealed) = value(data, "Secret", keyring)?.ok_or("It has no secret.")?;
    let number = |name: &str| -> Result<Option<i64>, Unread> {
        value(data, name, keyring)?.map(|(bytes, sealed)| integer(name, &bytes, sealed)).transpose()
    };
    let period = match number("TimeInterval")? {
        Some(seconds) => device::period(&seconds.to_string())?,
        None => 30,
    };
    let counter = match (moving_factor, number("Counter")?) {
        (MovingFactor::Counter, Some(counter)) => device::counter(&counter.to_string())?,
        _ => 0,
    };
    let making = Making {
        moving_factor,
        algorithm: device::algorithm(suite)?,
        digits: device::digits(attribute("Length"))?,
        period,
    };
    let seed = device::seed(secret.to_vec())?;
    let incoming = Incoming {
        serial: Some(device::serial(serial)?),
        authentication_type: AuthenticationType::HardwareToken,
        seed,
        making,
        counter,
        owner: owner_of(package),
        container: String::new(),
        validity,
    };
    Ok((incoming, sealed))
}

/// What the policy of a key says about it (RFC 6030 §5): from when and until when it is good. What cannot be kept must
/// not be taken: a key with a rule that is not understood is refused.
fn policy(key: &Element, now: Timestamp) -> Result<Validity, String> {
    let mut validity = Validity::ALWAYS;
    let Some(policy) = key.child("Policy") else { return Ok(validity) };
    for rule in policy.children() {
        match rule.name.as_str() {
            "StartDate" => validity.from = Some(moment(rule.text()).ok_or("Its start date cannot be read.")?),
            "ExpiryDate" => {
                let at = moment(rule.text()).ok_or("Its expiry date cannot be read.")?;
                if at <= now {
                    return Err(format!("It expired on {}.", at.date()));
                }
                validity.until = Some(at);
            }
            // A PIN that the device asks for itself is its own business; one within the value is not.
            "PINPolicy" if matches!(rule.attribute("PINUsageMode"), None | Some("Local")) => {}
            "PINPolicy" => return Err("Its values have a PIN in them, which is not supported.".into()),
            "KeyUsage" if policy.all("KeyUsage").any(|usage| usage.text() == "OTP") => {}
            "KeyUsage" => return Err("It is not meant for one-time passwords.".into()),
            name => return Err(format!("Its policy has a rule that is not known: {}.", shown(name))),
        }
    }
    match (validity.from, validity.until) {
        (Some(from), Some(until)) if until <= from => Err("It expires before it begins.".into()),
        _ => Ok(validity),
    }
}

/// An XML date and time, with or without a zone (then UTC).
fn moment(text: &str) -> Option<Timestamp> {
    let zoned = DateTime::parse_from_rfc3339(text).ok().map(|at| at.naive_utc());
    zoned.or_else(|| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok())
}

/// A part of `Data`, decrypted if it has to be; `None` if it is not there.
fn value(data: &Element, name: &str, keyring: Option<&Keyring>) -> Result<Option<Value>, Unread> {
    let Some(part) = data.child(name) else { return Ok(None) };
    if let Some(plain) = part.child("PlainValue") {
        // The secret is in base 64, numbers stand as they are.
        let bytes = if name == "Secret" {
            base64(plain.text()).ok_or("Its secret is not base 64.")?
        } else {
            plain.text().as_bytes().to_vec()
        };
        return Ok(Some((Zeroizing::new(bytes), false)));
    }
    let Some(sealed) = part.child("EncryptedValue") else { return Ok(None) };
    let keyring = keyring.ok_or("It is encrypted, and the file does not say with what.")?;
    let body = cipher_value(sealed).ok_or("Its encrypted value is not base 64.")?;
    let (method, mac_key) = keyring
        .mac
        .as_ref()
        .ok_or("The file has no MAC, without which a damaged key cannot be told from a good one.")?;
    let mac = part.child("ValueMAC").and_then(|mac| base64(mac.text()));
    let mac = mac.ok_or("It has no MAC, without which a damaged key cannot be told from a good one.")?;
    if !method.verify(mac_key, &body, &mac) {
        return Err(Unread::Misfit("Its MAC does not fit: the file was damaged or changed.".into()));
    }
    match open(sealed, &keyring.key) {
        Ok(bytes) => Ok(Some((bytes, true))),
        Err(closed @ Closed::Garbled) => Err(Unread::Misfit(words(&closed))),
        Err(closed) => Err(Unread::Plainly(words(&closed))),
    }
}

/// A number: digits in a plain value, big-endian bytes in an encrypted one (RFC 6030 §4.2).
fn integer(name: &str, bytes: &[u8], sealed: bool) -> Result<i64, Unread> {
    let read = if sealed {
        (bytes.len() <= 8).then(|| bytes.iter().fold(0_u64, |all, byte| all << 8 | u64::from(*byte)))
    } else {
        std::str::from_utf8(bytes).ok().and_then(|text| text.trim().parse().ok())
    };
    read.and_then(|number| i64::try_from(number).ok())
        .ok_or_else(|| Unread::Plainly(format!("Its {name} is no number.")))
}
