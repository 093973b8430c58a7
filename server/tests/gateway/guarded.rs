//! The guard of addresses end to end: in a network of its own, which has the forbidden addresses and no way out.

use crate::support::{Answer, Gateway, Receiver, event};
use serde_json::json;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::TcpListener;
use wire::{DeliveryStatus, Reason};

/// Runs the test below in a network namespace where the addresses are this process's own.
#[test]
fn forbidden_addresses_are_never_dialled() {
    let script = "ip link set lo up \
        && ip addr add 169.254.169.254/32 dev lo && ip addr add 10.1.2.3/32 dev lo && ip addr add fd00:ec2::254/128 dev lo nodad \
        && exec \"$0\" --exact guarded::inside_a_closed_network --include-ignored";
    let ours = std::env::current_exe().unwrap();
    let run =
        Command::new("unshare").args(["--map-root-user", "--net", "sh", "-c", script]).arg(ours).output();
    let run = run.expect("unshare, of util-linux");
    let said = String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success() && said.contains("1 passed"), "{said}");
}

/// A listener that counts who comes.
async fn trap(address: &str) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind((address, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let caught = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&caught);
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    (port, caught)
}

#[tokio::test]
#[ignore = "dials forbidden addresses if it fails: only within a closed network"]
async fn inside_a_closed_network() {
    // Nothing but the loopback device: a fault of ours can't leave the machine.
    let devices: Vec<_> = std::fs::read_dir("/sys/class/net").unwrap().flatten().collect();
    let routes = std::fs::read_to_string("/proc/self/net/route").unwrap();
    assert_eq!(routes.lines().count(), 1, "there is a way out: {devices:?} {routes}");

    let (metadata, at_metadata) = trap("169.254.169.254").await;
    let (metadata6, at_metadata6) = trap("fd00:ec2::254").await;
    let (private, at_private) = trap("10.1.2.3").await;
    let location = format!("http://169.254.169.254:{metadata}/latest/meta-data");
    let redirecting = Receiver::start([Answer(302, vec![("location", location)], String::new())]).await;
    let forbidden = [
        format!("http://169.254.169.254:{metadata}/"),
        // The same address by its number, in octal, and mapped into IPv6.
        format!("http://2852039166:{metadata}/"),
        format!("http://0251.0376.0251.0376:{metadata}/"),
        format!("http://[::ffff:169.254.169.254]:{metadata}/"),
        format!("http://[64:ff9b::a9fe:a9fe]:{metadata}/"),
        format!("http://[fd00:ec2::254]:{metadata6}/"),
        format!("http://10.1.2.3:{private}/"),
    ];
    let mut endpoints: Vec<_> = forbidden
        .iter()
        .enumerate()
        .map(|(index, url)| json!({ "name": format!("forbidden-{index}"), "url": url, "events": ["*"], "retry": { "maxAttempts": 1 } }))
        .collect();
    endpoints.push(json!({ "name": "redirecting", "url": redirecting.url(), "events": ["*"], "retry": { "maxAttempts": 1 } }));
    let gateway = Gateway::start(json!({
        "endpoints": endpoints,
        // Even who allows every private net does not allow metadata.
        "network": { "allow": ["127.0.0.0/8", "169.254.0.0/16", "fc00::/7"] },
    }))
    .await;
    let mut watcher = gateway.watch().await;
    gateway.event(&event("tool.called", "main")).await;
    for _ in 0..endpoints.len() {
        let failed = watcher.delivery(DeliveryStatus::Failed).await;
        let expected =
            if failed.endpoint == "redirecting" { Reason::Http3xx } else { Reason::BlockedAddress };
        assert_eq!(failed.last_reason, Some(expected), "{}", failed.endpoint);
    }
    for index in 0..forbidden.len() {
        let (_, check) = gateway.post(&format!("/api/v1/endpoints/forbidden-{index}/check"), "").await;
        assert_eq!(
            (&check["reachable"], &check["reason"]),
            (&json!(false), &json!("blocked_address")),
            "{check}"
        );
    }
    for caught in [at_metadata, at_metadata6, at_private] {
        assert_eq!(caught.load(Ordering::SeqCst), 0);
    }
    assert_eq!(redirecting.count(), 1);
}
