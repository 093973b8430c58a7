//! Shapes of what is read by hand, so that no type of the code has them.

use serde_json::Value;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use wire::{AcceptedEvent, AcceptedEvents, EventId, EventType, HitId};

/// An event as it is posted; more keys may stand beside these, and go out as they came.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "events are read without being copied; this is their schema")]
pub(crate) struct NewEvent {
    /// The sender's own id. An event of an id that is known is a duplicate, and not stored again.
    id: Option<EventId>,
    /// What happened.
    #[schema(rename = "type")]
    event_type: EventType,
    /// When it happened, as RFC 3339; the time of its arrival when absent.
    #[schema(format = "date-time")]
    timestamp: Option<String>,
    /// Which OpenClaw it came from; this gateway's `server.instanceId` when absent.
    #[schema(min_length = 1)]
    instance_id: Option<String>,
    /// What the event tells; `agentId` in it is what filters go by.
    #[schema(value_type = Object)]
    data: Value,
}

/// Events in one request: all of them are taken, or none.
#[derive(ToSchema)]
#[expect(dead_code, reason = "as above")]
pub(crate) struct NewEvents {
    /// At most 1,000 events, and 8 MiB.
    #[schema(max_items = 1000)]
    events: Vec<NewEvent>,
    /// How many events the sender could not keep until now.
    #[schema(maximum = 1_000_000_000)]
    dropped: Option<u64>,
}

/// An event that is here already.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "as above")]
pub(crate) struct StoredEvent {
    /// Its id.
    event_id: EventId,
}

/// One event, or several.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "as above")]
pub(crate) enum Posting {
    One(NewEvent),
    Many(NewEvents),
}

/// One answer, or one an event.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "as above")]
pub(crate) enum Taken {
    One(AcceptedEvent),
    Many(AcceptedEvents),
}

/// An event, or the id of one that is here.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "as above")]
pub(crate) enum Previewed {
    Given(NewEvent),
    Stored(StoredEvent),
}

/// What the sender of a hit is told.
#[derive(ToSchema)]
#[expect(dead_code, reason = "as above")]
pub(crate) struct Accepted {
    /// The hit's id; of a repeated one, the first hit's.
    id: HitId,
    /// `accepted`.
    status: String,
    /// `true` for one that came before: it starts no run.
    duplicate: Option<bool>,
}

/// What whoever replays a hit is told.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "as above")]
pub(crate) struct Replayed {
    /// The new hit's id.
    id: HitId,
    /// `accepted`.
    status: String,
    /// The hit that it replays.
    replay_of: HitId,
}

/// An endpoint's definition: the keys of one in the configuration's file, where its schema comes from.
pub(crate) enum EndpointDefinition {}

impl PartialSchema for EndpointDefinition {
    fn schema() -> RefOr<Schema> {
        Schema::default().into()
    }
}

impl ToSchema for EndpointDefinition {}

/// A merge patch (RFC 7396) of a definition.
pub(crate) enum EndpointPatch {}

impl PartialSchema for EndpointPatch {
    fn schema() -> RefOr<Schema> {
        Schema::default().into()
    }
}

impl ToSchema for EndpointPatch {}

/// One word, or a list of them.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "as above")]
pub(crate) enum OneOrMany<T: ToSchema> {
    One(T),
    Many(Vec<T>),
}
