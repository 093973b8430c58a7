//! TLS: certificates good and bad, HTTP/2 by negotiation, and servers that speak something else.

use super::receiver::reset;
use super::*;
use crate::net::{Clients, TlsFiles};
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, Certificate, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use std::convert::Infallible;
use tokio::io::AsyncReadExt;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

/// An authority of the test's own.
struct Authority {
    certificate: Certificate,
    issuer: Issuer<'static, KeyPair>,
    roots: RootCertStore,
}

fn authority() -> Authority {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "the test's authority");
    let mut roots = RootCertStore::empty();
    let certificate = params.self_signed(&key).unwrap();
    roots.add(certificate.der().clone()).unwrap();
    Authority { certificate, issuer: Issuer::new(params, key), roots }
}

fn certificate_for(name: &str) -> CertificateParams {
    CertificateParams::new(vec![name.to_owned()]).unwrap()
}

impl Authority {
    /// A TLS server whose certificate this authority signs.
    async fn serve(&self, params: CertificateParams, protocols: &[&str]) -> Receiver {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        serve(&certificate, &key, protocols).await
    }

    /// A client that trusts this authority alone.
    fn client(&self) -> Client {
        Client::of(self.dialler())
    }

    fn dialler(&self) -> Dialler {
        Dialler {
            rules: AddressRules::new(["a.test".parse().unwrap(), "127.0.0.1".parse().unwrap()]),
            resolver: names("a.test", &["127.0.0.1"]),
            tls: Tls::trusting(self.roots.clone()).unwrap(),
        }
    }
}

/// The HTTP version, the host and the path that were asked for.
async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let host = request.uri().authority().map(ToString::to_string);
    let host = host.unwrap_or_else(|| request.headers()["host"].to_str().unwrap().to_owned());
    let text = format!("{:?} {host} {}", request.version(), request.uri().path());
    Ok(Response::new(Full::new(Bytes::from(text))))
}

/// A TLS server whose answers repeat what was asked for.
async fn serve(certificate: &Certificate, key: &KeyPair, protocols: &[&str]) -> Receiver {
    serve_those_with(None, certificate, key, protocols).await
}

/// The same; with `clients` it answers only those who show a certificate signed by one of them.
async fn serve_those_with(
    clients: Option<RootCertStore>,
    certificate: &Certificate,
    key: &KeyPair,
    protocols: &[&str],
) -> Receiver {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(ring::default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let config = match clients {
        Some(roots) => {
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            config.with_client_cert_verifier(verifier.build().unwrap())
        }
        None => config.with_no_client_auth(),
    };
    let mut config = config.with_single_cert(vec![certificate.der().clone()], key).unwrap();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    Receiver::start(move |stream, seen| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(stream) = acceptor.accept(stream).await else { return };
            seen.send("connected".to_owned()).unwrap();
            let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            let answer = service_fn(answer);
            let io = TokioIo::new(stream);
            if http2 {
                let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                let _ = server.serve_connection(io, answer).await;
            } else {
                let _ = hyper::server::conn::http1::Builder::new().serve_connection(io, answer).await;
            }
        }
    })
    .await
}

