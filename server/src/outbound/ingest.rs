//! Ingest: a posted body becomes events, or a problem that names the place.

use crate::clock::Clock;
use crate::problem::Problem;
use crate::store::StoredEvent;
use bytes::Bytes;
use bytestring::ByteString;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use wire::{EventId, EventType, Time};

/// Events in one request.
pub const MOST_EVENTS: usize = 1000;
/// Bytes in one request.
pub const MOST_BYTES: usize = 8 << 20;
/// Events that one request says were dropped: more is a mistake, and would spoil the count.
pub const MOST_DROPPED: u64 = 1_000_000_000;

/// Objects and lists within each other. More can't be read back: JSON readers stop at 128.
const MOST_DEPTH: usize = 100;

/// What was posted.
#[derive(Debug)]
pub enum Posted {
    /// One event.
    One(StoredEvent),
    /// A batch; all of it is good.
    Many {
        /// Its events, in their order.
        events: Vec<StoredEvent>,
        /// How many more the sender had to drop before.
        dropped: u64,
    },
}

/// What events get when they lack it.
#[derive(Debug)]
pub struct Defaults<'a> {
    /// Makes ids and times.
    pub clock: &'a Clock,
    /// The gateway's own name.
    pub instance_id: &'a str,
    /// The most bytes of one event.
    pub most_bytes: usize,
}

/// The parts of an event that the gateway reads. Everything else goes through untouched.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow, rename = "type")]
    event_type: Option<&'a RawValue>,
    #[serde(borrow)]
    timestamp: Option<&'a RawValue>,
    #[serde(borrow, rename = "instanceId")]
    instance_id: Option<&'a RawValue>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    /// What makes the body a batch.
    #[serde(borrow)]
    events: Option<&'a RawValue>,
    /// In a batch: how many events the sender could not keep.
    #[serde(borrow)]
    dropped: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow, default, rename = "agentId")]
    agent_id: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "runId")]
    run_id: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "hookName")]
    hook_name: Option<&'a RawValue>,
}

/// Reads a request's body: one event, or `{"events": […]}` of at most [`MOST_EVENTS`].
pub fn read(body: Bytes, defaults: &Defaults<'_>) -> Result<Posted, Problem> {
    let text = ByteString::try_from(body)
        .map_err(|_| Problem::bad_request("invalid_json", "the body is not UTF-8; post JSON in UTF-8"))?;
    let envelope = envelope(&text, "")?;
    let Some(events) = envelope.events else {
        return event(text.clone(), &envelope, "", defaults).map(Posted::One);
    };
    let events: Vec<&RawValue> = serde_json::from_str(events.get())
        .map_err(|_| Problem::unprocessable("invalid_event", "events", "must be a list of events"))?;
    if events.len() > MOST_EVENTS {
        let detail = format!("holds {} events; post at most {MOST_EVENTS} at once", events.len());
        return Err(Problem::unprocessable("too_many_events", "events", &detail));
    }
    let dropped = envelope
        .dropped
        .map_or(Ok(0), |dropped| serde_json::from_str::<u64>(dropped.get()))
        .ok()
        .filter(|dropped| *dropped <= MOST_DROPPED)
        .ok_or_else(|| {
            let detail = format!("must be a number of events, 0 to {MOST_DROPPED}");
            Problem::unprocessable("invalid_event", "dropped", &detail)
        })?;
    let events = events
        .into_iter()
        .enumerate()
        .map(|(index, raw)| {
            let place = format!("events[{index}]");
            event(text.slice_ref(raw.get()), &self::envelope(raw.get(), &place)?, &place, defaults)
        })
        .collect::<Result<_, _>>()?;
    Ok(Posted::Many { events, dropped })
}

