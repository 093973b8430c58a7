//! Who may do what.

use crate::support::{Gateway, event};
use serde_json::json;

#[tokio::test]
async fn without_tokens_only_loopbacks_own_names_are_answered() {
    let gateway = Gateway::start(json!({ "endpoints": [] })).await;
    let get = |path: &str| gateway.http.get(gateway.url(path));
    for path in ["/api/v1/stats", "/healthz"] {
        let status = get(path).header("Host", "evil.example").send().await.unwrap().status();
        assert_eq!(status, 403, "{path} under a foreign name");
    }
    assert_eq!(get("/api/v1/stats").header("Host", "localhost:1").send().await.unwrap().status(), 200);
    let post = |origin: &str| {
        let body = event("tool.called", "main").to_string();
        gateway.http.post(gateway.url("/api/v1/events")).header("Origin", origin.to_owned()).body(body).send()
    };
    assert_eq!(post("https://evil.example").await.unwrap().status(), 403);
    let reading = get("/api/v1/stats").header("Origin", "https://evil.example").send();
    assert_eq!(reading.await.unwrap().status(), 403);
    assert_eq!(post(gateway.url("").as_str()).await.unwrap().status(), 202);
}

#[tokio::test]
async fn each_token_opens_what_its_role_may() {
    let gateway = Gateway::start(json!({
        "endpoints": [],
        "server": { "adminToken": "admin-secret", "viewerToken": "viewer-secret", "ingestToken": "ingest-secret" },
    }))
    .await;
    let body = event("tool.called", "main").to_string();
    for (token, read, post, change) in [
        (None, 401, 401, 401),
        (Some("wrong"), 401, 401, 401),
        (Some("ingest-secret"), 403, 202, 403),
        (Some("viewer-secret"), 200, 403, 403),
        (Some("admin-secret"), 200, 202, 404),
    ] {
        let with = |request: reqwest::RequestBuilder| match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        let status =
            async |request: reqwest::RequestBuilder| with(request).send().await.unwrap().status().as_u16();
        assert_eq!(status(gateway.http.get(gateway.url("/api/v1/stats"))).await, read, "{token:?}");
        let posted = gateway.http.post(gateway.url("/api/v1/events")).body(body.clone());
        assert_eq!(status(posted).await, post, "{token:?}");
        let changed = gateway.http.post(gateway.url("/api/v1/endpoints/x/pause"));
        assert_eq!(status(changed).await, change, "{token:?}");
    }
    let (status, problem) = gateway.status("/api/v1/stats?token=admin-secret").await;
    assert_eq!((status, problem["code"].as_str()), (400, Some("token_in_query")));
}

/// A browser adds the cookie, or is asked by a page that knows the token; the page's origin decides.
#[tokio::test]
async fn a_page_of_another_site_changes_nothing_and_watches_nothing() {
    let gateway = Gateway::start(json!({
        "endpoints": [{ "name": "crm", "url": "http://127.0.0.1:9", "events": ["*"], "enabled": false }],
        "server": { "adminToken": "admin-secret", "publicUrl": "https://hooks.example.com" },
    }))
    .await;
    let pause = |origin: &str| {
        let request = gateway.http.post(gateway.url("/api/v1/endpoints/crm/pause"));
        request.bearer_auth("admin-secret").header("Origin", origin.to_owned()).send()
    };
    let watch = |origin: &str| {
        let request = gateway.http.get(gateway.url("/api/v1/stream")).bearer_auth("admin-secret");
        let request = request.header("Connection", "upgrade").header("Upgrade", "websocket");
        let request = request.header("Sec-WebSocket-Version", "13");
        let request = request.header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
        request.header("Origin", origin.to_owned()).send()
    };
    for origin in ["https://evil.example", "null", "https://hooks.example.com.evil.example"] {
        assert_eq!(pause(origin).await.unwrap().status(), 403, "{origin}");
        assert_eq!(watch(origin).await.unwrap().status(), 403, "{origin}");
    }
    assert_eq!(pause("https://hooks.example.com").await.unwrap().status(), 200);
    assert_eq!(watch("https://hooks.example.com").await.unwrap().status(), 101);
    // A form can be sent from anywhere, but not under the type that a login has.
    let form = gateway.http.post(gateway.url("/api/v1/login")).header("Content-Type", "text/plain");
    let answer = form.body(r#"{"token":"admin-secret"}"#).send().await.unwrap();
    assert_eq!(answer.status(), 422);
}

#[tokio::test]
async fn a_login_gives_a_cookie_that_reads() {
    let gateway =
        Gateway::start(json!({ "endpoints": [], "server": { "adminToken": "admin-secret" } })).await;
    let login =
        |token: &str| gateway.http.post(gateway.url("/api/v1/login")).json(&json!({ "token": token })).send();
    assert_eq!(login("wrong").await.unwrap().status(), 401);
    let response = login("admin-secret").await.unwrap();
    assert_eq!(response.status(), 204);
    let cookie = response.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && cookie.contains("Max-Age=43200")
    );
    let pair = cookie.split(';').next().unwrap().to_owned();
    let get = |cookie: String| gateway.http.get(gateway.url("/api/v1/stats")).header("Cookie", cookie).send();
    assert_eq!(get(pair.clone()).await.unwrap().status(), 200);
    assert_eq!(get(pair.replace("admin", "Admin")).await.unwrap().status(), 401);
    let last = pair.chars().last().unwrap();
    let forged = format!("{}{}", &pair[..pair.len() - 1], if last == '0' { '1' } else { '0' });
    assert_eq!(get(forged).await.unwrap().status(), 401);
    // Another session goes on when this one is ended.
    let other = login("admin-secret").await.unwrap().headers()["set-cookie"].to_str().unwrap().to_owned();
    let other = other.split(';').next().unwrap().to_owned();
    let logout =
        gateway.http.post(gateway.url("/api/v1/logout")).header("Cookie", &pair).send().await.unwrap();
    assert_eq!(logout.status(), 204);
    assert_eq!(get(pair.clone()).await.unwrap().status(), 401);
    assert_eq!(get(other).await.unwrap().status(), 200);
    for _ in 0..10 {
        login("wrong").await.unwrap();
    }
    assert_eq!(login("admin-secret").await.unwrap().status(), 429);
}
