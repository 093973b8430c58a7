//! The configuration: `openclaw.json5` read, checked as a whole and turned into types that can't be wrong.
//!
//! 1. `source` finds the file; `syntax` reads it into a tree of `node`s that know their places;
//! 2. `include` puts other files' parts in, `environment` replaces `${VAR}`;
//! 3. `endpoint`, `inbound`, `server`, `agent`, `network` and `retention` read the tree key by key through `fields`; every fault goes to
//!    `error`, so that all of them are told at once.
//!
//! A variable without a value costs only the endpoint that it stands in ([`EndpointConfig::fault`]);
//! anything else that is wrong refuses the file as a whole.

mod agent;
mod checks;
mod endpoint;
mod environment;
mod error;
mod fields;
mod inbound;
mod include;
mod keys;
mod network;
mod node;
mod retention;
mod server;
mod source;
mod syntax;
mod words;

pub use agent::AgentConfig;
pub use checks::is_sensitive;
pub(crate) use checks::{masked_plain_url, masked_query};
pub use endpoint::{CheckMethod, EndpointConfig, HealthCheck, PreviousSecret};
pub use error::{ConfigError, ConfigErrors};
pub use inbound::{Dispatch, DispatchMode, InboundConfig, InboundEndpoint, Scheme, Verify};
pub use keys::{example, schema};
pub use network::NetworkConfig;
pub use retention::RetentionConfig;
pub use server::{Listen, Role, ServerConfig};
pub use source::ConfigSource;
pub(crate) use words::instead_of;

use crate::net::AddressRules;
use crate::secret::Masked;
use crate::telemetry::TracesConfig;
use crate::vault::Vault;
use error::{At, Report};
use fields::{Fields, Reading};
use include::Includer;
pub(crate) use node::join;
use node::{Entry, Kind, Node};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const KEYS: &[&str] = &["endpoints", "inbound", "server", "agent", "network", "retention"];

/// Everything that is in force.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The receivers, in the file's order.
    pub endpoints: Vec<EndpointConfig>,
    /// What comes in.
    pub inbound: InboundConfig,
    /// The gateway itself.
    pub server: ServerConfig,
    /// The agent that hits are given to.
    pub agent: Option<AgentConfig>,
    /// What may be reached beside public addresses.
    pub network: NetworkConfig,
    /// What is kept.
    pub retention: RetentionConfig,
    /// The file, where there is one.
    pub file: Option<PathBuf>,
    /// The file and what it includes: a change of any is a change of the configuration.
    pub files: Vec<PathBuf>,
    /// Everything in force as JSON, defaults filled in, secrets and values from the environment masked.
    pub effective: Value,
    /// Where each value of `effective` comes from, by its path: `file`, `environment` or `default`.
    pub sources: BTreeMap<String, String>,
    /// Where traces go; the environment says it, not the file.
    pub traces: Option<TracesConfig>,
    /// The keys that seal what the database keeps; the environment says them too.
    pub vault: Vault,
    /// What is allowed but hardly meant.
    pub warnings: Vec<ConfigError>,
}

