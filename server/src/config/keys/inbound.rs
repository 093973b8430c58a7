//! The keys of what comes in.

use super::Key;
use super::Takes::{Flag, Named, Object, Secret, Text, Whole, Word};
use super::Without::{Absent, Default, OfItsKeys, Refused};
use super::endpoint::RATE_LIMIT;

pub(super) const KEYS: &[Key] = &[
    Key::new("enabled", Flag, Default("true"), "Whether hits are taken at all."),
    Key::new(
        "basePath",
        Text,
        Default(r#""/webhooks/inbound""#),
        "Where they are posted: <basePath>/<name>.",
    ),
    Key::new(
        "endpoints",
        Named("deploy", ENDPOINT),
        OfItsKeys,
        "Each under its name: 1 to 64 of a-z A-Z 0-9 _ - .",
    ),
];

const ENDPOINT: &[Key] = &[
    Key::new("agentId", Text, Refused(r#""devops-agent""#), "The agent that its hits go to."),
    Key::new(
        "template",
        Text,
        Refused(r#""{{body.repo}}'s {{body.branch}} branch deployment {{body.status}}""#),
        "What the agent is told: {{body.…}}, {{headers.…}}, {{query.…}} and {{now}} are filled in.",
    ),
    Key::new(
        "verify",
        Object(VERIFY),
        Default(r#"{ scheme: "none" }"#),
        "How hits are verified. Required where others than this machine can post.",
    ),
    Key::new(
        "dispatch",
        Object(DISPATCH),
        Absent(""),
        "What is done with a hit, beyond storing it; as webhooks.agent says, without it.",
    ),
    Key::new("concurrency", Whole(1, 1024), Default("4"), "Runs at once."),
    Key::new("rateLimit", Object(RATE_LIMIT), Absent(""), "Hits a second; more are answered 429."),
    Key::new("callback", Flag, Default("true"), "Whether an event goes out when the run ends."),
];

const VERIFY: &[Key] = &[
    Key::new(
        "scheme",
        Word(&["none", "bearer", "openclaw", "standard", "github", "gitlab", "stripe", "slack"]),
        Refused(r#""none""#),
        "How the sender proves who it is; \"none\": it does not.",
    ),
    Key::new("secret", Secret, Absent(r#""${GITHUB_SECRET}""#), "What the sender signs with."),
    Key::new(
        "token",
        Secret,
        Absent(r#""${DEPLOY_TOKEN}""#),
        "The same under the name it has with bearer and gitlab; one of the two.",
    ),
];

const DISPATCH: &[Key] = &[
    Key::new(
        "mode",
        Word(&["hooks", "chat", "none"]),
        Absent(r#""hooks""#),
        "How the agent is asked; \"none\": the hit is only recorded.",
    ),
    Key::new("deliver", Flag, Absent("false"), "Whether the answer also goes to a channel."),
    Key::new("channel", Text, Absent(r#""telegram""#), "That channel."),
    Key::new("to", Text, Absent(r#""123456789""#), "Whom there; channel and to go together."),
    Key::new("model", Text, Absent(r#""a-model""#), "The model to use."),
    Key::new("thinking", Text, Absent(r#""low""#), "How hard it thinks."),
    Key::new("sessionKey", Text, Absent(r#""hook:deploy""#), "The session to use."),
    Key::new(
        "sessionMode",
        Word(&["isolated", "persistent"]),
        Absent(r#""isolated""#),
        "Whether runs share a session.",
    ),
    Key::new("timeoutSeconds", Whole(1, 86_400), Absent("600"), "How long the run may take."),
];
