//! Schemas of what has a text form of its own: words of closed sets, ids, times, spans and header lines.

use crate::{Id, Kind, Ms, Time};
use std::borrow::Cow;
use utoipa::openapi::schema::{ArrayBuilder, ArrayItems, KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// A header's name and its value.
#[derive(Debug)]
pub enum HeaderLine {}

/// One of these words.
pub(crate) fn words(words: impl Iterator<Item = &'static str>) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).build().into()
}

impl PartialSchema for HeaderLine {
    fn schema() -> RefOr<Schema> {
        ArrayBuilder::new()
            .description(Some("A header's name and its value."))
            .items(ArrayItems::RefOrSchema(Box::new(String::schema())))
            .min_items(Some(2))
            .max_items(Some(2))
            .examples([["content-type", "application/json"]])
            .into()
    }
}

impl ToSchema for HeaderLine {}

impl<K: Kind> PartialSchema for Id<K> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^[A-Za-z0-9_-]{1,128}$"))
            .examples([format!("{}019cebe2b3407c1e9f0a5d3b7e61c824", K::PREFIX)])
            .into()
    }
}

impl<K: Kind> ToSchema for Id<K> {
    /// `EventId` for the kind `Event`.
    fn name() -> Cow<'static, str> {
        let kind = std::any::type_name::<K>();
        format!("{}Id", kind.rsplit_once("::").map_or(kind, |(_, kind)| kind)).into()
    }
}

impl PartialSchema for Time {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("RFC 3339 in UTC, with milliseconds."))
            .examples(["2026-03-14T10:30:00.000Z"])
            .into()
    }
}

impl ToSchema for Time {}

impl PartialSchema for Ms {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Number)
            .minimum(Some(0))
            .description(Some("Milliseconds, exact to the microsecond."))
            .examples([41.207])
            .into()
    }
}

impl ToSchema for Ms {}
