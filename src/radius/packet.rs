//! A request as it came.

use subtle::ConstantTimeEq;

use super::{HEADER, LONGEST, SUM, code, keyed_sum, password};

/// The vendor whose attributes carry MS-CHAP (RFC 2548).
const MICROSOFT: u32 = 311;

/// MS-CHAP-Response and MS-CHAP2-Response among them (RFC 2548 §2.1.3, 2.3.2).
const MS_CHAP: [u8; 2] = [1, 25];

/// A packet that is whole: its lengths agree with each other and with what came.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    bytes: &'a [u8],
}

/// What a packet proves of who sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// It has no Message-Authenticator.
    None,
    /// Its Message-Authenticator fits the secret that was tried.
    Right,
    /// It fits another secret, was changed on the way, or there are two of them.
    Wrong,
}

/// How a request says what was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// User-Password.
    Pap,
    /// CHAP-Password.
    Chap,
    /// One of Microsoft's.
    MsChap,
    /// EAP-Message.
    Eap,
    /// Not at all.
    None,
}

impl<'a> Packet<'a> {
    /// Reads a datagram; `None` if it is no whole packet. What comes after the packet's own length is padding
    /// (RFC 2865 §3).
    pub fn read(datagram: &'a [u8]) -> Option<Self> {
        let length = usize::from(u16::from_be_bytes([*datagram.get(2)?, *datagram.get(3)?]));
        if !(HEADER..=LONGEST).contains(&length) {
            return None;
        }
        let bytes = datagram.get(..length)?;
        let mut rest = &bytes[HEADER..];
        while let [_, attribute, ..] = rest {
            let attribute = usize::from(*attribute);
            rest = rest.get(attribute..).filter(|_| attribute >= 2)?;
        }
        rest.is_empty().then_some(Packet { bytes })
    }

    /// What kind of packet it is.
    pub fn code(&self) -> u8 {
        self.bytes[0]
    }

    /// The number by which the client tells its requests apart.
    pub fn identifier(&self) -> u8 {
        self.bytes[1]
    }

    /// The Request Authenticator: random, and different in each request.
    pub fn authenticator(&self) -> &'a [u8] {
        &self.bytes[4..HEADER]
    }

    /// All attributes as they came: type and content.
    pub fn attributes(&self) -> impl Iterator<Item = (u8, &'a [u8])> + use<'a> {
        self.positions().map(|(kind, _, content)| (kind, content))
    }

    /// The content of the first attribute of this type.
    pub fn first(&self, kind: u8) -> Option<&'a [u8]> {
        self.attributes().find(|(known, _)| *known == kind).map(|(_, content)| content)
    }

    /// Type, position of the content in the packet, and content.
    fn positions(&self) -> impl Iterator<Item = (u8, usize, &'a [u8])> + use<'a> {
        let bytes = self.bytes;
        let mut at = HEADER;
        std::iter::from_fn(move || {
            let (kind, length) = (*bytes.get(at)?, usize::from(*bytes.get(at + 1)?));
            let content = bytes.get(at + 2..at + length)?;
            let position = at + 2;
            at += length;
            Some((kind, position, content))
        })
    }

    /// What its Message-Authenticator proves under `secret`, compared in constant time (RFC 3579 §3.2).
    pub fn proof(&self, secret: &[u8]) -> Proof {
        let mut found = self.positions().filter(|(kind, ..)| *kind == code::MESSAGE_AUTHENTICATOR);
        let Some((_, at, content)) = found.next() else { return Proof::None };
        if content.len() != SUM || found.next().is_some() {
            return Proof::Wrong;
        }
        let expected = keyed_sum(secret, &[&self.bytes[..at], &[0; SUM], &self.bytes[at + SUM..]]);
        if expected.ct_eq(content).into() { Proof::Right } else { Proof::Wrong }
    }

    /// How it says what was typed. EAP comes first: it may stand beside anything.
    pub fn method(&self) -> Method {
        let mut found = Method::None;
        for (kind, content) in self.attributes() {
            match kind {
                code::EAP_MESSAGE => return Method::Eap,
                code::CHAP_PASSWORD => found = Method::Chap,
                code::VENDOR_SPECIFIC if is_ms_chap(content) => found = Method::MsChap,
                code::USER_PASSWORD if found == Method::None => found = Method::Pap,
                _ => {}
            }
        }
        found
    }

    /// The name as text; `None` if there is none, or it is not UTF-8 (RFC 2865 §5.1).
    pub fn user_name(&self) -> Option<&'a str> {
        std::str::from_utf8(self.first(code::USER_NAME)?).ok()
    }

    /// What was typed, as `secret` shows it; `None` if there is no User-Password or its length is none that it can have.
    /// Under another secret it is noise.
    pub fn password(&self, secret: &[u8]) -> Option<zeroize::Zeroizing<Vec<u8>>> {
        password::show(secret, self.authenticator(), self.first(code::USER_PASSWORD)?)
    }
}

fn is_ms_chap(content: &[u8]) -> bool {
    let Some((vendor, rest)) = content.split_first_chunk::<4>() else { return false };
    u32::from_be_bytes(*vendor) == MICROSOFT && rest.first().is_some_and(|kind| MS_CHAP.contains(kind))
}
