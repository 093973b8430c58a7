//! What a receiver gets, and what is recorded of it.

use crate::support::{Answer, Gateway, Receiver, event, nobody, standing_clock};
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};
use wire::{AttemptResult, DeliveryStatus, MASK, Reason, Trigger};

const EVENT: &str = include_str!("../data/seed-config/event.json");

#[tokio::test]
async fn an_event_arrives_byte_for_byte_and_openssl_agrees_with_its_signature() {
    let receiver = Receiver::healthy().await;
    let basic = include_str!("../data/seed-config/basic.json5")
        .replace("https://your-server.com/openclaw/events", &receiver.url());
    let gateway = Gateway::start_including(&basic).await;
    let (status, answer) = gateway.post("/api/v1/events", EVENT).await;
    assert_eq!(status, 202);
    assert_eq!(answer, json!({ "id": "evt_abc123def456", "deliveries": 1, "duplicate": false }));

    let got = receiver.got(1).await.remove(0);
    assert_eq!(got.body, EVENT.as_bytes());
    assert_eq!(got.header("content-type"), "application/json");
    assert_eq!(got.header("x-openclaw-event"), "message.sent");
    assert_eq!(got.header("x-openclaw-event-id"), "evt_abc123def456");
    assert_eq!(got.header("x-openclaw-attempt"), "1");
    assert!(got.header("x-openclaw-delivery").starts_with("dlv_"));
    assert!(got.header("user-agent").starts_with("openclaw-webhooks/"));
    let signed = format!("{}.{EVENT}", got.header("x-openclaw-timestamp"));
    assert_eq!(
        got.header("x-openclaw-signature"),
        format!("sha256={}", openssl("whsec_xxxxxxxxxxxxxxxx", &signed))
    );
}

/// The HMAC-SHA256 as another program computes it.
fn openssl(secret: &str, text: &str) -> String {
    let mut child = Command::new("openssl")
        .args(["dgst", "-sha256", "-hmac", secret])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("openssl");
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    output.trim().rsplit(' ').next().unwrap().to_owned()
}

#[tokio::test]
async fn failed_attempts_are_repeated_on_schedule_and_all_of_them_are_recorded() {
    let busy = Answer(503, vec![("retry-after", "7".to_owned())], "busy, very-secret".to_owned());
    let receiver = Receiver::start([busy, Answer::from(404)]).await;
    let gateway = Gateway::start_at(
        json!({ "endpoints": [{
            "name": "crm", "url": receiver.url(), "events": ["*"],
            "headers": { "X-API-Key": "very-secret", "X-Team": "blue" },
            "retry": { "maxAttempts": 3, "backoffMs": 1000 },
        }] }),
        standing_clock(),
    )
    .await;
    let mut watcher = gateway.watch().await;
    gateway.event(&event("tool.called", "main")).await;

    let first = watcher.delivery(DeliveryStatus::Retrying).await;
    assert_eq!(
        (first.attempts, first.last_reason, first.last_status_code),
        (1, Some(Reason::Http5xx), Some(503))
    );
    // The receiver asked for 7 s, which is longer than the schedule's 1 s.
    assert_eq!(first.next_attempt_at.unwrap(), gateway.clock.now().plus_ms(7000));
    gateway.clock.advance(6999);
    assert_eq!(receiver.count(), 1);
    gateway.clock.advance(1);
    let second = watcher.delivery(DeliveryStatus::Retrying).await;
    assert_eq!(second.last_reason, Some(Reason::Http4xx));
    assert_eq!(second.next_attempt_at.unwrap(), gateway.clock.now().plus_ms(2000));
    gateway.clock.advance(2000);
    let third = watcher.delivery(DeliveryStatus::Delivered).await;
    assert_eq!((third.attempts, third.last_reason, third.next_attempt_at), (3, None, None));

    let detail = gateway.delivery(third.id.as_str()).await;
    let numbers: Vec<u32> = detail.attempt_log.iter().map(|attempt| attempt.number).collect();
    assert_eq!(numbers, [1, 2, 3]);
    let attempt = &detail.attempt_log[0];
    assert_eq!((attempt.result, attempt.trigger), (AttemptResult::Failed, Trigger::Schedule));
    assert!(attempt.hint.as_ref().is_some_and(|hint| !hint.is_empty()));
    assert_eq!(attempt.response.as_ref().unwrap().body, format!("busy, {MASK}"));
    assert_eq!(attempt.remote_address.as_deref(), Some(receiver.address.to_string().as_str()));
    assert!(attempt.timings.connect.is_some() && attempt.timings.ttfb.is_some());
    let header =
        |name: &str| attempt.request.headers.iter().find(|(found, _)| found == name).unwrap().1.as_str();
    assert_eq!((header("X-API-Key"), header("X-Team")), (MASK, "blue"));
    assert_eq!(attempt.request.body, detail.attempt_log[2].request.body);
    assert!(attempt.request.body.contains("\"hello\""));
    // The receiver got the key itself, and a signature made anew at each attempt.
    let got = receiver.got(3).await;
    assert_eq!(got[0].header("x-api-key"), "very-secret");
    assert_eq!(got[2].header("x-openclaw-attempt"), "3");
    assert_ne!(got[0].header("x-openclaw-timestamp"), got[2].header("x-openclaw-timestamp"));
}

