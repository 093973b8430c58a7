//! A batch of events on its way to the gateway.

use crate::cli::client::Client;
use crate::cli::end::Failure;
use http::{Method, header};
use std::fmt::Write;
use wire::{AcceptedEvent, AcceptedEvents, Problem};

/// Events that are accepted together, each with the line it stands in.
#[derive(Debug, Default)]
pub(super) struct Batch {
    events: Vec<(usize, String)>,
    bytes: usize,
    /// Whether it is to be posted as the one event it holds.
    single: bool,
    /// Events that the sender had to drop before, as the file says.
    dropped: u64,
}

/// What the gateway says.
pub(super) enum Reply {
    Accepted(Vec<AcceptedEvent>),
    /// It has no room: so many seconds later perhaps.
    Full(u64, Failure),
}

impl Batch {
    /// The gateway's limits.
    const MOST_EVENTS: usize = crate::outbound::ingest::MOST_EVENTS;
    /// A kilobyte is left for what stands around the events.
    const MOST_BYTES: usize = crate::outbound::ingest::MOST_BYTES - 1024;

    /// An empty one.
    pub(super) fn new(single: bool, dropped: u64) -> Self {
        Self { single, dropped, ..Self::default() }
    }

    /// Whether one more event of so many bytes finds room. The first always does: the gateway judges it.
    pub(super) const fn has_room(&self, bytes: usize) -> bool {
        self.events.is_empty()
            || (self.events.len() < Self::MOST_EVENTS && self.bytes + bytes < Self::MOST_BYTES)
    }

    /// Adds the event of this line; 0 where there are no lines.
    pub(super) fn push(&mut self, line: usize, event: String) {
        self.bytes += event.len() + 1;
        self.events.push((line, event));
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.events.is_empty() && self.dropped == 0
    }

    /// Where it begins, for people.
    pub(super) fn place(&self) -> String {
        match self.events.first() {
            Some((line @ 1.., _)) => format!("line {line}"),
            Some((0, _)) | None => "these".to_owned(),
        }
    }

    /// Posts it once.
    pub(super) async fn post(&self, client: &Client) -> Result<Reply, Failure> {
        let answer = client.ask(Method::POST, &client.url(&["events"], &[]), self.body().into()).await?;
        if let 200..=299 = answer.status {
            let accepted = if self.single {
                vec![client.read::<AcceptedEvent>(&answer)?]
            } else {
                client.read::<AcceptedEvents>(&answer)?.events
            };
            return Ok(Reply::Accepted(accepted));
        }
        let seconds =
            answer.headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let failure = match serde_json::from_slice::<Problem>(&answer.body) {
            Ok(problem) => self.located(problem),
            Err(_) => match client.read::<AcceptedEvents>(&answer) {
                Err(failure) => failure,
                Ok(_) => return Ok(Reply::Accepted(Vec::new())),
            },
        };
        match seconds.filter(|_| matches!(answer.status, 429 | 503)) {
            Some(seconds) => Ok(Reply::Full(seconds, failure)),
            None => Err(failure),
        }
    }

    /// What is posted.
    pub(super) fn body(&self) -> String {
        if self.single {
            return self.events.first().map(|(_, event)| event.clone()).unwrap_or_default();
        }
        let mut body = String::with_capacity(self.bytes + 64);
        body.push_str("{\"events\":[");
        for (index, (_, event)) in self.events.iter().enumerate() {
            if index > 0 {
                body.push(',');
            }
            body.push_str(event);
        }
        body.push(']');
        if self.dropped > 0 {
            let _ = write!(body, ",\"dropped\":{}", self.dropped);
        }
        body.push('}');
        body
    }

    /// The problem, with the line of the event at fault.
    fn located(&self, problem: Problem) -> Failure {
        let index = problem
            .field
            .as_deref()
            .and_then(|field| field.strip_prefix("events[")?.split_once(']')?.0.parse().ok());
        let line = index.and_then(|index: usize| self.events.get(index)).map(|(line, _)| *line);
        match (line, Failure::from(problem)) {
            (Some(line @ 1..), Failure::Problem(text)) => Failure::Problem(format!("line {line}: {text}")),
            (_, failure) => failure,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_what_its_lines_are() {
        let mut batch = Batch::default();
        assert!(batch.is_empty() && batch.has_room(usize::MAX / 2));
        batch.push(3, "{\"a\":1}".to_owned());
        batch.push(5, "{}".to_owned());
        assert_eq!(batch.body(), "{\"events\":[{\"a\":1},{}]}");
        assert_eq!(batch.place(), "line 3");
        assert!(!batch.has_room(Batch::MOST_BYTES));
        let batch = Batch { dropped: 7, ..batch };
        assert_eq!(batch.body(), "{\"events\":[{\"a\":1},{}],\"dropped\":7}");
    }
}
