//! How hosts and nets are written in the configuration.

use ipnet::IpNet;
use std::net::IpAddr;
use std::str::FromStr;
use url::Host;

/// One entry of `webhooks.network.allow`: something that may be reached although it isn't public.
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
        // As it may stand in a URL, too: an address in brackets, a name with its last dot or with letters of any language.
        let in_brackets = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if let Some(net) = net(in_brackets.unwrap_or(text)) {
            return Ok(Self::Net(net));
        }
        let ascii = if text.is_ascii() {
            Some(text.to_owned())
        } else {
            Host::parse(text).ok().map(|host| host.to_string())
        };
        let name = ascii.as_deref().map(|name| name.strip_suffix('.').unwrap_or(name));
        match name.and_then(host_name) {
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

/// A net, or an address as a net of one.
pub fn net(text: &str) -> Option<IpNet> {
    text.parse::<IpNet>().ok().map(|net| net.trunc()).or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// A host's name in lower case, or `None` if it is none.
pub fn host_name(text: &str) -> Option<String> {
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
        assert_eq!(allow("[fd00::1]"), allow("fd00::1"));
        assert_eq!(allow("crm.internal."), allow("crm.internal"));
        assert_eq!(allow("bücher.internal"), allow("xn--bcher-kva.internal"));
        for bad in [
            "",
            ".",
            "[]",
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
