//! Accepting: a hit that may start something is rendered and stored together with the run that it starts; so is one that is
//! replayed.

use super::{body, render, request};
use crate::config::{Config, InboundEndpoint};
use crate::gateway::Gateway;
use crate::problem::Problem;
use crate::store::{NewHit, StoredRun};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::Value;
use wire::{Hit, HitId, Outcome, Run, RunStatus, Verification};

/// Renders the prompt, and stores the hit with the run that it starts. Gives the hit that it repeats, if it does.
pub(super) async fn store(
    gateway: &Gateway,
    config: &Config,
    endpoint: &InboundEndpoint,
    mut hit: Hit,
    body: Value,
    repeat_key: Option<String>,
) -> Result<(HitId, Option<HitId>), Problem> {
    let rendered = match &endpoint.template {
        Some(template) => {
            render::prompt(template, &hit, &body, hit.received_at).map_err(|error| error.to_string())
        }
        None => Err("the template has a variable without a value".to_owned()),
    };
    let rendered = rendered.map(|rendered| {
        hit.missing = rendered.missing;
        hit.prompt = Some(rendered.body);
    });
    let run = run(config, endpoint, &hit, rendered.err());
    let id = hit.id.clone();
    let queued = run.as_ref().map(|stored| stored.run.status == RunStatus::Queued);
    let first = gateway.committer.hit(NewHit { hit, repeat_key, run }).await?;
    match queued.filter(|_| first.is_none()) {
        Some(true) => gateway.desk.wake.notify_one(),
        // It failed before it began: its callback is due.
        Some(false) => gateway.desk.owing.notify_one(),
        None => {}
    }
    if first.is_none() {
        tracing::info!(hit.id = %id, inbound.name = %endpoint.name, "Accepted {id} for {}", endpoint.agent_id);
    }
    Ok((id, first))
}

/// Starts a new run with the body of a hit that came before: a hit of its own, marked as a replay.
pub async fn replay(gateway: &Gateway, hit: Hit) -> Result<HitId, Problem> {
    let config = gateway.config();
    let conflict = |code, detail: String| Problem::new(StatusCode::CONFLICT, code, detail);
    let endpoint =
        config.inbound.endpoints.iter().find(|endpoint| *endpoint.name == *hit.inbound).ok_or_else(|| {
            conflict("inbound_gone", format!("the inbound endpoint {} is no longer configured", hit.inbound))
        })?;
    if hit.verification == Verification::Failed {
        let detail = format!("{} was never verified: whoever sent it may be anyone", hit.id);
        return Err(conflict("not_verified", detail));
    }
    // The headers say what the body is.
    if hit.body_truncated || hit.headers_truncated {
        return Err(conflict("body_cut", format!("of {} only the beginning was kept", hit.id)));
    }
    let content_type =
        hit.headers.iter().find(|(name, _)| name == "content-type").map(|(_, value)| value.as_str());
    let mut headers = HeaderMap::new();
    if let Some(value) = content_type.and_then(|value| HeaderValue::from_str(value).ok()) {
        headers.insert(header::CONTENT_TYPE, value);
    }
    let body = body::read(&headers, hit.body.as_bytes()).map_err(|cause| conflict("invalid_body", cause))?;
    let replayed = Hit {
        id: gateway.clock.new_id(),
        received_at: gateway.clock.now(),
        outcome: Outcome::Accepted,
        cause: None,
        status_code: 202,
        duplicate_of: None,
        replay_of: Some(hit.id),
        prompt: None,
        missing: Vec::new(),
        run: None,
        ..hit
    };
    store(gateway, &config, endpoint, replayed, body, None).await.map(|(id, _)| id)
}

/// The run that a hit starts. One whose prompt can't be made has failed before it began, and says so like any other.
fn run(config: &Config, endpoint: &InboundEndpoint, hit: &Hit, failure: Option<String>) -> Option<StoredRun> {
    let agent = config.agent.as_ref()?;
    let mode = request::mode(endpoint, Some(agent))?;
    let prompt = hit.prompt.as_deref().unwrap_or_default();
    let request = request::make(mode, endpoint, agent, &hit.id, prompt);
    let now = hit.received_at;
    let error = failure.map(|failure| format!("the prompt could not be made: {failure}")).or_else(|| {
        prompt
            .trim()
            .is_empty()
            .then(|| "the prompt is empty: the template names nothing that the body has".to_owned())
    });
    let failed = error.is_some();
    Some(StoredRun {
        run: Run {
            id: wire::RunId::made(hit.id.as_str().trim_start_matches("hit_")),
            hit_id: hit.id.clone(),
            agent_id: endpoint.agent_id.clone(),
            mode: mode.as_str().to_owned(),
            status: if failed { RunStatus::Failed } else { RunStatus::Queued },
            attempts: 0,
            queued_at: now,
            started_at: None,
            finished_at: failed.then_some(now),
            duration_ms: None,
            reply: None,
            model: None,
            usage: None,
            error,
            agent_run_id: None,
            callback_event_id: None,
        },
        inbound: endpoint.name.to_string(),
        request: serde_json::to_string(&request).unwrap_or_default(),
        callback: endpoint.callback,
        callback_due: (failed && endpoint.callback).then_some(now),
    })
}
