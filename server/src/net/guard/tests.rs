//! The rules by named cases, and by properties of any address, any spelling and any list of exceptions.

use super::*;
use proptest::prelude::*;
use std::net::{Ipv4Addr, Ipv6Addr};

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn rules(allow: &[&str]) -> AddressRules {
    AddressRules::new(allow.iter().map(|entry| entry.parse().unwrap()))
}

fn allows(allow: &[&str], host: &str, addresses: &[&str]) -> bool {
    let addresses: Vec<_> = addresses.iter().map(|address| ip(address)).collect();
    rules(allow).judge(host, &addresses).is_ok()
}

#[test]
fn public_addresses_are_allowed() {
    for address in [
        "1.1.1.1",
        "8.8.8.8",
        "93.184.215.14",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "191.255.255.255",
        "192.0.1.0",
        "192.0.3.0",
        "192.88.98.255",
        "192.88.100.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "198.51.99.255",
        "198.51.101.0",
        "203.0.112.255",
        "203.0.114.0",
        "223.255.255.255",
        "2606:4700:4700::1111",
        "2001:4860:4860::8888",
        "2001:200::1",
        "2001:1::1",
        "2001:1::2",
        "2001:1::3",
        "2001:3::1",
        "2001:4:112::1",
        "2001:20::1",
        "2001:3f::1",
        "2003::1",
        "3ffe:ffff::1",
        "2001:db7::1",
        "2001:db9::1",
        "64:ff9b::808:808",
        "::ffff:8.8.8.8",
    ] {
        assert!(allows(&[], "a.test", &[address]), "{address}");
    }
}

#[test]
fn all_other_addresses_are_forbidden() {
    for address in [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.0",
        "10.255.255.255",
        "100.64.0.0",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.255",
        "169.254.0.1",
        "172.16.0.0",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.0.9",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.0",
        "192.168.255.255",
        "198.18.0.0",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.7",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::2",
        "::7f00:1",
        "::808:808",
        "::ffff:0:7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "64:ff9b:1::808:808",
        "64:ff9b:0:1::808:808",
        "100::1",
        "100:0:0:1::1",
        "ff::1",
        "400::1",
        "1fff:ffff::1",
        "2001::1",
        "2001:0:4136:e378::1",
        "2001:1::4",
        "2001:2::1",
        "2001:4:113::1",
        "2001:10::1",
        "2001:40::1",
        "2001:1ff::1",
        "2001:db8::1",
        "2002:808:808::1",
        "3fff::1",
        "3fff:fff::1",
        "4000::1",
        "5f00::1",
        "fc00::1",
        "fdff::1",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "ff02::1",
    ] {
        assert!(!allows(&[], "a.test", &[address]), "{address}");
        assert!(!allows(&[], "a.test", &["8.8.8.8", address]), "{address} behind a public one");
        assert!(!allows(&[], "a.test", &[address, "8.8.8.8"]), "{address} before a public one");
    }
}

#[test]
fn the_list_of_exceptions_opens_exactly_what_it_names() {
    let cases: &[(&[&str], &str, &str, bool)] = &[
        (&["127.0.0.1"], "a.test", "127.0.0.1", true),
        (&["127.0.0.1"], "a.test", "127.0.0.2", false),
        (&["127.0.0.1"], "a.test", "::1", false),
        (&["127.0.0.1"], "a.test", "::ffff:127.0.0.1", true),
        (&["10.0.0.0/8"], "a.test", "10.9.8.7", true),
        (&["10.0.0.0/8"], "a.test", "64:ff9b::a09:807", true),
        (&["10.0.0.0/8"], "a.test", "11.0.0.1", true),
        (&["10.0.0.0/8"], "a.test", "192.168.0.1", false),
        (&["fd00::/8"], "a.test", "fd12::1", true),
        (&["[::1]"], "a.test", "::1", true),
        (&["crm.internal"], "crm.internal", "10.0.0.5", true),
        (&["crm.internal"], "CRM.Internal.", "10.0.0.5", true),
        (&["CRM.internal."], "crm.internal", "10.0.0.5", true),
        (&["crm.internal"], "x.crm.internal", "10.0.0.5", false),
        (&["crm.internal"], "crm.internal.test", "10.0.0.5", false),
        (&["crm.internal"], "10.0.0.5", "10.0.0.5", false),
        (&["0x7f.1"], "127.0.0.1", "127.0.0.1", true),
        (&["bücher.internal"], "xn--bcher-kva.internal", "10.0.0.5", true),
    ];
    for &(allow, host, address, allowed) in cases {
        assert_eq!(allows(allow, host, &[address]), allowed, "{allow:?} {host} {address}");
    }
}

