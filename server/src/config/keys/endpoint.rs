//! The keys of an endpoint.

use super::Key;
use super::Takes::{
    Events, Flag, Headers, Json, Name, Object, Objects, Rate, Secret, Text, Texts, Time, Url, Whole, Word,
};
use super::Without::{Absent, Default, OfItsKeys, Refused};

pub(super) const KEYS: &[Key] = &[
    Key::new("name", Name, Refused(r#""main-webhook""#), "Unique: 1 to 64 of a-z A-Z 0-9 _ - ."),
    Key::new(
        "url",
        Url,
        Refused(r#""https://your-server.com/openclaw/events""#),
        "Where its deliveries are posted.",
    ),
    Key::new(
        "secret",
        Secret,
        Absent(r#""whsec_b3duLXNlY3JldC1nb2VzLWhlcmUh""#),
        "What they are signed with; unsigned without it. `openssl rand -base64 24` makes what follows whsec_.",
    ),
    Key::new("events", Events, Refused(r#"["*"]"#), "The event types it wants; \"*\" stands for all."),
    Key::new("filter", Object(FILTER), Absent(""), "Which of those events."),
    Key::new(
        "transform",
        Json,
        Absent(r#"{ text: "{{data.error.message}} at {{timestamp}}" }"#),
        "What the body is made of, in place of the event: any JSON, {{…}} in its texts filled in.",
    ),
    Key::new(
        "headers",
        Headers,
        Absent(r#"{ "X-API-Key": "a-key" }"#),
        "Headers to add. Values from the environment, as \"${CRM_API_KEY}\", are shown nowhere.",
    ),
    Key::new("retry", Object(RETRY), OfItsKeys, "How failed attempts are repeated."),
    Key::new("enabled", Flag, Default("true"), "false: it gets no deliveries."),
    Key::new("timeoutMs", Whole(100, 120_000), Default("15000"), "Time for an answer's headers."),
    Key::new("concurrency", Whole(1, 1024), Default("8"), "Requests at once."),
    Key::new(
        "rateLimit",
        Object(RATE_LIMIT),
        Absent(""),
        "Requests a second; as many as possible without it.",
    ),
    Key::new(
        "signing",
        Word(&["openclaw", "standard", "both"]),
        Default(r#""openclaw""#),
        "Which signature headers are sent: X-OpenClaw-Signature, those of Standard Webhooks, or both.",
    ),
    Key::new(
        "previousSecrets",
        Objects(PREVIOUS),
        Absent(""),
        "Secrets that receivers may still verify with (signatures of Standard Webhooks).",
    ),
    Key::new(
        "healthCheck",
        Object(HEALTH_CHECK),
        OfItsKeys,
        "How it is asked whether anyone answers; no event is sent.",
    ),
    Key::new(
        "redact",
        Texts(false),
        Absent(r#"["data.message.content"]"#),
        "Paths that are replaced by \"[redacted]\" in what is sent to it and stored for it.",
    ),
    Key::new("tls", Object(TLS), Absent(""), "Certificates of its own: whole paths of PEM files."),
];

const FILTER: &[Key] = &[Key::new(
    "agentIds",
    Texts(true),
    Absent(r#"["support-bot"]"#),
    "Only events of these agents; an event without an agent then does not match.",
)];

const RETRY: &[Key] = &[
    Key::new("maxAttempts", Whole(1, 50), Default("10"), "Attempts in all."),
    Key::new(
        "backoffMs",
        Whole(0, 3_600_000),
        Absent("1000"),
        "Before attempt n+1 it waits this times 2^(n-1), at most an hour. Without it: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h.",
    ),
];

/// Of inbound endpoints too.
pub(super) const RATE_LIMIT: &[Key] = &[
    Key::new("perSecond", Rate(1_000_000), Refused("50"), "In the long run."),
    Key::new(
        "burst",
        Whole(1, 1_000_000),
        Absent("100"),
        "At once after a pause; as many as perSecond, rounded up, without it.",
    ),
];

const PREVIOUS: &[Key] = &[
    Key::new(
        "secret",
        Secret,
        Refused(r#""whsec_b2xkLXNlY3JldC1nb2VzLWhlcmUh""#),
        "The secret that was replaced.",
    ),
    Key::new("until", Time, Refused(r#""2030-12-31T00:00:00Z""#), "Until when it is signed with as well."),
];

const HEALTH_CHECK: &[Key] = &[
    Key::new("enabled", Flag, Default("true"), "Whether it is checked at all."),
    Key::new("intervalMs", Whole(1000, 86_400_000), Default("60000"), "The time between checks."),
    Key::new(
        "method",
        Word(&["HEAD", "GET", "OPTIONS"]),
        Default(r#""HEAD""#),
        "What is sent; any answer below 500 will do.",
    ),
];

const TLS: &[Key] = &[
    Key::new(
        "caFile",
        Text,
        Absent(r#""/etc/openclaw-webhooks/ca.pem""#),
        "Authorities to trust, instead of the system's.",
    ),
    Key::new(
        "clientCertFile",
        Text,
        Absent(r#""/etc/openclaw-webhooks/client.pem""#),
        "What it is shown when it asks who calls.",
    ),
    Key::new("clientKeyFile", Text, Absent(r#""/etc/openclaw-webhooks/client.key""#), "The key of that."),
];
