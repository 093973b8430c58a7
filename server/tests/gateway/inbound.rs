//! Hits: what is taken, what is refused, and what the sender and the operator are told.

use crate::openclaw::OpenClaw;
use crate::support::{Gateway, standing_clock};
use futures_util::StreamExt;
use serde_json::{Value, json};
use wire::Frame;

/// A gateway with one inbound endpoint, `deploy`, that is only recorded.
async fn recording(deploy: Value) -> Gateway {
    let mut endpoint = json!({ "agentId": "devops-agent",
        "template": "{{body.repo}}'s {{body.branch}} branch deployment {{body.status}}" });
    endpoint.as_object_mut().unwrap().extend(deploy.as_object().unwrap().clone());
    Gateway::start_at(
        json!({ "inbound": { "endpoints": { "deploy": endpoint } }, "retention": { "maxPayloadBytes": 4096 } }),
        standing_clock(),
    )
    .await
}

const PATH: &str = "/webhooks/inbound/deploy";

async fn newest(gateway: &Gateway) -> Value {
    gateway.get("/api/v1/hits?limit=1").await["items"][0].clone()
}

#[tokio::test]
async fn a_hit_is_stored_before_it_is_answered_and_shown_as_it_came() {
    let gateway = recording(json!({})).await;
    let mut watcher = gateway.watch().await;
    let answer = gateway
        .http
        .post(gateway.url(&format!("{PATH}?from=ci&token=abc")))
        .header("content-type", "application/json")
        .header("authorization", "Bearer secret-thing")
        .body(r#"{"repo":"my-app","branch":"메인","nothing":{}}"#)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 202);
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["status"], "accepted");
    let hit = gateway.get(&format!("/api/v1/hits/{}", answer["id"].as_str().unwrap())).await;
    assert_eq!(hit["prompt"], "my-app's 메인 branch deployment ");
    assert_eq!(hit["missing"], json!(["body.status"]));
    assert_eq!(
        (&hit["outcome"], &hit["verification"], &hit["statusCode"]),
        (&json!("accepted"), &json!("none"), &json!(202))
    );
    assert_eq!(
        (&hit["remoteAddress"], &hit["method"], &hit["query"]),
        (&json!("127.0.0.1"), &json!("POST"), &json!("from=ci&token=••••"))
    );
    assert_eq!(hit["body"], r#"{"repo":"my-app","branch":"메인","nothing":{}}"#);
    assert_eq!(
        (&hit["bodyTruncated"], &hit["events"], &hit["deliveries"]),
        (&json!(false), &json!([]), &json!([]))
    );
    assert!(hit["headers"].as_array().unwrap().contains(&json!(["authorization", "••••"])), "{hit}");
    assert!(hit.get("run").is_none(), "nobody is asked without an agent");
    let seen = watcher.find(|frame| match frame {
        Frame::Hit { hit, .. } => Some(hit),
        _ => None,
    });
    assert_eq!(seen.await.id.as_str(), answer["id"].as_str().unwrap());
    let inbound = &gateway.get("/api/v1/inbound").await["items"][0];
    assert_eq!(inbound["hits"], json!({ "accepted": 1, "refused": 0, "duplicate": 0 }));
    assert_eq!((&inbound["path"], &inbound["mode"]), (&json!(PATH), &json!("none")));
}

#[tokio::test]
async fn what_is_refused_is_kept_with_its_cause_and_answered_clearly() {
    let gateway = recording(json!({ "verify": { "scheme": "bearer", "token": "right" } })).await;
    let send = |method: &'static str, path: &str, token: &'static str, kind: &'static str, body: Vec<u8>| {
        let request = gateway.http.request(method.parse().unwrap(), gateway.url(path));
        let request = request.bearer_auth(token).header("content-type", kind).body(body);
        async move {
            let response = request.send().await.unwrap();
            let allow = response.headers().get("allow").cloned();
            (response.status().as_u16(), allow, response.json::<Value>().await.unwrap())
        }
    };
    let json_type = "application/json";
    let cases = [
        (
            "POST",
            "/webhooks/inbound/nothing",
            "right",
            json_type,
            b"{}".to_vec(),
            404,
            "there is no inbound endpoint",
        ),
        (
            "POST",
            "/webhooks/inbound/a/b",
            "right",
            json_type,
            b"{}".to_vec(),
            404,
            "there is no inbound endpoint",
        ),
        ("GET", PATH, "right", json_type, Vec::new(), 405, "use the method POST"),
        ("DELETE", PATH, "right", json_type, Vec::new(), 405, "use the method POST"),
        ("POST", PATH, "wrong", json_type, b"{}".to_vec(), 401, "the bearer token is wrong"),
        ("POST", PATH, "right", json_type, vec![b'x'; 5000], 413, "larger than 4096 bytes"),
        ("POST", PATH, "right", json_type, b"{".to_vec(), 400, "not the JSON that it says it is"),
        ("POST", PATH, "right", json_type, b"\xff\xfe{}".to_vec(), 400, "not the JSON that it says it is"),
        ("POST", PATH, "right", json_type, "[".repeat(2000).into_bytes(), 400, "recursion limit"),
        (
            "POST",
            PATH,
            "right",
            "application/x-www-form-urlencoded",
            b"a&".repeat(1500),
            400,
            "more than 1000 fields",
        ),
    ];
    for (method, path, token, kind, body, status, cause) in cases {
        let long = body.len() > 2048;
        let (got, allow, problem) = send(method, path, token, kind, body).await;
        assert_eq!((got, problem["status"].as_u64()), (status, Some(u64::from(status))), "{problem}");
        assert_eq!(allow.is_some(), status == 405);
        let hit = newest(&gateway).await;
        assert_eq!(
            (&hit["outcome"], hit["statusCode"].as_u64()),
            (&json!("refused"), Some(u64::from(status)))
        );
        assert!(hit["cause"].as_str().unwrap().contains(cause), "{hit}");
        assert_eq!(hit["bodyTruncated"].as_bool(), Some(long), "{hit}");
        assert!(hit["body"].as_str().unwrap().len() <= 2048);
        if status == 401 {
            assert_eq!(hit["verification"], "failed");
            assert!(!problem.to_string().contains("bearer"), "a sender is not told why: {problem}");
        }
    }
    assert_eq!(
        gateway.get("/api/v1/hits?outcome=refused&inbound=deploy").await["items"].as_array().unwrap().len(),
        8
    );
    assert_eq!(gateway.get("/api/v1/hits?outcome=accepted").await["items"], json!([]));
    assert_eq!(gateway.status("/api/v1/hits?outcome=lost").await.0, 422);
    assert_eq!(gateway.status("/api/v1/hits/hit_nothing").await.0, 404);
}

