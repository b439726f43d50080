//! The client's address: the peer's, unless the peer is a configured proxy; then what the proxies wrote into
//! `X-Forwarded-For`.
//!
//! Only the right end of that list is believed, because its left end is whatever the client sent. An entry counts if
//! the address that appended it is a trusted proxy, and no more entries than the configured number of hops. A client
//! inside a trusted network therefore can't choose its own address.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::HeaderMap;
use ipnet::IpNet;

/// The networks whose forwarding headers are trusted.
#[derive(Debug, Clone)]
pub struct TrustedProxies {
    pub networks: Vec<IpNet>,
    /// The number of proxies that a request passes, one after the other: the most entries that are believed.
    pub hops: u8,
}

impl TrustedProxies {
    /// Returns whether an address is in one of the networks.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&address.to_canonical()))
    }

    /// Walks `X-Forwarded-For` from the right, past the trusted proxies. An unreadable entry ends the walk: the address
    /// is then the last one that could be believed.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        // Several lines are one list, in their order.
        let lines = headers.get_all("x-forwarded-for").iter().rev();
        let entries = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
        let mut address = peer.to_canonical();
        for entry in entries.take(self.hops.into()) {
            match address_of(entry).filter(|_| self.trusts(address)) {
                Some(next) => address = next,
                None => break,
            }
        }
        address
    }
}