/// An endpoint's own authority and certificate, as files.
#[tokio::test]
async fn an_endpoints_own_files_say_whom_to_trust_and_who_we_are() {
    let authority = authority();
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file
    };
    let key = KeyPair::generate().unwrap();
    let certificate = certificate_for("a.test").signed_by(&key, &authority.issuer).unwrap();
    let receiver = serve_those_with(Some(authority.roots.clone()), &certificate, &key, &["http/1.1"]).await;
    let own_key = KeyPair::generate().unwrap();
    let own = certificate_for("gateway").signed_by(&own_key, &authority.issuer).unwrap();
    let files = TlsFiles {
        ca: Some(write("ca.pem", authority.certificate.pem())),
        client: Some((write("own.pem", own.pem()), write("own.key", own_key.serialize_pem()))),
    };
    let nobody = Tls::trusting(RootCertStore::empty()).unwrap();
    let stranger = Client::of(Dialler { tls: nobody, ..authority.dialler() });
    let clients = Clients::new(stranger);

    let known = clients.get(Some(&files)).unwrap();
    assert_eq!(known.send(post(&https(&receiver)), AMPLE).await.result.unwrap().status, 200);
    let trusting = TlsFiles { client: None, ..files.clone() };
    let nameless = clients.get(Some(&trusting)).unwrap();
    let refused = nameless.send(post(&https(&receiver)), AMPLE).await;
    assert_eq!(failed(&refused).0, Reason::Tls, "{}", failed(&refused).1);
    assert_eq!(failed(&clients.get(None).unwrap().send(post(&https(&receiver)), AMPLE).await).0, Reason::Tls);

    // A file that is gone or wrong is told by its key.
    let Err(failure) = clients.get(Some(&TlsFiles { ca: Some("/no/such.pem".into()), client: None })) else {
        panic!("a file that isn't there")
    };
    assert_eq!(failure.reason, Reason::Misconfigured);
    assert!(failure.detail.contains("tls.caFile (/no/such.pem)"), "{}", failure.detail);
    let empty = TlsFiles { ca: Some(write("empty.pem", String::new())), client: None };
    assert!(clients.get(Some(&empty)).is_err());
}

fn https(receiver: &Receiver) -> String {
    format!("https://a.test:{}/hook", receiver.address.port())
}

async fn tls_failure(client: &Client, url: &str, limits: Limits) -> String {
    let exchange = client.send(post(url), limits).await;
    let (reason, detail) = failed(&exchange);
    assert_eq!(reason, Reason::Tls, "{detail}");
    assert!(exchange.timings.tls.is_some() && exchange.timings.ttfb.is_none());
    detail.to_owned()
}

#[tokio::test]
async fn http1_and_http2_go_over_tls_and_are_kept() {
    let authority = authority();
    for (protocols, version) in
        [(&["h2", "http/1.1"][..], "HTTP/2.0"), (&["http/1.1"], "HTTP/1.1"), (&[], "HTTP/1.1")]
    {
        let mut receiver = authority.serve(certificate_for("a.test"), protocols).await;
        let client = authority.client();
        for round in 0..3 {
            let exchange = client.send(post(&https(&receiver)), AMPLE).await;
            let answer = exchange.result.unwrap();
            assert_eq!(answer.body, format!("{version} a.test:{} /hook", receiver.address.port()));
            assert_eq!(exchange.timings.tls.is_some(), round == 0);
            assert_eq!(exchange.timings.dns.is_some(), round == 0);
            assert_eq!(exchange.remote_address, Some(receiver.address));
        }
        assert_eq!(receiver.seen(), ["connected"]);
    }
}

#[tokio::test]
async fn many_requests_share_an_http2_connection() {
    let authority = authority();
    let mut receiver = authority.serve(certificate_for("a.test"), &["h2"]).await;
    let client = authority.client();
    client.send(post(&https(&receiver)), AMPLE).await.result.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let (client, request) = (client.clone(), post(&https(&receiver)));
        tasks.spawn(async move { client.send(request, AMPLE).await });
    }
    while let Some(exchange) = tasks.join_next().await {
        let exchange = exchange.unwrap();
        assert_eq!(exchange.result.unwrap().status, 200);
        assert_eq!(exchange.timings.connect, None);
    }
    assert_eq!(receiver.seen(), ["connected"]);
}

#[tokio::test]
async fn a_self_signed_certificate_is_tls() {
    let key = KeyPair::generate().unwrap();
    let receiver = serve(&certificate_for("a.test").self_signed(&key).unwrap(), &key, &[]).await;
    let of_nobody = format!("the certificate of {} is not signed by an authority", receiver.address);
    let detail = tls_failure(&authority().client(), &https(&receiver), AMPLE).await;
    assert!(detail.starts_with(&of_nobody), "{detail}");
    let system = client_with(&["a.test"], names("a.test", &["127.0.0.1"]));
    let detail = tls_failure(&system, &https(&receiver), AMPLE).await;
    assert!(detail.starts_with(&of_nobody), "{detail}");

    let nobody = Authority { roots: RootCertStore::empty(), ..authority() }.client();
    let detail = tls_failure(&nobody, &https(&receiver), AMPLE).await;
    assert!(
        detail.ends_with("(this machine trusts no authority at all: install its CA certificates)"),
        "{detail}"
    );
}

