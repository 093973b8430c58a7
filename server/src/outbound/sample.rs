//! Samples: an event of each type, as an assistant sends it, marked as a test.

use crate::clock::Clock;
use crate::store::StoredEvent;
use serde_json::{Value, json};
use wire::{EventId, EventType};

/// A sample of `event_type`; `data.test` is true, so that a receiver can tell it from a real one.
pub fn event(event_type: EventType, instance_id: &str, clock: &Clock) -> StoredEvent {
    let id: EventId = clock.new_id();
    let received_at = clock.now();
    let timestamp = received_at.to_string();
    let mut data = json!({
        "test": true,
        "agentId": AGENT,
        "sessionId": "session-test",
        "channel": "telegram",
        "userId": "user_test",
    });
    if let (Value::Object(data), Value::Object(more)) = (&mut data, more(event_type)) {
        data.extend(more);
    }
    let body = json!({
        "id": id,
        "type": event_type,
        "timestamp": timestamp,
        "instanceId": instance_id,
        "data": data,
    });
    StoredEvent {
        id,
        event_type,
        agent_id: Some(AGENT.to_owned()),
        timestamp,
        instance_id: instance_id.to_owned(),
        received_at,
        hit_id: None,
        agent_run_id: None,
        body: body.to_string().into(),
    }
}

const AGENT: &str = "test-agent";

fn more(event_type: EventType) -> Value {
    match event_type {
        EventType::MessageReceived => {
            json!({ "message": { "role": "user", "content": "Is this webhook set up?" } })
        }
        EventType::MessageSent => {
            json!({ "message": { "role": "assistant", "content": "Yes: this is a test of it." } })
        }
        EventType::SessionCreated => json!({}),
        EventType::SessionEnded => json!({ "messageCount": 2, "reason": "idle" }),
        EventType::ToolCalled => {
            json!({ "tool": { "name": "weather", "callId": "call_test", "params": { "city": "Berlin" } } })
        }
        EventType::ToolCompleted => {
            json!({ "tool": { "name": "weather", "callId": "call_test", "success": true, "durationMs": 120 } })
        }
        EventType::ErrorOccurred => {
            json!({ "error": { "code": "TEST", "message": "This error is only a test." } })
        }
    }
}
