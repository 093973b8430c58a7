//! `migrate`: brings the database's tables up to date, without starting the gateway.

use super::end::{Failure, Verdict};
use super::out::Out;
use super::plain;
use crate::store::Store;
use std::path::Path;

pub(super) const EXAMPLES: &str = "\
Examples:
  openclaw-webhooks migrate
  openclaw-webhooks migrate --config /etc/openclaw-webhooks/openclaw.json5

`serve` does the same when it starts. With many gateways on one PostgreSQL this can be run once before.";

pub(super) async fn run(flag: Option<&Path>) -> Result<Verdict, Failure> {
    let database = super::database(flag)?;
    let store = Store::open(database.value()).await.map_err(|error| Failure::Problem(error.to_string()))?;
    store.close().await;
    Out::new(false).line(format!("{}: the tables are up to date", plain::line(database.shown())))?;
    Ok(Verdict::Done)
}
