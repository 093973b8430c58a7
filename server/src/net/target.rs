//! Where a request goes: the part of its URL that decides which connections can carry it.

use super::failure::Failure;
use http::Uri;
use http::uri::{Authority, Scheme};
use wire::Reason;

/// Scheme, host and port; equal targets share connections.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Target {
    pub(super) https: bool,
    authority: Authority,
}

impl Target {
    /// The target of `uri`, which must be an absolute http or https URL without a user name.
    pub(super) fn of(uri: &Uri) -> Result<Self, Failure> {
        let https = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return Err(misconfigured("the URL must begin with http:// or https://")),
        };
        let Some(authority) = uri.authority() else {
            return Err(misconfigured("the URL names no host"));
        };
        if authority.as_str().contains('@') {
            return Err(misconfigured(
                "the URL holds a user name: put it into an Authorization header instead",
            ));
        }
        let after_host = authority.as_str().strip_prefix(authority.host()).unwrap_or_default();
        if !matches!(after_host, "" | ":") && authority.port_u16().is_none() {
            return Err(misconfigured("the URL's port must be a number from 0 to 65535"));
        }
        Ok(Self { https, authority: authority.clone() })
    }

    /// The host as it stands in the URL; an IPv6 address has its brackets.
    pub(super) fn host(&self) -> &str {
        self.authority.host()
    }

    /// The port, by scheme where the URL has none.
    pub(super) fn port(&self) -> u16 {
        self.authority.port_u16().unwrap_or_else(|| self.default_port())
    }

    /// The value of the header `Host`: the port only where it isn't the scheme's.
    pub(super) fn host_header(&self) -> &str {
        if self.port() == self.default_port() { self.host() } else { self.authority.as_str() }
    }

    fn default_port(&self) -> u16 {
        if self.https { 443 } else { 80 }
    }
}

fn misconfigured(detail: &str) -> Failure {
    Failure::new(Reason::Misconfigured, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_and_port_come_from_the_url() {
        let cases = [
            ("http://a.test/x", "a.test", 80, "a.test"),
            ("https://a.test:443", "a.test", 443, "a.test"),
            ("http://a.test:/", "a.test", 80, "a.test"),
            ("http://a.test:443/", "a.test", 443, "a.test:443"),
            ("https://[::1]:8443/?q", "[::1]", 8443, "[::1]:8443"),
        ];
        for (uri, host, port, header) in cases {
            let target = Target::of(&uri.parse().unwrap()).unwrap();
            assert_eq!((target.host(), target.port(), target.host_header()), (host, port, header), "{uri}");
        }
    }

    #[test]
    fn what_cannot_be_sent_to_is_misconfigured() {
        for uri in [
            "/path",
            "ftp://a.test/",
            "a.test:80",
            "http://user:pw@a.test/",
            "http://a.test:65536/",
            "http://[::1]:x/",
        ] {
            let failure = Target::of(&uri.parse().unwrap()).unwrap_err();
            assert_eq!(failure.reason, Reason::Misconfigured, "{uri}");
        }
    }
}
