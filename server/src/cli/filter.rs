//! Which deliveries a command is about: the filters that `list`, `tail` and `redeliver` share.

use super::when::When;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::str::FromStr;
use wire::{Delivery, DeliveryStatus, EventType, Reason};

/// Filters of deliveries. Each may be given several times, or several words with commas between.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Filter {
    /// Where they stand
    #[arg(long, help_heading = "Which deliveries", value_name = "STATUS", value_delimiter = ',', value_parser = of_words(DeliveryStatus::ALL, DeliveryStatus::as_str))]
    pub(super) status: Vec<DeliveryStatus>,
    /// Of this endpoint
    #[arg(long, help_heading = "Which deliveries", value_name = "NAME", value_delimiter = ',')]
    pub(super) endpoint: Vec<String>,
    /// Of this event type
    #[arg(long = "type", help_heading = "Which deliveries", value_name = "TYPE", value_delimiter = ',', value_parser = of_words(EventType::ALL, EventType::as_str))]
    pub(super) types: Vec<EventType>,
    /// Whose last attempt failed for this reason
    #[arg(long, help_heading = "Which deliveries", value_name = "REASON", value_delimiter = ',', value_parser = of_words(Reason::ALL, Reason::as_str))]
    pub(super) reason: Vec<Reason>,
}

/// When deliveries were made, or hits came.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Span {
    /// Not older than this: a span such as 30m, 1h or 2d, or an RFC 3339 time
    #[arg(long, help_heading = "When", value_name = "WHEN")]
    pub(super) since: Option<When>,
    /// Older than this: the same
    #[arg(long, help_heading = "When", value_name = "WHEN")]
    pub(super) until: Option<When>,
}

impl Filter {
    /// The same as parameters of `GET /deliveries`.
    pub(super) fn query(&self) -> Vec<(&'static str, String)> {
        let mut query = Vec::new();
        query.extend(self.status.iter().map(|status| ("status", status.to_string())));
        query.extend(self.endpoint.iter().map(|name| ("endpoint", name.clone())));
        query.extend(self.types.iter().map(|event_type| ("type", event_type.to_string())));
        query.extend(self.reason.iter().map(|reason| ("reason", reason.to_string())));
        query
    }

    /// Whether a delivery is one of them.
    pub(super) fn wants(&self, delivery: &Delivery) -> bool {
        let any = |is_empty: bool, found: bool| is_empty || found;
        any(self.status.is_empty(), self.status.contains(&delivery.status))
            && any(self.endpoint.is_empty(), self.endpoint.contains(&delivery.endpoint))
            && any(self.types.is_empty(), self.types.contains(&delivery.event_type))
            && any(
                self.reason.is_empty(),
                delivery.last_reason.is_some_and(|reason| self.reason.contains(&reason)),
            )
    }
}

impl Span {
    /// The same as parameters of a list; the gateway counts from its own clock.
    pub(super) fn query(&self) -> Vec<(&'static str, String)> {
        let of = |name, when: &Option<When>| when.as_ref().map(|when| (name, when.to_string()));
        of("since", &self.since).into_iter().chain(of("until", &self.until)).collect()
    }
}

/// Takes one of a closed set of words, and offers them all to whoever mistypes or completes one.
pub(super) fn of_words<T>(all: &[T], word: fn(T) -> &'static str) -> impl TypedValueParser<Value = T> + use<T>
where
    T: FromStr<Err: std::error::Error + Send + Sync> + Copy + Send + Sync + 'static,
{
    PossibleValuesParser::new(all.iter().map(|member| word(*member))).try_map(|word| word.parse::<T>())
}