#[tokio::test]
async fn a_certificate_that_no_trusted_authority_signed_is_tls() {
    let receiver = authority().serve(certificate_for("a.test"), &[]).await;
    // The same name, another key.
    let detail = tls_failure(&authority().client(), &https(&receiver), AMPLE).await;
    assert_eq!(detail, format!("the certificate of {} is not acceptable: bad signature", receiver.address));

    let mut params = certificate_for("a.test");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let receiver = serve(&params.self_signed(&key).unwrap(), &key, &[]).await;
    let detail = tls_failure(&authority().client(), &https(&receiver), AMPLE).await;
    assert_eq!(
        detail,
        format!("the certificate of {} is self-signed or made for another use", receiver.address)
    );
}

#[tokio::test]
async fn an_expired_certificate_is_tls_and_says_since_when() {
    let authority = authority();
    let mut params = certificate_for("a.test");
    params.not_before = date_time_ymd(2019, 1, 1);
    params.not_after = date_time_ymd(2020, 2, 3);
    let receiver = authority.serve(params, &[]).await;
    let detail = tls_failure(&authority.client(), &https(&receiver), AMPLE).await;
    assert_eq!(detail, format!("the certificate of {} expired on 2020-02-03", receiver.address));
}

#[tokio::test]
async fn a_certificate_of_the_future_is_tls_and_says_from_when() {
    let authority = authority();
    let mut params = certificate_for("a.test");
    params.not_before = date_time_ymd(3000, 1, 2);
    params.not_after = date_time_ymd(3001, 1, 1);
    let receiver = authority.serve(params, &[]).await;
    let detail = tls_failure(&authority.client(), &https(&receiver), AMPLE).await;
    assert_eq!(detail, format!("the certificate of {} is not valid before 3000-01-02", receiver.address));
}

#[tokio::test]
async fn a_certificate_of_another_host_is_tls_and_names_both() {
    let authority = authority();
    let receiver = authority.serve(certificate_for("b.test"), &[]).await;
    let detail = tls_failure(&authority.client(), &https(&receiver), AMPLE).await;
    assert_eq!(detail, format!("the certificate of {} is not for a.test but for b.test", receiver.address));
    let url = format!("https://{}/", receiver.address);
    let detail = tls_failure(&authority.client(), &url, AMPLE).await;
    assert_eq!(
        detail,
        format!("the certificate of {} is not for 127.0.0.1 but for b.test", receiver.address)
    );
}

#[tokio::test]
async fn plain_http_behind_an_https_url_is_tls() {
    let receiver = Receiver::start(|mut stream, _| async move {
        let mut greeting = [0; 64];
        stream.read_exact(&mut greeting).await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let detail = tls_failure(&authority().client(), &https(&receiver), AMPLE).await;
    let expected = "answered the TLS handshake with something else: it may speak plain http";
    assert_eq!(detail, format!("{} {expected}", receiver.address));
}

#[tokio::test]
async fn a_handshake_that_is_broken_off_is_tls() {
    for by_reset in [false, true] {
        let receiver = Receiver::start(move |mut stream, _| async move {
            stream.read_exact(&mut [0; 64]).await.unwrap();
            if by_reset {
                reset(stream);
            }
        })
        .await;
        let detail = tls_failure(&authority().client(), &https(&receiver), AMPLE).await;
        assert_eq!(detail, format!("{} closed the connection during the TLS handshake", receiver.address));
    }
}

#[tokio::test]
async fn a_handshake_that_does_not_end_is_tls() {
    let receiver = Receiver::start(|mut stream, _| async move {
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let detail = tls_failure(&authority().client(), &https(&receiver), SHORT).await;
    assert_eq!(detail, format!("{} did not finish the TLS handshake within 1000 ms", receiver.address));
}
