//! The agent that hits are given to.

use super::endpoint::read_url;
use super::fields::Fields;
use super::inbound::DispatchMode;
use crate::secret::{Masked, Secret};
use serde_json::Value;

/// OpenClaw may take minutes for an answer; ten is its own limit for a hook.
const DEFAULT_AGENT_MS: u64 = 600_000;
/// A day.
const MAX_AGENT_MS: u64 = 86_400_000;

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

/// Reads the object `agent`, where there is one.
pub(super) fn read_agent(fields: &mut Fields<'_>) -> Option<AgentConfig> {
    let mut agent = fields.object("agent", &["url", "token", "mode", "timeoutMs"])?;
    agent.require("url");
    let url = read_url(&mut agent);
    let token = agent.secret("token");
    let mode = agent.choice("mode", &["hooks", "chat"]).unwrap_or_else(|| {
        agent.show_default("mode", Value::from(DispatchMode::Hooks.as_str()));
        DispatchMode::Hooks
    });
    let timeout_ms = agent.whole_or("timeoutMs", 1000..=MAX_AGENT_MS, DEFAULT_AGENT_MS);
    fields.show_object("agent", agent);
    Some(AgentConfig { url: url?, token, mode, timeout_ms })
}
