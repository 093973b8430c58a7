//! A gateway behind a proxy that speaks TLS: the API and the live stream through it.

use crate::program::{Running, finish, program};
use crate::support::Gateway;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// Passes connections on to `target`; the authority of its certificate stands in `folder`.
async fn proxy(target: SocketAddr, folder: &TempDir) -> SocketAddr {
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.distinguished_name.push(DnType::CommonName, "the test's authority");
    std::fs::write(folder.path().join("ca.pem"), authority.self_signed(&authority_key).unwrap().pem())
        .unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()])
        .unwrap()
        .signed_by(&key, &Issuer::new(authority, authority_key))
        .unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // Who does not trust us hangs up.
                let Ok(mut client) = acceptor.accept(client).await else { return };
                let mut server = TcpStream::connect(target).await.unwrap();
                let _ = copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    address
}

#[tokio::test]
async fn a_gateway_behind_tls_is_asked_and_followed() {
    let receiver = crate::support::Receiver::healthy().await;
    let endpoint = json!({ "name": "crm", "url": receiver.url(), "events": ["*"] });
    let gateway = Gateway::start(json!({ "endpoints": [endpoint] })).await;
    let folder = tempfile::tempdir().unwrap();
    let address = proxy(gateway.server.address, &folder).await;
    let url = format!("https://localhost:{}/", address.port());
    let trusting = |words: &[&str]| {
        let mut command = program(&[words, &["--url", &url]].concat(), &folder);
        command.env("SSL_CERT_FILE", folder.path().join("ca.pem"));
        command
    };
    let ran = finish(trusting(&["endpoints", "--json"]), "").await;
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    assert_eq!(ran.json()[0]["name"], "crm");

    let mut tail = Running::of(trusting(&["tail", "--json"]));
    let id = gateway.event(&crate::support::event("tool.called", "main")).await;
    let delivery: serde_json::Value = serde_json::from_str(&tail.line().await).unwrap();
    assert_eq!(delivery["eventId"], id);

    let empty = tempfile::tempdir().unwrap();
    let mut stranger = program(&["list", "--url", &url], &empty);
    stranger.env("SSL_CERT_FILE", "/dev/null").env("SSL_CERT_DIR", empty.path());
    let ran = finish(stranger, "").await;
    assert_eq!(ran.status, 3);
    assert!(ran.err.contains("TLS failed: invalid peer certificate: UnknownIssuer"), "{}", ran.err);
}
