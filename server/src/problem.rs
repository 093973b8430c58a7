//! Problems: what is said to a client when something is wrong, as RFC 9457 has it.

use crate::store::{LONGEST, StoreError};
use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use wire::FieldProblem;

/// An error answer: a status, a stable code, and words for people.
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    field: Option<String>,
    errors: Vec<FieldProblem>,
    retry_after: Option<u32>,
}

impl Problem {
    /// A problem of this status and code.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), field: None, errors: Vec::new(), retry_after: None }
    }

    /// 400: the request can't be read at all.
    pub fn bad_request(code: &'static str, detail: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// 422: `field` is read and wrong.
    pub fn unprocessable(code: &'static str, field: &str, detail: &str) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, "").at(field, detail)
    }

    /// 422: everything that is wrong, the first of it in words.
    pub fn faults(code: &'static str, errors: Vec<FieldProblem>) -> Self {
        let problem = match errors.first() {
            Some(first) => Self::unprocessable(code, &first.field, &first.detail),
            None => Self::unprocessable(code, "", ""),
        };
        Self { errors, ..problem }
    }

    /// 413: more than is taken.
    pub fn too_large(field: &str, detail: &str) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", "").at(field, detail)
    }

    /// 404: no `what` of this name or id.
    pub fn not_found(what: &str, name: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("there is no {what} {name}"))
    }

    /// 503: come back in `seconds`.
    pub fn unavailable(code: &'static str, detail: &str, seconds: u32) -> Self {
        Self { retry_after: Some(seconds), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail) }
    }

    /// 429: come back in `seconds`.
    pub fn busy(code: &'static str, detail: &str, seconds: u32) -> Self {
        Self { retry_after: Some(seconds), ..Self::new(StatusCode::TOO_MANY_REQUESTS, code, detail) }
    }

    fn at(mut self, field: &str, detail: &str) -> Self {
        if field.is_empty() {
            detail.clone_into(&mut self.detail);
        } else {
            self.detail = format!("{field} {detail}");
            self.field = Some(field.to_owned());
        }
        self
    }

    /// The problem as JSON has it.
    pub fn into_wire(self) -> wire::Problem {
        wire::Problem {
            kind: "about:blank".to_owned(),
            title: self.status.canonical_reason().unwrap_or("Error").to_owned(),
            status: self.status.as_u16(),
            code: self.code.to_owned(),
            detail: self.detail,
            field: self.field,
            errors: self.errors,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, retry_after) = (self.status, self.retry_after);
        let mut response = (status, Json(self.into_wire())).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        if let StoreError::Slow = error {
            let longest = LONGEST.as_secs();
            tracing::warn!("A question to the database took longer than {longest} s, and was ended");
            let detail = format!(
                "finding this took longer than {longest} s and was ended; narrow it by since and until, or leave q away"
            );
            return Self::new(StatusCode::SERVICE_UNAVAILABLE, "too_slow", detail);
        }
        tracing::error!(%error, "The database failed a request: {error}");
        match error {
            StoreError::Full => Self::unavailable("storage_full", &error.to_string(), 30),
            StoreError::Away(_) => {
                Self::unavailable("database_unavailable", "the database can't be reached; try again", 5)
            }
            StoreError::Slow | StoreError::Open(_) | StoreError::Unreadable { .. } | StoreError::Sql(_) => {
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "database_failed",
                    "the database failed; the gateway's log says how",
                )
            }
        }
    }
}
