//! Subscriptions: whether an endpoint wants an event.

use crate::config::EndpointConfig;
use crate::store::StoredEvent;

/// Whether `endpoint` wants `event`; if not, why, in words.
pub fn wants(endpoint: &EndpointConfig, event: &StoredEvent) -> Result<(), String> {
    if !endpoint.enabled {
        return Err("the endpoint is not enabled".to_owned());
    }
    if !endpoint.events.contains(&event.event_type) {
        return Err(format!("the endpoint does not list {} in events", event.event_type));
    }
    let Some(agents) = endpoint.filter.as_ref().and_then(|filter| filter.agent_ids.as_ref()) else {
        return Ok(());
    };
    match &event.agent_id {
        None => Err("the endpoint filters by agentIds and the event has no data.agentId".to_owned()),
        Some(agent) if agents.contains(agent) => Ok(()),
        Some(agent) => Err(format!("the endpoint's filter.agentIds does not list {agent}")),
    }
}
