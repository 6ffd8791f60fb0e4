//! Who is behind the proxies in front: `X-Forwarded-For`, of which only what trusted proxies wrote is true.

use std::net::{IpAddr, SocketAddr};

use crate::config::Network;

/// The address that a request from `peer` came from. Each proxy writes the address it was asked from behind what it was
/// sent, in the same line or in one of its own, so all lines are read as one, from the right: past trusted proxies to
/// the first that is none. What stands before that one can be made up, and so can everything before an entry that cannot
/// be read ("unknown", "_hidden"): there the nearest proxy that was reached stands for whoever is behind it.
pub fn client<'a>(peer: IpAddr, lines: impl Iterator<Item = &'a [u8]>, trusted: &[Network]) -> IpAddr {
    let is_trusted = |ip: IpAddr| trusted.iter().any(|network| network.holds(ip));
    let mut nearest = peer.to_canonical();
    if !is_trusted(nearest) {
        return nearest;
    }
    let lines: Vec<&[u8]> = lines.collect();
    for entry in lines.iter().rev().flat_map(|line| line.rsplit(|byte| *byte == b',')) {
        let Some(ip) = read(entry) else { return nearest };
        nearest = ip;
        if !is_trusted(ip) {
            break;
        }
    }
    nearest
}

/// An entry: an address, alone or with the port it asked from (`192.0.2.1:4711`, `[2001:db8::1]:4711`).
fn read(entry: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(entry).ok()?.trim();
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let ip: Option<IpAddr> = text.parse().ok();
    ip.or_else(|| text.parse().ok().map(|address: SocketAddr| address.ip()))
        .or_else(bracketed)
        .map(|ip| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `lines` say of a request from `peer`, with 127.0.0.1, 10.0.0.0/8 and 2001:db8:1::/48 trusted.
    fn of(peer: &str, lines: &[&str]) -> String {
        let trusted = ["127.0.0.1", "10.0.0.0/8", "2001:db8:1::/48"].map(|text| text.parse().unwrap());
        client(peer.parse().unwrap(), lines.iter().map(|line| line.as_bytes()), &trusted).to_string()
    }

    #[test]
    fn the_client_is_the_first_from_the_right_that_is_no_trusted_proxy() {
        for (lines, client) in [
            (&["203.0.113.9"][..], "203.0.113.9"),
            (&["192.0.2.1, 203.0.113.9"], "203.0.113.9"),
            (&["192.0.2.1", "203.0.113.9"], "203.0.113.9"),
            (&["192.0.2.1", "203.0.113.9, 10.0.0.2", "10.1.1.1"], "203.0.113.9"),
            (&["192.0.2.1,203.0.113.9\t,  10.0.0.2"], "203.0.113.9"),
            (&["203.0.113.9:4711"], "203.0.113.9"),
            (&["10.1.1.1, 203.0.113.5:4711"], "203.0.113.5"),
            (&["192.0.2.7, 10.1.1.1:80"], "192.0.2.7"),
            (&["[2001:db8::1]:99"], "2001:db8::1"),
            (&["10.1.1.1, [2001:db8::1]:99"], "2001:db8::1"),
            (&["[2001:db8::1]"], "2001:db8::1"),
            (&["2001:db8::1, 2001:db8:1::7"], "2001:db8::1"),
            (&["::ffff:203.0.113.9"], "203.0.113.9"),
            (&["[::ffff:203.0.113.9]:80"], "203.0.113.9"),
            (&["192.0.2.1, ::ffff:10.0.0.1"], "192.0.2.1"),
        ] {
            for peer in ["127.0.0.1", "::ffff:127.0.0.1", "10.9.9.9"] {
                assert_eq!(of(peer, lines), client, "{peer} {lines:?}");
            }
        }
    }

    #[test]
    fn what_cannot_be_read_ends_the_search_at_the_nearest_proxy_reached() {
        for (lines, client) in [
            (&[][..], "127.0.0.1"),
            (&[""], "127.0.0.1"),
            (&["192.0.2.1, unknown"], "127.0.0.1"),
            (&["192.0.2.1, _hidden, 10.1.1.1"], "10.1.1.1"),
            (&["192.0.2.1, "], "127.0.0.1"),
            (&["192.0.2.1", ""], "127.0.0.1"),
            (&["192.0.2.1, 203.0.113.9:port"], "127.0.0.1"),
            (&["192.0.2.1, 203.0.113.999"], "127.0.0.1"),
            (&["192.0.2.1, fe80::1%eth0"], "127.0.0.1"),
            (&["192.0.2.1; 203.0.113.9"], "127.0.0.1"),
            (&["10.0.0.2, 10.0.0.3"], "10.0.0.2"),
        ] {
            assert_eq!(of("127.0.0.1", lines), client, "{lines:?}");
        }
        let unreadable = [b"192.0.2.1, \xff".as_slice()];
        let trusted = ["127.0.0.1".parse().unwrap()];
        let peer = "127.0.0.1".parse().unwrap();
        assert_eq!(client(peer, unreadable.into_iter(), &trusted), peer);
    }

    #[test]
    fn nobody_else_is_believed() {
        assert_eq!(of("203.0.113.1", &["192.0.2.1"]), "203.0.113.1");
        assert_eq!(of("::ffff:203.0.113.1", &["192.0.2.1"]), "203.0.113.1");
        assert_eq!(of("2001:db8:2::1", &["192.0.2.1"]), "2001:db8:2::1");
    }
}
