//! Empty databases to test on: files of SQLite, or a PostgreSQL server of the tests' own.

use crate::postgres::Server;
use server::store::Store;
use tempfile::TempDir;

/// Where empty databases come from.
pub(crate) struct Databases {
    kind: Kind,
    made: u32,
    last_url: String,
}

enum Kind {
    Sqlite(TempDir),
    Postgres(Server),
}

impl Databases {
    pub(crate) fn sqlite() -> Self {
        Self { kind: Kind::Sqlite(tempfile::tempdir().unwrap()), made: 0, last_url: String::new() }
    }

    pub(crate) fn postgres() -> Self {
        Self {
            kind: Kind::Postgres(Server::start(tempfile::tempdir().unwrap(), &["fsync=off"])),
            made: 0,
            last_url: String::new(),
        }
    }

    /// An empty store of this kind.
    pub(crate) async fn fresh(&mut self) -> Store {
        self.made += 1;
        let url = match &self.kind {
            Kind::Sqlite(folder) => {
                format!("sqlite://{}", folder.path().join(format!("{}.db", self.made)).display())
            }
            Kind::Postgres(server) => server.create(&format!("store_{}", self.made)),
        };
        self.last_url.clone_from(&url);
        Store::open(&url).await.unwrap()
    }

    /// Where the last one is.
    pub(crate) fn last_url(&self) -> String {
        self.last_url.clone()
    }
}