fn envelope<'a>(text: &'a str, place: &str) -> Result<Envelope<'a>, Problem> {
    if let Some(first) = text.trim_start().bytes().next()
        && first != b'{'
    {
        // Told apart from a syntax error: `[…]` and `"…"` are JSON, but no event.
        if serde_json::from_str::<&RawValue>(text).is_ok() {
            let detail = if place.is_empty() {
                "an event is a JSON object, and a batch is {\"events\": […]}"
            } else {
                "an event is a JSON object"
            };
            return Err(Problem::unprocessable("invalid_event", place, detail));
        }
    }
    serde_json::from_str(text).map_err(|error| {
        let place = if place.is_empty() { String::new() } else { format!("{place}: ") };
        Problem::bad_request("invalid_json", &format!("{place}{error}"))
    })
}

/// Checks one event and fills in what it lacks.
fn event(
    text: ByteString,
    envelope: &Envelope<'_>,
    place: &str,
    defaults: &Defaults<'_>,
) -> Result<StoredEvent, Problem> {
    if text.len() > defaults.most_bytes {
        let detail = format!(
            "has {} bytes; webhooks.retention.maxPayloadBytes allows {}",
            text.len(),
            defaults.most_bytes
        );
        return Err(Problem::too_large(place, &detail));
    }
    let field = |key: &str| if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") };
    let wrong = |key: &str, detail: &str| Problem::unprocessable("invalid_event", &field(key), detail);

    let event_type = string(envelope.event_type).map_err(|()| wrong("type", "must be a string"))?;
    let event_type =
        event_type.ok_or_else(|| wrong("type", &format!("is required: one of {}", known_types())))?;
    let event_type: EventType = event_type.parse().map_err(|error: wire::UnknownWord| {
        Problem::unprocessable("unknown_type", &field("type"), &format!("names an {error}"))
    })?;

    let data = envelope.data.ok_or_else(|| wrong("data", "is required: an object"))?;
    if !data.get().starts_with('{') {
        return Err(wrong("data", "must be an object"));
    }
    let shape = Shape::of(&text);
    // The event itself is one more.
    if shape.depth > MOST_DEPTH + 1 {
        return Err(wrong("data", &format!("is nested deeper than {MOST_DEPTH} objects and lists")));
    }
    // Nobody could read it again: no template, no filter, no page.
    if shape.has_long_number || shape.has_surrogate {
        serde_json::from_str::<serde_json::Value>(&text)
            .map_err(|error| wrong("data", unreadable(&error)))?;
    }
    let agent: Named<'_> = serde_json::from_str(data.get())
        .map_err(|error| wrong("data", &format!("can't be read: {error}")))?;
    let agent_id =
        string(agent.agent_id).map_err(|()| wrong("data.agentId", "must be a string"))?.map(Cow::into_owned);
    if agent_id.as_ref().is_some_and(|agent| agent.len() > 256 || agent.contains('\0')) {
        return Err(wrong("data.agentId", "must have at most 256 bytes and no NUL"));
    }

    // Only to know to which hit an event belongs: whatever else stands there is the sender's own affair.
    let text_of = |raw| string(raw).ok().flatten().filter(|text: &Cow<'_, str>| text.len() <= 256);
    let agent_run_id = text_of(agent.run_id).map(Cow::into_owned).filter(|id| !id.contains('\0'));
    let hit_id = text_of(agent.hook_name)
        .and_then(|name| name.rsplit(' ').next().filter(|id| id.starts_with("hit_"))?.parse().ok());

    let id = string(envelope.id).map_err(|()| wrong("id", "must be a string"))?;
    let id: Option<EventId> = id
        .map(|id| id.parse())
        .transpose()
        .map_err(|error: wire::IdError| wrong("id", &error.to_string()))?;
    let timestamp = string(envelope.timestamp).map_err(|()| wrong("timestamp", "must be a string"))?;
    if let Some(timestamp) = &timestamp {
        timestamp.parse::<Time>().map_err(|error| wrong("timestamp", &error.to_string()))?;
    }
    let instance_id = string(envelope.instance_id).map_err(|()| wrong("instanceId", "must be a string"))?;
    if instance_id.as_ref().is_some_and(|id| id.is_empty() || id.len() > 256 || id.contains('\0')) {
        return Err(wrong("instanceId", "must have 1 to 256 bytes and no NUL"));
    }

    let received_at = defaults.clock.now();
    let mut filled = String::new();
    let mut fill = |key: &str, value: &str| {
        filled.push_str(&serde_json::to_string(key).unwrap_or_default());
        filled.push(':');
        filled.push_str(&serde_json::to_string(value).unwrap_or_default());
        filled.push(',');
    };
    let id = id.unwrap_or_else(|| {
        let id: EventId = defaults.clock.new_id();
        fill("id", id.as_str());
        id
    });
    let timestamp = timestamp.map_or_else(
        || {
            let timestamp = received_at.to_string();
            fill("timestamp", &timestamp);
            timestamp
        },
        Cow::into_owned,
    );
    let instance_id = instance_id.map_or_else(
        || {
            fill("instanceId", defaults.instance_id);
            defaults.instance_id.to_owned()
        },
        Cow::into_owned,
    );
    let body = if filled.is_empty() { text } else { with_filled(&text, &filled) };
    Ok(StoredEvent {
        id,
        event_type,
        agent_id,
        timestamp,
        instance_id,
        received_at,
        hit_id,
        agent_run_id,
        body,
    })
}

/// The event's text with `filled` (members, each with a comma behind it) right after its opening brace. The rest
/// stays as it is, but for a key that was given as `null`: it would win over the one filled in.
fn with_filled(text: &str, filled: &str) -> ByteString {
    let opened = |text: &str| text.replacen('{', &format!("{{{filled}"), 1);
    let is_filled = |key: &str| ["id", "timestamp", "instanceId"].contains(&key);
    let Ok(mut object) = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text) else {
        return opened(text).into();
    };
    let members = object.len();
    object.retain(|key, value| !(value.is_null() && is_filled(key)));
    if object.len() == members {
        opened(text).into()
    } else {
        opened(&serde_json::Value::from(object).to_string()).into()
    }
}

