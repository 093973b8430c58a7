//! The one client of `/api/v1`: on the server it calls the API's router in process, in the browser it fetches.

mod actions;
#[cfg(feature = "hydrate")]
mod browser;
#[cfg(feature = "ssr")]
mod server;

use crate::state::Filter;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wire::{
    AuditEntry, Check, ConfigView, Delivery, DeliveryDetail, Endpoint, Event, Hit, HitDetail, Inbound, List,
    Problem, Stats, StatsWindow,
};

pub use actions::{
    Found, Preview, cancel, change_endpoint, check_agent, check_endpoint, login, logout, make_endpoint,
    pause_endpoint, preview, redeliver, redeliver_many, redeliver_these, remove_endpoint, replay,
    reveal_secret, rotate_secret, test_endpoint,
};
#[cfg(feature = "hydrate")]
pub(crate) use browser::fetch;
#[cfg(feature = "hydrate")]
use browser::{origin, send};
#[cfg(feature = "ssr")]
pub use server::Api;
#[cfg(feature = "ssr")]
use server::{origin, send};

/// Deliveries fetched at once.
const DELIVERIES: u16 = 100;

/// Deliveries fetched at once from further back, ahead of whoever scrolls there.
const OLDER: u16 = 250;

/// Deliveries of one endpoint, and events to choose from.
pub(crate) const OF_ONE: usize = 40;

/// Checks, and entries of the audit, fetched at once.
const CHECKS: u16 = 20;

/// Hits fetched at once.
const HITS: u16 = 50;

/// The methods the dashboard uses.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Method {
    /// Read.
    Get,
    /// Make, or do.
    Post,
    /// Change.
    Patch,
    /// Remove.
    Delete,
}

/// Everything that the overview shows, at one time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Every endpoint.
    pub endpoints: Vec<Endpoint>,
    /// The newest deliveries that the filter shows.
    pub deliveries: List<Delivery>,
    /// The newest hits.
    pub hits: Vec<Hit>,
    /// Where hits can be posted.
    pub inbound: Vec<Inbound>,
    /// Totals of five minutes.
    pub stats: Stats,
    /// The configuration.
    pub config: ConfigView,
    /// The gateway's address, as the visitor reaches it.
    pub origin: String,
}

/// Fetches everything that the overview shows.
pub async fn snapshot(filter: &Filter) -> Result<Snapshot, Problem> {
    let (endpoints, deliveries, hits, inbound, stats, config) =
        futures::try_join!(endpoints(), deliveries(filter), hits(), inbound(), stats(), config())?;
    Ok(Snapshot { endpoints, deliveries, hits, inbound, stats, config, origin: origin() })
}

/// The newest of the deliveries that `filter` shows.
pub async fn deliveries(filter: &Filter) -> Result<List<Delivery>, Problem> {
    get(&format!("/api/v1/deliveries?limit={DELIVERIES}&{}", filter.query())).await
}

/// Those behind `cursor`.
pub async fn older_deliveries(filter: &Filter, cursor: &str) -> Result<List<Delivery>, Problem> {
    get(&format!("/api/v1/deliveries?limit={OLDER}{}&{}", behind(Some(cursor)), filter.query())).await
}

/// Every endpoint.
pub async fn endpoints() -> Result<Vec<Endpoint>, Problem> {
    Ok(get::<List<Endpoint>>("/api/v1/endpoints?limit=500").await?.items)
}

/// The newest hits.
pub async fn hits() -> Result<Vec<Hit>, Problem> {
    Ok(get::<List<Hit>>(&format!("/api/v1/hits?limit={HITS}")).await?.items)
}

/// Where hits can be posted.
pub async fn inbound() -> Result<Vec<Inbound>, Problem> {
    Ok(get::<List<Inbound>>("/api/v1/inbound").await?.items)
}

/// Totals of five minutes.
pub async fn stats() -> Result<Stats, Problem> {
    get("/api/v1/stats?window=5m").await
}

/// Totals of one endpoint.
pub async fn stats_of(name: &str, window: StatsWindow) -> Result<Stats, Problem> {
    get(&format!("/api/v1/stats?window={window}&endpoint={}", segment(name))).await
}

/// A page of an endpoint's checks: the newest, or those behind `cursor`.
pub async fn checks(name: &str, cursor: Option<&str>) -> Result<List<Check>, Problem> {
    let path = format!("/api/v1/endpoints/{}/checks", segment(name));
    get(&format!("{path}?limit={CHECKS}{}", behind(cursor))).await
}

/// A page of the audit: the newest, or those behind `cursor`.
pub async fn audit(cursor: Option<&str>) -> Result<List<AuditEntry>, Problem> {
    get(&format!("/api/v1/audit?limit={CHECKS}{}", behind(cursor))).await
}

fn behind(cursor: Option<&str>) -> String {
    cursor.map_or_else(String::new, |cursor| format!("&cursor={}", segment(cursor)))
}

