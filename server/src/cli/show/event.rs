//! An event with its deliveries, for people.

use super::print_body;
use crate::cli::client::Client;
use crate::cli::end::Failure;
use crate::cli::list::{self, newest, pair};
use crate::cli::out::{BOLD, Out, styled};
use crate::cli::table::Table;
use crate::cli::when;
use wire::{Delivery, Event};

/// More endpoints than a configuration has.
const MOST: usize = 500;

pub(super) async fn print(client: &Client, out: Out, event: &Event) -> Result<(), Failure> {
    out.line(format!("{}  {}", styled(event.id.as_str(), BOLD), event.event_type))?;
    let mut table = Table::of_pairs();
    table.row(pair("timestamp", &event.timestamp));
    table.row(pair("instance", &event.instance_id));
    table.row(pair("received", when::whole(event.received_at, when::now())));
    let counts = event.deliveries;
    let deliveries = format!(
        "{} ({} delivered, {} failed, {} open)",
        counts.total, counts.delivered, counts.failed, counts.open
    );
    table.row(pair("deliveries", deliveries));
    table.lines().iter().try_for_each(|line| out.line(line))?;
    out.line(format!("  {}", styled("data", BOLD)))?;
    print_body(out, &event.data.to_string())?;
    let query = [("eventId", event.id.to_string())];
    let deliveries: Vec<Delivery> = newest(client, &["deliveries"], &query, MOST).await?;
    if !deliveries.is_empty() {
        out.line("")?;
        list::print(out, &deliveries)?;
    }
    Ok(())
}
