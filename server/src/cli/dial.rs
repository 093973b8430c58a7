//! Connections of the command line: to the gateway's API and stream, and to where `listen` forwards.
//!
//! One way for HTTP and the live stream, with the roots that the system trusts; no proxy stands between.

use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use url::Url;

/// Longer than any network takes that is worth waiting for.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection, encrypted or not.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// Connects to the host of `url`; the error says in words why not.
pub(super) async fn dial(url: &Url) -> Result<Box<dyn Stream>, String> {
    let host = url.host_str().unwrap_or_default();
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host).to_owned();
    let port = url.port_or_known_default().unwrap_or(80);
    let tcp = timeout(PATIENCE, TcpStream::connect((host.as_str(), port)))
        .await
        .map_err(|_| format!("no connection within {} s", PATIENCE.as_secs()))?
        .map_err(|error| in_words(&error))?;
    // A socket that can't be told so still works.
    let _ = tcp.set_nodelay(true);
    if !matches!(url.scheme(), "https" | "wss") {
        return Ok(Box::new(tcp));
    }
    let name = ServerName::try_from(host).map_err(|error| error.to_string())?;
    let shaken = timeout(PATIENCE, tls()?.connect(name, tcp))
        .await
        .map_err(|_| "no TLS handshake in time".to_owned())?;
    Ok(Box::new(shaken.map_err(|error| format!("TLS failed: {error}"))?))
}

fn tls() -> Result<TlsConnector, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

fn in_words(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        _ => error.to_string(),
    }
}
