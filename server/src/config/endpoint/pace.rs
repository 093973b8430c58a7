//! How often an endpoint is asked: `retry`, `rateLimit` and `healthCheck`.

use super::narrow;
use crate::config::fields::Fields;
use crate::config::node::Kind;
use serde_json::Value;
use wire::{RateLimit, Retry};

/// Attempts in all, where nothing is said: those of the Standard Webhooks schedule.
const DEFAULT_ATTEMPTS: u64 = 10;
/// An hour: the longest wait that `backoffMs` leads to, and so the longest that makes sense.
const MAX_BACKOFF_MS: u64 = 3_600_000;
const DEFAULT_CHECK_MS: u64 = 60_000;
/// A day.
const MAX_CHECK_MS: u64 = 86_400_000;
/// More a second than one gateway sends to one endpoint.
const MAX_PER_SECOND: f64 = 1_000_000.0;

/// How an endpoint is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HealthCheck {
    /// Whether it is checked at all.
    pub enabled: bool,
    /// The time between checks.
    pub interval_ms: u64,
    /// What is sent.
    pub method: CheckMethod,
}

/// The method of a health check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckMethod {
    /// `HEAD`.
    Head,
    /// `GET`.
    Get,
    /// `OPTIONS`.
    Options,
}

impl CheckMethod {
    const ALL: [Self; 3] = [Self::Head, Self::Get, Self::Options];

    /// The method's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Head => "HEAD",
            Self::Get => "GET",
            Self::Options => "OPTIONS",
        }
    }
}

impl std::str::FromStr for CheckMethod {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|method| method.as_str() == name).ok_or(())
    }
}

pub(super) fn read_retry(fields: &mut Fields<'_>) -> Retry {
    let mut retry = fields.object_or_defaults("retry", &["maxAttempts", "backoffMs"]);
    let max_attempts = narrow(retry.whole_or("maxAttempts", 1..=50, DEFAULT_ATTEMPTS));
    let backoff_ms = retry.whole("backoffMs", 0..=MAX_BACKOFF_MS);
    fields.show_object("retry", retry);
    Retry { max_attempts, backoff_ms }
}

/// Reads `rateLimit`, of inbound endpoints too.
pub(in crate::config) fn read_rate_limit(fields: &mut Fields<'_>) -> Option<RateLimit> {
    let mut limit = fields.object("rateLimit", &["perSecond", "burst"])?;
    limit.require("perSecond");
    let per_second = limit.get("perSecond").and_then(|field| {
        let number = match &field.node.kind {
            Kind::Number(number) => number.as_f64().filter(|rate| *rate > 0.0 && *rate <= MAX_PER_SECOND),
            Kind::Null | Kind::Bool(_) | Kind::NotFinite | Kind::Text(_) | Kind::List(_) | Kind::Map(_) => {
                None
            }
        };
        if number.is_none() {
            field.fault(limit.reading, format!("must be a number above 0 and at most {MAX_PER_SECOND}"));
        }
        number
    });
    if let (Some(_), Some(field)) = (per_second, limit.get("perSecond")) {
        limit.show_given("perSecond", field.node.to_json(&|text| text.shown.clone()).unwrap_or_default());
    }
    let burst = limit.whole("burst", 1..=1_000_000);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "above 0 and at most a million"
    )]
    let rate = per_second
        .map(|per_second| RateLimit { per_second, burst: burst.map_or(per_second.ceil() as u32, narrow) });
    if let (Some(rate), None) = (rate, burst) {
        limit.show_default("burst", Value::from(rate.burst));
    }
    fields.show_object("rateLimit", limit);
    rate
}

pub(super) fn read_health_check(fields: &mut Fields<'_>) -> HealthCheck {
    let mut check = fields.object_or_defaults("healthCheck", &["enabled", "intervalMs", "method"]);
    let enabled = check.flag("enabled", true);
    let interval_ms = check.whole_or("intervalMs", 1000..=MAX_CHECK_MS, DEFAULT_CHECK_MS);
    let method = check.choice("method", &CheckMethod::ALL.map(CheckMethod::as_str)).unwrap_or_else(|| {
        check.show_default("method", Value::from(CheckMethod::Head.as_str()));
        CheckMethod::Head
    });
    fields.show_object("healthCheck", check);
    HealthCheck { enabled, interval_ms, method }
}
