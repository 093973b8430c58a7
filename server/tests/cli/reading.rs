//! Commands that show what there is: `list`, `show`, `endpoints`, `hits`, `audit`.

use crate::program::{cells, run_on};
use crate::support::{Gateway, Receiver, event, nobody, standing_clock};
use serde_json::json;
use wire::DeliveryStatus;

/// A gateway that stands at 2026-03-14T10:30:00Z, with one delivery that arrived and one that did not.
async fn with_two() -> (Gateway, Receiver) {
    let receiver = Receiver::healthy().await;
    let nobody = nobody().await;
    let retry = json!({ "maxAttempts": 1 });
    let gateway = Gateway::start_at(
        json!({ "endpoints": [
            { "name": "crm", "url": receiver.url(), "events": ["message.sent"] },
            { "name": "notify", "url": format!("http://{nobody}/"), "events": ["error.occurred"], "retry": retry },
        ] }),
        standing_clock(),
    )
    .await;
    let mut watcher = gateway.watch().await;
    gateway.event(&event("message.sent", "main")).await;
    watcher.delivery(DeliveryStatus::Delivered).await;
    gateway.event(&event("error.occurred", "main")).await;
    watcher.delivery(DeliveryStatus::Failed).await;
    (gateway, receiver)
}

#[tokio::test]
async fn list_is_a_table_with_the_reasons_below() {
    let (gateway, _receiver) = with_two().await;
    let ran = run_on(&gateway, &["webhooks", "list", "--recent", "20"]).await;
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    assert_eq!(
        ran.out,
        "\
ID                                    STATUS     ATTEMPTS  ENDPOINT  TYPE            CREATED           RESULT
dlv_0123456789abcdef0123456789abcdef  failed     1/1       notify    error.occurred  2026-03-14 10:30  connect_refused in N ms
dlv_0123456789abcdef0123456789abcdef  delivered  1/10      crm       message.sent    2026-03-14 10:30  200 in N ms

connect_refused: Check that the receiver is running and that the URL's port is the one it listens on.
"
    );
}

#[tokio::test]
async fn list_takes_filters_and_gives_the_apis_own_objects() {
    let (gateway, _receiver) = with_two().await;
    let all = gateway.get("/api/v1/deliveries").await;
    let list = async |words: &[&str]| {
        let ran = run_on(&gateway, &[&["list", "--json"], words].concat()).await;
        assert_eq!((ran.status, ran.err.as_str()), (0, ""));
        ran.json()
    };
    assert_eq!(json!(list(&[]).await), all["items"]);
    assert_eq!(list(&["--recent", "1"]).await, [all["items"][0].clone()]);
    for words in [
        &["--status", "failed"][..],
        &["--status", "retrying,failed"],
        &["--endpoint", "notify"],
        &["--type", "error.occurred"],
        &["--reason", "connect_refused", "--since", "1h"],
        &["--since", "2026-03-14T10:29:59Z", "--until", "2026-03-14T10:31:00Z", "--status", "failed"],
    ] {
        assert_eq!(list(words).await, [all["items"][0].clone()], "{words:?}");
    }
    let none = run_on(&gateway, &["list", "--status", "held"]).await;
    assert_eq!((none.status, none.raw.as_str(), none.err.as_str()), (0, "", "No delivery is like that.\n"));
    // A slip must not read as if all were well.
    for json in [&[][..], &["--json"]] {
        let slip = run_on(&gateway, &[&["list", "--endpoint", "cmr"], json].concat()).await;
        let said = "error: Not Found: there is no endpoint cmr; did you mean \"crm\"?\n";
        assert_eq!((slip.status, slip.raw.as_str(), slip.err.as_str()), (1, "", said));
    }
    let none = run_on(&gateway, &["list", "--recent", "0"]).await;
    assert!(none.status == 2 && none.err.contains("0 is not in 1.."), "{}", none.err);
    for id in ["garbage", "dlv_12"] {
        let ran = run_on(&gateway, &["show", id]).await;
        assert!(
            ran.status == 1 && ran.err.contains("A delivery's id is dlv_ and 32 hexadecimal"),
            "{}",
            ran.err
        );
    }
}

#[tokio::test]
async fn list_gives_more_than_a_page() {
    let receiver = Receiver::healthy().await;
    let gateway =
        Gateway::start(json!({ "endpoints": [{ "name": "crm", "url": receiver.url(), "events": ["*"] }] }))
            .await;
    let events: Vec<_> = (0..600).map(|_| event("tool.called", "main")).collect();
    let (status, _) = gateway.post("/api/v1/events", json!({ "events": events }).to_string()).await;
    assert_eq!(status, 202);
    let ids = |ran: crate::program::Ran| {
        ran.json().iter().map(|item| item["id"].to_string()).collect::<std::collections::HashSet<_>>()
    };
    assert_eq!(ids(run_on(&gateway, &["list", "--json", "--recent", "1000"]).await).len(), 600);
    assert_eq!(ids(run_on(&gateway, &["list", "--json", "--recent", "550"]).await).len(), 550);
}

