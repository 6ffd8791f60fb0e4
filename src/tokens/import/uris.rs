//! A file of `otpauth://` addresses, one a line, as authenticator apps and other products export their keys: the Key Uri
//! Format of Google Authenticator's wiki, and that app's own export, see [`super::migration`].

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::{
    MOST_DEVICES,
    app_key::{Key, authentication_type, begins, decoded, owner},
    columns::shown,
    device::{self, Incoming, Line},
    migration,
};
use crate::tokens::{
    Validity,
    one_time::{Making, MovingFactor},
};

/// How each address begins.
const SCHEME: &str = "otpauth://";

/// True for a file whose first line is such an address.
pub fn is_of_uris(text: &str) -> bool {
    let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
    first.is_some_and(|line| begins(line, SCHEME) || begins(line, migration::SCHEME))
}

/// Reads a file.
///
/// # Errors
/// A sentence, if the file as a whole is not what it should be.
pub fn read(text: &str) -> Result<Vec<Line>, String> {
    let mut lines = Vec::new();
    let mut exports = BTreeMap::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if begins(line, migration::SCHEME) {
            match migration::read(line) {
                Ok(export) => {
                    exports.entry(export.id).or_insert_with(|| Export::new(number, export.parts)).seen += 1;
                    lines.extend(export.keys.into_iter().map(|key| lined(number, key)));
                }
                Err(why) => lines.push(lined(number, Key { owner: String::new(), device: Err(why) })),
            }
        } else {
            lines.push(lined(number, key(line)));
        }
        if lines.len() > MOST_DEVICES {
            return Err(format!("The file has more than {MOST_DEVICES} keys. Split it."));
        }
    }
    for export in exports.into_values().filter(|export| export.seen < export.parts) {
        let why = format!(
            "This is an export of {} parts, and the file has {} of them. Add the codes that the app shows next.",
            export.parts, export.seen
        );
        lines.push(lined(export.line, Key { owner: String::new(), device: Err(why) }));
    }
    lines.sort_by_key(|line| line.number);
    Ok(lines)
}

/// An export of Google Authenticator, which shows so many keys a code.
struct Export {
    line: usize,
    parts: usize,
    seen: usize,
}

impl Export {
    fn new(line: usize, parts: usize) -> Self {
        Export { line, parts, seen: 0 }
    }
}

fn lined(number: usize, key: Key) -> Line {
    let serial = key.device.as_ref().ok().and_then(|device| device.serial.clone()).unwrap_or_default();
    Line { number, serial, owner: shown(&key.owner), device: key.device }
}

fn key(line: &str) -> Key {
    let Some((kind, rest)) =
        line.get(SCHEME.len()..).filter(|_| begins(line, SCHEME)).and_then(|rest| rest.split_once('/'))
    else {
        return Key { owner: String::new(), device: Err("This line is no otpauth:// address.".into()) };
    };
    let (label, query) = rest.split_once('?').unwrap_or((rest, ""));
    match decoded(label) {
        Ok(label) => {
            let owner = owner(&label);
            Key { device: parse(kind, query, &owner), owner }
        }
        Err(why) => Key { owner: String::new(), device: Err(why) },
    }
}

fn parse(kind: &str, query: &str, owner: &str) -> Result<Incoming, String> {
    let mut parts: Vec<(&str, Zeroizing<String>)> = Vec::new();
    for (name, value) in query.split('&').filter_map(|part| part.split_once('=')) {
        parts.push((name, decoded(value)?));
    }
    let part = |wanted: &str| {
        let found = parts.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map_or("", |(_, value)| value.as_str())
    };
    let moving_factor = match kind {
        "" => return Err("It is neither HOTP nor TOTP.".into()),
        kind => device::moving_factor(kind)?,
    };
    if !matches!(part("encoder"), "") {
        return Err("Its values are not decimal.".into());
    }
    if moving_factor == MovingFactor::Counter && part("counter").is_empty() {
        return Err("It has no counter, without which nobody knows which value comes next.".into());
    }
    Ok(Incoming {
        serial: Some(part("serial")).filter(|text| !text.is_empty()).map(device::serial).transpose()?,
        authentication_type: authentication_type(moving_factor),
        seed: device::base32_seed(part("secret"))?,
        making: Making {
            moving_factor,
            algorithm: device::algorithm(part("algorithm"))?,
            digits: device::digits(part("digits"))?,
            period: device::period(part("period"))?,
        },
        counter: if moving_factor == MovingFactor::Counter { device::counter(part("counter"))? } else { 0 },
        owner: owner.to_owned(),
        container: String::new(),
        validity: Validity::ALWAYS,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{oath::Algorithm, tokens::AuthenticationType};

    const SEED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    fn one(line: &str) -> Result<Incoming, String> {
        assert!(is_of_uris(line), "{line}");
        let mut lines = read(line).unwrap();
        assert_eq!(lines.len(), 1);
        lines.remove(0).device
    }

    #[test]
    fn an_address_says_whose_key_it_is_and_how_it_makes_its_values() {
        let app = one(&format!("otpauth://totp/Example%20Org:a.berg?secret={SEED}&issuer=Example%20Org")).ok().unwrap();
        assert_eq!((app.owner.as_str(), app.making, app.serial), ("a.berg", Making::APP, None));
        assert_eq!(app.authentication_type, AuthenticationType::AuthenticatorApp);
        assert_eq!(app.seed.bytes(), b"12345678901234567890");
        let line = format!(
            "OTPAUTH://hotp/Example%3A%20a.berg%40example.org?SECRET={}&counter=7&digits=8&algorithm=SHA256&serial=FT-1",
            SEED.to_lowercase()
        );
        let device = one(&line).ok().unwrap();
        assert_eq!((device.owner.as_str(), device.counter), ("a.berg@example.org", 7));
        assert_eq!((device.making.digits, device.making.algorithm), (8, Algorithm::Sha256));
        assert_eq!(
            (device.serial.as_deref(), device.authentication_type),
            (Some("FT-1"), AuthenticationType::HardwareToken)
        );
    }

    #[test]
    fn what_is_wrong_with_an_address_is_said_without_its_secret() {
        for (rest, word) in [
            (format!("totp/a?secret={SEED}&digits=7"), "6 or 8 digits"),
            (format!("totp/a?secret={SEED}&period=45"), "30 or 60"),
            (format!("totp/a?secret={SEED}&algorithm=MD5"), "algorithm"),
            (format!("totp/a?secret={SEED}&encoder=steam"), "not decimal"),
            (format!("steam/a?secret={SEED}"), "neither HOTP nor TOTP"),
            (format!("hotp/a?secret={SEED}"), "no counter"),
            (format!("hotp/a?secret={SEED}&counter=-1"), "counter"),
            (format!("totp/%ff?secret={SEED}"), "not UTF-8"),
            ("totp/a?secret=JBSWY3DPEHPK3PXP".into(), "at least 16"),
            ("totp/a?secret=1110".into(), "not base 32"),
            ("totp/a".into(), "no seed"),
            ("totp".into(), "no otpauth:// address"),
        ] {
            let why = one(&format!("otpauth://{rest}")).err().unwrap();
            assert!(why.contains(word) && !why.contains(SEED), "{rest}: {why}");
        }
        let lines = read(&format!("# mine\n\notpauth://totp/a?secret={SEED}\nhello\n")).unwrap();
        let good: Vec<_> = lines.iter().map(|line| (line.number, line.device.is_ok())).collect();
        assert_eq!(good, [(3, true), (4, false)]);
    }
}
