//! Who may do what.

use crate::support::{Gateway, event, standing_clock};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use std::slice;
use tokio::net::TcpStream;

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

/// Whoever runs the gateway has a browser, and any page in it can post here without asking first.
#[tokio::test]
async fn no_page_of_another_site_starts_the_agent() {
    let inbound = json!({ "endpoints": {
        "open": { "agentId": "ops", "template": "{{body}}", "rateLimit": { "perSecond": 0.001, "burst": 4 } },
        "signed": { "agentId": "ops", "template": "{{body}}", "verify": { "scheme": "bearer", "token": "right" } },
    } });
    let started = Gateway::start(json!({ "inbound": inbound.clone() })).await;
    let guarded = Gateway::start(json!({ "inbound": inbound,
        "server": { "adminToken": "admin-secret", "publicUrl": "https://hooks.example.com" } }))
    .await;
    let send = async |gateway: &Gateway, name: &str, headers: &[(&'static str, String)]| {
        let mut request = gateway.http.post(gateway.url(&format!("/webhooks/inbound/{name}")));
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let response =
            request.header("Content-Type", "text/plain").body("wipe the disk").send().await.unwrap();
        let status = response.status().as_u16();
        (status, response.json::<Value>().await.unwrap()["code"].as_str().unwrap_or_default().to_owned())
    };
    let evil = || ("Origin", "https://evil.example".to_owned());
    let taken = (202, String::new());
    let wrong_origin = (403, "wrong_origin".to_owned());
    for gateway in [&started, &guarded] {
        for origin in
            ["https://evil.example", "http://evil.example:8787", "null", "https://127.0.0.1.evil.example"]
        {
            let foreign = [("Origin", origin.to_owned())];
            assert_eq!(send(gateway, "open", &foreign).await, wrong_origin, "{origin}");
        }
        // A name of its own that points here is then the request's own host.
        let rebound = [("Host", "evil.example".to_owned()), evil()];
        assert_eq!(send(gateway, "open", &rebound).await.0, 403);
        // What is refused so uses up nothing of the rate.
        assert_eq!(send(gateway, "open", &[]).await, taken);
        assert_eq!(send(gateway, "open", &[("Origin", gateway.url(""))]).await, taken);
        // A signature says more than where it was sent from.
        let signed = ("Authorization", "Bearer right".to_owned());
        let through = [evil(), ("Host", "hooks.example.com".to_owned()), signed];
        assert_eq!(send(gateway, "signed", &through).await, taken);
        assert_eq!(send(gateway, "signed", &[evil()]).await, (401, "not_verified".to_owned()));
    }
    // Only a gateway with a token is reached by other names.
    let proxied = [("Host", "hooks.example.com".to_owned())];
    assert_eq!(send(&started, "open", &proxied).await, (403, "not_loopback".to_owned()));
    assert_eq!(send(&guarded, "open", &proxied).await, taken);
    let own = [("Origin", "https://hooks.example.com".to_owned())];
    assert_eq!(send(&started, "open", &own).await, wrong_origin);
    assert_eq!(send(&guarded, "open", &own).await, taken);
    // Whoever runs it sees what was refused, and why.
    let hits = started.get("/api/v1/hits?outcome=refused&inbound=open").await;
    let hits = hits["items"].as_array().unwrap();
    assert_eq!(hits.len(), 7);
    assert!(hits.iter().all(|hit| hit["statusCode"] == 403 && hit.get("run").is_none()), "{hits:?}");
    assert!(
        hits.iter().any(|hit| hit["cause"].as_str().unwrap().contains("https://evil.example")),
        "{hits:?}"
    );
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

/// There the own host stands in `:authority`, and no `Host` beside it.
#[tokio::test]
async fn over_http2_a_page_of_ours_is_ours_too() {
    for (server, of_rebound) in [(json!({}), 403), (json!({ "adminToken": "admin-secret" }), 202)] {
        let gateway = Gateway::start(json!({ "server": server })).await;
        let address = gateway.server.address;
        let socket = TokioIo::new(TcpStream::connect(address).await.unwrap());
        let (mut http2, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), socket).await.unwrap();
        tokio::spawn(connection);
        for (host, origin, status) in [
            (address.to_string(), format!("http://{address}"), 202),
            (address.to_string(), "https://evil.example".to_owned(), 403),
            // With a token any name may be ours: a page that makes its own point here knows no token, and has no cookie.
            ("evil.example".to_owned(), "https://evil.example".to_owned(), of_rebound),
        ] {
            let request = http::Request::post(format!("http://{host}/api/v1/events"))
                .header("Authorization", "Bearer admin-secret")
                .header("Origin", &origin)
                .body(event("tool.called", "main").to_string())
                .unwrap();
            assert!(!request.headers().contains_key("Host"));
            let answer = http2.send_request(request).await.unwrap();
            assert_eq!(answer.status(), status, "{origin} at {host}");
        }
    }
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
    let locked = login("admin-secret").await.unwrap();
    assert_eq!((locked.status().as_u16(), &locked.headers()["retry-after"] != "0"), (429, true));
}

#[tokio::test]
async fn a_logout_outlasts_a_restart() {
    let gateway =
        Gateway::start(json!({ "endpoints": [], "server": { "adminToken": "admin-secret" } })).await;
    let login = async || {
        let login = gateway.http.post(gateway.url("/api/v1/login")).json(&json!({ "token": "admin-secret" }));
        let cookie = login.send().await.unwrap().headers()["set-cookie"].to_str().unwrap().to_owned();
        cookie.split(';').next().unwrap().to_owned()
    };
    let (ended, other) = (login().await, login().await);
    let logout = gateway.http.post(gateway.url("/api/v1/logout")).header("Cookie", &ended);
    assert_eq!(logout.send().await.unwrap().status(), 204);
    let gateway = gateway.restart().await;
    let opens = async |cookie: &str| {
        let stats = gateway.http.get(gateway.url("/api/v1/stats")).header("Cookie", cookie);
        stats.send().await.unwrap().status().as_u16()
    };
    assert_eq!((opens(&ended).await, opens(&other).await), (401, 200));
}

/// A token that is changed in the file opens nothing from then on: no request, no session, and no stream that it opened.
#[tokio::test]
async fn a_changed_token_ends_what_the_old_one_opened() {
    let with = |admin: &str| json!({ "endpoints": [], "server": { "adminToken": admin, "viewerToken": "viewer-secret" } });
    let gateway = Gateway::start(with("old-secret")).await;
    let login = gateway.http.post(gateway.url("/api/v1/login")).json(&json!({ "token": "old-secret" }));
    let cookie = login.send().await.unwrap().headers()["set-cookie"].to_str().unwrap().to_owned();
    let cookie = cookie.split(';').next().unwrap();
    let by_token = async |token: &str| {
        gateway
            .http
            .get(gateway.url("/api/v1/stats"))
            .bearer_auth(token)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    let by_cookie = async || {
        gateway
            .http
            .get(gateway.url("/api/v1/stats"))
            .header("Cookie", cookie)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    let mut watcher = gateway.watch_as("old-secret").await;
    assert_eq!((by_token("old-secret").await, by_cookie().await), (200, 200));
    gateway.reload(&with("new-secret")).await;
    assert_eq!((by_token("old-secret").await, by_cookie().await), (401, 401));
    assert_eq!((by_token("new-secret").await, by_token("viewer-secret").await), (200, 200));
    assert_eq!(watcher.ends().await, "the tokens were changed");
}

/// Wrong tokens are counted by address, wherever they are shown.
#[tokio::test]
async fn guesses_are_counted_at_the_login_in_headers_and_in_cookies_alike() {
    let gateway = Gateway::start_at(
        json!({
            "endpoints": [],
            "server": { "adminToken": "admin-secret", "ingestToken": "ingest-secret", "trustedProxies": ["127.0.0.1"] },
        }),
        standing_clock(),
    )
    .await;
    let get = |address: &str, header: &'static str, shown: &str| {
        let request = gateway.http.get(gateway.url("/api/v1/stats")).header("X-Forwarded-For", address);
        let request = request.header(header, shown);
        async move {
            let response = request.send().await.unwrap();
            let wait = response.headers().get("retry-after").map(|wait| wait.to_str().unwrap().to_owned());
            let status = response.status().as_u16();
            (status, wait, response.json::<Value>().await.unwrap()["code"].clone())
        }
    };
    let bearer =
        async |address: &str, token: &str| get(address, "Authorization", &format!("Bearer {token}")).await;
    let login = |address: &str, token: &str| {
        let request = gateway.http.post(gateway.url("/api/v1/login")).header("X-Forwarded-For", address);
        request.json(&json!({ "token": token })).send()
    };
    let (attacker, owner) = ("192.0.2.66", "192.0.2.1");
    // Three of each kind, and one more.
    for number in 0..3 {
        assert_eq!(bearer(attacker, &format!("wrong-{number}")).await.0, 401);
        let cookie = format!("openclaw_webhooks=admin.9999999999.x.{number}");
        assert_eq!(get(attacker, "Cookie", &cookie).await.0, 401);
        assert_eq!(login(attacker, "wrong").await.unwrap().status(), 401);
    }
    // Who shows nothing guesses nothing, and a token without the right to something is no guess.
    assert_eq!(get(attacker, "Accept", "*/*").await.0, 401);
    assert_eq!(bearer(attacker, "ingest-secret").await.0, 403);
    assert_eq!(bearer(attacker, "wrong-3").await.0, 401);
    let locked = (429, Some("61".to_owned()), json!("too_many_logins"));
    for token in ["wrong-4", "admin-secret"] {
        assert_eq!(bearer(attacker, token).await, locked, "a guess is not even looked at");
    }
    let session = "openclaw_webhooks=admin.9999999999.x.9";
    assert_eq!(get(attacker, "Cookie", session).await, locked);
    assert_eq!(login(attacker, "admin-secret").await.unwrap().status(), 429);
    // What was right from there before goes on, or one program could shut out another.
    assert_eq!(bearer(attacker, "ingest-secret").await.0, 403);
    assert_eq!(bearer(owner, "admin-secret").await.0, 200);
    assert_eq!(get(attacker, "Accept", "*/*").await.0, 401);
    gateway.clock.advance(60_000);
    assert_eq!(bearer(attacker, "admin-secret").await.0, 200);

    // A program that was forgotten when a token changed shows the same old one for ever: it waits alone.
    for _ in 0..10 {
        assert_eq!(bearer(owner, "old").await.0, 401);
    }
    assert_eq!(bearer(owner, "old").await.0, 429);
    assert_eq!(login(owner, "admin-secret").await.unwrap().status(), 204);
    assert_eq!(bearer(owner, "ingest-secret").await.0, 403);
}

/// Neither the audit nor the time it takes to write it tells an address that has to wait what a token is worth.
#[tokio::test]
async fn while_an_address_has_to_wait_only_that_is_noted() {
    let gateway = Gateway::start_at(
        json!({ "endpoints": [], "server": { "adminToken": "admin-secret", "trustedProxies": ["127.0.0.1"] } }),
        standing_clock(),
    )
    .await;
    let attacker = "192.0.2.66";
    let post = async |path: &str, token: &str| {
        let request = gateway.http.post(gateway.url(path)).header("X-Forwarded-For", attacker);
        let request = request.bearer_auth(token).json(&json!({ "token": token }));
        request.send().await.unwrap().status().as_u16()
    };
    let lock = async || {
        for number in 0..10 {
            assert_eq!(post("/api/v1/endpoints/x/pause", &format!("wrong-{number}")).await, 401);
        }
    };
    let noted = async || {
        let request = gateway.http.get(gateway.url("/api/v1/audit")).bearer_auth("admin-secret");
        let audit: Value = request.send().await.unwrap().json().await.unwrap();
        let items = audit["items"].as_array().unwrap().clone();
        items
            .iter()
            .map(|entry| json!([entry["who"], entry["action"], entry["statusCode"], entry["address"]]))
            .collect::<Vec<_>>()
    };
    let lockout = json!(["nobody", "login", 429, attacker]);
    lock().await;
    assert_eq!(noted().await, slice::from_ref(&lockout));
    for token in ["admin-secret", "wrong"] {
        for path in ["/api/v1/endpoints/x/pause", "/api/v1/login"] {
            assert_eq!(post(path, token).await, 429, "{path} with {token}");
        }
        // It asks for no token, and says nothing of the one that is shown.
        assert_eq!(post("/api/v1/logout", token).await, 204);
    }
    assert_eq!(noted().await, slice::from_ref(&lockout));
    gateway.clock.advance(60_000);
    lock().await;
    assert_eq!(noted().await, [lockout.clone(), lockout]);
}

/// Who has many addresses can fail to log in from each, and fills no disk by it.
#[tokio::test]
async fn of_many_failed_logins_the_audit_notes_some() {
    let gateway = Gateway::start_at(
        json!({ "endpoints": [], "server": { "adminToken": "admin-secret", "trustedProxies": ["127.0.0.1"] } }),
        standing_clock(),
    )
    .await;
    let login = |number: usize, token: &'static str| {
        let request = gateway.http.post(gateway.url("/api/v1/login"));
        let request = request.header("X-Forwarded-For", format!("192.0.2.{}", number % 100));
        request.json(&json!({ "token": token })).send()
    };
    for number in 0..300 {
        assert_eq!(login(number, "wrong").await.unwrap().status(), 401);
    }
    assert_eq!(login(0, "admin-secret").await.unwrap().status(), 204);
    let request = gateway.http.get(gateway.url("/api/v1/audit?limit=500")).bearer_auth("admin-secret");
    let audit: Value = request.send().await.unwrap().json().await.unwrap();
    let of = |status: u16| {
        audit["items"].as_array().unwrap().iter().filter(|entry| entry["statusCode"] == status).count()
    };
    assert_eq!((of(401), of(204)), (60, 1));
}