#[tokio::test]
async fn show_tells_all_of_a_delivery() {
    let (gateway, _receiver) = with_two().await;
    let failed = &gateway.deliveries("status=failed").await[0];
    let ran = run_on(&gateway, &["show", failed.id.as_str()]).await;
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    assert_eq!(
        ran.out,
        r#"dlv_0123456789abcdef0123456789abcdef  failed
  endpoint  notify
  event     evt_0123456789abcdef0123456789abcdef  error.occurred
  agent     main
  attempts  1 of 1
  created   2026-03-14 10:30:00.000 +00:00
  finished  2026-03-14 10:30:00.000 +00:00

Attempt 1  connect_refused  2026-03-14 10:30:00.000 +00:00
  N ms (connect N ms)
  127.0.0.1:PORT refused the connection
  Check that the receiver is running and that the URL's port is the one it listens on.
  POST http://127.0.0.1:PORT/  (127.0.0.1:PORT)
    Content-Type: application/json
    User-Agent: openclaw-webhooks/VERSION
    X-OpenClaw-Timestamp: 1773484200
    X-OpenClaw-Event: error.occurred
    X-OpenClaw-Event-Id: evt_0123456789abcdef0123456789abcdef
    X-OpenClaw-Delivery: dlv_0123456789abcdef0123456789abcdef
    X-OpenClaw-Attempt: 1
    {
      "id": "evt_0123456789abcdef0123456789abcdef",
      "timestamp": "2026-03-14T10:30:00.000Z",
      "instanceId": "node-1",
      "type": "error.occurred",
      "data": {
        "agentId": "main",
        "message": {
          "content": "hello"
        }
      }
    }
"#
        .replace("VERSION", env!("CARGO_PKG_VERSION"))
    );
    let json = run_on(&gateway, &["show", "--json", failed.id.as_str()]).await;
    assert_eq!(json.json(), [gateway.get(&format!("/api/v1/deliveries/{}", failed.id)).await]);
}

#[tokio::test]
async fn show_tells_all_of_an_event() {
    let (gateway, _receiver) = with_two().await;
    let id = gateway.deliveries("status=delivered").await[0].event_id.clone();
    let ran = run_on(&gateway, &["show", id.as_str()]).await;
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    assert_eq!(
        ran.out,
        r#"evt_0123456789abcdef0123456789abcdef  message.sent
  timestamp   2026-03-14T10:30:00.000Z
  instance    node-1
  received    2026-03-14 10:30:00.000 +00:00
  deliveries  1 (1 delivered, 0 failed, 0 open)
  data
    {
      "agentId": "main",
      "message": {
        "content": "hello"
      }
    }

ID                                    STATUS     ATTEMPTS  ENDPOINT  TYPE          CREATED           RESULT
dlv_0123456789abcdef0123456789abcdef  delivered  1/10      crm       message.sent  2026-03-14 10:30  200 in N ms
"#
    );
    let json = run_on(&gateway, &["show", "--json", id.as_str()]).await;
    assert_eq!(json.json(), [gateway.get(&format!("/api/v1/events/{id}")).await]);
}

const UNIQUE: &str = "0123456789abcdef0123456789abcdef";

#[tokio::test]
async fn show_says_where_the_rest_is_shown() {
    let gateway = Gateway::start(json!({})).await;
    for (prefix, what) in [("dlv_", "delivery"), ("hit_", "hit"), ("evt_", "event")] {
        let ran = run_on(&gateway, &["show", &format!("{prefix}{UNIQUE}")]).await;
        let error = format!("error: Not Found: there is no {what} {prefix}{UNIQUE}\n");
        assert_eq!((ran.status, ran.err), (1, error));
    }
    for (prefix, place) in [("att_", "its delivery"), ("run_", "its hit"), ("chk_", "endpoints NAME")] {
        let ran = run_on(&gateway, &["show", &format!("{prefix}{UNIQUE}")]).await;
        assert_eq!(ran.status, 2);
        assert!(ran.err.contains(place), "{}", ran.err);
    }
}

#[tokio::test]
async fn endpoints_are_a_table_and_each_has_a_page() {
    let (gateway, _receiver) = with_two().await;
    let ran = run_on(&gateway, &["endpoints"]).await;
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    let heads =
        ["NAME", "STATE", "DELIVERED 1H", "FAILED 1H", "P95 1H", "WAITING", "HELD", "LAST ATTEMPT", "URL"];
    let crm =
        ["crm", "healthy", "1", "0", "N ms", "0", "0", "2026-03-14 10:30", "http://127.0.0.1:PORT/hook"];
    let notify =
        ["notify", "degraded", "0", "1", "N ms", "0", "0", "2026-03-14 10:30", "http://127.0.0.1:PORT/"];
    assert_eq!(cells(&ran.out), [heads, crm, notify]);
    let ran = run_on(&gateway, &["endpoints", "notify"]).await;
    assert_eq!(
        ran.out,
        "\
notify  degraded
  because       127.0.0.1:PORT refused the connection
  since         2026-03-14 10:30:00.000 +00:00
  url           http://127.0.0.1:PORT/
  defined by    file
  events        error.occurred
  signing       unsigned: there is no secret
  retry         1 attempt
  deliveries    0 waiting, 0 on their way, 0 held
  last 5 min    0.0 % success (0 delivered, 1 failed), p50 N ms, p95 N ms, p99 N ms
  last hour     0.0 % success (0 delivered, 1 failed), p50 N ms, p95 N ms, p99 N ms
  last day      0.0 % success (0 delivered, 1 failed), p50 N ms, p95 N ms, p99 N ms
  last attempt  connect_refused, 2026-03-14 10:30. Check that the receiver is running and that the URL's port is the one it \
         listens on.
"
    );
    let json = run_on(&gateway, &["endpoints", "--json"]).await.json();
    assert_eq!(json.len(), 2);
    assert_eq!(json[0]["name"], "crm");
}