/// Anybody can send what is refused, and none of it costs them anything.
#[tokio::test]
async fn of_a_flood_of_refused_hits_little_is_kept_and_all_is_counted() {
    let gateway = recording(json!({ "verify": { "scheme": "bearer", "token": "right" } })).await;
    let (gateway, long) = (&gateway, &"x".repeat(40_000));
    let send = |number: usize| async move {
        let (path, token) = match number {
            _ if number % 200 == 100 => (PATH.to_owned(), "right"),
            _ if number.is_multiple_of(2) => (format!("{PATH}?{long}"), "wrong"),
            _ => (format!("/webhooks/inbound/nothing-{number}"), "wrong"),
        };
        let request = gateway.http.post(gateway.url(&path)).bearer_auth(token);
        request.header("x-long", &long[..20_000]).body("{}").send().await.unwrap().status().as_u16()
    };
    let answers: Vec<u16> =
        futures_util::stream::iter(0..2000).map(send).buffer_unordered(40).collect().await;
    let of = |status: u16| answers.iter().filter(|answer| **answer == status).count();
    assert_eq!((of(202), of(401), of(404)), (10, 990, 1000), "each gets the answer it would get alone");
    let kept = async || {
        let hits = gateway.get("/api/v1/hits?outcome=refused&limit=500").await;
        hits["items"].as_array().unwrap().clone()
    };
    let refused = kept().await;
    assert_eq!(refused.len(), 60 + 60);
    for hit in &refused {
        assert!(hit.to_string().len() < 12_000 && hit["headersTruncated"] == true, "{hit}");
    }
    assert_eq!(gateway.get("/api/v1/hits?outcome=accepted").await["items"].as_array().unwrap().len(), 10);
    let metrics = gateway.http.get(gateway.url("/metrics")).send().await.unwrap().text().await.unwrap();
    for line in [
        r#"hits_total{inbound="deploy",outcome="refused"} 990"#,
        r#"hits_left_out_total{inbound="deploy"} 930"#,
        r#"hits_left_out_total{inbound=""} 940"#,
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
    gateway.clock.advance(60_000);
    for number in 0..20 {
        send(number).await;
    }
    assert_eq!(kept().await.len(), 60 + 60 + 6 + 6);
}

#[tokio::test]
async fn more_than_the_rate_is_told_when_to_come_back() {
    let gateway = recording(json!({ "rateLimit": { "perSecond": 1, "burst": 2 } })).await;
    let hit = || async {
        let response = gateway.http.post(gateway.url(PATH)).body("{}").send().await.unwrap();
        let again = response.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
        (response.status().as_u16(), again)
    };
    assert_eq!((hit().await, hit().await), ((202, None), (202, None)));
    assert_eq!(hit().await, (429, Some("2".to_owned())));
    assert_eq!(newest(&gateway).await["statusCode"], 429);
    gateway.clock.advance(1000);
    assert_eq!(hit().await.0, 202);
}

#[tokio::test]
async fn a_repeat_is_answered_with_the_first_hits_id_and_starts_nothing() {
    let openclaw = OpenClaw::start().await;
    let gateway = Gateway::start(json!({ "agent": openclaw.config("hooks"),
        "inbound": { "endpoints": { "deploy": { "agentId": "devops-agent", "template": "{{body.x}}" } } } }))
    .await;
    let hit = |key: &'static str| {
        let request = gateway.http.post(gateway.url(PATH)).header("idempotency-key", key).body(r#"{"x":1}"#);
        async move {
            let response = request.send().await.unwrap();
            (response.status().as_u16(), response.json::<Value>().await.unwrap())
        }
    };
    let (status, first) = hit("a").await;
    assert_eq!((status, first.get("duplicate")), (202, None));
    let (status, again) = hit("a").await;
    assert_eq!((status, &again["id"], &again["duplicate"]), (200, &first["id"], &json!(true)));
    let kept = newest(&gateway).await;
    assert_eq!((&kept["outcome"], &kept["duplicateOf"]), (&json!("duplicate"), &first["id"]));
    assert!(kept.get("run").is_none() && kept.get("prompt").is_none(), "{kept}");
    assert_eq!(hit("b").await.0, 202);
    openclaw.got(2).await;
    // Many at once with one key are one hit.
    let many = futures_util::future::join_all((0..20).map(|_| hit("c"))).await;
    assert_eq!(many.iter().filter(|(status, _)| *status == 202).count(), 1);
    openclaw.got(3).await;
    assert_eq!(openclaw.count(), 3);
}

#[tokio::test]
async fn slack_gets_its_challenge_back_once_it_is_verified() {
    let clock = standing_clock();
    let gateway = Gateway::start_at(
        json!({ "inbound": { "endpoints": { "deploy": { "agentId": "a", "template": "x",
            "verify": { "scheme": "slack", "secret": "shh" } } } } }),
        clock.clone(),
    )
    .await;
    let body =
        r#"{"type":"url_verification","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}"#;
    let time = clock.now().unix_seconds().to_string();
    let signature = hmac_hex("shh", &format!("v0:{time}:{body}"));
    let send = |signature: String| {
        gateway
            .http
            .post(gateway.url(PATH))
            .header("content-type", "application/json")
            .header("x-slack-request-timestamp", &time)
            .header("x-slack-signature", format!("v0={signature}"))
            .body(body)
            .send()
    };
    let answer: Value = send(signature.clone()).await.unwrap().json().await.unwrap();
    assert_eq!(answer["challenge"], "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P");
    assert_eq!(send("0".repeat(64)).await.unwrap().status(), 401);
}

fn hmac_hex(key: &str, text: &str) -> String {
    use hmac::Mac;
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    server::outbound::sign::hex(&mac.finalize().into_bytes())
}

#[tokio::test]
async fn what_is_not_set_up_takes_nothing_and_does_not_say_why() {
    let gateway = recording(json!({ "verify": { "scheme": "github", "secret": "${GITHUB_SECRET}" } })).await;
    let (status, problem) = gateway.post(PATH, "{}").await;
    assert_eq!((status, &problem["code"]), (503, &json!("misconfigured")));
    assert!(!problem.to_string().contains("GITHUB_SECRET"), "{problem}");
    assert!(newest(&gateway).await["cause"].as_str().unwrap().contains("GITHUB_SECRET"));
    let inbound = &gateway.get("/api/v1/inbound").await["items"][0];
    assert!(inbound["fault"].as_str().unwrap().contains("GITHUB_SECRET"));
}
