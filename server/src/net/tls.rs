//! TLS for the connections: whom to trust, and what a failed handshake means.
//!
//! The roots are the system's own, read by `rustls-native-certs`: the same files on every Linux, nothing fetched
//! over the network while checking, and `SSL_CERT_FILE` or `SSL_CERT_DIR` to add an authority of one's own.

mod files;

pub use files::TlsFiles;

use super::failure::{Failure, source};
use files::system_roots;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::WantsClientCert;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::{self, CertificateError, ClientConfig, ConfigBuilder, RootCertStore};
use wire::Reason;

/// The TLS half of dialling; cheap to clone.
#[derive(Clone)]
pub(super) struct Tls {
    connector: TlsConnector,
    nobody_trusted: bool,
}

impl Tls {
    /// Trusts whom the system trusts. A machine without any roots can still send to http URLs.
    pub(super) fn of_system() -> Result<Self, rustls::Error> {
        Self::trusting(system_roots())
    }

    /// Trusts `roots` alone.
    pub(super) fn trusting(roots: RootCertStore) -> Result<Self, rustls::Error> {
        Self::with(roots, |config| Ok(config.with_no_client_auth()))
    }

    /// Trusts `roots` alone, and shows a certificate to servers that ask for one.
    fn showing(
        roots: RootCertStore,
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, rustls::Error> {
        Self::with(roots, |config| config.with_client_auth_cert(chain, key))
    }

    fn with(
        roots: RootCertStore,
        identify: impl FnOnce(ConfigBuilder<ClientConfig, WantsClientCert>) -> Result<ClientConfig, rustls::Error>,
    ) -> Result<Self, rustls::Error> {
        let nobody_trusted = roots.is_empty();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots);
        let mut config = identify(config)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), nobody_trusted })
    }

    /// Makes the connection to `peer` a TLS connection to `name`.
    pub(super) async fn shake_hands(
        &self,
        name: ServerName<'static>,
        tcp: TcpStream,
        peer: SocketAddr,
    ) -> Result<TlsStream<TcpStream>, Failure> {
        self.connector.connect(name, tcp).await.map_err(|error| {
            let mut failure = failure(&error, peer).unwrap_or_else(|| {
                Failure::new(Reason::Tls, format!("{peer} closed the connection during the TLS handshake"))
            });
            if self.nobody_trusted {
                failure.detail += " (this machine trusts no authority at all: install its CA certificates)";
            }
            failure
        })
    }
}

/// Whether the handshake ended in HTTP/2.
pub(super) fn chose_http2(stream: &TlsStream<TcpStream>) -> bool {
    stream.get_ref().1.alpn_protocol() == Some(b"h2")
}

/// The failure that `error` is where TLS is at fault. Over TLS 1.3 a server may refuse after the handshake.
pub(super) fn failure(error: &io::Error, peer: SocketAddr) -> Option<Failure> {
    let error = error.get_ref().and_then(|inner| source::<rustls::Error>(inner))?;
    let detail = match error {
        rustls::Error::InvalidCertificate(error) => certificate_fault(error, peer),
        rustls::Error::InvalidMessage(_) => {
            format!("{peer} answered the TLS handshake with something else: it may speak plain http")
        }
        rustls::Error::AlertReceived(alert) => {
            format!("{peer} refused the TLS connection with the alert {}", in_words(&format!("{alert:?}")))
        }
        rustls::Error::PeerIncompatible(why) => {
            format!("{peer} and this gateway share no way to speak TLS: {}", in_words(&format!("{why:?}")))
        }
        error => format!("no TLS connection to {peer}: {error}"),
    };
    Some(Failure::new(Reason::Tls, detail))
}

fn certificate_fault(error: &CertificateError, peer: SocketAddr) -> String {
    match error {
        CertificateError::Expired => format!("the certificate of {peer} has expired"),
        CertificateError::ExpiredContext { not_after, .. } => {
            format!("the certificate of {peer} expired on {}", day(*not_after))
        }
        CertificateError::NotValidYet => format!("the certificate of {peer} is not valid yet"),
        CertificateError::NotValidYetContext { not_before, .. } => {
            format!("the certificate of {peer} is not valid before {}", day(*not_before))
        }
        CertificateError::NotValidForNameContext { expected, presented } => {
            let names: Vec<_> = presented.iter().take(5).map(|name| in_names(name)).collect();
            let names = if names.is_empty() { "no name".to_owned() } else { names.join(", ") };
            format!("the certificate of {peer} is not for {} but for {names}", expected.to_str())
        }
        CertificateError::UnknownIssuer => format!(
            "the certificate of {peer} is not signed by an authority that this machine trusts \
             (self-signed, or an intermediate certificate is missing)"
        ),
        CertificateError::Revoked => format!("the certificate of {peer} is revoked"),
        CertificateError::Other(_) => {
            format!("the certificate of {peer} is self-signed or made for another use")
        }
        error => format!("the certificate of {peer} is not acceptable: {}", in_words(&error.to_string())),
    }
}

/// `DnsName("a.test")`, as the verifier lists a certificate's names, is `a.test`.
fn in_names(presented: &str) -> &str {
    presented.split('"').nth(1).unwrap_or(presented)
}

fn day(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    chrono::DateTime::from_timestamp(seconds, 0)
        .map_or_else(|| "a day out of range".to_owned(), |day| day.format("%Y-%m-%d").to_string())
}

/// `HandshakeFailure`, as the library names it, is `handshake failure`; a sentence stays as it is.
fn in_words(name: &str) -> String {
    if name.contains(' ') {
        return name.to_owned();
    }
    let mut words = String::with_capacity(name.len() + 4);
    for character in name.chars() {
        if character.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(character.to_lowercase());
    }
    words
}
