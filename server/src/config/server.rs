//! What the whole gateway needs: where it listens and stores, whom it asks, whom it may reach, what it keeps.

use super::checks;
use super::fields::Fields;
use super::inbound::DispatchMode;
use crate::secret::{Masked, Secret};
use ipnet::IpNet;
use serde_json::Value;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

const DEFAULT_LISTEN: &str = "127.0.0.1:8787";
const DEFAULT_DATABASE: &str = "sqlite://openclaw-webhooks.db";
/// The node's name where the machine has none.
const DEFAULT_INSTANCE: &str = "node-1";
/// OpenClaw may take minutes for an answer; ten is its own limit for a hook.
const DEFAULT_AGENT_MS: u64 = 600_000;
/// A day.
const MAX_AGENT_MS: u64 = 86_400_000;
const DEFAULT_DAYS: u64 = 30;
const DEFAULT_PAYLOAD: u64 = 262_144;
/// 1 KiB to 8 MiB.
const PAYLOAD: std::ops::RangeInclusive<u64> = 1024..=8_388_608;

/// The gateway itself.
#[derive(Clone, Debug, PartialEq)]
pub struct ServerConfig {
    /// Where it listens.
    pub listen: Listen,
    /// `sqlite://…` or `postgres://…`.
    pub database: Masked,
    /// The node's name in events and attempts.
    pub instance_id: String,
    /// May do everything.
    pub admin_token: Option<Secret>,
    /// May read.
    pub viewer_token: Option<Secret>,
    /// May post events.
    pub ingest_token: Option<Secret>,
    /// Where people and receivers find the gateway.
    pub public_url: Option<Masked>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
}

/// A host and a port to listen at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// An address or a name, without brackets.
    pub host: String,
    /// 0: any that is free.
    pub port: u16,
}

impl Listen {
    /// Whether only this machine can reach it.
    pub fn is_loopback(&self) -> bool {
        self.host.eq_ignore_ascii_case("localhost") || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.rsplit_once(':').and_then(|(host, port)| {
            let host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
                Some(address) => address.parse::<std::net::Ipv6Addr>().ok()?.to_string(),
                None => host_name(host)?,
            };
            Some(Self { host, port: port.parse().ok()? })
        });
        parts.ok_or_else(|| format!("must be a host and a port, as {DEFAULT_LISTEN} or [::1]:8787"))
    }
}

/// The agent that hits are given to.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentConfig {
    /// Where OpenClaw is.
    pub url: Masked,
    /// What it wants to see.
    pub token: Option<Secret>,
    /// How it is asked: `hooks` or `chat`.
    pub mode: DispatchMode,
    /// Time for an answer.
    pub timeout_ms: u64,
}

/// What may be reached beside public addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkConfig {
    /// Hosts and nets.
    pub allow: Vec<Allow>,
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
            Some(host) if !host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') => Ok(Self::Host(host)),
            Some(_) | None => Err("must be a host's exact name, an address or a net, as crm.internal, 10.1.2.3 or 10.0.0.0/8".to_owned()),
        }
    }
}

/// What is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetentionConfig {
    /// How long events, deliveries and hits are kept.
    pub days: u32,
    /// The longest body of an event or a hit, in bytes.
    pub max_payload_bytes: usize,
}

/// Reads the object `server`.
pub(super) fn read_server(fields: &mut Fields<'_>) -> ServerConfig {
    const KEYS: &[&str] =
        &["listen", "database", "instanceId", "adminToken", "viewerToken", "ingestToken", "publicUrl", "trustedProxies"];
    let mut server = fields.object_or_defaults("server", KEYS);
    let listen = text_or(&mut server, "listen", DEFAULT_LISTEN, |text| text.parse::<Listen>().map(drop));
    let listen = listen.parse().unwrap_or(Listen { host: "127.0.0.1".to_owned(), port: 8787 });
    let database = read_database(&mut server);
    let instance_id = text_or(&mut server, "instanceId", &host(), |text| {
        let is_right = text.len() <= 128 && !text.chars().any(char::is_control);
        if is_right { Ok(()) } else { Err("must be at most 128 characters without control characters".to_owned()) }
    });
    let (admin_token, viewer_token, ingest_token) =
        (server.secret("adminToken"), server.secret("viewerToken"), server.secret("ingestToken"));
    if !listen.is_loopback() && server.get("adminToken").is_none() {
        let message = format!(
            "others than this machine can reach {listen}: set webhooks.server.adminToken, as \"${{OPENCLAW_WEBHOOKS_TOKEN}}\", \
             or listen at 127.0.0.1"
        );
        server.fault("listen", message);
    }
    let public_url = server.checked_text("publicUrl", checks::http_url);
    let mut trusted_proxies = Vec::new();
    for (text, field) in server.texts("trustedProxies").unwrap_or_default() {
        match net(&text.value) {
            Some(net) => trusted_proxies.push(net),
            None => field.fault(server.reading, "must be an address or a net, as 127.0.0.1 or 10.0.0.0/8"),
        }
    }
    fields.show_object("server", server);
    ServerConfig { listen, database, instance_id, admin_token, viewer_token, ingest_token, public_url, trusted_proxies }
}

