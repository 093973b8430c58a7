//! Inbound endpoints of the configuration: paths here that other systems post to.

use super::checks;
use super::endpoint::{narrow, read_rate_limit};
use super::error::{At, Report};
use super::fields::{Fields, Reading};
use super::node::{Kind, Node, join};
use super::words::allowed;
use crate::secret::Secret;
use crate::template::Template;
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::str::FromStr;
use std::sync::Arc;
use wire::RateLimit;

const KEYS: &[&str] = &["enabled", "basePath", "endpoints"];
const ENDPOINT_KEYS: &[&str] = &["agentId", "template", "verify", "dispatch", "concurrency", "rateLimit", "callback"];
const DISPATCH_KEYS: &[&str] =
    &["mode", "deliver", "channel", "to", "model", "thinking", "sessionKey", "sessionMode", "timeoutSeconds"];

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

/// How hits are verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verify {
    /// The scheme.
    pub scheme: Scheme,
    /// What it verifies with: present for every scheme but `none`, unless there is a `fault`.
    pub secret: Option<Secret>,
}

/// A way to verify a hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Not at all.
    None,
    /// `Authorization: Bearer` with the token.
    Bearer,
    /// `X-OpenClaw-Signature`, as this gateway sends it.
    Openclaw,
    /// Standard Webhooks.
    Standard,
    /// GitHub's `X-Hub-Signature-256`.
    Github,
    /// GitLab's `X-Gitlab-Token`.
    Gitlab,
    /// Stripe's `Stripe-Signature`.
    Stripe,
    /// Slack's `X-Slack-Signature`.
    Slack,
}

impl Scheme {
    const ALL: [Self; 8] = [
        Self::None, Self::Bearer, Self::Openclaw, Self::Standard, Self::Github, Self::Gitlab, Self::Stripe, Self::Slack,
    ];

    /// The scheme's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Bearer => "bearer",
            Self::Openclaw => "openclaw",
            Self::Standard => "standard",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Stripe => "stripe",
            Self::Slack => "slack",
        }
    }
}

impl FromStr for Scheme {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|scheme| scheme.as_str() == word).ok_or(())
    }
}

/// What is done with a hit, beyond storing it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dispatch {
    /// How the agent is asked; `None`: as `agent.mode` says, or not at all without an `agent`.
    pub mode: Option<DispatchMode>,
    /// Whether the agent's answer also goes to a channel.
    pub deliver: Option<bool>,
    /// That channel.
    pub channel: Option<String>,
    /// Whom there.
    pub to: Option<String>,
    /// The model to use.
    pub model: Option<String>,
    /// How hard it thinks.
    pub thinking: Option<String>,
    /// The session to use.
    pub session_key: Option<String>,
    /// `isolated` or `persistent`.
    pub session_mode: Option<String>,
    /// How long the run may take.
    pub timeout_seconds: Option<u64>,
}

/// How the agent is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DispatchMode {
    /// `POST /hooks/agent`.
    Hooks,
    /// `POST /v1/chat/completions`.
    Chat,
    /// Not at all: the hit is only recorded.
    None,
}

impl DispatchMode {
    /// The mode's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hooks => "hooks",
            Self::Chat => "chat",
            Self::None => "none",
        }
    }
}

impl FromStr for DispatchMode {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        [Self::Hooks, Self::Chat, Self::None].into_iter().find(|mode| mode.as_str() == word).ok_or(())
    }
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
                let (endpoint, effective) = read_endpoint(&entry.value, place, around, inbound.reading.report);
                shown.insert(entry.key.clone(), effective);
                endpoints.push(endpoint);
            }
        } else {
            let message = format!("must be an object of names and inbound endpoints, not {}", field.node.describe());
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
    match given {
        Some(path) => path.value().trim_end_matches('/').to_owned(),
        None => {
            if fields.get("basePath").is_none() {
                fields.show_default("basePath", Value::from(DEFAULT_BASE_PATH));
            }
            DEFAULT_BASE_PATH.to_owned()
        }
    }
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
    let verify = read_verify(&mut fields, place, around.is_loopback);
    let dispatch = read_dispatch(&mut fields, around.has_agent);
    let concurrency = narrow(fields.whole_or("concurrency", 1..=1024, DEFAULT_CONCURRENCY));
    let rate_limit = read_rate_limit(&mut fields);
    let callback = fields.flag("callback", true);
    let shown = Value::Object(fields.shown);
    let lacks = lacks.into_inner();
    let endpoint = InboundEndpoint {
        name: Arc::from(place.name),
        agent_id: agent_id.map(|text| text.value().to_owned()).unwrap_or_default(),
        template, template_source, verify, dispatch, concurrency, rate_limit, callback,
        fault: (!lacks.is_empty()).then(|| lacks.join("; ")),
    };
    (endpoint, shown)
}

