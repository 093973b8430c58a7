//! Decides which addresses the gateway may send to: public ones, and what `network.allow` names.
//!
//! A URL comes from a configuration, but the addresses behind its host come from anybody's name server. So the
//! addresses are judged, each time they are about to be dialled, and one forbidden address fails the attempt.
//! Addresses that hand out a cloud's credentials are a tier of their own: no range and no host name opens them,
//! only an entry that is that very address.

mod ranges;
#[cfg(test)]
mod tests;

use super::allow::Allow;
use ipnet::IpNet;
use ranges::{canonical, is_metadata, is_metadata_name, non_public};
use std::collections::HashSet;
use std::fmt;
use std::net::IpAddr;
use url::Host;

/// What may be dialled. The default allows public addresses alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressRules {
    hosts: HashSet<String>,
    nets: Vec<IpNet>,
}

impl AddressRules {
    /// Public addresses, and those that `allow` names.
    pub fn new(allow: impl IntoIterator<Item = Allow>) -> Self {
        let mut rules = Self::default();
        for entry in allow {
            match entry {
                Allow::Net(net) => rules.nets.push(net),
                Allow::Host(host) => match parse_host(&host) {
                    Some(Host::Ipv4(address)) => rules.nets.push(IpAddr::V4(address).into()),
                    Some(Host::Ipv6(address)) => rules.nets.push(IpAddr::V6(address).into()),
                    Some(Host::Domain(name)) => {
                        rules.hosts.insert(name);
                    }
                    None => {}
                },
            }
        }
        rules
    }

    /// Whether `host`, as it stands in a URL, may be reached when its name has these `addresses`.
    ///
    /// A host that is itself an address, in whatever spelling (`[::ffff:7f00:1]`, `0x7f.1`, `2130706433`), is
    /// judged as that address, `addresses` or not.
    pub fn judge(&self, host: &str, addresses: &[IpAddr]) -> Result<(), Blocked> {
        let (name, literal) = match parse_host(host) {
            Some(Host::Domain(name)) => (Some(name), None),
            Some(Host::Ipv4(address)) => (None, Some(IpAddr::V4(address))),
            Some(Host::Ipv6(address)) => (None, Some(IpAddr::V6(address))),
            None => (None, None),
        };
        let allowed_by_name = name.as_ref().is_some_and(|name| self.hosts.contains(name));
        let metadata_name = name.as_deref().is_some_and(is_metadata_name);
        for &address in literal.iter().chain(addresses) {
            let why = if metadata_name || is_metadata(address) {
                if self.names_exactly(address) {
                    continue;
                }
                Forbidden::Metadata
            } else if let Some(kind) = non_public(address) {
                if allowed_by_name || self.nets_contain(address) {
                    continue;
                }
                Forbidden::NonPublic(kind)
            } else {
                continue;
            };
            return Err(Blocked { name, address, why });
        }
        Ok(())
    }

    fn nets_contain(&self, address: IpAddr) -> bool {
        let meant = canonical(address);
        self.nets.iter().any(|net| net.contains(&address) || net.contains(&meant))
    }

    fn names_exactly(&self, address: IpAddr) -> bool {
        // Whichever way either is spelled.
        let meant = canonical(address);
        self.nets.iter().any(|net| net.prefix_len() == net.max_prefix_len() && canonical(net.addr()) == meant)
    }
}

/// An address that may not be dialled; its text says why, and what would allow it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// The host, where it is a name and not the address itself.
    pub name: Option<String>,
    /// The address at fault.
    pub address: IpAddr,
    why: Forbidden,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Forbidden {
    Metadata,
    NonPublic(&'static str),
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.address;
        match (&self.name, self.why) {
            (None, Forbidden::NonPublic(kind)) => {
                write!(
                    f,
                    "{address} ({kind}) is not a public address; add it to webhooks.network.allow to send there"
                )
            }
            (Some(name), Forbidden::NonPublic(kind)) => write!(
                f,
                "{name} is at {address} ({kind}), which is not a public address; \
                 add {name} to webhooks.network.allow to send there"
            ),
            (name, Forbidden::Metadata) => {
                if let Some(name) = name {
                    write!(f, "{name} is at ")?;
                }
                write!(
                    f,
                    "{address}, which hands out a cloud's credentials, is never a receiver; \
                     only that very address in webhooks.network.allow opens it"
                )
            }
        }
    }
}

impl std::error::Error for Blocked {}

/// What a URL's host means, with or without brackets around an IPv6 address, in any spelling of an IPv4
/// address; a name comes out in lower case, in ASCII, without the dot at its end.
pub(super) fn parse_host(text: &str) -> Option<Host<String>> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    if let Ok(address) = bare.parse() {
        return Some(Host::Ipv6(address));
    }
    match Host::parse(text).ok()? {
        Host::Domain(name) => {
            let name = name.strip_suffix('.').unwrap_or(&name);
            (!name.is_empty()).then(|| Host::Domain(name.to_owned()))
        }
        address @ (Host::Ipv4(_) | Host::Ipv6(_)) => Some(address),
    }
}