fn read_database(server: &mut Fields<'_>) -> Masked {
    let url = server.text("database").map(checks::masked_url);
    match url {
        Some(url) => {
            server.show_given("database", Value::from(url.shown()));
            if !["sqlite:", "postgres://", "postgresql://"].iter().any(|scheme| url.value().starts_with(scheme)) {
                server.fault("database", "must begin with sqlite:// or postgres://");
            }
            url
        }
        None => {
            if server.get("database").is_none() {
                server.show_default("database", Value::from(DEFAULT_DATABASE));
            }
            Masked::plain(DEFAULT_DATABASE)
        }
    }
}

/// Reads the object `agent`, where there is one.
pub(super) fn read_agent(fields: &mut Fields<'_>) -> Option<AgentConfig> {
    let mut agent = fields.object("agent", &["url", "token", "mode", "timeoutMs"])?;
    agent.require("url");
    let url = agent.checked_text("url", checks::http_url);
    let token = agent.secret("token");
    let mode = agent.choice("mode", &["hooks", "chat"]).unwrap_or_else(|| {
        agent.show_default("mode", Value::from(DispatchMode::Hooks.as_str()));
        DispatchMode::Hooks
    });
    let timeout_ms = agent.whole_or("timeoutMs", 1000..=MAX_AGENT_MS, DEFAULT_AGENT_MS);
    if let Some(text) = agent.text("url") {
        let masked = checks::masked_url(text);
        agent.show_given("url", Value::from(masked.shown()));
    }
    fields.show_object("agent", agent);
    Some(AgentConfig { url: url?, token, mode, timeout_ms })
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

/// Reads the object `retention`.
pub(super) fn read_retention(fields: &mut Fields<'_>) -> RetentionConfig {
    let mut retention = fields.object_or_defaults("retention", &["days", "maxPayloadBytes"]);
    let days = retention.whole_or("days", 1..=3650, DEFAULT_DAYS);
    let max_payload_bytes = retention.whole_or("maxPayloadBytes", PAYLOAD, DEFAULT_PAYLOAD);
    fields.show_object("retention", retention);
    RetentionConfig {
        days: super::endpoint::narrow(days),
        max_payload_bytes: usize::try_from(max_payload_bytes).unwrap_or(usize::MAX),
    }
}

/// The text at `key` that `check` finds nothing wrong with, or `default`.
fn text_or(fields: &mut Fields<'_>, key: &str, default: &str, check: impl Fn(&str) -> Result<(), String>) -> String {
    if let Some(text) = fields.checked_text(key, check) {
        return text.value().to_owned();
    }
    if fields.get(key).is_none() {
        fields.show_default(key, Value::from(default));
    }
    default.to_owned()
}

/// The machine's name.
fn host() -> String {
    let name = gethostname::gethostname().into_string().unwrap_or_default();
    if name.is_empty() { DEFAULT_INSTANCE.to_owned() } else { name }
}

fn net(text: &str) -> Option<IpNet> {
    text.parse::<IpNet>().ok().map(|net| net.trunc()).or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// A host's name in lower case, or `None` if it is none.
fn host_name(text: &str) -> Option<String> {
    let is_label = |label: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (1..=63).contains(&label.len()) && label.bytes().all(allowed) && !label.starts_with('-') && !label.ends_with('-')
    };
    (text.len() <= 253 && text.split('.').all(is_label)).then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_to_listen_at() {
        for (text, host, port, is_loopback) in [
            ("127.0.0.1:8787", "127.0.0.1", 8787, true),
            ("127.1.2.3:0", "127.1.2.3", 0, true),
            ("[::1]:80", "::1", 80, true),
            ("LocalHost:1", "localhost", 1, true),
            ("0.0.0.0:65535", "0.0.0.0", 65535, false),
            ("[::]:8787", "::", 8787, false),
            ("hooks.example.com:443", "hooks.example.com", 443, false),
        ] {
            let listen: Listen = text.parse().unwrap();
            assert_eq!((listen.host.as_str(), listen.port, listen.is_loopback()), (host, port, is_loopback));
            assert_eq!(listen.to_string(), text.to_lowercase());
        }
        for bad in ["", "8787", ":8787", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:80", "[x]:1", "a b:1", "a:-1"] {
            assert!(bad.parse::<Listen>().is_err(), "{bad}");
        }
    }

    #[test]
    fn what_may_be_reached() {
        let allow = |text: &str| text.parse::<Allow>();
        assert_eq!(allow("CRM.Internal"), Ok(Allow::Host("crm.internal".to_owned())));
        assert_eq!(allow("10.0.0.0/8"), Ok(Allow::Net("10.0.0.0/8".parse().unwrap())));
        assert_eq!(allow("10.1.2.3/8"), allow("10.0.0.0/8"));
        assert_eq!(allow("10.1.2.3"), Ok(Allow::Net("10.1.2.3/32".parse().unwrap())));
        assert_eq!(allow("fd00::/8"), Ok(Allow::Net("fd00::/8".parse().unwrap())));
        for bad in ["", "*.internal", "https://crm.internal", "crm.internal:80", "10.0.0.0/33", "10.0.0", "a b", "-a"] {
            assert!(allow(bad).is_err(), "{bad}");
        }
    }
}