#[tokio::test]
async fn a_delivery_is_given_up_after_its_last_attempt() {
    let address = nobody().await;
    let gateway = Gateway::start_at(
        json!({ "endpoints": [{
            "name": "down", "url": format!("http://{address}/"), "events": ["*"],
            "retry": { "maxAttempts": 2, "backoffMs": 100 },
        }] }),
        standing_clock(),
    )
    .await;
    let mut watcher = gateway.watch().await;
    gateway.event(&event("error.occurred", "main")).await;
    watcher.delivery(DeliveryStatus::Retrying).await;
    gateway.clock.advance(100);
    let failed = watcher.delivery(DeliveryStatus::Failed).await;
    assert_eq!((failed.attempts, failed.last_reason), (2, Some(Reason::ConnectRefused)));
    assert!(failed.finished_at.is_some());
    let stats = gateway.get("/api/v1/stats").await;
    assert_eq!(stats["byReason"], json!([{ "reason": "connect_refused", "count": 2 }]));
    assert_eq!(stats["deliveries"]["failed"], 1);
}

#[tokio::test]
async fn only_those_who_subscribe_get_an_event() {
    let receiver = Receiver::healthy().await;
    let endpoint = |name: &str, more: Value| {
        let mut endpoint = json!({ "name": name, "url": receiver.url() });
        endpoint.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        endpoint
    };
    let gateway = Gateway::start(json!({ "endpoints": [
        endpoint("all", json!({ "events": ["*"] })),
        endpoint("tools", json!({ "events": ["tool.called", "tool.completed"] })),
        endpoint("support", json!({ "events": ["*"], "filter": { "agentIds": ["support-bot"] } })),
        endpoint("off", json!({ "events": ["*"], "enabled": false })),
    ] }))
    .await;
    for (posted, expected) in [
        (event("tool.called", "main"), vec!["all", "tools"]),
        (event("message.sent", "support-bot"), vec!["all", "support"]),
        (json!({ "type": "message.sent", "data": {} }), vec!["all"]),
    ] {
        let id = gateway.event(&posted).await;
        let mut names: Vec<String> = gateway
            .deliveries(&format!("eventId={id}"))
            .await
            .into_iter()
            .map(|delivery| delivery.endpoint)
            .collect();
        names.sort_unstable();
        assert_eq!(names, expected, "{posted}");
    }
    receiver.got(5).await;
}

