//! An endpoint's own certificates: an authority beside the system's, and what this gateway shows for itself.

use super::Tls;
use crate::net::failure::Failure;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use wire::Reason;

/// Files in PEM (RFC 7468), read when the first connection needs them and again after they changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TlsFiles {
    /// Authorities that are trusted beside the system's.
    pub ca: Option<PathBuf>,
    /// The certificate chain that the gateway shows, and its key.
    pub client: Option<(PathBuf, PathBuf)>,
}

impl TlsFiles {
    /// When each of the files was changed last.
    pub(in crate::net) fn changed(&self) -> Vec<Option<SystemTime>> {
        let client = self.client.iter().flat_map(|(certificate, key)| [certificate, key]);
        self.ca.iter().chain(client).map(|file| std::fs::metadata(file).ok()?.modified().ok()).collect()
    }

    /// TLS that goes by these files.
    pub(in crate::net) fn read(&self) -> Result<Tls, Failure> {
        let mut roots = system_roots();
        if let Some(file) = &self.ca {
            for certificate in certificates(file, "caFile")? {
                roots.add(certificate).map_err(|error| wrong("caFile", file, &error))?;
            }
        }
        let Some((certificate_file, key_file)) = &self.client else {
            return Tls::trusting(roots).map_err(|error| misconfigured(error.to_string()));
        };
        let chain = certificates(certificate_file, "clientCertFile")?;
        let key = PrivateKeyDer::from_pem_file(key_file)
            .map_err(|error| wrong("clientKeyFile", key_file, &error))?;
        Tls::showing(roots, chain, key).map_err(|error| {
            misconfigured(format!(
                "tls.clientCertFile ({}) and tls.clientKeyFile can't be used together: {error}",
                certificate_file.display()
            ))
        })
    }
}

fn certificates(file: &Path, key: &str) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let read: Result<Vec<_>, pem::Error> = CertificateDer::pem_file_iter(file).and_then(Iterator::collect);
    match read {
        Ok(certificates) if certificates.is_empty() => {
            Err(wrong(key, file, &"it holds no certificate in PEM"))
        }
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(wrong(key, file, &error)),
    }
}

fn wrong(key: &str, file: &Path, error: &dyn std::fmt::Display) -> Failure {
    misconfigured(format!("tls.{key} ({}) can't be used: {error}", file.display()))
}

fn misconfigured(detail: String) -> Failure {
    Failure::new(Reason::Misconfigured, detail)
}

/// The system's authorities.
pub(super) fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}
