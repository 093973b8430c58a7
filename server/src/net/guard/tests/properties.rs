//! What holds of any address, any spelling of it and any list of exceptions.

use super::*;
use proptest::prelude::*;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Public by another way than the table: the standard library's predicates and plain arithmetic.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(a == 0
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast()
        || a >= 240
        || (a == 100 && b & 0xc0 == 64)
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && b & 0xfe == 18)
        || [[100, 100, 100, 200], [168, 63, 129, 16]].contains(&address.octets()))
}

/// Any address, with the edges of the special ranges more often than chance has them.
fn any_v4() -> impl Strategy<Value = Ipv4Addr> {
    let edges = prop::sample::select(vec![
        0,
        0x0100_0000,
        0x0a00_0000,
        0x0b00_0000,
        0x6440_0000,
        0x6480_0000,
        0x7f00_0000,
        0x8000_0000,
        0xa9fe_0000,
        0xa9ff_0000,
        0xac10_0000,
        0xac20_0000,
        0xc000_0000,
        0xc000_0100,
        0xc000_0200,
        0xc000_0300,
        0xc058_6300,
        0xc058_6400,
        0xc0a8_0000,
        0xc0a9_0000,
        0xc612_0000,
        0xc614_0000,
        0xc633_6400,
        0xc633_6500,
        0xcb00_7100,
        0xcb00_7200,
        0xe000_0000,
        0xf000_0000,
        0xa9fe_a9fe,
        0x6464_64c8,
        0xa83f_8110_u32,
    ]);
    prop_oneof![
        any::<u32>().prop_map(Ipv4Addr::from_bits),
        (edges, -2..=2_i32).prop_map(|(edge, step)| Ipv4Addr::from_bits(edge.wrapping_add_signed(step))),
    ]
}

fn any_ip() -> impl Strategy<Value = IpAddr> {
    let v6 = prop_oneof![
        any::<u128>(),
        (prop::sample::select(vec![0_u128, 0x2001, 0x2002, 0x64, 0xfd00, 0xfe80, 0x3fff]), any::<u128>())
            .prop_map(|(first, rest)| first << 112 | rest >> 16),
        any_v4().prop_map(|v4| v4.to_ipv6_mapped().to_bits()),
    ];
    prop_oneof![any_v4().prop_map(IpAddr::V4), v6.prop_map(|bits| IpAddr::V6(Ipv6Addr::from_bits(bits)))]
}

fn any_allow() -> impl Strategy<Value = Vec<Allow>> {
    let net = (any_ip(), 0..=128_u8).prop_map(|(ip, bits)| {
        Allow::Net(IpNet::new(ip, bits.min(if ip.is_ipv4() { 32 } else { 128 })).unwrap())
    });
    prop::collection::vec(prop_oneof![4 => net, 1 => Just(Allow::Host("a.test".to_owned()))], 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn v4_is_allowed_where_it_is_public(address in any_v4()) {
        let judged = AddressRules::default().judge("a.test", &[IpAddr::V4(address)]);
        prop_assert_eq!(judged.is_ok(), is_public_v4(address));
    }

    #[test]
    fn a_v4_address_inside_a_v6_one_is_judged_the_same(address in any_v4()) {
        let bits = u128::from(address.to_bits());
        let nat64 = Ipv6Addr::from_bits(0x0064_ff9b << 96 | bits);
        for inside in [address.to_ipv6_mapped(), nat64] {
            let judged = AddressRules::default().judge("a.test", &[IpAddr::V6(inside)]);
            prop_assert_eq!(judged.is_ok(), is_public_v4(address), "{}", inside);
        }
    }

    #[test]
    fn v6_is_allowed_only_among_what_was_given_out(bits in any::<u128>()) {
        let address = Ipv6Addr::from_bits(bits);
        let allowed = AddressRules::default().judge("a.test", &[IpAddr::V6(address)]).is_ok();
        let [first, second, ..] = address.segments();
        let special = (first == 0x2001 && (second < 0x200 || second == 0xdb8))
            || first == 0x2002
            || (first == 0x3fff && second < 0x1000);
        let given_out = (0x2000..0x4000).contains(&first) && !special;
        let carved_out = first == 0x2001 && matches!(second, 1 | 3 | 4 | 0x20..=0x3f);
        let translated = first == 0x64 && second == 0xff9b;
        prop_assert!(carved_out || translated || allowed == given_out);
    }

    #[test]
    fn every_spelling_of_an_address_is_judged_like_the_address(address in any_v4()) {
        let [a, b, c, d] = address.octets();
        let bits = address.to_bits();
        let low_24 = bits & 0x00ff_ffff;
        let low_16 = bits & 0xffff;
        for host in [
            address.to_string(),
            format!("{bits}"),
            format!("0x{bits:x}"),
            format!("0{bits:o}"),
            format!("{a}.{low_24}"),
            format!("0x{a:X}.0{b:o}.{low_16}"),
            format!("{a}.{b}.0x{c:x}.0{d:o}"),
            format!("{address}."),
            format!("[::ffff:{address}]"),
            format!("[::ffff:{:x}:{low_16:x}]", bits >> 16),
            format!("::ffff:{address}"),
        ] {
            let judged = AddressRules::default().judge(&host, &[]);
            prop_assert_eq!(judged.is_ok(), is_public_v4(address), "{}", host);
        }
    }

    #[test]
    fn one_forbidden_address_among_many_is_enough(all in prop::collection::vec(any_ip(), 0..5), allow in any_allow()) {
        let rules = AddressRules::new(allow);
        let each = all.iter().all(|&address| rules.judge("a.test", &[address]).is_ok());
        prop_assert_eq!(rules.judge("a.test", &all).is_ok(), each);
    }

    #[test]
    fn no_range_and_no_host_opens_a_metadata_address(allow in any_allow(), index in 0..5_usize) {
        let metadata = [
            "169.254.169.254", "169.254.170.2", "fd00:ec2::254", "100.100.100.200", "::ffff:168.63.129.16",
        ].map(ip)[index];
        let names_it = allow.iter().any(|entry| match entry {
            Allow::Net(net) => net.prefix_len() == net.max_prefix_len() && canonical(net.addr()) == canonical(metadata),
            Allow::Host(_) => false,
        });
        prop_assert_eq!(AddressRules::new(allow).judge("a.test", &[metadata]).is_ok(), names_it);
    }

    #[test]
    fn an_entry_never_closes_anything(address in any_ip(), allow in any_allow(), more in any_allow()) {
        let few = AddressRules::new(allow.clone());
        let many = AddressRules::new(allow.into_iter().chain(more));
        prop_assert!(few.judge("a.test", &[address]).is_err() || many.judge("a.test", &[address]).is_ok());
    }

    #[test]
    fn any_text_can_be_judged(host in ".{0,40}", address in any_ip()) {
        let alone = AddressRules::default().judge("a.test", &[address]).is_ok();
        let named = AddressRules::default().judge(&host, &[address]).is_ok();
        prop_assert!(alone || !named, "a host's name opened {}", address);
    }
}
