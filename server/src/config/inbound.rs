//! Inbound endpoints of the configuration: paths here that other systems post to.

mod dispatch;
mod verify;

pub use dispatch::{Dispatch, DispatchMode};
pub use verify::{Scheme, Verify};

use super::checks;
use super::endpoint::{narrow, read_rate_limit};
use super::error::{At, Report};
use super::fields::{Fields, Reading};
use super::node::{Kind, Node, join};
use super::words::allowed;
use crate::template::Template;
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::sync::Arc;
use wire::RateLimit;

const KEYS: &[&str] = &["enabled", "basePath", "endpoints"];
const ENDPOINT_KEYS: &[&str] =
    &["agentId", "template", "verify", "dispatch", "concurrency", "rateLimit", "callback"];

/// What a template sees of a hit.
const VALUES: &[&str] = &["body", "headers", "query", "now"];

const DEFAULT_BASE_PATH: &str = "/webhooks/inbound";
const DEFAULT_CONCURRENCY: u64 = 4;
/// Paths of the gateway's own, which hits must not hide.
const OWN_PATHS: &[&str] = &["/api", "/healthz", "/readyz", "/metrics"];

/// Everything that comes in.
#[derive(Clone, Debug, PartialEq)]
pub struct InboundConfig {
    /// Whether hits are taken at all.
    pub enabled: bool,
    /// Where they are posted: `<basePath>/<name>`; begins with `/`, doesn't end with one.
    pub base_path: String,
    /// The endpoints in the file's order.
    pub endpoints: Vec<InboundEndpoint>,
}

/// A path here that other systems post to.
#[derive(Clone, Debug, PartialEq)]
pub struct InboundEndpoint {
    /// The last part of its path.
    pub name: Arc<str>,
    /// The agent its hits go to.
    pub agent_id: String,
    /// What the prompt is made of; `None` only where there is a `fault`.
    pub template: Option<Template>,
    /// The template as written, values from the environment masked.
    pub template_source: String,
    /// How hits are verified.
    pub verify: Verify,
    /// What is done with them.
    pub dispatch: Dispatch,
    /// Runs at once.
    pub concurrency: u32,
    /// Hits a second.
    pub rate_limit: Option<RateLimit>,
    /// Whether an event is sent when the run ends.
    pub callback: bool,
    /// Why no hit can be taken: a variable without a value, named with its place.
    pub fault: Option<String>,
}

/// What inbound endpoints depend on elsewhere in the file.
#[derive(Clone, Copy)]
pub(super) struct Around {
    /// Whether only this machine can post.
    pub(super) is_loopback: bool,
    /// Whether there is an agent to ask.
    pub(super) has_agent: bool,
}

/// Reads the object `inbound`.
pub(super) fn read(fields: &mut Fields<'_>, around: Around) -> InboundConfig {
    let mut inbound = fields.object_or_defaults("inbound", KEYS);
    let enabled = inbound.flag("enabled", true);
    let base_path = read_base_path(&mut inbound);
    let mut endpoints = Vec::new();
    let mut shown = Map::new();
    if let Some(field) = inbound.get("endpoints") {
        if let Kind::Map(entries) = &field.node.kind {
            for entry in entries {
                let path = join(&field.path, &entry.key);
                if let Err(message) = checks::name(&entry.key) {
                    inbound.reading.report.fault(entry.at, &path, message);
                }
                let place = Place { name: &entry.key, at: entry.at, path: &path };
                let (endpoint, effective) =
                    read_endpoint(&entry.value, place, around, inbound.reading.report);
                shown.insert(entry.key.clone(), effective);
                endpoints.push(endpoint);
            }
        } else {
            let message =
                format!("must be an object of names and inbound endpoints, not {}", field.node.describe());
            field.fault(inbound.reading, message);
        }
    }
    inbound.shown.insert("endpoints".to_owned(), Value::Object(shown));
    fields.show_object("inbound", inbound);
    InboundConfig { enabled, base_path, endpoints }
}

fn read_base_path(fields: &mut Fields<'_>) -> String {
    let given = fields.checked_text("basePath", |path| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '.' | '~');
        let path = path.strip_suffix('/').unwrap_or(path);
        let parts_are_right = path.split('/').skip(1).all(|part| !matches!(part, "" | "." | ".."));
        if !path.starts_with('/') || path.len() < 2 || !path.chars().all(is_plain) || !parts_are_right {
            return Err("must be a path such as /webhooks/inbound: it begins with / and has letters, digits and - _ . ~".to_owned());
        }
        match OWN_PATHS.iter().find(|own| path == **own || path.strip_prefix(**own).is_some_and(|rest| rest.starts_with('/'))) {
            Some(own) => Err(format!("must not be in {own}, which is the gateway's own")),
            None => Ok(()),
        }
    });
    if given.is_none() && fields.get("basePath").is_none() {
        fields.show_default("basePath", Value::from(DEFAULT_BASE_PATH));
    }
    given.as_ref().map_or(DEFAULT_BASE_PATH, |path| path.value().trim_end_matches('/')).to_owned()
}

/// Where an inbound endpoint stands.
#[derive(Clone, Copy)]
struct Place<'a> {
    name: &'a str,
    at: At,
    path: &'a str,
}

fn read_endpoint(node: &Node, place: Place<'_>, around: Around, report: &Report) -> (InboundEndpoint, Value) {
    let lacks = RefCell::default();
    let mut fields = Fields::of(node, place.path, ENDPOINT_KEYS, Reading { report, lacks: Some(&lacks) });
    fields.require("agentId");
    fields.require("template");
    let agent_id = fields.checked_text("agentId", |_| Ok(()));
    let (template, template_source) = read_template(&mut fields);
    let verify = verify::read_verify(&mut fields, place, around.is_loopback);
    let dispatch = dispatch::read_dispatch(&mut fields, around.has_agent);
    if !around.has_agent && dispatch.mode.is_none() {
        let message = "there is no webhooks.agent, so hits are only recorded and start no agent: give its url, or say dispatch: { mode: \"none\" } \
                       where that is meant";
        report.warn(place.at, place.path, message);
    }
    let concurrency = narrow(fields.whole_or("concurrency", 1..=1024, DEFAULT_CONCURRENCY));
    let rate_limit = read_rate_limit(&mut fields);
    let callback = fields.flag("callback", true);
    let shown = Value::Object(fields.shown);
    let lacks = lacks.into_inner();
    let endpoint = InboundEndpoint {
        name: Arc::from(place.name),
        agent_id: agent_id.map(|text| text.value().to_owned()).unwrap_or_default(),
        template,
        template_source,
        verify,
        dispatch,
        concurrency,
        rate_limit,
        callback,
        fault: (!lacks.is_empty()).then(|| lacks.join("; ")),
    };
    (endpoint, shown)
}

fn read_template(fields: &mut Fields<'_>) -> (Option<Template>, String) {
    let compiles = |source: &str| Template::text(source).map(drop).map_err(|error| error.to_string());
    let Some(source) = fields.checked_text("template", compiles) else { return (None, String::new()) };
    let template = Template::text(source.value()).ok();
    // A name that came from a variable is not told.
    let is_odd = |name: &&String| !VALUES.contains(&name.as_str()) && source.shown().contains(name.as_str());
    for name in template.iter().flat_map(Template::reads).filter(is_odd) {
        let message = format!("{{{{{name}}}}} is always empty: there is no {name}{}", allowed(name, VALUES));
        fields.warn("template", message);
    }
    (template, source.shown().to_owned())
}
