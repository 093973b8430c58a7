//! Runs: how the agent is asked, what waits, and how its answer goes out.

use crate::openclaw::OpenClaw;
use crate::restart::serve;
use crate::support::{Gateway, Receiver, Watcher, nobody, standing_clock};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use wire::{Frame, Run, RunStatus};

const PATH: &str = "/webhooks/inbound/deploy";

/// `webhooks` with the inbound endpoint `deploy`, an agent, and one receiver of everything.
fn webhooks(agent: &Value, receiver: &Receiver) -> Value {
    json!({
        "agent": agent,
        "endpoints": [{ "name": "audit", "url": receiver.url(), "events": ["message.sent", "error.occurred"],
            "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "healthCheck": { "enabled": false } }],
        "inbound": { "endpoints": { "deploy": { "agentId": "devops-agent",
            "template": "{{body.repo}}'s {{body.branch}} branch deployment {{body.status}}" } } },
    })
}

async fn hit(gateway: &Gateway) -> String {
    let body = r#"{"repo":"my-app","branch":"main","status":"성공"}"#;
    let (status, answer) = gateway.post(PATH, body).await;
    assert_eq!(status, 202, "{answer}");
    answer["id"].as_str().unwrap().to_owned()
}

const PROMPT: &str = "my-app's main branch deployment 성공";

async fn run(watcher: &mut Watcher, status: RunStatus) -> Run {
    watcher
        .find(|frame| match frame {
            Frame::Run { run, .. } if run.status == status => Some(run),
            _ => None,
        })
        .await
}

/// Waits until the run of a hit has its callback.
async fn called_back(watcher: &mut Watcher) -> Run {
    watcher
        .find(|frame| match frame {
            Frame::Run { run, .. } if run.callback_event_id.is_some() => Some(run),
            _ => None,
        })
        .await
}

#[tokio::test]
async fn a_hook_reaches_the_agent_and_its_end_goes_out_as_an_event() {
    let (openclaw, receiver) = (OpenClaw::start().await, Receiver::healthy().await);
    let gateway = Gateway::start(webhooks(&openclaw.config("hooks"), &receiver)).await;
    let id = hit(&gateway).await;
    let task = openclaw.got(1).await.remove(0);
    assert_eq!(task.path, "/hooks/agent");
    assert_eq!((task.header("idempotency-key"), task.header("content-type")), (&*id, "application/json"));
    let expected = json!({ "message": PROMPT, "name": format!("deploy {id}"), "agentId": "devops-agent",
        "deliver": false, "wakeMode": "next-heartbeat", "waitForCompletion": true, "timeoutSeconds": 600 });
    assert_eq!(task.json(), expected);

    let callback = receiver.got(1).await.remove(0);
    assert_eq!(callback.header("x-openclaw-event"), "message.sent");
    assert!(callback.header("x-openclaw-signature").starts_with("sha256="));
    let event: Value = serde_json::from_slice(&callback.body).unwrap();
    let data = &event["data"];
    assert_eq!(
        (&data["hitId"], &data["inbound"], &data["agentId"]),
        (&json!(id), &json!("deploy"), &json!("devops-agent"))
    );
    // OpenClaw never says over HTTP what was answered, and nothing is made up.
    assert!(data.get("message").is_none(), "{data}");

    let trace = gateway.get(&format!("/api/v1/hits/{id}")).await;
    assert_eq!(
        (&trace["run"]["status"], &trace["run"]["agentRunId"]),
        (&json!("succeeded"), &json!("http-1"))
    );
    assert_eq!((&trace["run"]["id"], &trace["run"]["callbackEventId"]), (&data["runId"], &event["id"]));
    assert_eq!(trace["events"][0]["id"], event["id"]);
    assert_eq!(
        (&trace["deliveries"][0]["endpoint"], &trace["deliveries"][0]["hitId"]),
        (&json!("audit"), &json!(id))
    );
}

#[tokio::test]
async fn a_chats_reply_goes_out_signed() {
    let (openclaw, receiver) = (OpenClaw::start().await, Receiver::healthy().await);
    let gateway = Gateway::start(webhooks(&openclaw.config("chat"), &receiver)).await;
    let id = hit(&gateway).await;
    let task = openclaw.got(1).await.remove(0);
    assert_eq!(task.path, "/v1/chat/completions");
    assert_eq!(task.header("x-openclaw-session-key"), format!("agent:devops-agent:webhook:deploy:{id}"));
    let content = task.json()["messages"][0]["content"].as_str().unwrap().to_owned();
    assert!(content.contains(&format!("\n{PROMPT}\n")), "{content}");
    let callback = receiver.got(1).await.remove(0);
    let event: Value = serde_json::from_slice(&callback.body).unwrap();
    assert_eq!(
        event["data"]["message"],
        json!({ "role": "assistant", "content": format!("reply: {PROMPT}") })
    );
    assert_eq!(event["data"]["usage"], json!({ "inputTokens": 111, "outputTokens": 22 }));
    let run = &gateway.get(&format!("/api/v1/hits/{id}")).await["run"];
    assert_eq!((&run["reply"], &run["mode"]), (&json!(format!("reply: {PROMPT}")), &json!("chat")));
}

#[tokio::test]
async fn a_failed_run_goes_out_as_an_error() {
    let (openclaw, receiver) = (OpenClaw::start().await, Receiver::healthy().await);
    openclaw.answer_next(400, json!({ "error": { "message": "Unknown agent 'nobody'." } }));
    let gateway = Gateway::start(webhooks(&openclaw.config("chat"), &receiver)).await;
    let id = hit(&gateway).await;
    let event: Value = serde_json::from_slice(&receiver.got(1).await[0].body).unwrap();
    assert_eq!((&event["type"], &event["data"]["hitId"]), (&json!("error.occurred"), &json!(id)));
    assert_eq!(event["data"]["error"]["message"], "HTTP 400: Unknown agent 'nobody'.");
    assert_eq!(openclaw.count(), 1);
}

#[tokio::test]
async fn hits_wait_for_an_agent_that_is_not_there() {
    let (address, receiver, clock) = (nobody().await, Receiver::healthy().await, standing_clock());
    let agent = json!({ "url": format!("http://{address}"), "token": crate::openclaw::TOKEN });
    let gateway = Gateway::start_at(webhooks(&agent, &receiver), clock.clone()).await;
    let mut watcher = gateway.watch().await;
    let first = hit(&gateway).await;
    let waiting = watcher
        .find(|frame| match frame {
            Frame::Run { run, .. } if run.status == RunStatus::Queued && run.error.is_some() => Some(run),
            _ => None,
        })
        .await;
    assert!(waiting.error.unwrap().contains("refused"));
    let second = hit(&gateway).await;
    let seen = gateway.get("/api/v1/agent").await;
    assert_eq!(seen["state"], "away");
    assert!(seen["reason"].as_str().unwrap().contains("refused"), "{seen}");
    assert_eq!(gateway.get("/api/v1/config").await["agent"]["state"], "away");
    assert_eq!(gateway.get("/api/v1/inbound").await["items"][0]["queued"], 2);
    // Over a restart too, and then it comes.
    let gateway = gateway.restart().await;
    let mut watcher = gateway.watch().await;
    while gateway.get("/api/v1/agent").await["state"] != "away" {
        tokio::task::yield_now().await;
    }
    let openclaw = OpenClaw::start_at(TcpListener::bind(address).await.unwrap());
    clock.advance(60_000);
    run(&mut watcher, RunStatus::Succeeded).await;
    run(&mut watcher, RunStatus::Succeeded).await;
    let keys: Vec<String> =
        openclaw.got(2).await.iter().map(|task| task.header("idempotency-key").to_owned()).collect();
    assert_eq!(keys.iter().collect::<std::collections::HashSet<_>>(), [&first, &second].into());
    assert_eq!(gateway.get("/api/v1/agent").await["state"], "ready");
}

#[tokio::test]
async fn a_busy_agent_is_asked_again_with_the_same_bytes() {
    let (openclaw, receiver, clock) = (OpenClaw::start().await, Receiver::healthy().await, standing_clock());
    openclaw.answer_next(
        503,
        json!({ "ok": false, "error": "hook agent run did not start before admission timeout" }),
    );
    let mut block = webhooks(&openclaw.config("hooks"), &receiver);
    block["inbound"]["endpoints"]["deploy"]["template"] = json!("{{body.repo}} at {{now}}");
    let gateway = Gateway::start_at(block, clock.clone()).await;
    let mut watcher = gateway.watch().await;
    hit(&gateway).await;
    openclaw.got(1).await;
    run(&mut watcher, RunStatus::Running).await;
    run(&mut watcher, RunStatus::Queued).await;
    clock.advance(1000);
    let ended = run(&mut watcher, RunStatus::Succeeded).await;
    assert_eq!((ended.attempts, ended.error), (2, None));
    let tasks = openclaw.got(2).await;
    assert_eq!(
        (&tasks[0].body, tasks[0].header("idempotency-key")),
        (&tasks[1].body, tasks[1].header("idempotency-key"))
    );
}

#[tokio::test]
async fn a_refused_token_is_a_state_and_a_better_one_is_tried_at_once() {
    let (openclaw, receiver) = (OpenClaw::start().await, Receiver::healthy().await);
    let right = webhooks(&openclaw.config("hooks"), &receiver);
    let mut wrong = right.clone();
    wrong["agent"]["token"] = json!("wrong");
    let gateway = Gateway::start_at(wrong, standing_clock()).await;
    let mut watcher = gateway.watch().await;
    hit(&gateway).await;
    let refusing = watcher.find(|frame| match frame {
        Frame::Config { config, .. } => {
            config.agent.filter(|agent| agent.state == wire::AgentState::Refusing)
        }
        _ => None,
    });
    assert!(refusing.await.reason.unwrap().contains("webhooks.agent.token"));
    // The clock stands still: it is the change alone that makes it ask again.
    gateway.reload(&right).await;
    assert_eq!(run(&mut watcher, RunStatus::Succeeded).await.attempts, 2);
    assert_eq!(openclaw.count(), 1);
}

#[tokio::test]
async fn after_a_kill_a_hook_is_asked_again_and_a_chat_is_not() {
    for (mode, tasks, event_type) in [("hooks", 2, "message.sent"), ("chat", 1, "error.occurred")] {
        let (openclaw, receiver) = (OpenClaw::start().await, Receiver::healthy().await);
        openclaw.works.send_replace(true);
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("openclaw.json5");
        let mut block = webhooks(&openclaw.config(mode), &receiver);
        let database = format!("sqlite://{}", folder.path().join("g.db").display());
        block["server"] = json!({ "listen": "127.0.0.1:0", "database": database });
        block["network"] = json!({ "allow": ["127.0.0.1"] });
        std::fs::write(&config, json!({ "webhooks": block }).to_string()).unwrap();
        let (mut process, url) = serve(&config);
        let posted = reqwest::Client::new().post(format!("{url}{}", &PATH[1..])).body("{\"repo\":1}").send();
        assert_eq!(posted.await.unwrap().status(), 202);
        openclaw.got(1).await;
        process.kill().unwrap(); // SIGKILL
        process.wait().unwrap();
        openclaw.works.send_replace(false);
        let (mut process, _) = serve(&config);
        assert_eq!(receiver.got(1).await[0].header("x-openclaw-event"), event_type);
        process.kill().unwrap();
        process.wait().unwrap();
        let asked = openclaw.got(tasks).await;
        assert_eq!(asked.len(), tasks, "{mode}");
        assert!(asked.iter().all(|task| task.body == asked[0].body));
    }
}

/// An event as the plugin posts it.
fn of_plugin(event_type: &str, data: Value) -> String {
    let mut data = data;
    if event_type == "message.sent" {
        data["message"] = json!({ "role": "assistant", "content": "from the plugin" });
        data["model"] = json!("gpt");
        data["usage"] = json!({ "inputTokens": 100, "outputTokens": 22, "totalTokens": 122 });
    }
    json!({ "events": [{ "type": event_type, "data": data }], "dropped": 0 }).to_string()
}

#[tokio::test]
async fn the_plugins_event_is_the_callback_whichever_comes_first() {
    for event_first in [true, false] {
        let (openclaw, receiver, clock) =
            (OpenClaw::start().await, Receiver::healthy().await, standing_clock());
        let gateway = Gateway::start_at(webhooks(&openclaw.config("hooks"), &receiver), clock.clone()).await;
        let mut watcher = gateway.watch().await;
        gateway.post("/api/v1/events", of_plugin("session.created", json!({}))).await;
        openclaw.works.send_replace(true);
        let id = hit(&gateway).await;
        openclaw.got(1).await;
        let answer = || openclaw.works.send_replace(false);
        if !event_first {
            answer();
            run(&mut watcher, RunStatus::Succeeded).await;
        }
        // A tool that failed on the way is not the end.
        let failed = json!({ "hookName": format!("deploy {id}"), "error": { "message": "no such file", "source": "after_tool_call" } });
        gateway.post("/api/v1/events", of_plugin("error.occurred", failed)).await;
        let (status, posted) = gateway
            .post("/api/v1/events", of_plugin("message.sent", json!({ "hookName": format!("deploy {id}") })))
            .await;
        assert_eq!(status, 202);
        if event_first {
            answer();
        }
        let ended = called_back(&mut watcher).await;
        assert_eq!(ended.callback_event_id.unwrap().as_str(), posted["events"][0]["id"].as_str().unwrap());
        assert_eq!((ended.reply.as_deref(), ended.model.as_deref()), (Some("from the plugin"), Some("gpt")));
        assert_eq!(ended.usage.unwrap().output_tokens, 22);
        clock.advance(10_000);
        let trace = gateway.get(&format!("/api/v1/hits/{id}")).await;
        assert_eq!(trace["events"].as_array().unwrap().len(), 2, "{trace}");
        assert_eq!(receiver.got(2).await.len(), 2, "the tool's error and the one callback");
    }
}

#[tokio::test]
async fn a_plugin_that_is_silent_is_waited_for_two_seconds() {
    let (openclaw, receiver, clock) = (OpenClaw::start().await, Receiver::healthy().await, standing_clock());
    let gateway = Gateway::start_at(webhooks(&openclaw.config("chat"), &receiver), clock.clone()).await;
    let mut watcher = gateway.watch().await;
    gateway.post("/api/v1/events", of_plugin("session.created", json!({}))).await;
    let id = hit(&gateway).await;
    assert_eq!(run(&mut watcher, RunStatus::Succeeded).await.callback_event_id, None);
    clock.advance(1999);
    assert_eq!(gateway.get(&format!("/api/v1/hits/{id}")).await["run"].get("callbackEventId"), None);
    clock.advance(1);
    let own = called_back(&mut watcher).await.callback_event_id.unwrap();
    // What the plugin says later is known to belong to the hit, but the callback stays what it is.
    let late = of_plugin("message.sent", json!({ "runId": "chatcmpl_1" }));
    gateway.post("/api/v1/events", late).await;
    let told = watcher.find(|frame| match frame {
        Frame::Run { run, .. } if run.model.as_deref() == Some("gpt") => Some(run),
        _ => None,
    });
    assert_eq!(told.await.callback_event_id, Some(own));
}

#[tokio::test]
async fn a_chats_event_that_came_before_the_answer_is_found_by_the_answers_id() {
    let (openclaw, receiver, clock) = (OpenClaw::start().await, Receiver::healthy().await, standing_clock());
    let gateway = Gateway::start_at(webhooks(&openclaw.config("chat"), &receiver), clock.clone()).await;
    let mut watcher = gateway.watch().await;
    openclaw.works.send_replace(true);
    let id = hit(&gateway).await;
    openclaw.got(1).await;
    let tool = of_plugin("tool.called", json!({ "runId": "chatcmpl_1", "tool": { "name": "read" } }));
    gateway.post("/api/v1/events", tool).await;
    let (_, posted) =
        gateway.post("/api/v1/events", of_plugin("message.sent", json!({ "runId": "chatcmpl_1" }))).await;
    openclaw.works.send_replace(false);
    let ended = called_back(&mut watcher).await;
    assert_eq!(ended.callback_event_id.unwrap().as_str(), posted["events"][0]["id"].as_str().unwrap());
    let trace = gateway.get(&format!("/api/v1/hits/{id}")).await;
    assert_eq!(trace["events"].as_array().unwrap().len(), 2);
    assert_eq!(trace["deliveries"][0]["hitId"], json!(id));
    assert_eq!(receiver.got(1).await.len(), 1);
}

#[tokio::test]
async fn an_agent_that_does_not_wait_is_ended_by_its_event() {
    let (openclaw, receiver) = (OpenClaw::start().await, Receiver::healthy().await);
    openclaw.answer_next(200, json!({ "ok": true, "runId": "r" }));
    let gateway = Gateway::start(webhooks(&openclaw.config("hooks"), &receiver)).await;
    let mut watcher = gateway.watch().await;
    let id = hit(&gateway).await;
    assert_eq!(run(&mut watcher, RunStatus::Accepted).await.callback_event_id, None);
    gateway
        .post("/api/v1/events", of_plugin("message.sent", json!({ "hookName": format!("deploy {id}") })))
        .await;
    let ended = run(&mut watcher, RunStatus::Succeeded).await;
    assert_eq!(ended.reply.as_deref(), Some("from the plugin"));
    assert!(ended.callback_event_id.is_some());
}

#[tokio::test]
async fn a_hit_is_replayed_as_one_of_its_own() {
    let (openclaw, receiver) = (OpenClaw::start().await, Receiver::healthy().await);
    let gateway = Gateway::start(webhooks(&openclaw.config("hooks"), &receiver)).await;
    let id = hit(&gateway).await;
    openclaw.got(1).await;
    let (status, replayed) = gateway.post(&format!("/api/v1/hits/{id}/replay"), "").await;
    assert_eq!((status, &replayed["replayOf"]), (202, &json!(id)));
    let tasks = openclaw.got(2).await;
    assert_eq!(tasks[1].json()["message"], PROMPT);
    assert_ne!(tasks[0].header("idempotency-key"), tasks[1].header("idempotency-key"));
    let again = gateway.get(&format!("/api/v1/hits/{}", replayed["id"].as_str().unwrap())).await;
    assert_eq!(
        (&again["replayOf"], &again["body"]),
        (&json!(id), &gateway.get(&format!("/api/v1/hits/{id}")).await["body"])
    );
    assert_eq!(gateway.post("/api/v1/hits/hit_none/replay", "").await.0, 404);
    let (_, refused) = gateway.post("/webhooks/inbound/nothing", "{}").await;
    assert_eq!(refused["status"], 404);
    let unknown =
        gateway.get("/api/v1/hits?outcome=refused").await["items"][0]["id"].as_str().unwrap().to_owned();
    let (status, problem) = gateway.post(&format!("/api/v1/hits/{unknown}/replay"), "").await;
    assert_eq!((status, &problem["code"]), (409, &json!("inbound_gone")));
}

#[tokio::test]
async fn each_inbound_endpoint_has_its_own_places() {
    let (openclaw, receiver) = (OpenClaw::start().await, Receiver::healthy().await);
    openclaw.works.send_replace(true);
    let mut block = webhooks(&openclaw.config("hooks"), &receiver);
    block["inbound"]["endpoints"]["deploy"]["concurrency"] = json!(2);
    block["inbound"]["endpoints"]["other"] = json!({ "agentId": "main", "template": "{{body.x}}" });
    let gateway = Gateway::start(block).await;
    for _ in 0..5 {
        hit(&gateway).await;
    }
    openclaw.got(2).await;
    gateway.post("/webhooks/inbound/other", r#"{"x":"hello"}"#).await;
    let tasks = openclaw.got(3).await;
    assert_eq!(tasks.len(), 3);
    assert_eq!(tasks[2].json()["agentId"], "main");
    openclaw.works.send_replace(false);
    assert_eq!(openclaw.got(6).await.len(), 6);
}

#[tokio::test]
async fn the_agent_says_how_it_does() {
    let (openclaw, receiver) = (OpenClaw::start().await, Receiver::healthy().await);
    let gateway = Gateway::start(webhooks(&openclaw.config("hooks"), &receiver)).await;
    assert_eq!(gateway.get("/api/v1/agent").await["state"], "unknown");
    let (status, agent) = gateway.post("/api/v1/agent/check", "").await;
    assert_eq!((status, &agent["state"], &agent["agents"]), (200, &json!("ready"), &json!(["devops-agent"])));
    let without = Gateway::start(json!({})).await;
    assert_eq!(without.status("/api/v1/agent").await.1["code"], "no_agent");
}

#[tokio::test]
async fn what_a_sender_had_to_drop_is_told_once() {
    let gateway = Gateway::start(json!({})).await;
    let lost = |body: Value| {
        let gateway = &gateway;
        async move { gateway.post("/api/v1/events", body.to_string()).await.0 }
    };
    let event = json!({ "type": "tool.called", "data": {} });
    assert_eq!(lost(json!({ "events": [event], "dropped": 7 })).await, 202);
    // A refused batch comes again, with the same count.
    assert_eq!(lost(json!({ "events": [{ "type": "nothing", "data": {} }], "dropped": 3 })).await, 422);
    assert_eq!(gateway.get("/api/v1/stats").await["dropped"], 7);
}
