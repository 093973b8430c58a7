//! `audit`: who changed what, and who tried.

use super::client::{Asking, Client};
use super::end::{Failure, Verdict};
use super::list::newest;
use super::out::{BAD, GOOD, Out, note};
use super::table::{Cell, Table};
use super::when;
use clap::Args;
use serde_json::value::RawValue;
use wire::AuditEntry;

pub(super) const EXAMPLES: &str = "\
Examples:
  openclaw-webhooks audit
  openclaw-webhooks audit --recent 100 --json";

/// How much of it.
#[derive(Debug, Args)]
pub(super) struct Audit {
    /// How many entries, newest first
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    recent: u32,
    #[command(flatten)]
    asking: Asking,
}

pub(super) async fn run(audit: Audit) -> Result<Verdict, Failure> {
    let client = Client::new(&audit.asking)?;
    let out = Out::new(audit.asking.json);
    if out.is_json() {
        let entries: Vec<Box<RawValue>> = newest(&client, &["audit"], &[], audit.recent as usize).await?;
        entries.iter().try_for_each(|entry| out.raw(entry))?;
        return Ok(Verdict::Done);
    }
    let entries: Vec<AuditEntry> = newest(&client, &["audit"], &[], audit.recent as usize).await?;
    if entries.is_empty() {
        note("Nobody changed anything yet.");
        return Ok(Verdict::Done);
    }
    table(&entries).lines().iter().try_for_each(|line| out.line(line))?;
    Ok(Verdict::Done)
}

fn table(entries: &[AuditEntry]) -> Table {
    let now = when::now();
    let mut table = Table::new(&["AT", "WHO", "FROM", "ACTION", "TARGET", "RESULT", "DETAIL"]);
    for entry in entries {
        let result = match (entry.status_code, &entry.detail) {
            (Some(code), _) => Cell::styled(code.to_string(), if code < 400 { GOOD } else { BAD }),
            (None, None) => Cell::styled("done", GOOD),
            (None, Some(_)) => Cell::styled("refused", BAD),
        };
        table.row([
            when::around(entry.at, now).into(),
            (&entry.who).into(),
            entry.address.as_deref().unwrap_or_default().into(),
            (&entry.action).into(),
            entry.target.as_deref().unwrap_or_default().into(),
            result,
            entry.detail.as_deref().and_then(|detail| detail.lines().next()).unwrap_or_default().into(),
        ]);
    }
    table
}
