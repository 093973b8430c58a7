//! What is done with hits: `dispatch` of an inbound endpoint.

use crate::config::fields::Fields;
use std::str::FromStr;

const DISPATCH_KEYS: &[&str] =
    &["mode", "deliver", "channel", "to", "model", "thinking", "sessionKey", "sessionMode", "timeoutSeconds"];

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

pub(super) fn read_dispatch(fields: &mut Fields<'_>, has_agent: bool) -> Dispatch {
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