#[tokio::test]
async fn a_transform_replaces_the_body_and_redacted_values_never_leave() {
    let receiver = Receiver::healthy().await;
    let gateway = Gateway::start(json!({ "endpoints": [{
        "name": "slack", "url": receiver.url(), "events": ["error.occurred"],
        "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "signing": "both",
        "transform": { "text": "🚨 {{data.error.message}}\n{{data.agentId}} {{data.token}}", "nothing": "{{data.none}}" },
        "redact": ["data.token"],
    }] }))
    .await;
    let mut watcher = gateway.watch().await;
    gateway
        .event(&json!({ "type": "error.occurred", "data": {
            "agentId": "bot", "token": "hunter2", "error": { "message": "\"quoted\" {{data.agentId}}" } } }))
        .await;
    let got = receiver.got(1).await.remove(0);
    let body: Value = serde_json::from_slice(&got.body).unwrap();
    assert_eq!(body, json!({ "text": "🚨 \"quoted\" {{data.agentId}}\nbot [redacted]", "nothing": "" }));
    assert!(got.header("webhook-signature").starts_with("v1,"));
    assert_eq!(got.header("webhook-id"), got.header("x-openclaw-event-id"));
    let delivered = watcher.delivery(DeliveryStatus::Delivered).await;
    let detail = gateway.delivery(delivered.id.as_str()).await;
    assert_eq!(detail.attempt_log[0].request.body.as_bytes(), &got.body[..]);
}

#[tokio::test]
async fn gone_pauses_the_endpoint_and_what_comes_then_is_held_until_it_is_resumed() {
    let receiver = Receiver::start([410]).await;
    let gateway =
        Gateway::start(json!({ "endpoints": [{ "name": "crm", "url": receiver.url(), "events": ["*"] }] }))
            .await;
    let mut watcher = gateway.watch().await;
    gateway.event(&event("tool.called", "main")).await;
    let failed = watcher.delivery(DeliveryStatus::Failed).await;
    assert_eq!((failed.attempts, failed.last_reason), (1, Some(Reason::Http410)));
    watcher
        .find(|frame| match frame {
            wire::Frame::Endpoint { endpoint, .. } if endpoint.state == wire::EndpointState::Paused => {
                Some(())
            }
            _ => None,
        })
        .await;
    let id = gateway.event(&event("tool.called", "main")).await;
    let held = gateway.deliveries("status=held").await;
    assert_eq!((held.len(), held[0].event_id.as_str(), held[0].attempts), (1, id.as_str(), 0));
    assert!(gateway.deliveries("status=pending").await.is_empty());

    // A pause outlives the process.
    let gateway = gateway.restart().await;
    let endpoint = gateway.get("/api/v1/endpoints/crm").await;
    assert_eq!((endpoint["state"].as_str(), endpoint["held"].as_u64()), (Some("paused"), Some(1)));
    assert_eq!(endpoint["stateReason"], "the receiver answered 410 Gone");
    let mut watcher = gateway.watch().await;
    assert_eq!(gateway.post("/api/v1/endpoints/crm/resume", "").await.0, 200);
    assert_eq!(watcher.delivery(DeliveryStatus::Delivered).await.event_id.as_str(), id);
}

