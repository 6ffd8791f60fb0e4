//! RADIUS as bytes: reading requests and writing replies (RFC 2865), Message-Authenticator (RFC 3579 §3.2), Status-Server
//! (RFC 5997), User-Password. Pure: no socket, no clock, no database, and no panic whatever comes.
//!
//! MD5 is what the protocol says. What makes it hold is Message-Authenticator in both directions, first in every reply
//! (CVE-2024-3596).

use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};

mod packet;
mod password;
mod reply;

pub use packet::{Method, Packet, Proof};
pub use reply::{Answer, Reply};

/// The codes of packets, and the types of attributes, that are looked at.
pub mod code {
    /// A question.
    pub const ACCESS_REQUEST: u8 = 1;
    /// Yes; also the answer to Status-Server at a port for questions.
    pub const ACCESS_ACCEPT: u8 = 2;
    /// No.
    pub const ACCESS_REJECT: u8 = 3;
    /// Something else is asked for first.
    pub const ACCESS_CHALLENGE: u8 = 11;
    /// Whether the server is there.
    pub const STATUS_SERVER: u8 = 12;
    /// Who asks to be let in.
    pub const USER_NAME: u8 = 1;
    /// What they typed, hidden with the shared secret.
    pub const USER_PASSWORD: u8 = 2;
    /// What a CHAP client sends instead.
    pub const CHAP_PASSWORD: u8 = 3;
    /// The name of a list of filters at the client.
    pub const FILTER_ID: u8 = 11;
    /// A sentence that the client may show.
    pub const REPLY_MESSAGE: u8 = 18;
    /// What ties the answer to a challenge to it.
    pub const STATE: u8 = 24;
    /// What the client repeats in its accounting.
    pub const CLASS: u8 = 25;
    /// Attributes of vendors.
    pub const VENDOR_SPECIFIC: u8 = 26;
    /// What proxies on the way want back as it came.
    pub const PROXY_STATE: u8 = 33;
    /// A piece of EAP.
    pub const EAP_MESSAGE: u8 = 79;
    /// The proof of who sent the packet.
    pub const MESSAGE_AUTHENTICATOR: u8 = 80;
}

/// The longest packet, in bytes (RFC 2865 §3).
pub const LONGEST: usize = 4096;

/// The length of a packet without attributes, in bytes (RFC 2865 §3).
const HEADER: usize = 20;

/// The length of an authenticator, a Message-Authenticator and an MD5 sum, in bytes.
const SUM: usize = 16;

/// The most bytes that an attribute holds (RFC 2865 §5).
const ATTRIBUTE_MOST: usize = 253;

fn sum(parts: &[&[u8]]) -> [u8; SUM] {
    let mut md5 = Md5::new();
    for part in parts {
        md5.update(part);
    }
    md5.finalize().into()
}

fn keyed_sum(secret: &[u8], parts: &[&[u8]]) -> [u8; SUM] {
    let mut mac = Hmac::<Md5>::new_from_slice(secret).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests;
