//! `backup`: copies the database to a file while the gateway runs.

use super::end::{Failure, Verdict};
use super::out::Out;
use super::plain;
use crate::store;
use std::path::{Path, PathBuf};

pub(super) const EXAMPLES: &str = "\
Examples:
  openclaw-webhooks backup /var/backups/openclaw-webhooks.db
  openclaw-webhooks backup --config /etc/openclaw-webhooks/openclaw.json5 today.db

The copy is the database as it was at one moment; the gateway goes on meanwhile. Of the configuration only
webhooks.server.database is read: no other variable of the gateway's has to be set. To restore it, stop the gateway, put the
copy in the place of the database (and remove the files beside that end in -wal and -shm), and start it again. It holds what
the database holds: bodies, and the secrets of endpoints made through the API. PostgreSQL has pg_dump.";

/// Where the copy goes.
#[derive(Debug, clap::Args)]
pub(super) struct Backup {
    /// A file that is not there yet
    file: PathBuf,
    /// The configuration; else `OPENCLAW_WEBHOOKS_CONFIG`, else ./openclaw.json5
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(super) async fn run(backup: Backup) -> Result<Verdict, Failure> {
    let database = super::database(backup.config.as_deref())?;
    if !database.value().starts_with("sqlite:") {
        let text = "only SQLite is backed up by this command; PostgreSQL has pg_dump";
        return Err(Failure::Use(text.to_owned()));
    }
    let (url, to) = (database.value().to_owned(), backup.file.clone());
    let copied = tokio::task::spawn_blocking(move || store::back_up(&url, &to)).await;
    let bytes = copied
        .map_err(|error| Failure::Problem(error.to_string()))?
        .map_err(|error| Failure::Problem(error.to_string()))?;
    Out::new(false).line(format!("{}: {bytes} bytes, checked", shown(&backup.file)))?;
    Ok(Verdict::Done)
}

fn shown(file: &Path) -> String {
    plain::line(&file.display().to_string()).into_owned()
}
