//! The keys of the gateway itself and of what is around it.

use super::Key;
use super::Takes::{Secret, Text, Texts, Url, Whole, Word};
use super::Without::{Absent, Default, Refused};

pub(super) const SERVER: &[Key] = &[
    Key::new(
        "listen",
        Text,
        Default(r#""127.0.0.1:8787""#),
        "Host and port; port 0 takes any that is free. Others than this machine are only let in with an adminToken.",
    ),
    Key::new(
        "database",
        Text,
        Default(r#""sqlite://openclaw-webhooks.db""#),
        "sqlite://FILE, or postgres://USER:PASSWORD@HOST/NAME for many gateways.",
    ),
    Key::new(
        "instanceId",
        Text,
        Absent(r#""node-1""#),
        "This node's name in events and attempts; the machine's name without it.",
    ),
    Key::new(
        "adminToken",
        Secret,
        Absent(r#""${OPENCLAW_WEBHOOKS_TOKEN}""#),
        "Who has it may do everything.",
    ),
    Key::new("viewerToken", Secret, Absent(r#""${OPENCLAW_WEBHOOKS_VIEWER_TOKEN}""#), "Who has it may read."),
    Key::new(
        "ingestToken",
        Secret,
        Absent(r#""${OPENCLAW_WEBHOOKS_INGEST_TOKEN}""#),
        "Who has it may post events.",
    ),
    Key::new(
        "publicUrl",
        Url,
        Absent(r#""https://hooks.example.com""#),
        "Where people and senders find the gateway.",
    ),
    Key::new(
        "trustedProxies",
        Texts(false),
        Absent(r#"["127.0.0.1", "10.0.0.0/8"]"#),
        "Proxies whose X-Forwarded-For is believed: addresses or nets.",
    ),
];

pub(super) const AGENT: &[Key] = &[
    Key::new("url", Url, Refused(r#""http://127.0.0.1:18789""#), "Where OpenClaw listens."),
    Key::new("token", Secret, Absent(r#""${OPENCLAW_HOOKS_TOKEN}""#), "The token it wants to see."),
    Key::new(
        "mode",
        Word(&["hooks", "chat"]),
        Default(r#""hooks""#),
        "How it is asked: POST /hooks/agent, or POST /v1/chat/completions.",
    ),
    Key::new("timeoutMs", Whole(1000, 86_400_000), Default("600000"), "Time for an answer."),
];

pub(super) const NETWORK: &[Key] = &[Key::new(
    "allow",
    Texts(false),
    Default("[]"),
    "Exact hosts, addresses or nets that may be reached although they are not public, as \"crm.internal\", \"10.0.0.0/8\".",
)];

pub(super) const RETENTION: &[Key] = &[
    Key::new("days", Whole(1, 3650), Default("30"), "How long events, deliveries and hits are kept."),
    Key::new(
        "maxPayloadBytes",
        Whole(1024, 8_388_608),
        Default("262144"),
        "The longest body of an event or a hit.",
    ),
];
