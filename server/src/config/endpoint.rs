//! An endpoint of the configuration: a receiver outside and how it is served.

use super::checks;
use super::error::{ConfigError, Report};
use super::fields::{Field, Fields, Reading};
use super::node::{Kind, Node, Text, join};
use super::words::allowed;
use crate::secret::{Masked, Secret};
use crate::template::Template;
use serde_json::{Map, Value, json};
use std::cell::RefCell;
use std::sync::Arc;
use wire::{EventType, FieldProblem, Filter, RateLimit, Retry, Signing, Time};

const KEYS: &[&str] = &[
    "name", "url", "secret", "events", "filter", "transform", "headers", "retry", "enabled", "timeoutMs", "concurrency",
    "rateLimit", "signing", "previousSecrets", "healthCheck", "redact",
];

/// Attempts in all, where nothing is said: those of the Standard Webhooks schedule.
const DEFAULT_ATTEMPTS: u64 = 10;
/// An hour: the longest wait that `backoffMs` leads to, and so the longest that makes sense.
const MAX_BACKOFF_MS: u64 = 3_600_000;
const DEFAULT_TIMEOUT_MS: u64 = 15_000;
const DEFAULT_CONCURRENCY: u64 = 8;
const DEFAULT_CHECK_MS: u64 = 60_000;
/// A day.
const MAX_CHECK_MS: u64 = 86_400_000;
/// More a second than one gateway sends to one endpoint.
const MAX_PER_SECOND: f64 = 1_000_000.0;

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
    /// Paths that are replaced by `[redacted]` in what is sent and stored.
    pub redact: Vec<String>,
    /// Why nothing can be sent: a variable without a value, named with its place.
    pub fault: Option<String>,
}

/// A secret that was replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviousSecret {
    /// The secret.
    pub secret: Secret,
    /// Until when deliveries are signed with it as well.
    pub until: Time,
}

/// How an endpoint is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HealthCheck {
    /// Whether it is checked at all.
    pub enabled: bool,
    /// The time between checks.
    pub interval_ms: u64,
    /// What is sent.
    pub method: CheckMethod,
}

/// The method of a health check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckMethod {
    /// `HEAD`.
    Head,
    /// `GET`.
    Get,
    /// `OPTIONS`.
    Options,
}

impl CheckMethod {
    const ALL: [Self; 3] = [Self::Head, Self::Get, Self::Options];

    /// The method's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Head => "HEAD",
            Self::Get => "GET",
            Self::Options => "OPTIONS",
        }
    }
}

impl std::str::FromStr for CheckMethod {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|method| method.as_str() == name).ok_or(())
    }
}

impl EndpointConfig {
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
        let problem = |error: &ConfigError| FieldProblem { field: error.path.clone(), detail: error.message.clone() };
        report.unless_faulty(read.0).map_err(|errors| errors.iter().map(problem).collect())
    }
}

/// Reads an endpoint of the file; what is in force is given as JSON beside it.
pub(super) fn read_from_file(node: &Node, path: &str, report: &Report, index: usize) -> (EndpointConfig, Value) {
    let lacks = RefCell::default();
    let (mut endpoint, shown) = read(node, path, Reading { report, lacks: Some(&lacks) }, &format!("endpoint-{index}"));
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
    let url = read_url(&mut fields);
    let secret = fields.secret("secret");
    let events = read_events(&mut fields);
    let filter = read_filter(&mut fields);
    let transform = read_transform(&mut fields);
    let headers = read_headers(&mut fields);
    let retry = read_retry(&mut fields);
    let enabled = fields.flag("enabled", true);
    let timeout_ms = fields.whole_or("timeoutMs", 100..=120_000, DEFAULT_TIMEOUT_MS);
    let concurrency = narrow(fields.whole_or("concurrency", 1..=1024, DEFAULT_CONCURRENCY));
    let rate_limit = read_rate_limit(&mut fields);
    let signing = read_signing(&mut fields);
    let previous_secrets = read_previous_secrets(&mut fields);
    check_keys(&fields, signing, secret.as_ref());
    let health_check = read_health_check(&mut fields);
    let redact = read_redact(&mut fields);
    let (transform, transform_source, transform_hidden) = transform.unwrap_or_default();
    let endpoint = EndpointConfig {
        name: name.map_or_else(|| Arc::from(stand_in), |name| Arc::from(name.value())),
        url: url.unwrap_or_else(|| Masked::plain("")),
        secret, events, filter, transform, transform_source, transform_hidden, headers, retry, enabled, timeout_ms,
        concurrency, rate_limit, signing, previous_secrets, health_check, redact,
        fault: None,
    };
    (endpoint, Value::Object(fields.shown))
}

