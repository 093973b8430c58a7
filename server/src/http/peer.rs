//! Where a request comes from: the other end of its connection, or whom a trusted proxy names.

use crate::config::ServerConfig;
use axum::extract::{ConnectInfo, Request};
use http::HeaderMap;
use std::net::{IpAddr, SocketAddr};

/// The client's address. `X-Forwarded-For` counts only as far as `server.trustedProxies` wrote it: from the right, up to
/// the first address that is not one of them. `None` for a request that came over no connection.
pub(super) fn address(server: &ServerConfig, request: &Request) -> Option<IpAddr> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>()?.0.ip().to_canonical();
    Some(behind_proxies(server, peer, request.headers()))
}

/// The same for the other end `peer`.
pub(super) fn behind_proxies(server: &ServerConfig, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let is_trusted = |address: &IpAddr| server.trusted_proxies.iter().any(|net| net.contains(address));
    if !is_trusted(&peer) {
        return peer;
    }
    let named: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    let mut nearest = peer;
    for name in named.into_iter().rev() {
        // What is no address was not written by a proxy of ours.
        let Ok(address) = name.trim().parse::<IpAddr>() else { break };
        nearest = address.to_canonical();
        if !is_trusted(&nearest) {
            break;
        }
    }
    nearest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use http::HeaderValue;
    use std::path::Path;

    fn seen(trusted: &str, peer: &str, forwarded: &[&'static str]) -> String {
        let text = format!("{{ webhooks: {{ server: {{ trustedProxies: {trusted} }} }} }}");
        let config = Config::parse(&text, Path::new("openclaw.json5"), &|_| None).unwrap();
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_static(value));
        }
        behind_proxies(&config.server, peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn only_what_a_trusted_proxy_wrote_counts() {
        assert_eq!(seen("[]", "192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        let proxies = r#"["127.0.0.1", "10.0.0.0/8"]"#;
        assert_eq!(seen(proxies, "127.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        // The client wrote the first itself; our own proxies are passed over.
        assert_eq!(seen(proxies, "127.0.0.1", &["1.2.3.4, 198.51.100.7, 10.1.1.1"]), "198.51.100.7");
        assert_eq!(seen(proxies, "127.0.0.1", &["1.2.3.4", "198.51.100.7"]), "198.51.100.7");
        assert_eq!(seen(proxies, "127.0.0.1", &["198.51.100.7, unknown"]), "127.0.0.1");
        assert_eq!(seen(proxies, "192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(seen(proxies, "127.0.0.1", &[]), "127.0.0.1");
    }
}
