//! An endpoint of the configuration: a receiver outside and how it is served.

mod body;
mod pace;
mod signing;
mod target;

pub use pace::{CheckMethod, HealthCheck};
pub use signing::PreviousSecret;

pub(super) use pace::read_rate_limit;
pub(super) use target::read_url;

use super::checks;
use super::error::{ConfigError, Report};
use super::fields::{Field, Fields, Reading};
use super::node::{Kind, Node};
use super::words::allowed;
use crate::net::{AddressRules, Blocked, TlsFiles};
use crate::secret::{Masked, Secret};
use crate::template::Template;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use url::Url;
use wire::{EventType, FieldProblem, Filter, RateLimit, Retry, Signing};

const KEYS: &[&str] = &[
    "name",
    "url",
    "secret",
    "events",
    "filter",
    "transform",
    "headers",
    "retry",
    "enabled",
    "timeoutMs",
    "concurrency",
    "rateLimit",
    "signing",
    "previousSecrets",
    "healthCheck",
    "redact",
    "tls",
];

/// Of a filter; each is compared with every event's.
const MOST_AGENTS: usize = 1_000;

const DEFAULT_TIMEOUT_MS: u64 = 15_000;
const DEFAULT_CONCURRENCY: u64 = 8;

/// A receiver outside.
#[derive(Clone, Debug, PartialEq)]
pub struct EndpointConfig {
    /// 1 to 64 of `a-z A-Z 0-9 _ - .`; unique.
    pub name: Arc<str>,
    /// Where its deliveries go.
    pub url: Masked,
    /// What they are signed with.
    pub secret: Option<Secret>,
    /// The event types it wants: all of them for `*`.
    pub events: Vec<EventType>,
    /// Which of those events.
    pub filter: Option<Filter>,
    /// What the body is made of, in place of the event.
    pub transform: Option<Arc<Template>>,
    /// The transform as written, values from the environment masked.
    pub transform_source: Option<Value>,
    /// Values from the environment in the transform: what is shown of a sent body must not have them.
    pub transform_hidden: Vec<Secret>,
    /// Headers to add, names as written.
    pub headers: Vec<(String, Masked)>,
    /// How failed attempts are repeated.
    pub retry: Retry,
    /// Whether it is on.
    pub enabled: bool,
    /// Time for an answer's headers.
    pub timeout_ms: u64,
    /// Requests at once.
    pub concurrency: u32,
    /// Requests a second.
    pub rate_limit: Option<RateLimit>,
    /// Which signature headers are sent.
    pub signing: Signing,
    /// Secrets that receivers may still verify with.
    pub previous_secrets: Vec<PreviousSecret>,
    /// How it is checked.
    pub health_check: HealthCheck,
    /// Certificates of its own.
    pub tls: Option<TlsFiles>,
    /// Paths that are replaced by `[redacted]` in what is sent and stored.
    pub redact: Vec<String>,
    /// Why nothing can be sent: a variable without a value, named with its place.
    pub fault: Option<String>,
}

impl EndpointConfig {
    /// Why nothing will be sent, as far as the URL alone tells: no name server is asked, and of what came from a variable
    /// nothing is said.
    pub(super) fn blocked_by(&self, rules: &AddressRules) -> Option<Blocked> {
        if self.url.shown() != self.url.value() {
            return None;
        }
        let url = Url::parse(self.url.value()).ok()?;
        let host = url.host_str()?;
        let here: &[IpAddr] = if host == "localhost" { &[IpAddr::V4(Ipv4Addr::LOCALHOST)] } else { &[] };
        rules.judge(host, here).err()
    }

    /// An endpoint from JSON that came through the API or out of the database: the same keys and rules as in
    /// the file, but no variables. Every fault is given, with its field as `retry.maxAttempts`.
    pub fn from_json(json: &Value) -> Result<Self, Vec<FieldProblem>> {
        let report = Report::default();
        let mut node = Node::from_json(json);
        super::environment::substitute(&mut node, &|_| None);
        node.each_text("", &mut |text, at, path| {
            for name in &text.missing {
                let message = format!("${{{name}}} is for the configuration file; write $${{{name}}} where it is meant as it stands");
                report.fault(at, path, message);
            }
        });
        let lacks = RefCell::default();
        let read = read(&node, "", Reading { report: &report, lacks: Some(&lacks) }, "endpoint");
        let problem =
            |error: &ConfigError| FieldProblem { field: error.path.clone(), detail: error.message.clone() };
        report.unless_faulty(read.0).map_err(|errors| errors.iter().map(problem).collect())
    }
}