#[test]
fn metadata_addresses_open_only_by_their_own_name() {
    let everything = ["0.0.0.0/0", "::/0", "169.254.0.0/16", "169.254.169.254/31", "fd00:ec2::/64", "a.test"];
    let cases = [
        ("169.254.169.254", "169.254.169.254"),
        ("169.254.170.2", "169.254.170.2/32"),
        ("100.100.100.200", "100.100.100.200"),
        ("168.63.129.16", "168.63.129.16"),
        ("fd00:ec2::254", "fd00:ec2::254/128"),
        ("fe80::a9fe:a9fe", "[fe80::a9fe:a9fe]"),
        ("::ffff:169.254.169.254", "169.254.169.254"),
        ("64:ff9b::a9fe:a9fe", "169.254.169.254/32"),
        ("64:ff9b:1::a9fe:a9fe", "64:ff9b:1::a9fe:a9fe"),
        ("2002:a9fe:a9fe::1", "2002:a9fe:a9fe::1"),
        ("::a9fe:a9fe", "::a9fe:a9fe"),
        ("::ffff:0:a9fe:a9fe", "::ffff:0:a9fe:a9fe"),
        ("2001:0:a9fe:a9fe::1", "2001:0:a9fe:a9fe::1"),
        ("2001:0:1:2:3:4:5601:5601", "2001:0:1:2:3:4:5601:5601"),
        ("2002:a83f:8110::", "2002:a83f:8110::"),
    ];
    for (address, opener) in cases {
        assert!(!allows(&[], "a.test", &[address]), "{address} by default");
        assert!(!allows(&everything, "a.test", &[address]), "{address} by ranges and a host");
        assert!(allows(&[opener], "a.test", &[address]), "{address} by {opener}");
        assert!(
            !allows(&["169.254.169.253", opener], "a.test", &[address, "127.0.0.1"]),
            "{address}'s neighbour"
        );
    }
}

#[test]
fn the_metadata_services_name_is_not_opened_by_a_range_or_by_itself() {
    let name = "Metadata.Google.Internal.";
    assert!(!allows(&["metadata.google.internal", "10.0.0.0/8"], name, &["10.0.0.7"]));
    assert!(!allows(&[], name, &["8.8.8.8"]));
    assert!(allows(&["169.254.169.254"], name, &["169.254.169.254"]));
}

#[test]
fn a_host_that_is_an_address_is_judged_as_what_it_means() {
    for host in [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "0x7f.1",
        "0x7f000001",
        "2130706433",
        "017700000001",
        "0177.0.0.1",
        "127.0.0.1.",
        "[::1]",
        "::1",
        "[::ffff:7f00:1]",
        "[::ffff:127.0.0.1]",
        "[0:0:0:0:0:ffff:7f00:0001]",
        "0",
        "0x0",
        "[::]",
        "１２７.0.0.1",
        "127。0。0。1",
        "0xa9fea9fe",
    ] {
        assert!(!allows(&[], host, &[]), "{host}");
        assert!(!allows(&[], host, &["8.8.8.8"]), "{host} with another address");
    }
    assert!(allows(&[], "134744072", &[]));
    assert!(allows(&["127.0.0.1"], "0x7f.1", &["127.0.0.1"]));
}

#[test]
fn a_refusal_says_what_would_allow_it() {
    let text = |host: &str, address: &str| rules(&[]).judge(host, &[ip(address)]).unwrap_err().to_string();
    assert_eq!(
        text("127.0.0.1", "127.0.0.1"),
        "127.0.0.1 (this machine) is not a public address; add it to webhooks.network.allow to send there"
    );
    assert_eq!(
        text("crm.internal", "10.0.0.5"),
        "crm.internal is at 10.0.0.5 (private network), which is not a public address; \
         add crm.internal to webhooks.network.allow to send there"
    );
    assert_eq!(
        text("[::ffff:169.254.169.254]", "::ffff:169.254.169.254"),
        "::ffff:169.254.169.254, which hands out a cloud's credentials, is never a receiver; \
         only that very address in webhooks.network.allow opens it"
    );
}

#[test]
fn an_entry_is_a_host_an_address_or_a_range() {
    assert_eq!("10.0.0.0/8".parse(), Ok(Allow::Net("10.0.0.0/8".parse().unwrap())));
    assert_eq!("[::1]".parse(), Ok(Allow::Net("::1/128".parse().unwrap())));
    assert_eq!("Crm.Internal".parse(), Ok(Allow::Host("crm.internal".to_owned())));
    for bad in ["", "*.internal", "10.0.0.0/33", "http://a.test", "a.test:80", "a b", "a.test/8", "."] {
        assert_eq!(bad.parse::<Allow>(), Err(AllowError(bad.to_owned())), "{bad:?}");
    }
}

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
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

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
