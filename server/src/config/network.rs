//! What may be reached beside public addresses, and how hosts and nets are written.

use super::fields::Fields;
use crate::net::{self, AddressRules};
use ipnet::IpNet;
use serde_json::Value;
use std::net::IpAddr;
use std::str::FromStr;

/// What may be reached beside public addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkConfig {
    /// Hosts and nets.
    pub allow: Vec<Allow>,
}

impl NetworkConfig {
    /// The rules by which addresses are judged.
    pub fn rules(&self) -> AddressRules {
        let allowed = |entry: &Allow| match entry {
            Allow::Host(host) => net::Allow::Host(host.clone()),
            Allow::Net(net) => net::Allow::Net(*net),
        };
        AddressRules::new(self.allow.iter().map(allowed))
    }
}

/// Something that may be reached although it isn't public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allow {
    /// A host of exactly this name, in lower case.
    Host(String),
    /// Every address of a net; a single address is a net of one.
    Net(IpNet),
}

impl FromStr for Allow {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(net) = net(text) {
            return Ok(Self::Net(net));
        }
        match host_name(text) {
            Some(host) if !host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') => {
                Ok(Self::Host(host))
            }
            Some(_) | None => Err(
                "must be a host's exact name, an address or a net, as crm.internal, 10.1.2.3 or 10.0.0.0/8"
                    .to_owned(),
            ),
        }
    }
}

/// Reads the object `network`.
pub(super) fn read_network(fields: &mut Fields<'_>) -> NetworkConfig {
    let mut network = fields.object_or_defaults("network", &["allow"]);
    let mut allow = Vec::new();
    if let Some(texts) = network.texts("allow") {
        for (text, field) in texts {
            match text.value.parse() {
                Ok(allowed) => allow.push(allowed),
                Err(message) => field.fault(network.reading, message),
            }
        }
    } else if network.get("allow").is_none() {
        network.show_default("allow", Value::Array(Vec::new()));
    }
    fields.show_object("network", network);
    NetworkConfig { allow }
}

/// A net, or an address as a net of one.
pub(super) fn net(text: &str) -> Option<IpNet> {
    text.parse::<IpNet>().ok().map(|net| net.trunc()).or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// A host's name in lower case, or `None` if it is none.
pub(super) fn host_name(text: &str) -> Option<String> {
    let is_label = |label: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (1..=63).contains(&label.len())
            && label.bytes().all(allowed)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    (text.len() <= 253 && text.split('.').all(is_label)).then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_reached() {
        let allow = |text: &str| text.parse::<Allow>();
        assert_eq!(allow("CRM.Internal"), Ok(Allow::Host("crm.internal".to_owned())));
        assert_eq!(allow("10.0.0.0/8"), Ok(Allow::Net("10.0.0.0/8".parse().unwrap())));
        assert_eq!(allow("10.1.2.3/8"), allow("10.0.0.0/8"));
        assert_eq!(allow("10.1.2.3"), Ok(Allow::Net("10.1.2.3/32".parse().unwrap())));
        assert_eq!(allow("fd00::/8"), Ok(Allow::Net("fd00::/8".parse().unwrap())));
        for bad in [
            "",
            "*.internal",
            "https://crm.internal",
            "crm.internal:80",
            "10.0.0.0/33",
            "10.0.0",
            "a b",
            "-a",
        ] {
            assert!(allow(bad).is_err(), "{bad}");
        }
    }
}