/// The string in `raw`; absent and null are the same.
fn string(raw: Option<&RawValue>) -> Result<Option<Cow<'_, str>>, ()> {
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Text<'a>(#[serde(borrow)] Option<Cow<'a, str>>);
    raw.map_or(Ok(None), |raw| serde_json::from_str::<Text<'_>>(raw.get()).map(|text| text.0).map_err(|_| ()))
}

/// Why a text can't be read that is JSON.
fn unreadable(error: &serde_json::Error) -> &'static str {
    if error.to_string().starts_with("number out of range") {
        "has a number that is out of range: the largest is 1.797e308 (IEEE 754)"
    } else {
        "has half of a character: a surrogate such as \\ud83d without its other half (RFC 8259, section 8.2)"
    }
}

/// What is told of a JSON text without reading its values.
struct Shape {
    /// How many objects and lists stand within each other.
    depth: usize,
    /// Whether a number has an exponent, or more digits than the largest double.
    has_long_number: bool,
    /// Whether a character is written as an escape that may be half of one.
    has_surrogate: bool,
}

impl Shape {
    fn of(json: &str) -> Self {
        let has_surrogate = json.contains("\\ud") || json.contains("\\uD");
        let mut shape = Self { depth: 0, has_long_number: false, has_surrogate };
        let (mut depth, mut digits, mut in_string, mut escaped) = (0_usize, 0_u32, false, false);
        for byte in json.bytes() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = in_string,
                b'"' => in_string = !in_string,
                _ if in_string => {}
                b'0'..=b'9' => {
                    digits += 1;
                    shape.has_long_number |= digits > 300;
                    continue;
                }
                b'e' | b'E' => shape.has_long_number |= digits > 0,
                b'{' | b'[' => {
                    depth += 1;
                    shape.depth = shape.depth.max(depth);
                }
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            digits = 0;
        }
        shape
    }
}

fn known_types() -> String {
    EventType::ALL.iter().map(|known| known.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