/// Reads an endpoint of the file; what is in force is given as JSON beside it.
pub(super) fn read_from_file(
    node: &Node,
    path: &str,
    report: &Report,
    index: usize,
) -> (EndpointConfig, Value) {
    let lacks = RefCell::default();
    let (mut endpoint, shown) =
        read(node, path, Reading { report, lacks: Some(&lacks) }, &format!("endpoint-{index}"));
    let lacks = lacks.into_inner();
    endpoint.fault = (!lacks.is_empty()).then(|| lacks.join("; "));
    (endpoint, shown)
}

/// Reads an endpoint. What a missing variable leaves out is filled so that the endpoint can be shown:
/// `stand_in` is its name then.
fn read(node: &Node, path: &str, reading: Reading<'_>, stand_in: &str) -> (EndpointConfig, Value) {
    let mut fields = Fields::of(node, path, KEYS, reading);
    fields.require("name");
    fields.require("url");
    let name = fields.checked_text("name", checks::name);
    let url = target::read_url(&mut fields);
    let secret = fields.secret("secret");
    let events = read_events(&mut fields);
    let filter = read_filter(&mut fields);
    let transform = body::read_transform(&mut fields);
    let headers = target::read_headers(&mut fields);
    let retry = pace::read_retry(&mut fields);
    let enabled = fields.flag("enabled", true);
    let timeout_ms = fields.whole_or("timeoutMs", 100..=120_000, DEFAULT_TIMEOUT_MS);
    let concurrency = narrow(fields.whole_or("concurrency", 1..=1024, DEFAULT_CONCURRENCY));
    let rate_limit = pace::read_rate_limit(&mut fields);
    let signing = signing::read_signing(&mut fields);
    let previous_secrets = signing::read_previous_secrets(&mut fields);
    signing::check_keys(&fields, signing, secret.as_ref());
    let health_check = pace::read_health_check(&mut fields);
    let redact = body::read_redact(&mut fields);
    let tls = target::read_tls(&mut fields);
    let (transform, transform_source, transform_hidden) = transform.unwrap_or_default();
    let endpoint = EndpointConfig {
        name: name.map_or_else(|| Arc::from(stand_in), |name| Arc::from(name.value())),
        url: url.unwrap_or_else(|| Masked::plain("")),
        secret,
        events,
        filter,
        transform,
        transform_source,
        transform_hidden,
        headers,
        retry,
        enabled,
        timeout_ms,
        concurrency,
        rate_limit,
        signing,
        previous_secrets,
        health_check,
        tls,
        redact,
        fault: None,
    };
    (endpoint, Value::Object(fields.shown))
}

fn read_events(fields: &mut Fields<'_>) -> Vec<EventType> {
    let words: Vec<&str> = EventType::ALL.iter().map(|event| event.as_str()).chain(["*"]).collect();
    fields.require("events");
    let is_star = |field: &Field<'_>| matches!(&field.node.kind, Kind::Text(text) if text.value == "*");
    if fields.get("events").is_some_and(|field| is_star(&field)) {
        fields.show_given("events", json!(["*"]));
        return EventType::ALL.to_vec();
    }
    let Some(texts) = fields.texts("events") else { return Vec::new() };
    if fields.is_empty_list("events") {
        fields.fault("events", "must name at least one event type; \"*\" stands for all");
    }
    let mut events = Vec::new();
    for (text, field) in texts {
        match text.value.parse::<EventType>() {
            Ok(event) if !events.contains(&event) => events.push(event),
            Ok(_) => {}
            Err(_) if text.value == "*" => events = EventType::ALL.to_vec(),
            Err(_) => {
                let message =
                    format!("unknown event type \"{}\"{}", text.shown, allowed(&text.value, &words));
                field.fault(fields.reading, message);
            }
        }
    }
    events
}

fn read_filter(fields: &mut Fields<'_>) -> Option<Filter> {
    let mut filter = fields.object("filter", &["agentIds"])?;
    if filter.is_empty_list("agentIds") {
        filter.fault("agentIds", "must name at least one agent; leave the key out for all");
    }
    filter.is_short(
        "agentIds",
        MOST_AGENTS,
        "leave the key out for all agents, or make another endpoint for the rest",
    );
    let agent_ids = filter.texts("agentIds");
    let agent_ids = agent_ids.map(|texts| texts.into_iter().map(|(text, _)| text.value.clone()).collect());
    fields.show_object("filter", filter);
    Some(Filter { agent_ids })
}

/// A number that was checked against a range of `u32`.
pub(super) fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
