//! An attempt: one HTTP request made for a delivery, as sent, as answered and as timed.

use crate::closed::words;
use crate::{AttemptId, DeliveryId, Ms, Time};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Why an attempt failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// The host's name has no address.
    Dns,
    /// Nothing listens there.
    ConnectRefused,
    /// No connection in time.
    ConnectTimeout,
    /// The connection broke before an answer.
    ConnectionReset,
    /// No agreement on TLS, or a certificate that isn't trusted.
    Tls,
    /// Connected, but no answer in time.
    Timeout,
    /// A redirect; none is followed.
    Http3xx,
    /// Refused by the receiver.
    Http4xx,
    /// Too many requests.
    Http429,
    /// Gone: the endpoint is paused.
    Http410,
    /// The receiver failed.
    Http5xx,
    /// The answer's body did not end in time.
    BodyTimeout,
    /// What came back is not HTTP.
    InvalidResponse,
    /// The address is not allowed.
    BlockedAddress,
    /// The transform could not be rendered.
    TransformError,
    /// The endpoint's configuration lacks something.
    Misconfigured,
}

words!(Reason, "reason", {
    Dns = "dns",
    ConnectRefused = "connect_refused",
    ConnectTimeout = "connect_timeout",
    ConnectionReset = "connection_reset",
    Tls = "tls",
    Timeout = "timeout",
    Http3xx = "http_3xx",
    Http4xx = "http_4xx",
    Http429 = "http_429",
    Http410 = "http_410",
    Http5xx = "http_5xx",
    BodyTimeout = "body_timeout",
    InvalidResponse = "invalid_response",
    BlockedAddress = "blocked_address",
    TransformError = "transform_error",
    Misconfigured = "misconfigured",
});

/// What made an attempt happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trigger {
    /// The event itself, or its retry schedule.
    Schedule,
    /// A person's redelivery.
    Manual,
    /// A test event.
    Test,
}

words!(Trigger, "trigger", { Schedule = "schedule", Manual = "manual", Test = "test" });

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AttemptResult {
    /// Answered with 2xx.
    Delivered,
    /// Anything else.
    Failed,
}

words!(AttemptResult, "result", { Delivered = "delivered", Failed = "failed" });

/// Header lines in order, names as sent.
pub type Headers = Vec<(Cow<'static, str>, String)>;

/// One attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// Its id.
    pub id: AttemptId,
    /// The delivery it was made for.
    pub delivery_id: DeliveryId,
    /// The endpoint's name.
    pub endpoint: String,
    /// 1 for the first; the header `X-OpenClaw-Attempt`.
    pub number: u32,
    /// What made it happen.
    pub trigger: Trigger,
    /// When its first byte went out.
    pub started_at: Time,
    /// How it ended.
    pub result: AttemptResult,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// One line on how to mend that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// What exactly went wrong, as the network or the receiver put it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The answer's status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u16>,
    /// Where the time went.
    pub timings: Timings,
    /// The address that was dialled, with its port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_address: Option<String>,
    /// The request as sent, secrets masked.
    pub request: SentRequest,
    /// The answer, where one came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<SeenResponse>,
    /// The gateway that made it.
    pub node_id: String,
}

impl Attempt {
    /// When it ended.
    pub fn ended_at(&self) -> Time {
        self.started_at.plus_ms(self.timings.total.micros() / 1000)
    }
}

/// Where an attempt's time went. A phase that did not happen (a kept connection needs no `dns`) is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Timings {
    /// Looking up the host's addresses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dns: Option<Ms>,
    /// Opening the connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect: Option<Ms>,
    /// Agreeing on TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Ms>,
    /// From the request's first byte out to the answer's headers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttfb: Option<Ms>,
    /// Reading the answer's body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Ms>,
    /// From first to last.
    pub total: Ms,
}

/// A request as it went out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SentRequest {
    /// `POST`.
    pub method: String,
    /// The whole URL.
    pub url: String,
    /// Header lines in order.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<crate::schema::HeaderLine>))]
    pub headers: Headers,
    /// The body's text.
    pub body: String,
}

/// An answer as it came in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SeenResponse {
    /// Its status.
    pub status_code: u16,
    /// Header lines in order.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<crate::schema::HeaderLine>))]
    pub headers: Headers,
    /// Its body, as far as it was read (at most 64 KiB); what is not UTF-8 is replaced.
    pub body: String,
    /// Whether there was more of it.
    pub truncated: bool,
}
