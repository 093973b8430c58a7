//! The API's description in the `OpenAPI` format 3.1: made of the notes beside the handlers and of the shapes themselves.

pub(crate) mod answers;
mod definition;
mod finish;
pub(crate) mod params;
pub(crate) mod shapes;

use super::inbound;
use axum::response::IntoResponse;
use http::header;
use serde_json::{Map, Value};
use std::sync::LazyLock;
use utoipa::OpenApi;

/// What a problem is sent as.
const PROBLEM: &str = "application/problem+json";

/// A value of each shape, by its name in the document.
static EXAMPLES: LazyLock<Map<String, Value>> =
    LazyLock::new(|| serde_json::from_str(include_str!("openapi/examples.json")).unwrap_or_default());

static DOCUMENT: LazyLock<Value> = LazyLock::new(make);

/// What no handler's note tells: the document's head, the one operation whose path is configured, and the shapes of which
/// only the live stream is made.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "OpenClaw Webhooks",
        description = "An assistant's events out as signed webhooks, other systems' requests in as agent runs.\n\n\
            Names are camelCase; times are RFC 3339 in UTC with milliseconds; durations are numbers of milliseconds. What \
            is not there is left out, never `null`. More fields may be added to an answer; none of these changes.\n\n\
            Errors are `application/problem+json` (RFC 9457). `code` is stable; `detail` is for people and may change.\n\n\
            Without `webhooks.server.adminToken` the gateway answers its own machine alone, and asks for no token.",
        license(name = "MIT", identifier = "MIT"),
    ),
    servers((url = "/", description = "This gateway")),
    tags(
        (name = "Events", description = "Immutable facts from the assistant."),
        (name = "Deliveries", description = "One event for one endpoint, until it is delivered or given up."),
        (name = "Endpoints", description = "Receivers outside, and how each of them does."),
        (name = "Inbound", description = "Requests of other systems, and the agent's runs that they start."),
        (name = "Live stream", description = "Every change, as it happens."),
        (name = "Gateway", description = "The gateway itself, for people, programs and scrapers."),
        (name = "Access", description = "A token in exchange for a cookie. Programs send the token itself."),
    ),
    paths(inbound::take),
    components(schemas(wire::Frame)),
)]
struct Head;

/// The whole document.
pub(crate) fn document() -> &'static Value {
    &DOCUMENT
}

/// This description.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "getDescription",
    tag = "Gateway",
    responses((status = 200, description = "OpenAPI 3.1.", body = Value, content_type = "application/json"))
)]
pub(super) async fn openapi() -> impl IntoResponse {
    static TEXT: LazyLock<String> = LazyLock::new(|| DOCUMENT.to_string());
    ([(header::CONTENT_TYPE, "application/json")], TEXT.as_str())
}

fn make() -> Value {
    let mut document = Head::openapi();
    env!("CARGO_PKG_VERSION").clone_into(&mut document.info.version);
    // What other systems post to stands behind what they are told of it.
    let inbound = std::mem::take(&mut document.paths);
    document.merge(super::described().into_openapi());
    document.paths.merge(inbound);
    document.merge(super::probes().into_openapi());
    // Nothing in it lacks a form in JSON; were it so, the tests would find an empty document.
    let mut document = serde_json::to_value(document).unwrap_or_default();
    finish::finish(&mut document);
    document
}
