//! What arrived, for people or programs.

use crate::cli::list::milliseconds;
use crate::cli::out::{BAD, BOLD, DIM, GOOD, Out, WAITS, styled};
use crate::cli::plain;
use crate::cli::show::print_body;
use crate::cli::when;
use http::{HeaderMap, Method, Uri};
use serde_json::{Map, Value, json};
use std::io;
use wire::{Ms, Time, Verification};

/// One request and what became of it.
pub(super) struct Arrived<'a> {
    pub(super) at: Time,
    pub(super) method: &'a Method,
    pub(super) path: &'a Uri,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
    pub(super) verification: Verification,
    pub(super) cause: Option<String>,
    pub(super) forwarded: Option<Forwarded>,
    pub(super) answered: u16,
}

/// What came back from where it was forwarded to.
#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Forwarded {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status_code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) duration_ms: Option<Ms>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
}

/// Prints requests.
pub(super) struct Printer {
    pub(super) out: Out,
    pub(super) headers: bool,
}

impl Printer {
    pub(super) fn print(&self, arrived: &Arrived<'_>) -> io::Result<()> {
        if self.out.is_json() {
            return self.out.object(&as_json(arrived));
        }
        self.out.line(line(arrived))?;
        if let Some(cause) = &arrived.cause {
            self.out.line(format!("  {}", plain::line(cause)))?;
        }
        if self.headers {
            for (name, value) in arrived.headers {
                let value = String::from_utf8_lossy(value.as_bytes());
                self.out.line(format!("    {} {}", styled(format!("{name}:"), DIM), plain::line(&value)))?;
            }
        }
        print_body(self.out, &String::from_utf8_lossy(arrived.body))
    }
}

/// `10:30:00  message.sent  evt_…  attempt 1  verified  forwarded: 200 in 3.1 ms`
fn line(arrived: &Arrived<'_>) -> String {
    let header = |name: &str| {
        let value = arrived.headers.get(name).and_then(|value| value.to_str().ok());
        value.map(|value| plain::line(value).into_owned())
    };
    let what = header("x-openclaw-event")
        .unwrap_or_else(|| plain::line(&format!("{} {}", arrived.method, arrived.path)).into_owned());
    let mut parts = vec![styled(when::clock(arrived.at), DIM), styled(what, BOLD)];
    parts.extend(header("x-openclaw-event-id").or_else(|| header("webhook-id")));
    parts.extend(header("x-openclaw-attempt").map(|number| format!("attempt {number}")));
    parts.push(match arrived.verification {
        Verification::Passed => styled("verified", GOOD),
        Verification::Failed => styled(format!("NOT verified: answered {}", arrived.answered), BAD),
        Verification::None => styled("not verified", WAITS),
    });
    match &arrived.forwarded {
        Some(Forwarded { status_code: Some(status), duration_ms, .. }) => {
            let took = duration_ms.map(|ms| format!(" in {}", milliseconds(ms.0))).unwrap_or_default();
            let style = if (200..300).contains(status) { GOOD } else { BAD };
            parts.push(format!("forwarded: {}{took}", styled(status.to_string(), style)));
        }
        Some(Forwarded { error, .. }) => {
            let error = error.as_deref().unwrap_or_default();
            parts.push(styled(format!("NOT forwarded: {} (answered 502)", plain::line(error)), BAD));
        }
        None => {}
    }
    parts.join("  ")
}

fn as_json(arrived: &Arrived<'_>) -> Value {
    let headers: Map<String, Value> = arrived
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into()))
        .collect();
    let mut object = json!({
        "at": arrived.at,
        "method": arrived.method.as_str(),
        "path": arrived.path.to_string(),
        "headers": headers,
        "body": String::from_utf8_lossy(arrived.body),
        "verification": arrived.verification,
        "statusCode": arrived.answered,
    });
    if let Some(cause) = &arrived.cause {
        object["cause"] = cause.as_str().into();
    }
    if let Some(forwarded) = &arrived.forwarded {
        object["forwarded"] = json!(forwarded);
    }
    object
}
