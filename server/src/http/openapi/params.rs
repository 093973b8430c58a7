//! Parameters in query strings: those of every list, and each list's filters.

use crate::http::query::{MOST_CHARACTERS, MOST_VALUES};
use serde_json::{Value, json};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{
    AnyOfBuilder, ArrayBuilder, ArrayItems, KnownFormat, ObjectBuilder, SchemaFormat, Type,
};
use utoipa::openapi::{Ref, RefOr, Required, Schema};
use utoipa::{IntoParams, ToSchema};
use wire::{DeliveryStatus, EventId, EventType, Outcome, Reason, StatsWindow};

/// Of every list.
pub(crate) enum Page {}
/// Of the list of events.
pub(crate) enum Events {}
/// Of the list of deliveries.
pub(crate) enum Deliveries {}
/// Of the list of hits.
pub(crate) enum Hits {}
/// Of the totals.
pub(crate) enum Window {}
/// Of the live stream.
pub(crate) enum From {}

impl IntoParams for Page {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let limit = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(1))
            .maximum(Some(500))
            .default(Some(json!(50)))
            .build();
        vec![
            query("limit", limit, "Items a page.", json!(20)),
            query("cursor", text(), "Where the page begins: `next` of the page before.", Value::Null),
        ]
    }
}

impl IntoParams for Events {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![
            query("type", many::<EventType>(), "Of these types.", json!(["message.sent"])),
            query("agentId", text(), "Of this agent.", json!("support-bot")),
            query("q", text(), "With this in its id or anywhere in its text.", json!("refund")),
            since(),
            until(),
        ]
    }
}

impl IntoParams for Deliveries {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![
            query("status", many::<DeliveryStatus>(), "That stand so.", json!(["failed", "retrying"])),
            query("endpoint", texts(), "For these endpoints.", json!(["main-webhook"])),
            query("type", many::<EventType>(), "Of events of these types.", json!(["message.sent"])),
            query("agentId", text(), "Of events of this agent.", json!("support-bot")),
            query(
                "eventId",
                refers::<EventId>(),
                "Of this event.",
                json!("evt_019cebe2b3407c1e9f0a5d3b7e61c824"),
            ),
            query(
                "reason",
                many::<Reason>(),
                "Whose last attempt failed so.",
                json!(["timeout", "http_5xx"]),
            ),
            query("q", text(), "With this in its id, its event's id or its event's text.", json!("refund")),
            since(),
            until(),
        ]
    }
}

impl IntoParams for Hits {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![
            query("inbound", texts(), "Of these inbound endpoints.", json!(["deploy"])),
            query("outcome", many::<Outcome>(), "Of which this became.", json!(["accepted", "duplicate"])),
            query("q", text(), "With this in its id, its body or its prompt.", json!("main branch")),
            since(),
            until(),
        ]
    }
}

impl IntoParams for Window {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![
            query("window", refers::<StatsWindow>(), "How far back; `5m` when absent.", json!("1h")),
            query(
                "endpoint",
                text(),
                "Of this endpoint's deliveries alone; `events` counts what was accepted for all.",
                json!("main-webhook"),
            ),
        ]
    }
}

impl IntoParams for From {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let seq = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).build();
        vec![
            query(
                "stream",
                text(),
                "The stream that was watched before, as its `hello` named it.",
                Value::Null,
            ),
            query("after", seq, "The last `seq` that was seen: what came after it follows.", json!(4711)),
        ]
    }
}

fn since() -> Parameter {
    query(
        "since",
        moment(),
        "From then on: RFC 3339, or how long ago, as `30s`, `5m`, `1h`, `7d`.",
        json!("1h"),
    )
}

fn until() -> Parameter {
    query("until", moment(), "Before then, in the same forms.", json!("2030-03-14T10:30:00Z"))
}

fn query(name: &str, schema: impl Into<RefOr<Schema>>, about: &str, example: Value) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(about))
        .schema(Some(schema))
        .example(Some(example).filter(|example| !example.is_null()))
        .build()
}

/// No text of ours holds a NUL.
fn text() -> Schema {
    matching("^[^\\u0000]*$").max_length(Some(MOST_CHARACTERS)).into()
}

/// A time, or a span before now.
fn moment() -> Schema {
    let time = ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)));
    AnyOfBuilder::new().item(time).item(matching("^[0-9]{1,9}[smhd]$")).into()
}

fn matching(pattern: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern))
}

fn texts() -> Schema {
    list(text())
}

fn refers<T: ToSchema>() -> Ref {
    Ref::from_schema_name(T::name())
}

/// Repeatable: `status=failed&status=held`.
fn many<T: ToSchema>() -> Schema {
    list(refers::<T>())
}

fn list(items: impl Into<RefOr<Schema>>) -> Schema {
    ArrayBuilder::new()
        .items(ArrayItems::RefOrSchema(Box::new(items.into())))
        .max_items(Some(MOST_VALUES))
        .into()
}
