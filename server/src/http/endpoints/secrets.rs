//! An endpoint's secret: another one, or the one it has.

use crate::gateway::Gateway;
use crate::http::openapi::answers::{Missing, Unread, Written};
use crate::http::query::{JsonBody, Named, invalid};
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wire::Time;

/// How long a secret stays good after another took its place, unless told otherwise: a day.
const OVERLAP_SECONDS: u32 = 86_400;

/// A year.
const LONGEST_OVERLAP_SECONDS: u32 = 31_536_000;

/// How a secret is to be changed.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Rotation {
    /// The new secret; one is made when absent.
    secret: Option<String>,
    /// How long the one before stays good, in seconds: at most a year; a day when absent.
    #[schema(maximum = 31_536_000)]
    overlap_seconds: Option<u32>,
}

/// The new secret: this answer is the only place where it is shown.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rotated {
    /// The whole secret.
    secret: String,
    /// Until when the one before is signed with as well; absent where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_until: Option<Time>,
}

/// Gives an endpoint that the API made another secret.
#[utoipa::path(
    post,
    path = "/endpoints/{name}/rotate-secret",
    operation_id = "rotateSecret",
    tag = "Endpoints",
    params(("name" = String, Path, description = "The endpoint's name.", example = "main-webhook")),
    request_body(content = Rotation, example = json!({ "overlapSeconds": 3600 })),
    responses(
        (status = 200, description = "The secret, for the only time.", body = Rotated),
        (status = 409, description = "`in_file`: the configuration's file has it; change it there.", body = wire::Problem),
        Missing,
        Unread,
        Written
    ),
)]
pub(crate) async fn rotate_secret(
    State(gateway): State<Gateway>,
    Named(name): Named,
    JsonBody(rotation): JsonBody<Rotation>,
) -> Result<Json<Rotated>, Problem> {
    let overlap = rotation.overlap_seconds.unwrap_or(OVERLAP_SECONDS);
    if overlap > LONGEST_OVERLAP_SECONDS {
        return Err(invalid(
            "overlapSeconds",
            &format!("must be at most {LONGEST_OVERLAP_SECONDS}, which is a year"),
        ));
    }
    let overlap_ms = i64::from(overlap) * 1000;
    let (secret, previous_until) = gateway.rotate_secret(&name, rotation.secret, overlap_ms).await?;
    Ok(Json(Rotated { secret, previous_until }))
}

/// The secret in force.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Revealed {
    /// The whole secret.
    secret: String,
}

/// Shows the secret of an endpoint that the API made, to a person who has to give it to a receiver.
#[utoipa::path(
    post,
    path = "/endpoints/{name}/reveal",
    operation_id = "revealSecret",
    tag = "Endpoints",
    params(("name" = String, Path, description = "The endpoint's name.", example = "main-webhook")),
    responses(
        (status = 200, description = "The secret. That it was asked for is in the audit.", body = Revealed),
        (status = 409, description = "`in_file`: the configuration's file has it; read it there.", body = wire::Problem),
        Missing,
        Written
    ),
)]
pub(crate) async fn reveal(
    State(gateway): State<Gateway>,
    Named(name): Named,
) -> Result<Json<Revealed>, Problem> {
    Ok(Json(Revealed { secret: gateway.secret_of(&name).await? }))
}