impl Config {
    /// Reads the configuration. `environment` looks a variable up.
    pub fn load(
        source: &ConfigSource,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigErrors> {
        let file = source.file();
        if matches!(source, ConfigSource::Folder(_)) && matches!(file.try_exists(), Ok(false)) {
            let vault = read_vault(environment)?;
            return Ok(Self { traces: TracesConfig::of(environment), vault, ..Self::empty() });
        }
        match include::read_file(file) {
            Ok(text) => Self::parse(&text, file, environment),
            Err(problem) => Err(ConfigErrors::unreadable(file, &problem)),
        }
    }

    /// Reads a configuration's text. `file` is its name in messages, and its folder is where includes are
    /// looked for.
    pub fn parse(
        text: &str,
        file: &Path,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigErrors> {
        let vault = read_vault(environment)?;
        let report = Report::default();
        let (tree, files) = read_tree(text, file, environment, &report);
        let config = tree.map(|tree| {
            let traces = TracesConfig::of(environment);
            Self { file: Some(file.to_owned()), files, traces, vault, ..read(&tree, &report) }
        });
        report.unless_faulty(config.unwrap_or_else(Self::empty))
    }

    /// The database that the file names, for who needs nothing else of it.
    pub fn database(
        source: &ConfigSource,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Masked, ConfigErrors> {
        let server = Self::server(source, environment, "database")?;
        Ok(server.unwrap_or_else(|| Self::empty().server).database)
    }

    /// Where the file has its gateway listen, for who needs nothing else of it; `None` without a file.
    pub fn listen(
        source: &ConfigSource,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<Listen>, ConfigErrors> {
        Ok(Self::server(source, environment, "listen")?.map(|server| server.listen))
    }

    /// `server`, of which `key` is asked for: whatever else is wrong (a variable that only the gateway's own environment has,
    /// say) does not count. What may have been meant for that key does.
    fn server(
        source: &ConfigSource,
        environment: &dyn Fn(&str) -> Option<String>,
        key: &str,
    ) -> Result<Option<ServerConfig>, ConfigErrors> {
        let file = source.file();
        if matches!(source, ConfigSource::Folder(_)) && matches!(file.try_exists(), Ok(false)) {
            return Ok(None);
        }
        let text = include::read_file(file).map_err(|problem| ConfigErrors::unreadable(file, &problem))?;
        let report = Report::default();
        let tree = read_tree(&text, file, environment, &report).0;
        report.unless_faulty(())?;
        let server = tree.map(|tree| read(&tree, &report).server);
        report.keep_faults(|fault| leads_to(key, &fault.path));
        report.unless_faulty(server)
    }

    /// What is in force without a file: no endpoint, everything else by default.
    pub fn empty() -> Self {
        read(&Node { at: At::default(), kind: Kind::Map(Vec::new()) }, &Report::default())
    }

    /// Writes the warnings to the log.
    pub fn tell_warnings(&self) {
        for warning in &self.warnings {
            tracing::warn!("{warning}");
        }
    }

    /// The endpoint of this name.
    pub fn endpoint(&self, name: &str) -> Option<&EndpointConfig> {
        self.endpoints.iter().find(|endpoint| &*endpoint.name == name)
    }

    /// The inbound endpoint of this name.
    pub fn inbound_endpoint(&self, name: &str) -> Option<&InboundEndpoint> {
        self.inbound.endpoints.iter().find(|endpoint| &*endpoint.name == name)
    }
}

fn read_vault(environment: &dyn Fn(&str) -> Option<String>) -> Result<Vault, ConfigErrors> {
    Vault::of(environment).map_err(|(variable, problem)| ConfigErrors::of_variable(variable, problem))
}

/// A configuration's text with its includes and variables put in, and the files it came from.
fn read_tree(
    text: &str,
    file: &Path,
    environment: &dyn Fn(&str) -> Option<String>,
    report: &Report,
) -> (Option<Node>, Vec<PathBuf>) {
    let tree = syntax::parse(text, report.add_file(file), "", report);
    let mut includer = Includer::new(file, report);
    let tree = tree.map(|tree| includer.resolve(tree, file.parent().unwrap_or(Path::new("")), ""));
    let files = std::iter::once(file.to_owned()).chain(includer.files).collect();
    let tree = tree.map(|mut tree| {
        environment::substitute(&mut tree, environment);
        tree
    });
    (tree, files)
}

/// Whether a fault at `path` bears on this key of `server`: at the key or around it, or at one that may be a slip of it.
fn leads_to(wanted: &str, path: &str) -> bool {
    let (around, key) = path.rsplit_once('.').unwrap_or(("", path));
    match around {
        "" => key != "$schema",
        "webhooks" => key == "server" || !KEYS.contains(&key),
        "webhooks.server" => key == wanted || !server::KEYS.contains(&key),
        _ => false,
    }
}

/// Reads the whole tree. Where faults are noted the result is good for nothing.
fn read(tree: &Node, report: &Report) -> Config {
    let reading = Reading::of_all(report);
    let top = Fields::of(tree, "", &["webhooks", "$schema"], reading);
    let mut fields = top.object_or_defaults("webhooks", KEYS);
    let server = server::read_server(&mut fields);
    let agent = agent::read_agent(&mut fields);
    let network = network::read_network(&mut fields);
    let endpoints = read_endpoints(&mut fields, &network.rules());
    let around = inbound::Around {
        is_loopback: server.listen.is_loopback(),
        has_agent: fields.get("agent").is_some(),
    };
    let inbound = inbound::read(&mut fields, around);
    let retention = retention::read_retention(&mut fields);
    let in_order = KEYS.iter().filter_map(|key| Some(((*key).to_owned(), fields.shown.remove(*key)?)));
    let effective: Map<_, _> = in_order.collect();
    Config {
        endpoints,
        inbound,
        server,
        agent,
        network,
        retention,
        file: None,
        files: Vec::new(),
        effective: json!({ "webhooks": effective }),
        sources: report.sources(),
        traces: None,
        vault: Vault::default(),
        warnings: report.warnings(),
    }
}

fn read_endpoints(fields: &mut Fields<'_>, rules: &AddressRules) -> Vec<EndpointConfig> {
    let mut endpoints: Vec<EndpointConfig> = Vec::new();
    let mut shown = Vec::new();
    if let Some(field) = fields.get("endpoints") {
        let Kind::List(items) = &field.node.kind else {
            field
                .fault(fields.reading, format!("must be a list of endpoints, not {}", field.node.describe()));
            return endpoints;
        };
        let report = fields.reading.report;
        let mut places: Vec<At> = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let path = format!("{}[{index}]", field.path);
            let (endpoint, effective) = endpoint::read_from_file(item, &path, report, index);
            let place = place_of(item, "name");
            let same = endpoints.iter().zip(&places).find(|(known, _)| known.name == endpoint.name);
            if let Some((_, first)) = same {
                let first = report.place(*first);
                let message = format!(
                    "the name \"{}\" is taken: the first endpoint of that name is at {first}",
                    endpoint.name
                );
                report.fault(place, &format!("{path}.name"), message);
            }
            if let Some(blocked) = endpoint.blocked_by(rules) {
                report.warn(place_of(item, "url"), &format!("{path}.url"), blocked.to_string());
            }
            places.push(place);
            endpoints.push(endpoint);
            shown.push(effective);
        }
    }
    fields.shown.insert("endpoints".to_owned(), Value::Array(shown));
    endpoints
}

fn place_of(endpoint: &Node, key: &str) -> At {
    let found = |entries: &[Entry]| entries.iter().find(|entry| entry.key == key).map(|entry| entry.value.at);
    match &endpoint.kind {
        Kind::Map(entries) => found(entries).unwrap_or(endpoint.at),
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::NotFinite | Kind::Text(_) | Kind::List(_) => {
            endpoint.at
        }
    }
}

#[cfg(test)]
mod tests;
