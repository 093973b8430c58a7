//! The demo's source: conversations as an OpenClaw assistant has them, posted over HTTP like any other's.

use rand::Rng;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};
use std::time::Duration;

/// People who talk at the same time.
const CONVERSATIONS: usize = 3;

const AGENTS: [&str; 3] = ["support-bot", "devops-agent", "hr-assistant"];
const CHANNELS: [&str; 3] = ["telegram", "whatsapp", "discord"];
const TALK: [(&str, &str, &str); 6] = [
    (
        "Where is my order 4711?",
        "orders.lookup",
        "Order 4711 left the warehouse this morning and arrives tomorrow.",
    ),
    ("휴가를 며칠 더 쓸 수 있나요?", "hr.leave_balance", "올해 남은 연차는 6.5일입니다."),
    ("Is the deployment of api through?", "ci.status", "api@main is deployed: 214 tests passed, 0 failed."),
    (
        "Please summarise yesterday's incident",
        "files.read",
        "The queue stood still for 12 minutes; no message was lost.",
    ),
    ("Can you book a table for four?", "calendar.create", "Booked: Friday 19:30, four people."),
    (
        "What does the invoice from March say?",
        "files.read",
        "Invoice 2026-031: 1,240.00 EUR, paid on 2 April.",
    ),
];
const ERRORS: [&str; 3] = [
    "File not found: reports/2026-03.pdf",
    "Model overloaded, gave up after 3 tries",
    "Tool ci.status timed out after 30 s",
];

/// One person's talk with the assistant: what of it comes next.
struct Conversation {
    session: String,
    agent: &'static str,
    channel: &'static str,
    user: String,
    turns_left: u32,
    steps: Vec<(&'static str, Value)>,
}

/// Posts `rate` events a second to the gateway at `url` until it is stopped.
pub(super) async fn run(url: String, rate: f64) {
    let client = reqwest::Client::new();
    let mut conversations: Vec<Conversation> = (0..CONVERSATIONS).map(|_| Conversation::new()).collect();
    let mean = 1.0 / rate.max(0.01);
    loop {
        let event = {
            let mut rng = rand::rng();
            let index = rng.random_range(0..conversations.len());
            conversations[index].next()
        };
        let posted = client.post(format!("{url}api/v1/events")).json(&event).send().await;
        match posted.and_then(reqwest::Response::error_for_status) {
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "The demo's source could not post an event: {error}"),
        }
        // Times between events as of independent people: many short, some long.
        let wait = -mean * rand::rng().random_range(0.02_f64..1.0).ln();
        tokio::time::sleep(Duration::from_secs_f64(wait.min(10.0 * mean))).await;
    }
}

impl Conversation {
    fn new() -> Self {
        let mut rng = rand::rng();
        let mut conversation = Self {
            session: format!("session-{:06x}", rng.random_range(0..0x00ff_ffff)),
            agent: AGENTS.choose(&mut rng).unwrap_or(&AGENTS[0]),
            channel: CHANNELS.choose(&mut rng).unwrap_or(&CHANNELS[0]),
            user: format!("user_{}", rng.random_range(10_000..99_999)),
            turns_left: rng.random_range(2..6),
            steps: Vec::new(),
        };
        conversation.steps.push(("session.created", json!({})));
        conversation
    }

    /// The next event; a conversation that is over makes way for a new one.
    fn next(&mut self) -> Value {
        if self.steps.is_empty() {
            if self.turns_left == 0 {
                let ended = self.event("session.ended", &json!({ "messageCount": 8, "reason": "idle" }));
                *self = Self::new();
                return ended;
            }
            self.turns_left -= 1;
            self.steps = turn();
        }
        let (event_type, more) = self.steps.remove(0);
        self.event(event_type, &more)
    }

    fn event(&self, event_type: &str, more: &Value) -> Value {
        let mut data = json!({
            "agentId": self.agent,
            "sessionId": self.session,
            "sessionKey": format!("agent:{}:{}:{}", self.agent, self.channel, self.user),
            "channel": self.channel,
            "userId": self.user,
        });
        if let (Value::Object(data), Value::Object(more)) = (&mut data, more) {
            data.extend(more.clone());
        }
        json!({ "type": event_type, "instanceId": "demo", "data": data })
    }
}

/// A question, perhaps a tool, and the answer or an error.
fn turn() -> Vec<(&'static str, Value)> {
    let mut rng = rand::rng();
    let (question, tool, answer) = TALK.choose(&mut rng).copied().unwrap_or(TALK[0]);
    let mut steps = vec![("message.received", json!({ "message": { "role": "user", "content": question } }))];
    if rng.random_bool(0.6) {
        let call = format!("call_{:06x}", rng.random_range(0..0x00ff_ffff));
        steps.push(("tool.called", json!({ "tool": { "name": tool, "callId": call, "params": {} } })));
        steps.push((
            "tool.completed",
            json!({ "tool": { "name": tool, "callId": call, "success": true, "durationMs": rng.random_range(40..900) } }),
        ));
    }
    if rng.random_bool(0.12) {
        let message = ERRORS.choose(&mut rng).copied().unwrap_or(ERRORS[0]);
        steps.push(("error.occurred", json!({ "error": { "message": message, "source": "agent_end" } })));
    } else {
        steps.push((
            "message.sent",
            json!({
                "message": { "role": "assistant", "content": answer },
                "model": "claude-sonnet-4-20250514",
                "usage": { "inputTokens": rng.random_range(150..2400), "outputTokens": rng.random_range(20..600) },
                "durationMs": rng.random_range(400..4200),
            }),
        ));
    }
    steps
}
