//! `tail`: follows deliveries live, over lost connections and restarts of the gateway, without a gap.

mod catch_up;
mod seen;

use super::client::{Asking, Client};
use super::end::{Failure, Verdict};
use super::filter::Filter;
use super::list::{result, show_hint};
use super::out::{DIM, Out, note, of_status, styled};
use super::plain;
use super::stream::{Place, Stream};
use super::when;
use clap::Args;
use seen::{Change, Seen};
use std::time::Duration;
use wire::DeliveryStatus;

pub(super) const EXAMPLES: &str = "\
Examples:
  openclaw-webhooks tail
  openclaw-webhooks tail --status failed,retrying --endpoint crm
  openclaw-webhooks tail --recent 0 --json

Without --status it shows results: delivered, retrying, failed, held, cancelled; what is pending or
on its way only when asked for. It goes on when the gateway restarts, and says so on standard error.";

const RESULTS: [DeliveryStatus; 5] = [
    DeliveryStatus::Delivered,
    DeliveryStatus::Retrying,
    DeliveryStatus::Failed,
    DeliveryStatus::Held,
    DeliveryStatus::Cancelled,
];
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// What is followed.
#[derive(Debug, Args)]
pub(super) struct Tail {
    /// Begin with so many that are there already
    #[arg(long, value_name = "N", default_value_t = 10)]
    recent: usize,
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    asking: Asking,
}

pub(super) async fn run(tail: Tail) -> Result<Verdict, Failure> {
    let client = Client::new(&tail.asking)?;
    let mut filter = tail.filter;
    if filter.status.is_empty() {
        filter.status = RESULTS.to_vec();
    }
    let printer = Printer { out: Out::new(tail.asking.json), filter };
    let mut seen = Seen::default();
    let mut stream = Stream::open(&client, None).await?;
    for change in catch_up::first(&client, &mut seen, &printer.filter, tail.recent).await? {
        printer.print(&change)?;
    }
    // No stream has this id: whoever names it is told to fetch the lists.
    let mut place = Place { stream: "none".to_owned(), after: 0 };
    loop {
        let lost = follow(&client, &mut stream, &printer, &mut seen, &mut place).await?;
        note(format!("Disconnected from {}: {lost}. Trying again.", client.base()));
        stream = again(&client, &place).await?;
        note(format!("Connected to {} again.", client.base()));
    }
}

/// Prints what the stream brings until it is lost; the text says why.
async fn follow(
    client: &Client,
    stream: &mut Stream,
    printer: &Printer,
    seen: &mut Seen,
    place: &mut Place,
) -> Result<String, Failure> {
    loop {
        let frame = match stream.next().await {
            Ok(frame) => frame,
            Err(lost) => return Ok(lost),
        };
        match (frame.kind.as_str(), frame.stream, frame.seq) {
            ("hello", Some(stream), Some(after)) if place.stream != stream => {
                *place = Place { stream, after }
            }
            // A stream that is resumed goes on from where it was left.
            ("hello", ..) => {}
            ("reset", _, Some(after)) => {
                place.after = after;
                note("The stream begins anew: fetching the list again for what was missed.");
                match catch_up::again(client, seen, &printer.filter).await {
                    Ok(changes) => changes.iter().try_for_each(|change| printer.print(change))?,
                    // Nothing was seen yet of what was missed: it is asked for once more.
                    Err(Failure::Unreachable(_)) => {
                        "none".clone_into(&mut place.stream);
                        return Ok("it ended while the list was fetched".to_owned());
                    }
                    Err(failure) => return Err(failure),
                }
            }
            (_, _, Some(after)) => {
                if let Some(change) = frame.delivery.and_then(|delivery| seen.note(delivery)) {
                    printer.print(&change)?;
                }
                place.after = after;
            }
            _ => {}
        }
    }
}

/// Connects until it works.
async fn again(client: &Client, place: &Place) -> Result<Stream, Failure> {
    let mut pause = FIRST_PAUSE;
    loop {
        tokio::time::sleep(pause).await;
        match Stream::open(client, Some(place)).await {
            Err(Failure::Unreachable(_)) => pause = (pause * 2).min(LONGEST_PAUSE),
            opened => return opened,
        }
    }
}

struct Printer {
    out: Out,
    filter: Filter,
}

impl Printer {
    fn print(&self, change: &Change) -> Result<(), Failure> {
        if !self.filter.wants(&change.delivery) {
            return Ok(());
        }
        if self.out.is_json() {
            return Ok(self.out.raw(&change.object)?);
        }
        self.out.line(line(change))?;
        if !change.delivery.status.is_open() || change.delivery.status == DeliveryStatus::Retrying {
            show_hint(self.out, change.delivery.last_reason)?;
        }
        Ok(())
    }
}

/// `10:30:00  delivered   dlv_…  message.sent      crm  200 in 3.1 ms`
fn line(Change { delivery, at, .. }: &Change) -> String {
    format!(
        "{}  {}  {}  {:16}  {}  {}",
        styled(when::clock(*at), DIM),
        styled(format!("{:10}", delivery.status), of_status(delivery.status)),
        delivery.id,
        delivery.event_type,
        plain::line(&delivery.endpoint),
        result(delivery, when::now()),
    )
    .trim_end()
    .to_owned()
}
