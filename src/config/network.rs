//! An address, or a network of them.

use std::{fmt, net::IpAddr, str::FromStr};

use serde::{Deserialize, Serialize};

/// A network as people write it: `10.0.0.0/8`, `2001:db8::/32`; an address alone is a network of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Network {
    first: IpAddr,
    bits: u32,
}

impl Network {
    /// True if `ip`, written as IPv4 or as IPv6, is in it.
    pub fn holds(&self, ip: IpAddr) -> bool {
        match (self.first, ip.to_canonical()) {
            (IpAddr::V4(first), IpAddr::V4(ip)) => {
                (first.to_bits() ^ ip.to_bits()).checked_shr(32 - self.bits).is_none_or(|rest| rest == 0)
            }
            (IpAddr::V6(first), IpAddr::V6(ip)) => {
                (first.to_bits() ^ ip.to_bits()).checked_shr(128 - self.bits).is_none_or(|rest| rest == 0)
            }
            _ => false,
        }
    }

    /// The same network, written by its first address.
    #[must_use]
    pub fn canonical(self) -> Self {
        let first = match self.first {
            IpAddr::V4(first) => {
                let mask = u32::MAX.checked_shl(32 - self.bits).unwrap_or(0);
                IpAddr::V4((first.to_bits() & mask).into())
            }
            IpAddr::V6(first) => {
                let mask = u128::MAX.checked_shl(128 - self.bits).unwrap_or(0);
                IpAddr::V6((first.to_bits() & mask).into())
            }
        };
        Network { first, bits: self.bits }
    }

    /// How narrow it is: of two that hold an address the one with more wins.
    pub fn bits(&self) -> u32 {
        self.bits
    }

    /// True if there is an address that both hold.
    pub fn overlaps(&self, other: &Network) -> bool {
        self.holds(other.first) || other.holds(self.first)
    }

    /// What people read: an address alone without the `/32` of a network of one.
    pub fn label(&self) -> String {
        let alone = if self.first.is_ipv4() { 32 } else { 128 };
        if self.bits == alone { self.first.to_string() } else { self.to_string() }
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("“{text}” must be an address such as 192.0.2.1, or a network such as 10.0.0.0/8");
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u32>().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let written: IpAddr = address.trim().parse().map_err(|_| wrong())?;
        let first = written.to_canonical();
        let most = |ip: IpAddr| if ip.is_ipv4() { 32 } else { 128 };
        // An IPv4 network may be written as IPv6 too: ::ffff:10.0.0.0/104.
        let bits = match bits {
            Some(bits) if bits <= most(written) => bits.checked_sub(most(written) - most(first)).ok_or_else(wrong)?,
            Some(_) => return Err(wrong()),
            None => most(first),
        };
        Ok(Network { first, bits })
    }
}

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        network.to_string()
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_its_addresses_however_they_are_written() {
        for (network, inside, outside) in [
            ("127.0.0.1", "127.0.0.1", "127.0.0.2"),
            ("127.0.0.1", "::ffff:127.0.0.1", "::1"),
            ("::ffff:127.0.0.1", "127.0.0.1", "127.0.0.2"),
            ("::ffff:10.0.0.0/104", "10.1.2.3", "11.0.0.0"),
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            ("10.1.2.3/8", "10.255.0.1", "9.255.255.255"),
            ("0.0.0.0/0", "203.0.113.9", "2001:db8::1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
            ("2001:db8::1", "2001:db8::1", "2001:db8::2"),
            ("::/0", "2001:db8::1", "203.0.113.9"),
        ] {
            let network: Network = network.parse().unwrap();
            assert!(network.holds(inside.parse().unwrap()), "{network} {inside}");
            assert!(!network.holds(outside.parse().unwrap()), "{network} {outside}");
            assert_eq!(network.to_string().parse(), Ok(network));
        }
    }

    #[test]
    fn a_network_is_written_in_one_way_and_known_from_others_that_overlap() {
        let of = |text: &str| text.parse::<Network>().unwrap();
        assert_eq!(of("10.1.2.3/8").canonical(), of("10.0.0.0/8"));
        assert_eq!(of("2001:db8::5/32").canonical(), of("2001:db8::/32"));
        assert_eq!(of("192.0.2.1/0").canonical(), of("0.0.0.0/0"));
        assert_eq!((of("192.0.2.1").label(), of("192.0.2.0/28").label()), ("192.0.2.1".into(), "192.0.2.0/28".into()));
        assert!(of("192.0.2.0/28").overlaps(&of("192.0.2.10")) && of("192.0.2.10").overlaps(&of("192.0.2.0/28")));
        assert!(!of("192.0.2.0/28").overlaps(&of("192.0.2.16")) && !of("0.0.0.0/0").overlaps(&of("::/0")));
    }

    #[test]
    fn what_is_no_network_is_said() {
        for text in ["", "here", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "::/129", "::ffff:10.0.0.0/8", "10.0.0.1:80"]
        {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }
}