/// The configuration.
pub async fn config() -> Result<ConfigView, Problem> {
    get("/api/v1/config").await
}

/// One endpoint, and the newest deliveries to it.
pub async fn endpoint(name: &str) -> Result<(Endpoint, Vec<Delivery>), Problem> {
    let name = segment(name);
    let (one, newest) =
        (format!("/api/v1/endpoints/{name}"), format!("/api/v1/deliveries?limit={OF_ONE}&endpoint={name}"));
    let (endpoint, deliveries) = futures::try_join!(get(&one), get::<List<Delivery>>(&newest))?;
    Ok((endpoint, deliveries.items))
}

/// The newest events, whoever wants them.
pub async fn events() -> Result<Vec<Event>, Problem> {
    Ok(get::<List<Event>>(&format!("/api/v1/events?limit={OF_ONE}")).await?.items)
}

/// One event.
pub async fn event(id: &str) -> Result<Event, Problem> {
    get(&format!("/api/v1/events/{}", segment(id))).await
}

/// An event's deliveries.
pub async fn deliveries_of(event: &str) -> Result<Vec<Delivery>, Problem> {
    Ok(get::<List<Delivery>>(&format!("/api/v1/deliveries?limit=500&eventId={}", segment(event)))
        .await?
        .items)
}

/// One delivery, with its event and attempts.
pub async fn delivery(id: &str) -> Result<DeliveryDetail, Problem> {
    get(&format!("/api/v1/deliveries/{}", segment(id))).await
}

/// One hit, with its run and what came of it.
pub async fn hit(id: &str) -> Result<HitDetail, Problem> {
    get(&format!("/api/v1/hits/{}", segment(id))).await
}

/// Whether the gateway no longer knows who this is.
pub async fn signed_out() -> Result<bool, Problem> {
    match config().await {
        Ok(_) => Ok(false),
        Err(problem) if problem.status == 401 => Ok(true),
        Err(problem) => Err(problem),
    }
}

async fn get<T: DeserializeOwned>(path: &str) -> Result<T, Problem> {
    ask(Method::Get, path, None).await
}

/// Asks the API, and reads its answer.
async fn ask<T: DeserializeOwned>(method: Method, path: &str, body: Option<String>) -> Result<T, Problem> {
    let body = send(method, path, body).await?;
    serde_json::from_str(&body).map_err(|error| problem(502, "unreadable_answer", format!("{path}: {error}")))
}

/// A text as one part of a path, or as a value behind its `?`.
pub(crate) fn segment(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            safe.push(char::from(byte));
        } else {
            safe.push('%');
            for half in [byte >> 4, byte & 15] {
                safe.push(char::from_digit(u32::from(half), 16).unwrap_or('0').to_ascii_uppercase());
            }
        }
    }
    safe
}

/// What the gateway says instead of an answer.
fn refused(status: u16, body: &str) -> Problem {
    serde_json::from_str(body)
        .unwrap_or_else(|_| problem(status, "no_problem", format!("Answered with {status}.")))
}

/// The gateway can't be reached.
#[cfg(feature = "hydrate")]
pub(crate) fn unreachable() -> Problem {
    problem(503, "unreachable", crate::words::words().unreachable.to_owned())
}

/// The file that comes second can't be fetched, so that nothing can be asked for.
#[cfg(feature = "hydrate")]
pub(crate) fn incomplete() -> Problem {
    problem(503, "incomplete", crate::words::words().incomplete.to_owned())
}

fn problem(status: u16, code: &str, detail: String) -> Problem {
    Problem {
        kind: "about:blank".to_owned(),
        title: code.replace('_', " "),
        status,
        code: code.to_owned(),
        detail,
        field: None,
        errors: Vec::new(),
    }
}

/// Built for neither side (as for reading the documentation): nothing can be reached.
#[cfg(not(any(feature = "ssr", feature = "hydrate")))]
#[expect(clippy::unused_async, reason = "the shape of the two real ones")]
async fn send(_method: Method, path: &str, _body: Option<String>) -> Result<String, Problem> {
    Err(problem(503, "unreachable", path.to_owned()))
}

#[cfg(not(any(feature = "ssr", feature = "hydrate")))]
fn origin() -> String {
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_the_gateways_words() {
        let told = r#"{"type":"about:blank","title":"Conflict","status":409,"code":"open","detail":"It is still open."}"#;
        assert_eq!(refused(409, told).detail, "It is still open.");
        assert_eq!(refused(502, "<html>").status, 502);
    }

    #[test]
    fn an_address_typed_by_hand_stays_one_part_of_the_path() {
        assert_eq!(segment("dlv_0-1.x"), "dlv_0-1.x");
        assert_eq!(segment("a/b?c=é 1"), "a%2Fb%3Fc%3D%C3%A9%201");
    }
}
