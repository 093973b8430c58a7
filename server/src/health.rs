//! Health: asks endpoints, by their intervals or when a person wants to know, whether anyone answers. No event is
//! sent, and what a check finds changes nothing but what is shown.

use crate::committer::CommitError;
use crate::config::CheckMethod;
use crate::endpoints::{Definition, Endpoint};
use crate::gateway::Gateway;
use crate::net::reason::{hint, of_status};
use crate::net::{Exchange, Failure, Limits, Outgoing};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Uri, header};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use wire::{Check, Reason, Timings};

/// How often is looked which endpoints are due.
const LOOK_EVERY_MS: i64 = 500;
/// Checks at once; the others wait for the next look.
const AT_ONCE: usize = 16;
/// Of an answer's body so much is read, for so long, that the connection can be kept.
const BODY_BYTES: usize = 64 << 10;
const BODY_TIME: Duration = Duration::from_secs(2);

/// Checks every endpoint by its interval, for ever.
pub async fn run(gateway: Gateway) {
    let mut checks = JoinSet::new();
    let mut under_way: HashSet<Arc<str>> = HashSet::new();
    loop {
        gateway.clock.sleep_until(gateway.clock.now().plus_ms(LOOK_EVERY_MS)).await;
        while let Some(ended) = checks.try_join_next() {
            if let Ok(name) = ended {
                under_way.remove(&name);
            }
        }
        // Of many gateways one checks.
        if !gateway.cluster.leads() {
            continue;
        }
        for endpoint in gateway.endpoints.all().values() {
            if under_way.len() < AT_ONCE
                && is_due(&gateway, endpoint)
                && under_way.insert(Arc::clone(&endpoint.name))
            {
                let (gateway, endpoint) = (gateway.clone(), Arc::clone(endpoint));
                checks.spawn(async move {
                    if let Err(error) = check(&gateway, &endpoint).await {
                        tracing::warn!(endpoint.name = %endpoint.name, ?error, "A check of {} could not be stored", endpoint.name);
                    }
                    Arc::clone(&endpoint.name)
                });
            }
        }
    }
}

/// The first check comes an interval after the start, like every other: a gateway that restarts asks nobody more often.
fn is_due(gateway: &Gateway, endpoint: &Endpoint) -> bool {
    let config = &endpoint.definition().config;
    let interval = i64::try_from(config.health_check.interval_ms).unwrap_or(i64::MAX);
    let last = endpoint.checked_at().unwrap_or(endpoint.begun_at);
    config.enabled
        && config.fault.is_none()
        && config.health_check.enabled
        && gateway.clock.now().ms_since(last) >= interval
}

/// What plain servers answer to a method that they don't know, HEAD for one: deliveries may do well.
const NOT_IMPLEMENTED: u16 = 501;
const OTHER_METHOD: &str = "The receiver does not know the method of the check: set healthCheck.method to GET, HEAD or OPTIONS, whichever it has.";

/// Checks an endpoint now, and keeps what was found.
pub async fn check(gateway: &Gateway, endpoint: &Endpoint) -> Result<Check, CommitError> {
    let id = gateway.clock.new_id();
    let at = gateway.clock.now();
    let Exchange { timings, remote_address, result } = ask(gateway, &endpoint.definition()).await;
    let status_code = result.as_ref().ok().map(|answer| answer.status);
    let reason = match &result {
        Ok(answer) if answer.status < 500 => None,
        Ok(answer) => of_status(answer.status),
        Err(failure) => Some(failure.reason),
    };
    let check = Check {
        id,
        endpoint: endpoint.name.to_string(),
        at,
        reachable: reason.is_none(),
        status_code,
        reason,
        hint: reason.map(|reason| match status_code {
            Some(NOT_IMPLEMENTED) => OTHER_METHOD.to_owned(),
            _ => hint(reason).to_owned(),
        }),
        timings,
        remote_address: remote_address.map(|address| address.to_string()),
    };
    gateway.committer.check(check.clone()).await?;
    Ok(check)
}

async fn ask(gateway: &Gateway, definition: &Definition) -> Exchange {
    let config = &definition.config;
    let misconfigured = |detail: String| {
        let failure = Failure { reason: Reason::Misconfigured, detail };
        Exchange { timings: Timings::default(), remote_address: None, result: Err(failure) }
    };
    if let Some(fault) = &config.fault {
        return misconfigured(fault.clone());
    }
    let uri = match Uri::try_from(config.url.value()) {
        Ok(uri) => uri,
        Err(error) => return misconfigured(format!("the url can't be called: {error}")),
    };
    let method = match config.health_check.method {
        CheckMethod::Head => Method::HEAD,
        CheckMethod::Get => Method::GET,
        CheckMethod::Options => Method::OPTIONS,
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
    headers.insert(header::USER_AGENT, HeaderValue::from_static(crate::outbound::deliver::USER_AGENT));
    let limits =
        Limits { headers: Duration::from_millis(config.timeout_ms), body: BODY_TIME, body_bytes: BODY_BYTES };
    match gateway.clients().get(config.tls.as_ref()) {
        Ok(client) => client.send(Outgoing { method, uri, headers, body: Bytes::new() }, limits).await,
        Err(failure) => misconfigured(failure.detail),
    }
}
