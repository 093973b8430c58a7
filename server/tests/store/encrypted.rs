//! The connection to PostgreSQL is encrypted where its URL asks for it.

use crate::postgres::Server;
use rcgen::{CertificateParams, KeyPair};
use server::store::Store;
use std::path::Path;
use tempfile::TempDir;

/// A certificate for this machine, and its key, in files that the server may read.
fn certificate(folder: &Path) -> String {
    let key = KeyPair::generate().unwrap();
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let certificate = CertificateParams::new(names).unwrap().self_signed(&key).unwrap();
    std::fs::write(folder.join("server.crt"), certificate.pem()).unwrap();
    std::fs::write(folder.join("server.key"), key.serialize_pem()).unwrap();
    std::fs::write(folder.join("other.crt"), {
        let key = KeyPair::generate().unwrap();
        CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap().pem()
    })
    .unwrap();
    folder.join("server.crt").display().to_string()
}

#[tokio::test]
async fn the_connection_is_encrypted_where_the_url_asks_for_it() {
    let keys: TempDir = tempfile::tempdir().unwrap();
    let trusted = certificate(keys.path());
    Server::hand_over(keys.path());
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let file = |name: &str| keys.path().join(name).display().to_string();
    let (crt, key) = (file("server.crt"), file("server.key"));
    let server = Server::start(
        tempfile::tempdir().unwrap(),
        &[
            "fsync=off",
            "listen_addresses=127.0.0.1",
            &format!("port={port}"),
            "ssl=on",
            &format!("ssl_cert_file={crt}"),
            &format!("ssl_key_file={key}"),
        ],
    );
    server.create("encrypted");
    let url = |mode: &str| format!("postgres://postgres@127.0.0.1:{port}/encrypted?sslmode={mode}");
    let checked = format!("{}&sslrootcert={trusted}", url("verify-full"));
    let store = Store::open(&checked).await.unwrap();
    let Store::Postgres { work, .. } = &store else { panic!("PostgreSQL") };
    let is_encrypted: bool = sqlx::query_scalar("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        .fetch_one(work)
        .await
        .unwrap();
    assert!(is_encrypted);
    store.close().await;
    for wrong in [url("verify-full"), format!("{}&sslrootcert={}", url("verify-full"), file("other.crt"))] {
        let error = Store::open(&wrong).await.unwrap_err().to_string();
        assert!(error.contains("certificate"), "{error}");
    }
}