#[tokio::test]
async fn hits_are_a_table_and_each_has_a_page() {
    let deploy = json!({ "agentId": "ops", "template": "{{body.repo}} is {{body.what}}", "callback": false });
    let gateway =
        Gateway::start_at(json!({ "inbound": { "endpoints": { "deploy": deploy } } }), standing_clock())
            .await;
    let (status, _) = gateway.post("/webhooks/inbound/deploy", "{\"repo\":\"api-1\"}").await;
    assert_eq!(status, 202);
    gateway.post("/webhooks/inbound/other", "{}").await;
    let ran =
        run_on(&gateway, &["hits", "--inbound", "deploy", "--outcome", "accepted", "--since", "1h"]).await;
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    assert_eq!(
        ran.out,
        "\
ID                                    OUTCOME   INBOUND  VERIFICATION  RECEIVED          RUN  CAUSE
hit_0123456789abcdef0123456789abcdef  accepted  deploy   none          2026-03-14 10:30
"
    );
    let all = gateway.get("/api/v1/hits").await;
    let id =
        all["items"].as_array().unwrap().iter().find(|hit| hit["inbound"] == "deploy").unwrap()["id"].clone();
    assert_eq!(json!(run_on(&gateway, &["hits", "--json"]).await.json()), all["items"]);
    let ran = run_on(&gateway, &["show", id.as_str().unwrap()]).await;
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    let (head, rest) = ran.out.split_once("  POST request\n").unwrap();
    assert_eq!(
        head,
        "\
hit_0123456789abcdef0123456789abcdef  accepted
  inbound       deploy
  received      2026-03-14 10:30:00.000 +00:00
  from          127.0.0.1
  verification  none
  answered      202
  missing       body.what
"
    );
    let (headers, body) = rest.split_once("    {\n").unwrap();
    assert!(headers.contains("    content-length: 16\n"), "{headers}");
    assert_eq!(body, "      \"repo\": \"api-1\"\n    }\n  prompt\n    api-1 is \n");
}

#[tokio::test]
async fn the_audit_is_a_table_of_who_did_what() {
    let (gateway, _receiver) = with_two().await;
    let ran = run_on(&gateway, &["audit"]).await;
    assert_eq!((ran.status, ran.raw.as_str(), ran.err.as_str()), (0, "", "Nobody changed anything yet.\n"));
    assert_eq!(gateway.post("/api/v1/endpoints/crm/pause", "").await.0, 200);
    assert_eq!(gateway.post("/api/v1/endpoints/nobody/resume", "").await.0, 404);
    let ran = run_on(&gateway, &["audit"]).await;
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    assert_eq!(
        cells(&ran.out),
        [
            &["AT", "WHO", "FROM", "ACTION", "TARGET", "RESULT", "DETAIL"][..],
            &["2026-03-14 10:30", "local", "127.0.0.1", "resume", "nobody", "404"],
            &["2026-03-14 10:30", "local", "127.0.0.1", "pause", "crm", "200"],
        ]
    );
    let all = gateway.get("/api/v1/audit").await;
    assert_eq!(json!(run_on(&gateway, &["audit", "--json"]).await.json()), all["items"]);
    let newest = run_on(&gateway, &["audit", "--json", "--recent", "1"]).await.json();
    assert_eq!(newest, [all["items"][0].clone()]);
}

#[tokio::test]
async fn hits_say_that_there_is_none() {
    let gateway = Gateway::start(json!({})).await;
    let ran = run_on(&gateway, &["hits"]).await;
    assert_eq!((ran.status, ran.raw.as_str(), ran.err.as_str()), (0, "", "No hit yet.\n"));
    let ran = run_on(&gateway, &["hits", "--outcome", "refused"]).await;
    assert_eq!((ran.status, ran.raw.as_str(), ran.err.as_str()), (0, "", "No hit is like that.\n"));
    let ran = run_on(&gateway, &["list"]).await;
    assert_eq!((ran.status, ran.raw.as_str(), ran.err.as_str()), (0, "", "No delivery yet.\n"));
    let ran = run_on(&gateway, &["hits", "--json"]).await;
    assert_eq!((ran.status, ran.raw.as_str(), ran.err.as_str()), (0, "", ""));
}