fn read_template(fields: &mut Fields<'_>) -> (Option<Template>, String) {
    let Some(source) = fields.checked_text("template", |_| Ok(())) else { return (None, String::new()) };
    let template = match Template::text(source.value()) {
        Ok(template) => Some(template),
        Err(error) => {
            fields.fault("template", error.to_string());
            None
        }
    };
    (template, source.shown().to_owned())
}

fn read_verify(fields: &mut Fields<'_>, place: Place<'_>, is_loopback: bool) -> Verify {
    let none = Verify { scheme: Scheme::None, secret: None };
    let Some(field) = fields.get("verify") else {
        if is_loopback {
            fields.show_default("verify", serde_json::json!({ "scheme": "none" }));
        } else {
            let message = "verify is required where others than this machine can post; \
                           { scheme: \"none\" } takes hits from anyone";
            fields.reading.report.fault(place.at, place.path, message);
        }
        return none;
    };
    let words = Scheme::ALL.map(Scheme::as_str);
    let mut verify = Fields::of(field.node, &field.path, &["scheme", "secret", "token"], fields.reading);
    verify.require("scheme");
    let scheme = verify.choice::<Scheme>("scheme", &words);
    let (secret, token) = (verify.secret("secret"), verify.secret("token"));
    let is_given = |key: &str| verify.get(key).is_some();
    match scheme {
        Some(Scheme::None) if is_given("secret") || is_given("token") => {
            verify.fault("scheme", format!("\"none\" verifies nothing, but a secret is given{}", allowed("", &words)));
        }
        None | Some(Scheme::None) => {}
        Some(_) if is_given("secret") && is_given("token") => {
            verify.fault("token", "secret and token are two names of one thing here; give one of them");
        }
        Some(scheme @ (Scheme::Bearer | Scheme::Gitlab)) if !is_given("secret") && !is_given("token") => {
            verify.fault("token", format!("\"{}\" needs the token that the sender puts into its requests", scheme.as_str()));
        }
        Some(scheme) if !is_given("secret") && !is_given("token") => {
            verify.fault("secret", format!("\"{}\" needs the secret that the sender signs with", scheme.as_str()));
        }
        Some(_) => {}
    }
    let key = if is_given("token") { "token" } else { "secret" };
    let secret = secret.or(token);
    if scheme == Some(Scheme::Standard) && secret.as_ref().is_some_and(|secret| secret.standard_key().is_none()) {
        verify.fault(key, "must be whsec_ and base64, as whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    }
    fields.show_object("verify", verify);
    Verify { scheme: scheme.unwrap_or(Scheme::None), secret }
}

fn read_dispatch(fields: &mut Fields<'_>, has_agent: bool) -> Dispatch {
    let Some(mut given) = fields.object("dispatch", DISPATCH_KEYS) else { return Dispatch::default() };
    let mode = given.choice::<DispatchMode>("mode", &["hooks", "chat", "none"]);
    match mode {
        Some(DispatchMode::Hooks | DispatchMode::Chat) if !has_agent => {
            given.fault("mode", "needs webhooks.agent, which says where the agent is");
        }
        Some(DispatchMode::Hooks | DispatchMode::Chat | DispatchMode::None) | None => {}
    }
    let deliver = given.get("deliver").map(|_| given.flag("deliver", false));
    let mut text = |key: &str| given.checked_text(key, |_| Ok(())).map(|text| text.value().to_owned());
    let (channel, to) = (text("channel"), text("to"));
    let (model, thinking, session_key) = (text("model"), text("thinking"), text("sessionKey"));
    let session_mode = given.choice("sessionMode", &["isolated", "persistent"]);
    let timeout_seconds = given.whole("timeoutSeconds", 1..=86_400);
    if given.get("channel").is_some() != given.get("to").is_some() {
        let key = if given.get("to").is_none() { "channel" } else { "to" };
        given.fault(key, "channel and to go together: give both or none");
    }
    fields.show_object("dispatch", given);
    Dispatch { mode, deliver, channel, to, model, thinking, session_key, session_mode, timeout_seconds }
}