/// Reads an entry: an address of IPv4 or IPv6, with or without a port, brackets around IPv6, or quotes around it all.
fn address_of(entry: &[u8]) -> Option<IpAddr> {
    let entry = std::str::from_utf8(entry).ok()?.trim_matches([' ', '\t']);
    let entry = entry.strip_prefix('"').map_or(Some(entry), |rest| rest.strip_suffix('"'))?;
    let in_brackets = || entry.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok();
    let address = entry.parse::<IpAddr>().ok();
    let address = address.or_else(|| Some(entry.parse::<SocketAddr>().ok()?.ip()));
    address.or_else(|| in_brackets().map(IpAddr::V6)).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const PROXY: &str = "10.0.0.1";
    /// The address of a client beside the proxy, in the same network.
    const INSIDE: &str = "10.0.0.7";

    /// What it is, the hops, the trusted networks, the lines of the header, and the client's address.
    type Case = (&'static str, u8, &'static [&'static str], &'static [&'static str], &'static str);

    fn client(proxies: &TrustedProxies, peer: &str, lines: &[&[u8]]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", HeaderValue::from_bytes(line).unwrap());
        }
        proxies.client(peer.parse().unwrap(), &headers).to_string()
    }

    fn proxies(networks: &[&str], hops: u8) -> TrustedProxies {
        TrustedProxies { networks: networks.iter().map(|network| network.parse().unwrap()).collect(), hops }
    }

    #[test]
    fn every_form_of_an_address_is_read() {
        let one_proxy = proxies(&["10.0.0.1/32"], 1);
        for (entry, expected) in [
            ("198.51.100.1", "198.51.100.1"),
            ("198.51.100.1:4711", "198.51.100.1"),
            ("\"198.51.100.1\"", "198.51.100.1"),
            ("\"198.51.100.1:4711\"", "198.51.100.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("2001:DB8:0:0::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("\"[2001:db8::1]\"", "2001:db8::1"),
            ("\"[2001:db8::1]:4711\"", "2001:db8::1"),
            ("::ffff:198.51.100.1", "198.51.100.1"),
            ("[::ffff:198.51.100.1]", "198.51.100.1"),
            ("[::ffff:c633:6401]:4711", "198.51.100.1"),
            (" \t198.51.100.1 \t", "198.51.100.1"),
            ("1.2.3.4,198.51.100.1", "198.51.100.1"),
            ("1.2.3.4 , \"[2001:db8::1]:4711\" ", "2001:db8::1"),
        ] {
            assert_eq!(client(&one_proxy, PROXY, &[entry.as_bytes()]), expected, "{entry}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_not_skipped() {
        for hops in [1, 2, 9] {
            let proxies = proxies(&["10.0.0.0/8", "198.51.100.0/24"], hops);
            for entry in [
                "",
                " ",
                "unknown",
                "_hidden",
                "localhost",
                "198.51.100",
                "198.51.100.1.",
                "198.51.100.01",
                "0xc6336401",
                "3325256705",
                "198.51.100.1/32",
                "198.51.100.1:",
                "198.51.100.1:65536",
                "198.51.100.1:-1",
                "198.51.100.1:80:80",
                "[198.51.100.1]",
                "[198.51.100.1]:80",
                "[2001:db8::1",
                "2001:db8::1]",
                "[2001:db8::1]80",
                "[2001:db8::1]:",
                "[[2001:db8::1]]",
                "2001:db8::1::2",
                "fe80::1%eth0",
                "\"198.51.100.1",
                "198.51.100.1\"",
                "\"\"198.51.100.1\"\"",
                "'198.51.100.1'",
                "for=198.51.100.1",
                "198.51.100.1 203.0.113.9",
                "198.51.100.1;203.0.113.9",
                "\u{661}98.51.100.1",
                "\u{a0}198.51.100.1",
            ] {
                for list in [entry.to_owned(), format!("203.0.113.9, {entry}")] {
                    assert_eq!(client(&proxies, PROXY, &[list.as_bytes()]), PROXY, "{list} with {hops} hops");
                }
                assert_eq!(client(&proxies, PROXY, &[b"203.0.113.9", entry.as_bytes()]), PROXY, "{entry} on a line");
            }
            assert_eq!(client(&proxies, PROXY, &[b"203.0.113.9", b"\xff"]), PROXY, "{hops} hops");
            // The nearer entry is readable, and is the last that can be believed.
            let behind = client(&proxies, PROXY, &[b"203.0.113.9, \xff, 198.51.100.1"]);
            assert_eq!(behind, "198.51.100.1", "{hops} hops");
            assert_eq!(client(&proxies, PROXY, &[b"203.0.113.9,,198.51.100.1"]), "198.51.100.1", "{hops} hops");
        }
    }

    #[test]
    fn a_client_never_chooses_its_address() {
        let cases: [Case; 16] = [
            ("no proxy is configured", 1, &[], &["198.51.100.1"], PROXY),
            ("the peer is no proxy", 1, &["10.0.0.2/32"], &["198.51.100.1"], PROXY),
            ("no entry", 1, &["10.0.0.0/8"], &[], PROXY),
            ("what the client sent is on the left", 1, &["10.0.0.1/32"], &["1.2.3.4, 198.51.100.1"], "198.51.100.1"),
            ("and on an earlier line", 1, &["10.0.0.1/32"], &["1.2.3.4", "198.51.100.1"], "198.51.100.1"),
            ("however many lines", 1, &["10.0.0.1/32"], &["1.1.1.1", "2.2.2.2", "3.3.3.3, 4.4.4.4"], "4.4.4.4"),
            ("an empty line", 1, &["10.0.0.1/32"], &["", "198.51.100.1"], "198.51.100.1"),
            ("the client is in a trusted network", 1, &["10.0.0.0/8"], &["1.2.3.4, 10.0.0.7"], INSIDE),
            ("and names the proxy as a hop", 1, &["10.0.0.0/8"], &["1.2.3.4, 10.0.0.1, 10.0.0.7"], INSIDE),
            ("with a port", 1, &["10.0.0.0/8"], &["1.2.3.4, 10.0.0.7:4711"], INSIDE),
            ("two proxies", 2, &["10.0.0.1/32", "10.0.0.2/32"], &["198.51.100.1, 10.0.0.2"], "198.51.100.1"),
            ("two, and a forged entry", 2, &["10.0.0.0/24"], &["1.2.3.4, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
            ("two, and a client beside them", 2, &["10.0.0.0/8"], &["1.2.3.4, 10.0.0.7, 10.0.0.2"], INSIDE),
            ("the outer proxy was passed by", 2, &["10.0.0.1/32", "10.0.0.2/32"], &["1.2.3.4, 10.0.0.7"], INSIDE),
            ("two, over two lines", 2, &["10.0.0.0/24"], &["1.2.3.4, 198.51.100.1", "10.0.0.2"], "198.51.100.1"),
            ("none is believed", 0, &["10.0.0.0/8"], &["198.51.100.1"], PROXY),
        ];
        for (what, hops, networks, lines, expected) in cases {
            let lines: Vec<&[u8]> = lines.iter().map(|line| line.as_bytes()).collect();
            assert_eq!(client(&proxies(networks, hops), PROXY, &lines), expected, "{what}");
        }
        let mapped = client(&proxies(&["10.0.0.1/32"], 1), "::ffff:10.0.0.1", &[b"::ffff:198.51.100.1"]);
        assert_eq!(mapped, "198.51.100.1", "a proxy that comes over IPv6");
        let six = client(&proxies(&["fd00::1/128"], 1), "fd00::1", &[b"1.2.3.4, fd00::7"]);
        assert_eq!(six, "fd00::7");
    }
}
