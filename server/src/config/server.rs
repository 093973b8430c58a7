//! The gateway itself: where it listens and stores, who may do what.

use super::checks;
use super::fields::Fields;
use crate::net::{host_name, net};
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

/// The keys of the tokens, the one that may most first.
const TOKENS: [&str; 3] = ["adminToken", "viewerToken", "ingestToken"];
/// Fewer characters than these can be guessed.
const SHORTEST_TOKEN: usize = 16;

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
    /// What this gateway does of all there is to do: it is said where it is started, not in the file that many share.
    pub role: Role,
}

/// What a gateway does, where many share a PostgreSQL database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Role {
    /// Everything.
    #[default]
    All,
    /// Takes events and hits in and serves API and dashboard, but sends nothing.
    Api,
    /// Sends and asks the agent, and answers nothing but probes and metrics.
    Worker,
}

impl ServerConfig {
    /// Whether whoever shows a token is somebody else by `other`.
    pub fn has_other_tokens(&self, other: &Self) -> bool {
        let tokens = |server: &Self| {
            [&server.admin_token, &server.viewer_token, &server.ingest_token].map(Clone::clone)
        };
        tokens(self) != tokens(other)
    }

    /// The keys of which `other` has another value that takes a restart.
    pub fn differs(&self, other: &Self) -> Vec<&'static str> {
        let keys = [
            ("listen", self.listen != other.listen),
            ("database", self.database != other.database),
            ("instanceId", self.instance_id != other.instance_id),
            ("trustedProxies", self.trusted_proxies != other.trusted_proxies),
        ];
        keys.into_iter().filter(|(_, differs)| *differs).map(|(key, _)| key).collect()
    }
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
        self.host.eq_ignore_ascii_case("localhost")
            || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
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

/// The keys of `server`.
pub(super) const KEYS: &[&str] = &[
    "listen",
    "database",
    "instanceId",
    "adminToken",
    "viewerToken",
    "ingestToken",
    "publicUrl",
    "trustedProxies",
];

/// Reads the object `server`.
pub(super) fn read_server(fields: &mut Fields<'_>) -> ServerConfig {
    let mut server = fields.object_or_defaults("server", KEYS);
    let listen = text_or(&mut server, "listen", DEFAULT_LISTEN, |text| text.parse::<Listen>().map(drop));
    let listen = listen.parse().unwrap_or(Listen { host: "127.0.0.1".to_owned(), port: 8787 });
    let database = read_database(&mut server);
    let instance_id = text_or(&mut server, "instanceId", &host(), |text| {
        let is_right = text.len() <= 128 && !text.chars().any(char::is_control);
        if is_right {
            Ok(())
        } else {
            Err("must be at most 128 characters without control characters".to_owned())
        }
    });
    let [admin_token, viewer_token, ingest_token] = read_tokens(&mut server, &listen);
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
    ServerConfig {
        listen,
        database,
        instance_id,
        admin_token,
        viewer_token,
        ingest_token,
        public_url,
        trusted_proxies,
        role: Role::All,
    }
}

/// The tokens. Each is another one: what a token may must not hang on which of them is looked at first.
fn read_tokens(server: &mut Fields<'_>, listen: &Listen) -> [Option<Secret>; 3] {
    let tokens = TOKENS.map(|key| server.secret(key));
    for (index, (key, token)) in TOKENS.iter().zip(&tokens).enumerate() {
        let Some(token) = token else { continue };
        let same = TOKENS.iter().zip(&tokens).take(index).find(|(_, other)| other.as_ref() == Some(token));
        if token.expose().trim().is_empty() {
            server.fault(key, "must not be blank");
        } else if let Some((other, _)) = same {
            server.fault(key, format!("must differ from {other}, or it is not known which of them is shown"));
        } else if !listen.is_loopback() && token.expose().chars().count() < SHORTEST_TOKEN {
            let message = format!(
                "has fewer than {SHORTEST_TOKEN} characters, and others than this machine can reach {listen}: take one that \
                 nobody guesses, as openssl rand -base64 32 makes it"
            );
            server.warn(key, message);
        }
    }
    if server.get("adminToken").is_none() {
        for key in ["viewerToken", "ingestToken"] {
            if server.get(key).is_some() {
                server
                    .warn(key, "does nothing without adminToken: everyone on this machine may do everything");
            }
        }
    }
    tokens
}

fn read_database(server: &mut Fields<'_>) -> Masked {
    if server.get("database").is_none() {
        server.show_default("database", Value::from(DEFAULT_DATABASE));
    }
    let Some(url) = server.text("database").map(checks::masked_url) else {
        return Masked::plain(DEFAULT_DATABASE);
    };
    server.show_given("database", Value::from(url.shown()));
    if !["sqlite:", "postgres://", "postgresql://"].iter().any(|scheme| url.value().starts_with(scheme)) {
        server.fault("database", "must begin with sqlite:// or postgres://");
    }
    url
}

/// The text at `key` that `check` finds nothing wrong with, or `default`.
fn text_or(
    fields: &mut Fields<'_>,
    key: &str,
    default: &str,
    check: impl Fn(&str) -> Result<(), String>,
) -> String {
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
        for bad in [
            "",
            "8787",
            ":8787",
            "127.0.0.1",
            "127.0.0.1:",
            "127.0.0.1:65536",
            "::1:80",
            "[x]:1",
            "a b:1",
            "a:-1",
        ] {
            assert!(bad.parse::<Listen>().is_err(), "{bad}");
        }
    }
}