#[tokio::test]
async fn an_endpoint_that_only_fails_is_left_alone_for_a_while() {
    let address = nobody().await;
    let gateway = Gateway::start_at(
        json!({ "endpoints": [{ "name": "down", "url": format!("http://{address}/"), "events": ["*"],
            "concurrency": 1, "retry": { "maxAttempts": 1 } }] }),
        standing_clock(),
    )
    .await;
    let mut watcher = gateway.watch().await;
    let events: Vec<Value> = (0..12).map(|_| event("tool.called", "main")).collect();
    assert_eq!(gateway.post("/api/v1/events", json!({ "events": events }).to_string()).await.0, 202);
    for _ in 0..10 {
        watcher.delivery(DeliveryStatus::Failed).await;
    }
    let endpoint = gateway.get("/api/v1/endpoints/down").await;
    assert_eq!((endpoint["state"].as_str(), endpoint["held"].as_u64()), (Some("failing"), Some(2)));
    assert_eq!(endpoint["circuit"]["state"], "open");
    assert_eq!(gateway.deliveries("status=held").await.len(), 2);
    // One that starts anew knows since when, and leaves it alone as long.
    gateway.clock.advance(10_000);
    let gateway = gateway.restart().await;
    let again = gateway.get("/api/v1/endpoints/down").await;
    // To the second: the clock stands, but what an attempt took is measured.
    let to_the_second = |endpoint: &Value| {
        let at = |time: &Value| time.as_str().unwrap()[..19].to_owned();
        let circuit = &endpoint["circuit"];
        (endpoint["state"].clone(), at(&endpoint["since"]), circuit["state"].clone(), at(&circuit["until"]))
    };
    assert_eq!(to_the_second(&again), to_the_second(&endpoint));
    let mut watcher = gateway.watch().await;
    gateway.clock.advance(21_000);
    watcher.delivery(DeliveryStatus::Failed).await;
    assert_eq!(gateway.deliveries("status=held").await.len(), 1, "one tried, and the circuit is open again");
    // Paused as well, the end of the circuit's wait changes nothing, and costs nothing.
    gateway.post("/api/v1/endpoints/down/pause", "").await;
    gateway.clock.advance(600_000);
    gateway.event(&event("tool.called", "main")).await;
    assert_eq!(gateway.deliveries("status=held").await.len(), 2);
    gateway.post("/api/v1/endpoints/down/resume", "").await;
    watcher.delivery(DeliveryStatus::Failed).await;
    // Open again, for ten minutes this time; who resumes it has it tried at once.
    assert_eq!(gateway.deliveries("status=held").await.len(), 1);
    assert_eq!(gateway.get("/api/v1/endpoints/down").await["circuit"]["state"], "open");
    gateway.post("/api/v1/endpoints/down/resume", "").await;
    watcher.delivery(DeliveryStatus::Failed).await;
    assert_eq!(gateway.deliveries("status=held").await.len(), 0);
}

#[tokio::test]
async fn an_address_that_is_not_allowed_is_never_dialled() {
    let receiver = Receiver::healthy().await;
    let gateway = Gateway::start(json!({
        "endpoints": [{ "name": "inside", "url": receiver.url(), "events": ["*"], "retry": { "maxAttempts": 1 } }],
        "network": { "allow": [] },
    }))
    .await;
    let mut watcher = gateway.watch().await;
    gateway.event(&event("tool.called", "main")).await;
    let failed = watcher.delivery(DeliveryStatus::Failed).await;
    assert_eq!(failed.last_reason, Some(Reason::BlockedAddress));
    assert_eq!(receiver.count(), 0);
}

#[tokio::test]
async fn a_missing_variable_stops_its_endpoint_alone_and_nothing_is_lost() {
    let receiver = Receiver::healthy().await;
    let gateway = Gateway::start(json!({ "endpoints": [
        { "name": "crm", "url": receiver.url(), "events": ["*"], "headers": { "X-API-Key": "${MISSING_API_KEY}" } },
        { "name": "log", "url": receiver.url(), "events": ["*"] },
    ] }))
    .await;
    let mut watcher = gateway.watch().await;
    gateway.event(&event("tool.called", "main")).await;
    assert_eq!(watcher.delivery(DeliveryStatus::Delivered).await.endpoint, "log");
    let endpoint = gateway.get("/api/v1/endpoints/crm").await;
    assert_eq!(endpoint["state"], "misconfigured");
    let reason = endpoint["stateReason"].as_str().unwrap();
    assert!(
        reason.contains("MISSING_API_KEY") && reason.contains("webhooks.endpoints[0].headers"),
        "{reason}"
    );
    assert_eq!(gateway.deliveries("status=held&endpoint=crm").await.len(), 1);
    assert_eq!(receiver.count(), 1);
}
