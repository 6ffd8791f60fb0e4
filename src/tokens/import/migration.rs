//! The export of Google Authenticator: `otpauth-migration://offline?data=`, base 64 of a message of Protocol Buffers. Google
//! has not published its format; the fields are those that `OtpMigration.proto` of github.com/qistoph/otp_export describes.

use data_encoding::BASE64_NOPAD;
use prost::Message;
use zeroize::{Zeroize, Zeroizing};

use super::{
    MOST_DEVICES,
    app_key::{Key, authentication_type, decoded, owner},
    device::{self, Incoming},
};
use crate::{
    oath::Algorithm,
    tokens::{
        Validity,
        one_time::{Making, MovingFactor},
    },
};

/// How the address begins.
pub const SCHEME: &str = "otpauth-migration://";

/// The seconds of a step: the app knows no other.
const PERIOD: u32 = 30;

/// All that one code of the app shows.
#[derive(Clone, PartialEq, Message)]
struct Payload {
    #[prost(message, repeated, tag = "1")]
    keys: Vec<Parameters>,
    #[prost(int32, tag = "3")]
    batch_size: i32,
    #[prost(int32, tag = "5")]
    batch_id: i32,
}

/// One key.
#[derive(Clone, PartialEq, Message)]
struct Parameters {
    #[prost(bytes = "vec", tag = "1")]
    secret: Vec<u8>,
    #[prost(string, tag = "2")]
    name: String,
    /// 1 SHA-1, 2 SHA-256, 3 SHA-512, 4 MD5.
    #[prost(int32, tag = "4")]
    algorithm: i32,
    /// 1 six, 2 eight.
    #[prost(int32, tag = "5")]
    digits: i32,
    /// 1 HOTP, 2 TOTP.
    #[prost(int32, tag = "6")]
    kind: i32,
    #[prost(int64, tag = "7")]
    counter: i64,
}

/// What one line holds.
pub struct Export {
    /// Which export it is a part of.
    pub id: i32,
    /// How many parts that has.
    pub parts: usize,
    /// Its keys.
    pub keys: Vec<Key>,
}

/// Reads one address.
///
/// # Errors
/// A sentence, if nothing in it can be read.
pub fn read(line: &str) -> Result<Export, String> {
    const BROKEN: &str = "This line is no whole export of Google Authenticator.";
    let query = line.split_once('?').map_or("", |(_, query)| query);
    let data = query.split('&').find_map(|part| part.strip_prefix("data=")).ok_or(BROKEN)?;
    let data = decoded(data)?;
    // Some readers of QR codes write the letters of addresses, or turn a plus sign into a space.
    let plain: Zeroizing<String> = Zeroizing::new(
        data.trim_end_matches('=')
            .chars()
            .map(|c| match c {
                '-' | ' ' => '+',
                '_' => '/',
                c => c,
            })
            .collect(),
    );
    let bytes = Zeroizing::new(BASE64_NOPAD.decode(plain.as_bytes()).map_err(|_| BROKEN)?);
    let payload = Payload::decode(bytes.as_slice()).map_err(|_| BROKEN)?;
    if payload.keys.is_empty() {
        return Err("This export has no key in it.".into());
    }
    if payload.keys.len() > MOST_DEVICES {
        return Err(format!("This export has more than {MOST_DEVICES} keys."));
    }
    let parts = usize::try_from(payload.batch_size).unwrap_or(1);
    Ok(Export { id: payload.batch_id, parts, keys: payload.keys.into_iter().map(key).collect() })
}

fn key(mut of: Parameters) -> Key {
    let owner = owner(&of.name);
    let device = parse(&of, &owner);
    of.secret.zeroize();
    Key { owner, device }
}

fn parse(of: &Parameters, owner: &str) -> Result<Incoming, String> {
    let moving_factor = match of.kind {
        1 => MovingFactor::Counter,
        2 => MovingFactor::Time,
        _ => return Err("It is neither HOTP nor TOTP.".into()),
    };
    let algorithm = match of.algorithm {
        0 | 1 => Algorithm::Sha1,
        2 => Algorithm::Sha256,
        3 => Algorithm::Sha512,
        _ => return Err("The algorithm is none of SHA1, SHA256 and SHA512.".into()),
    };
    let digits = match of.digits {
        0 | 1 => 6,
        2 => 8,
        _ => return Err("One-time passwords have 6 or 8 digits.".into()),
    };
    Ok(Incoming {
        serial: None,
        authentication_type: authentication_type(moving_factor),
        seed: device::seed(of.secret.as_slice())?,
        making: Making { moving_factor, algorithm, digits, period: PERIOD },
        counter: if moving_factor == MovingFactor::Counter { device::counter(&of.counter.to_string())? } else { 0 },
        owner: owner.to_owned(),
        container: String::new(),
        validity: Validity::ALWAYS,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parameters(name: &str, kind: i32) -> Parameters {
        let secret = b"12345678901234567890".to_vec();
        Parameters { secret, name: name.into(), algorithm: 1, digits: 1, kind, counter: 7 }
    }

    fn address(payload: &Payload) -> String {
        let data = data_encoding::BASE64.encode(&payload.encode_to_vec());
        format!("{SCHEME}offline?data={}", data.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D"))
    }

    #[test]
    fn an_export_holds_keys_of_both_kinds() {
        let keys = vec![parameters("Example:a.berg", 2), parameters("b.cole", 1), parameters("c", 0)];
        let export = read(&address(&Payload { keys, batch_size: 2, batch_id: -9 })).unwrap();
        assert_eq!((export.id, export.parts, export.keys.len()), (-9, 2, 3));
        let owners: Vec<&str> = export.keys.iter().map(|key| key.owner.as_str()).collect();
        assert_eq!(owners, ["a.berg", "b.cole", "c"]);
        let app = export.keys[0].device.as_ref().ok().unwrap();
        assert_eq!((app.making, app.seed.bytes()), (Making::APP, b"12345678901234567890".as_slice()));
        assert_eq!(export.keys[1].device.as_ref().ok().unwrap().counter, 7);
        assert_eq!(export.keys[2].device.as_ref().err().unwrap(), "It is neither HOTP nor TOTP.");
    }

    #[test]
    fn the_example_of_others_is_read_and_its_short_seed_is_refused() {
        // The account of the wiki's example, as the decoders of such exports show it: 10 bytes.
        let line =
            "otpauth-migration://offline?data=CjEKCkhlbGxvId6tvu8SGEV4YW1wbGU6YWxpY2VAZ29vZ2xlLmNvbRoHRXhhbXBsZTAC";
        let export = read(line).unwrap();
        assert_eq!(export.keys[0].owner, "alice@google.com");
        assert!(export.keys[0].device.as_ref().err().unwrap().contains("The seed has 10 bytes"));
        assert!(read(&line[..line.len() - 6]).is_err() && read("otpauth-migration://offline").is_err());
    }

    proptest! {
        #[test]
        fn nothing_in_it_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let data = data_encoding::BASE64URL.encode(&bytes);
            let _ = read(&format!("{SCHEME}offline?data={data}"));
        }
    }
}