fn read_url(fields: &mut Fields<'_>) -> Option<Masked> {
    let shown = fields.get("url").and_then(|field| match &field.node.kind {
        Kind::Text(text) => Some(checks::masked_url(text)),
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::NotFinite | Kind::List(_) | Kind::Map(_) => None,
    });
    let whole = fields.checked_text("url", checks::http_url);
    if let Some(masked) = &shown {
        fields.show_given("url", Value::from(masked.shown()));
    }
    // Of a URL whose variable is missing only what is shown stays: there is nothing to send to.
    if whole.is_some() { shown } else { shown.map(|masked| Masked::partly("", masked.shown())) }
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
                let message = format!("unknown event type \"{}\"{}", text.shown, allowed(&text.value, &words));
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
    let agent_ids = filter.texts("agentIds");
    let agent_ids = agent_ids.map(|texts| texts.into_iter().map(|(text, _)| text.value.clone()).collect());
    fields.show_object("filter", filter);
    Some(Filter { agent_ids })
}

type Transform = (Option<Arc<Template>>, Option<Value>, Vec<Secret>);

fn read_transform(fields: &mut Fields<'_>) -> Option<Transform> {
    let field = fields.get("transform")?;
    let source = field.node.to_json(&|text| text.shown.clone());
    fields.show_given("transform", source.clone().unwrap_or_default());
    let mut is_whole = true;
    let mut hidden = Vec::new();
    field.node.each_text(&field.path, &mut |text: &Text, at, path| {
        is_whole &= fields.reading.is_whole(text, at, path);
        hidden.extend(text.hidden.iter().map(Secret::new));
    });
    if matches!(field.node.kind, Kind::Null) {
        field.fault(fields.reading, "must be an object, a list or a text with {{…}} in it, not null");
        return None;
    }
    let Some(real) = field.node.to_json(&|text| text.value.clone()) else {
        field.fault(fields.reading, "Infinity and NaN have no place in JSON");
        return None;
    };
    if !is_whole {
        return Some((None, source, hidden));
    }
    match Template::compile(&real) {
        Ok(template) => Some((Some(Arc::new(template)), source, hidden)),
        Err(error) => {
            field.fault(fields.reading, error.to_string());
            None
        }
    }
}

fn read_headers(fields: &mut Fields<'_>) -> Vec<(String, Masked)> {
    let Some(field) = fields.get("headers") else { return Vec::new() };
    let Kind::Map(entries) = &field.node.kind else {
        field.fault(fields.reading, format!("must be an object of header names and values, not {}", field.node.describe()));
        return Vec::new();
    };
    let mut headers: Vec<(String, Masked)> = Vec::new();
    let mut shown = Map::new();
    for entry in entries {
        let value = Field { node: &entry.value, path: join(&field.path, &entry.key) };
        let report = fields.reading.report;
        if let Err(message) = checks::header_name(&entry.key) {
            report.fault(entry.at, &value.path, message);
        }
        if headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(&entry.key)) {
            report.fault(entry.at, &value.path, "this header is given twice: case makes no difference");
        }
        if let Kind::Text(text) = &entry.value.kind {
            shown.insert(entry.key.clone(), Value::from(checks::masked_header(&entry.key, text).shown()));
        }
        let Some(text) = value.text(fields.reading) else { continue };
        if let Err(message) = checks::header_value(&text.value) {
            value.fault(fields.reading, message);
        }
        if text.value.contains(wire::MASK) {
            value.fault(fields.reading, "•••• stands for a value that isn't shown; write the value itself");
        }
        headers.push((entry.key.clone(), checks::masked_header(&entry.key, text)));
    }
    fields.show_given("headers", Value::Object(shown));
    headers
}

fn read_retry(fields: &mut Fields<'_>) -> Retry {
    let mut retry = fields.object_or_defaults("retry", &["maxAttempts", "backoffMs"]);
    let max_attempts = narrow(retry.whole_or("maxAttempts", 1..=50, DEFAULT_ATTEMPTS));
    let backoff_ms = retry.whole("backoffMs", 0..=MAX_BACKOFF_MS);
    fields.show_object("retry", retry);
    Retry { max_attempts, backoff_ms }
}

