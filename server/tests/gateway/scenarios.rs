//! What the gateway is for, each from its own configuration: an audit log, an alert in Slack, a CRM behind a key, a
//! ticketing system both ways, and a deployment that tells the assistant.

use crate::openclaw::OpenClaw;
use crate::support::{Gateway, Receiver};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

/// A configuration as people write it, its receivers being `receiver`.
fn seed(name: &str, receiver: &Receiver) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/seed-config").join(name);
    let text = std::fs::read_to_string(file).unwrap();
    let lines = text.lines().map(|line| match line.split_once("url: \"https://") {
        Some((before, _)) => format!("{before}url: \"{}\",", receiver.url()),
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn body(request: &crate::support::Received) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

#[tokio::test]
async fn an_audit_log_gets_what_two_agents_say_and_hear_and_nothing_else() {
    let receiver = Receiver::healthy().await;
    let gateway = Gateway::start_including(&seed("audit.json5", &receiver)).await;
    for (event_type, agent) in [
        ("message.received", "customer-support"),
        ("message.sent", "hr-assistant"),
        ("message.sent", "sales"),
        ("tool.called", "hr-assistant"),
    ] {
        let event =
            json!({ "type": event_type, "data": { "agentId": agent, "message": { "content": "…" } } });
        gateway.event(&event).await;
    }
    gateway.event(&json!({ "type": "message.sent", "data": {} })).await;
    let got = receiver.got(2).await;
    let mut seen: Vec<String> =
        got.iter().map(|request| body(request)["data"]["agentId"].to_string()).collect();
    seen.sort();
    assert_eq!(seen, [r#""customer-support""#, r#""hr-assistant""#]);
    assert_eq!(gateway.deliveries("").await.len(), 2);
}

#[tokio::test]
async fn slack_gets_an_error_in_its_own_format() {
    for (seed_name, start) in [
        ("slack.json5", "🚨 OpenClaw Alert: disk \"full\"\n"),
        ("slack.ko.json5", "🚨 OpenClaw 알림: disk \"full\"\n"),
    ] {
        let receiver = Receiver::healthy().await;
        let gateway = Gateway::start_including(&seed(seed_name, &receiver)).await;
        let event = json!({ "type": "error.occurred", "timestamp": "2026-03-14T10:30:00Z",
            "data": { "agentId": "ops", "error": { "message": "disk \"full\"" } } });
        gateway.event(&event).await;
        let text = body(&receiver.got(1).await[0])["text"].as_str().unwrap().to_owned();
        assert!(text.starts_with(start) && text.contains("Agent: ops\n"), "{text}");
        assert!(text.ends_with(": 2026-03-14T10:30:00Z"), "{text}");
    }
}

#[tokio::test]
async fn a_crm_gets_its_key_and_nobody_else_sees_it() {
    let receiver = Receiver::healthy().await;
    let gateway = Gateway::start_including(&seed("crm.json5", &receiver)).await;
    gateway.event(&json!({ "type": "session.created", "data": { "agentId": "a", "sessionId": "s" } })).await;
    assert_eq!(receiver.got(1).await[0].header("x-api-key"), "key-of-the-crm");
    let id = &gateway.deliveries("").await[0].id;
    for shown in
        [format!("/api/v1/deliveries/{id}"), "/api/v1/endpoints".to_owned(), "/api/v1/config".to_owned()]
    {
        assert!(!gateway.get(&shown).await.to_string().contains("key-of-the-crm"), "{shown}");
    }
}

#[tokio::test]
async fn a_ticket_is_made_for_a_session_and_its_change_reaches_the_agent() {
    let (receiver, openclaw) = (Receiver::healthy().await, OpenClaw::start().await);
    let gateway = Gateway::start_with(
        &seed("ticketing.json5", &receiver),
        json!({ "agent": openclaw.config("hooks") }),
    )
    .await;
    gateway
        .event(
            &json!({ "type": "session.created", "data": { "agentId": "support-bot", "sessionId": "s-1" } }),
        )
        .await;
    assert_eq!(body(&receiver.got(1).await[0])["data"]["sessionId"], "s-1");
    let (status, _) =
        gateway.post("/webhooks/inbound/ticket-update", r#"{"ticketId":42,"status":"해결됨"}"#).await;
    assert_eq!(status, 202);
    let task = openclaw.got(1).await.remove(0).json();
    assert_eq!(
        (&task["message"], &task["agentId"]),
        (&json!("Ticket #42 status has been updated to: 해결됨"), &json!("support-bot"))
    );
}

#[tokio::test]
async fn a_deployment_tells_the_assistant_by_the_line_of_the_readme() {
    let openclaw = OpenClaw::start().await;
    let receiver = Receiver::healthy().await;
    let gateway =
        Gateway::start_with(&seed("inbound.json5", &receiver), json!({ "agent": openclaw.config("hooks") }))
            .await;
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md")).unwrap();
    let at =
        readme.find("curl http://127.0.0.1:8787/webhooks/inbound/deploy").expect("the line in the README");
    let line: String =
        readme[at..].split("```").next().unwrap().replace("http://127.0.0.1:8787", &gateway.url(""));
    let run = tokio::task::spawn_blocking(move || Command::new("sh").args(["-ec", &line]).output().unwrap());
    let said: Value = serde_json::from_slice(&run.await.unwrap().stdout).unwrap();
    assert_eq!(said["status"], "accepted");
    let task = openclaw.got(1).await.remove(0);
    assert_eq!(task.json()["message"], "my-app's main branch deployment succeeded");
    assert_eq!(task.header("idempotency-key"), said["id"].as_str().unwrap());
}
