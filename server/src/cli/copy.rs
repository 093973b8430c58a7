//! `copy`: moves a gateway from SQLite to PostgreSQL.

use super::end::{Failure, Verdict};
use super::out::{self, Out};
use super::{plain, progress};
use crate::store::{Copied, Copy, Store};
use serde_json::json;

pub(super) const EXAMPLES: &str = "\
Examples:
  openclaw-webhooks copy --from sqlite://openclaw-webhooks.db --to postgres://webhooks@db.example/webhooks

Stop the gateway first. Everything is copied: events, deliveries, attempts, hits, runs, endpoints, checks, figures and the
audit; then both are read once more and compared, by counts and checksums. A copy that is broken off goes on where it was
when it is started again. The file stays as it is. Afterwards set webhooks.server.database to the new one.";

/// From where, and to where.
#[derive(Debug, clap::Args)]
pub(super) struct CopyArgs {
    /// The SQLite file
    #[arg(long, value_name = "sqlite://FILE")]
    from: String,
    /// An empty PostgreSQL database
    #[arg(long, value_name = "postgres://…")]
    to: String,
    /// One JSON object a table
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(copy: CopyArgs) -> Result<Verdict, Failure> {
    if !copy.from.starts_with("sqlite:") {
        return Err(Failure::Use("--from takes a SQLite file, as sqlite://openclaw-webhooks.db".to_owned()));
    }
    if !copy.to.starts_with("postgres://") && !copy.to.starts_with("postgresql://") {
        let text = "--to takes a PostgreSQL database, as postgres://USER:PASSWORD@HOST/DATABASE";
        return Err(Failure::Use(text.to_owned()));
    }
    let file = copy.from.trim_start_matches("sqlite:").trim_start_matches("//");
    if !std::path::Path::new(file.split('?').next().unwrap_or(file)).exists() {
        return Err(Failure::Problem(format!("--from: there is no file {}", plain::line(file))));
    }
    let failed = |error: crate::store::StoreError| Failure::Problem(error.to_string());
    let from = Store::open(&copy.from).await.map_err(failed)?;
    let to = Store::open(&copy.to).await.map_err(failed)?;
    let copied = copy_all(&from, &to).await.map_err(failed)?;
    from.close().await;
    to.close().await;
    show(Out::new(copy.json), &copied)?;
    Ok(Verdict::Done)
}

async fn copy_all(from: &Store, to: &Store) -> Result<Vec<Copied>, crate::store::StoreError> {
    let copy = Copy::begin(from, to).await?;
    let bar = progress::bar(copy.rows().await?);
    copy.run(|rows| bar.inc(rows)).await?;
    bar.set_message("comparing");
    let copied = copy.compare().await;
    bar.finish_and_clear();
    copied
}

fn show(out: Out, copied: &[Copied]) -> std::io::Result<()> {
    for table in copied {
        if out.is_json() {
            out.object(&json!({ "table": table.table, "rows": table.rows, "checksum": table.checksum }))?;
        } else {
            out.line(format!("{:<16} {:>10} rows  {}", table.table, table.rows, table.checksum))?;
        }
    }
    if !out.is_json() {
        out.line(out::styled("Both databases hold the same.", out::GOOD))?;
    }
    Ok(())
}
