//! The rules by named cases.

mod properties;

use super::*;

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
        ("169.254.169.254", "::ffff:169.254.169.254"),
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
