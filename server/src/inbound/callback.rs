//! The callback: the event that carries a run's answer out.
//!
//! OpenClaw's plugin sends an event of its own for each answer. Where that comes it is the callback; where it does not,
//! within two seconds of an answer, one is made here. A run's events are found by the hit's id in `data.hookName`, or
//! by the agent's own id of a chat in `data.runId`, whichever of event and answer comes first.

use crate::committer::CommitError;
use crate::gateway::Gateway;
use crate::problem::Problem;
use crate::store::{StoredEvent, StoredRun, read_json};
use serde_json::{Map, Value, json};
use std::collections::{BTreeSet, HashMap};
use wire::{EventType, HitId, Run, RunStatus, Time, Usage};

/// The plugin's event is waited for so long, if the plugin is there.
const PLUGIN_TIME_MS: i64 = 2000;
/// Runs settled before looking again what is owed.
const AT_ONCE: u32 = 100;
/// After the database failed, when to try again.
const AGAIN_MS: i64 = 1000;

/// When a run that ends now is to have its callback.
pub fn due(gateway: &Gateway, now: Time) -> Time {
    if gateway.desk.has_plugin(now) { now.plus_ms(PLUGIN_TIME_MS) } else { now }
}

/// Pays what is owed when its time has come, for ever.
pub async fn run(gateway: Gateway) {
    loop {
        let next = match pay(&gateway).await {
            Ok(next) => next,
            Err(error) => {
                tracing::error!(?error, "Callbacks could not be made, and will be tried again");
                Some(gateway.clock.now().plus_ms(AGAIN_MS))
            }
        };
        let sleep = async {
            match next {
                Some(next) => gateway.clock.sleep_until(next).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = gateway.desk.owing.notified() => {}
            () = sleep => {}
        }
    }
}

/// Settles what is due, and gives when something will be.
async fn pay(gateway: &Gateway) -> Result<Option<Time>, Problem> {
    loop {
        let owing = gateway.store.owing_runs(gateway.clock.now(), AT_ONCE).await?;
        if owing.is_empty() {
            return Ok(gateway.store.next_owing_run().await?);
        }
        for stored in owing {
            settle(gateway, &stored.run.hit_id).await?;
        }
    }
}

/// Brings a run that ended together with its events: what they tell is taken over, and if a callback is due and none of
/// them is it, one is made.
pub async fn settle(gateway: &Gateway, hit: &HitId) -> Result<(), Problem> {
    let _one_at_a_time = gateway.desk.settling.lock().await;
    let Some(mut stored) = gateway.store.run_of_hit(hit).await? else { return Ok(()) };
    if matches!(stored.run.status, RunStatus::Queued | RunStatus::Running) {
        return Ok(());
    }
    if let Some(id) = stored.run.agent_run_id.as_deref().filter(|_| stored.run.mode == "chat") {
        let events = gateway.store.unlinked_events(id).await?;
        if !events.is_empty() {
            gateway.committer.link(events, hit.clone()).await?;
        }
    }
    let events = gateway.store.events_of_hit(hit).await?;
    let before = stored.clone();
    take_over(&mut stored, &events);
    let now = gateway.clock.now();
    let is_due = stored.callback_due.is_some_and(|due| due <= now);
    let callback = is_due.then(|| make(gateway, &mut stored, now));
    if callback.is_some() || stored != before {
        match gateway.committer.run(stored, callback.map(|event| gateway.new_event(event))).await {
            // Another gateway paid first.
            Ok(()) | Err(CommitError::Elsewhere) => {}
            Err(error) => return Err(error.into()),
        }
    } else if stored.callback_due.is_some() {
        gateway.desk.owing.notify_one();
    }
    Ok(())
}

/// Takes over what the agent's own events tell of the run.
fn take_over(stored: &mut StoredRun, events: &[StoredEvent]) {
    let run = &mut stored.run;
    let told: Vec<(&StoredEvent, Value)> = events
        .iter()
        .filter(|event| run.callback_event_id.as_ref() != Some(&event.id))
        .map(|event| {
            let body: Value = read_json(&event.body).unwrap_or_default();
            (event, body["data"].clone())
        })
        .collect();
    let last = |event_type: EventType| {
        // A tool that failed is not the end of the run.
        let ends = |data: &Value| data["error"]["source"] != "after_tool_call";
        told.iter().rev().find(|(event, data)| event.event_type == event_type && ends(data))
    };
    let (reply, failure) = (last(EventType::MessageSent), last(EventType::ErrorOccurred));
    let found = match run.status {
        RunStatus::Succeeded => reply,
        RunStatus::Failed => failure,
        // It did not say how it ended; the event does.
        RunStatus::Accepted => reply.or(failure),
        RunStatus::Queued | RunStatus::Running => None,
    };
    let Some((event, data)) = found else { return };
    if event.event_type == EventType::MessageSent {
        run.status = RunStatus::Succeeded;
        if let Some(content) = data["message"]["content"].as_str() {
            run.reply = Some(content.to_owned());
        }
    } else {
        run.status = RunStatus::Failed;
        if let Some(message) = data["error"]["message"].as_str() {
            run.error = Some(message.to_owned());
        }
    }
    if let Some(model) = data["model"].as_str() {
        run.model = Some(model.to_owned());
    }
    let tokens = |key: &str| data["usage"][key].as_u64().unwrap_or(0);
    if data["usage"].is_object() {
        run.usage =
            Some(Usage { input_tokens: tokens("inputTokens"), output_tokens: tokens("outputTokens") });
    }
    if stored.callback && run.callback_event_id.is_none() {
        run.callback_event_id = Some(event.id.clone());
        stored.callback_due = None;
    }
}

/// An event of this gateway's own with what the run came to.
fn make(gateway: &Gateway, stored: &mut StoredRun, now: Time) -> StoredEvent {
    let run = &stored.run;
    let event_type = match run.status {
        RunStatus::Succeeded | RunStatus::Accepted => EventType::MessageSent,
        RunStatus::Failed | RunStatus::Queued | RunStatus::Running => EventType::ErrorOccurred,
    };
    let id: wire::EventId = gateway.clock.new_id();
    let timestamp = now.to_string();
    let body = json!({
        "id": id,
        "type": event_type,
        "timestamp": timestamp,
        "instanceId": gateway.server.instance_id,
        "data": data(run, &stored.inbound, event_type),
    });
    let event = StoredEvent {
        id: id.clone(),
        event_type,
        agent_id: Some(run.agent_id.clone()),
        timestamp,
        instance_id: gateway.server.instance_id.clone(),
        received_at: now,
        hit_id: Some(run.hit_id.clone()),
        agent_run_id: None,
        body: body.to_string().into(),
    };
    stored.run.callback_event_id = Some(id);
    stored.callback_due = None;
    event
}

fn data(run: &Run, inbound: &str, event_type: EventType) -> Value {
    let mut data = Map::new();
    let mut put = |key: &str, value: Value| drop(data.insert(key.to_owned(), value));
    put("agentId", json!(run.agent_id));
    put("hitId", json!(run.hit_id));
    put("runId", json!(run.id));
    put("inbound", json!(inbound));
    if event_type == EventType::ErrorOccurred {
        put("error", json!({ "message": run.error.as_deref().unwrap_or("the run failed"), "source": "run" }));
    } else if let Some(reply) = &run.reply {
        // A hook's answer has no text, and none is made up.
        put("message", json!({ "role": "assistant", "content": reply }));
    }
    if let Some(model) = &run.model {
        put("model", json!(model));
    }
    if let Some(usage) = &run.usage {
        put("usage", json!(usage));
    }
    if let Some(lasted) = run.duration_ms {
        put("durationMs", json!(lasted));
    }
    Value::Object(data)
}

/// Sees to it that events name a hit only if there is one, and that the events of a chat's run name theirs. The events of
/// a batch are mostly of few runs: each is looked up once.
pub async fn link(gateway: &Gateway, events: &mut [StoredEvent]) -> Result<(), Problem> {
    let chats = gateway.has_chats();
    let mut known: HashMap<String, Option<HitId>> = HashMap::new();
    for event in events {
        let name = match (&event.hit_id, &event.agent_run_id) {
            (Some(hit), _) => hit.as_str(),
            (None, Some(run)) if chats => run,
            (None, _) => continue,
        };
        if let Some(found) = known.get(name) {
            event.hit_id.clone_from(found);
            continue;
        }
        let found = match &event.hit_id {
            Some(hit) => gateway.store.run_of_hit(hit).await?.map(|stored| stored.run.hit_id),
            None => gateway.store.hit_of_agent_run(name).await?,
        };
        known.insert(name.to_owned(), found.clone());
        event.hit_id = found;
    }
    Ok(())
}

/// Settles the runs to which events that are on disk now belong.
pub async fn settle_all(gateway: Gateway, hits: BTreeSet<HitId>) {
    for hit in hits {
        if let Err(error) = settle(&gateway, &hit).await {
            // What the event tells is taken over with the next event, or when the callback is due.
            tracing::error!(hit.id = %hit, ?error, "What an event tells of the run of {hit} could not be stored");
        }
    }
}
