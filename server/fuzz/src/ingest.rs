//! The body of `POST /api/v1/events`: events that read back as what was stored, or a problem that names the place.

use bytes::Bytes;
use serde_json::Value;
use server::clock::Clock;
use server::outbound::ingest::{self, Defaults, MOST_EVENTS, Posted};
use server::store::StoredEvent;
use wire::Time;

const MOST_BYTES: usize = 4096;

pub(crate) fn fuzz(input: &[u8]) {
    let clock = Clock::manual(Time(1_700_000_000_000));
    let defaults = Defaults { clock: &clock, instance_id: "gateway-1", most_bytes: MOST_BYTES };
    match ingest::read(Bytes::copy_from_slice(input), &defaults) {
        Ok(Posted::One(event)) => assert_event(&event, &defaults),
        Ok(Posted::Many { events, .. }) => {
            assert!(events.len() <= MOST_EVENTS, "{} events", events.len());
            for event in &events {
                assert_event(event, &defaults);
            }
        }
        Err(problem) => {
            let problem = problem.into_wire();
            assert!(matches!(problem.status, 400 | 413 | 422), "{problem}");
            assert!(!problem.detail.is_empty(), "no word");
            if problem.status == 422 {
                // The body itself has no name.
                assert!(
                    problem.field.is_some() || problem.detail.starts_with("an event is"),
                    "no place: {problem}"
                );
            }
        }
    }
}

fn assert_event(event: &StoredEvent, defaults: &Defaults<'_>) {
    let value: Value = serde_json::from_str(&event.body)
        .unwrap_or_else(|error| panic!("what is stored can't be read: {error}: {}", event.body));
    assert_eq!(value["id"], event.id.as_str());
    assert_eq!(value["type"], event.event_type.as_str());
    assert_eq!(value["timestamp"], event.timestamp.as_str());
    assert_eq!(value["instanceId"], event.instance_id.as_str());
    assert_eq!(value["data"]["agentId"].as_str(), event.agent_id.as_deref());
    assert!(value["data"].is_object(), "{value}");
    // Nothing is left to fill in: posted again it is the same event, byte for byte. In a batch, for what an event calls
    // `events` of its own makes it one when it comes alone.
    let most = Defaults { most_bytes: 2 * MOST_BYTES, ..*defaults };
    let batch = format!(r#"{{"events":[{}]}}"#, event.body);
    match ingest::read(batch.into(), &most) {
        Ok(Posted::Many { events, .. }) if events.len() == 1 => {
            let again = &events[0];
            assert_eq!((&again.id, again.body.trim()), (&event.id, event.body.trim()));
            assert_eq!((again.event_type, &again.agent_id), (event.event_type, &event.agent_id));
            assert_eq!((&again.hit_id, &again.agent_run_id), (&event.hit_id, &event.agent_run_id));
        }
        other => panic!("what was taken is refused: {other:?}: {}", event.body),
    }
}
