//! The address ranges that are no public host's, after the registries of special-purpose addresses
//! (RFC 6890 and its successors), and the addresses of the clouds' metadata services.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const fn v4(a: u8, b: u8, c: u8, d: u8) -> u32 {
    u32::from_be_bytes([a, b, c, d])
}

/// A range: its first address, how many leading bits count, and what it is for.
type Range<Bits> = (Bits, u32, &'static str);

const V4_NON_PUBLIC: &[Range<u32>] = &[
    (v4(0, 0, 0, 0), 8, "this network"),
    (v4(10, 0, 0, 0), 8, "private network"),
    (v4(100, 64, 0, 0), 10, "shared by a provider's customers"),
    (v4(127, 0, 0, 0), 8, "this machine"),
    (v4(169, 254, 0, 0), 16, "link-local"),
    (v4(172, 16, 0, 0), 12, "private network"),
    (v4(192, 0, 0, 0), 24, "reserved for protocols"),
    (v4(192, 0, 2, 0), 24, "for documentation"),
    (v4(192, 88, 99, 0), 24, "6to4 relays"),
    (v4(192, 168, 0, 0), 16, "private network"),
    (v4(198, 18, 0, 0), 15, "for benchmarks"),
    (v4(198, 51, 100, 0), 24, "for documentation"),
    (v4(203, 0, 113, 0), 24, "for documentation"),
    (v4(224, 0, 0, 0), 4, "multicast"),
    (v4(240, 0, 0, 0), 4, "reserved"),
];

/// The IPv6 address that begins with these groups and goes on in zeros.
const fn v6(leading: &[u16]) -> u128 {
    let mut segments = [0; 8];
    let mut index = 0;
    while index < leading.len() {
        segments[index] = leading[index];
        index += 1;
    }
    Ipv6Addr::from_segments(segments).to_bits()
}

/// The parts of `2001::/23` that are reachable from everywhere.
const V6_CARVED_OUT: &[Range<u128>] = &[
    (v6(&[0x2001, 1, 0, 0, 0, 0, 0, 1]), 128, "port control anycast"),
    (v6(&[0x2001, 1, 0, 0, 0, 0, 0, 2]), 128, "TURN anycast"),
    (v6(&[0x2001, 1, 0, 0, 0, 0, 0, 3]), 128, "service registration anycast"),
    (v6(&[0x2001, 3]), 32, "automatic multicast tunnels"),
    (v6(&[0x2001, 4, 0x112]), 48, "AS112"),
    (v6(&[0x2001, 0x20]), 28, "ORCHIDv2"),
    (v6(&[0x2001, 0x30]), 28, "drone identifiers"),
];

/// First match wins. `2000::/3` is all that was ever given out; the last line stands for the rest.
const V6_NON_PUBLIC: &[Range<u128>] = &[
    (v6(&[0]), 128, "unspecified"),
    (v6(&[0, 0, 0, 0, 0, 0, 0, 1]), 128, "this machine"),
    (v6(&[0]), 8, "reserved"),
    (v6(&[0x100]), 64, "discarded"),
    (v6(&[0x2001]), 32, "Teredo tunnel"),
    (v6(&[0x2001]), 23, "reserved for protocols"),
    (v6(&[0x2001, 0xdb8]), 32, "for documentation"),
    (v6(&[0x2002]), 16, "6to4 tunnel"),
    (v6(&[0x3fff]), 20, "for documentation"),
    (v6(&[0x5f00]), 16, "segment routing"),
    (v6(&[0xfc00]), 7, "private network"),
    (v6(&[0xfe80]), 10, "link-local"),
    (v6(&[0xfec0]), 10, "site-local"),
    (v6(&[0xff00]), 8, "multicast"),
];

const V6_GIVEN_OUT: Range<u128> = (v6(&[0x2000]), 3, "public");

const METADATA_V4: &[Ipv4Addr] = &[
    Ipv4Addr::new(169, 254, 169, 254), // most clouds
    Ipv4Addr::new(169, 254, 170, 2),   // AWS, containers
    Ipv4Addr::new(169, 254, 170, 23),  // AWS, Kubernetes
    Ipv4Addr::new(169, 254, 42, 42),   // Scaleway
    Ipv4Addr::new(100, 100, 100, 200), // Alibaba
    Ipv4Addr::new(168, 63, 129, 16),   // Azure; a public address by its range
    Ipv4Addr::new(192, 0, 0, 192),     // Oracle
];

const METADATA_V6: &[Ipv6Addr] = &[
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),   // AWS
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23),    // AWS, Kubernetes
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),    // Google
    Ipv6Addr::new(0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42),     // Scaleway
    Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0xa9fe, 0xa9fe), // Openstack
];

/// The address that is reached when `address` is dialled: the IPv4 one inside `::ffff:0:0/96` and inside
/// `64:ff9b::/96`, which a translator on the way unpacks.
pub(super) fn canonical(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => match v6.segments() {
            [0, 0, 0, 0, 0, 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => IpAddr::V4(low_32(v6)),
            _ => address,
        },
        IpAddr::V4(_) => address,
    }
}

/// What keeps `address` from being public: `Some("private network")`.
pub(super) fn non_public(address: IpAddr) -> Option<&'static str> {
    match canonical(address) {
        IpAddr::V4(v4) => V4_NON_PUBLIC.iter().find(|range| v4_in(v4, range)).map(|range| range.2),
        IpAddr::V6(v6) if V6_CARVED_OUT.iter().any(|range| v6_in(v6, range)) => None,
        IpAddr::V6(v6) => match V6_NON_PUBLIC.iter().find(|range| v6_in(v6, range)) {
            Some(range) => Some(range.2),
            None if v6_in(v6, &V6_GIVEN_OUT) => None,
            None => Some("unassigned"),
        },
    }
}

/// Whether a cloud's metadata service answers at `address`, or might where a tunnel or a translator takes an
/// IPv6 address apart for the IPv4 address inside.
pub(super) fn is_metadata(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => METADATA_V4.contains(&v4),
        IpAddr::V6(v6) => {
            METADATA_V6.contains(&v6) || embedded_v4(v6).iter().any(|v4| METADATA_V4.contains(v4))
        }
    }
}

/// Whether `name` is a metadata service's own, whatever addresses it has.
pub(super) fn is_metadata_name(name: &str) -> bool {
    matches!(name, "metadata.google.internal" | "metadata.goog")
}

/// Every IPv4 address that some mechanism reads out of `address`.
fn embedded_v4(address: Ipv6Addr) -> Vec<Ipv4Addr> {
    match address.segments() {
        // IPv4-compatible, mapped, translated, both prefixes of translators, and 6to4.
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x64, 0xff9b, 1, _, _, _, high, low]
        | [0x2002, high, low, ..] => vec![join(high, low)],
        // Teredo: the server's address, and the client's with every bit turned.
        [0x2001, 0, high, low, .., client_high, client_low] => {
            vec![join(high, low), join(!client_high, !client_low)]
        }
        _ => Vec::new(),
    }
}

fn join(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low))
}

fn low_32(address: Ipv6Addr) -> Ipv4Addr {
    let [.., high, low] = address.segments();
    join(high, low)
}

fn v4_in(address: Ipv4Addr, &(first, bits, _): &Range<u32>) -> bool {
    (address.to_bits() ^ first) >> (32 - bits) == 0
}

fn v6_in(address: Ipv6Addr, &(first, bits, _): &Range<u128>) -> bool {
    (address.to_bits() ^ first) >> (128 - bits) == 0
}