pub(super) fn read_rate_limit(fields: &mut Fields<'_>) -> Option<RateLimit> {
    let mut limit = fields.object("rateLimit", &["perSecond", "burst"])?;
    limit.require("perSecond");
    let per_second = limit.get("perSecond").and_then(|field| {
        let number = match &field.node.kind {
            Kind::Number(number) => number.as_f64().filter(|rate| *rate > 0.0 && *rate <= MAX_PER_SECOND),
            Kind::Null | Kind::Bool(_) | Kind::NotFinite | Kind::Text(_) | Kind::List(_) | Kind::Map(_) => None,
        };
        if number.is_none() {
            field.fault(limit.reading, format!("must be a number above 0 and at most {MAX_PER_SECOND}"));
        }
        number
    });
    if let (Some(_), Some(field)) = (per_second, limit.get("perSecond")) {
        limit.show_given("perSecond", field.node.to_json(&|text| text.shown.clone()).unwrap_or_default());
    }
    let burst = limit.whole("burst", 1..=1_000_000);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "above 0 and at most a million")]
    let rate = per_second.map(|per_second| RateLimit {
        per_second,
        burst: burst.map_or(per_second.ceil() as u32, narrow),
    });
    if let (Some(rate), None) = (rate, burst) {
        limit.show_default("burst", Value::from(rate.burst));
    }
    fields.show_object("rateLimit", limit);
    rate
}

fn read_signing(fields: &mut Fields<'_>) -> Signing {
    let words: Vec<&str> = Signing::ALL.iter().map(|signing| signing.as_str()).collect();
    fields.choice("signing", &words).unwrap_or_else(|| {
        fields.show_default("signing", Value::from(Signing::default().as_str()));
        Signing::default()
    })
}

fn read_previous_secrets(fields: &mut Fields<'_>) -> Vec<PreviousSecret> {
    let Some(field) = fields.get("previousSecrets") else { return Vec::new() };
    let Kind::List(items) = &field.node.kind else {
        field.fault(fields.reading, format!("must be a list of {{ secret, until }}, not {}", field.node.describe()));
        return Vec::new();
    };
    let mut secrets = Vec::new();
    let mut shown = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let path = format!("{}[{index}]", field.path);
        let mut previous = Fields::of(item, &path, &["secret", "until"], fields.reading);
        previous.require("secret");
        previous.require("until");
        let secret = previous.secret("secret");
        let until = previous.checked_text("until", |text| text.parse::<Time>().map(drop).map_err(|error| error.to_string()));
        let until = until.and_then(|text| text.value().parse().ok());
        secrets.extend(secret.zip(until).map(|(secret, until)| PreviousSecret { secret, until }));
        shown.push(Value::Object(previous.shown));
    }
    fields.show_given("previousSecrets", Value::Array(shown));
    secrets
}

/// Standard Webhooks needs keys in base64, and something to sign with at all.
fn check_keys(fields: &Fields<'_>, signing: Signing, secret: Option<&Secret>) {
    match signing {
        Signing::Openclaw => return,
        Signing::Standard | Signing::Both => {}
    }
    let message = format!(
        "signing \"{signing}\" needs a secret of whsec_ and base64, as whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw; \
         this one is no base64"
    );
    if fields.get("secret").is_none() {
        fields.fault("signing", format!("signing \"{signing}\" needs a secret; there is none"));
    }
    if secret.is_some_and(|secret| secret.standard_key().is_none()) {
        fields.fault("secret", &*message);
    }
    let Some(Field { node: Node { kind: Kind::List(items), .. }, path }) = fields.get("previousSecrets") else { return };
    for (index, item) in items.iter().enumerate() {
        let Kind::Map(entries) = &item.kind else { continue };
        for entry in entries.iter().filter(|entry| entry.key == "secret") {
            let Kind::Text(text) = &entry.value.kind else { continue };
            if text.missing.is_empty() && Secret::new(&text.value).standard_key().is_none() {
                fields.reading.report.fault(entry.value.at, &format!("{path}[{index}].secret"), &*message);
            }
        }
    }
}

fn read_health_check(fields: &mut Fields<'_>) -> HealthCheck {
    let mut check = fields.object_or_defaults("healthCheck", &["enabled", "intervalMs", "method"]);
    let enabled = check.flag("enabled", true);
    let interval_ms = check.whole_or("intervalMs", 1000..=MAX_CHECK_MS, DEFAULT_CHECK_MS);
    let method = check.choice("method", &CheckMethod::ALL.map(CheckMethod::as_str)).unwrap_or_else(|| {
        check.show_default("method", Value::from(CheckMethod::Head.as_str()));
        CheckMethod::Head
    });
    fields.show_object("healthCheck", check);
    HealthCheck { enabled, interval_ms, method }
}

fn read_redact(fields: &mut Fields<'_>) -> Vec<String> {
    let mut paths = Vec::new();
    for (text, field) in fields.texts("redact").unwrap_or_default() {
        match checks::path(&text.value) {
            Ok(()) => paths.push(text.value.clone()),
            Err(message) => field.fault(fields.reading, message),
        }
    }
    paths
}

/// A number that was checked against a range of `u32`.
pub(super) fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
