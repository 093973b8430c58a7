//! Why there is no answer: a reason of the contract and one sentence, out of what the libraries report.

use super::tls;
use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use wire::Reason;

/// An exchange that ended without an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The contract's word for it.
    pub reason: Reason,
    /// What exactly happened, in one sentence: `127.0.0.1:9 refused the connection`.
    pub detail: String,
}

impl Failure {
    /// A failure for `reason`, told in `detail`.
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }

    /// No headers came in time.
    pub(super) fn no_answer(limit: Duration) -> Self {
        Self::new(Reason::Timeout, format!("no answer within {} ms", limit.as_millis()))
    }

    /// Opening a connection to `peer` failed.
    pub(super) fn of_connecting(error: &io::Error, peer: SocketAddr) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => {
                Self::new(Reason::ConnectRefused, format!("{peer} refused the connection"))
            }
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => {
                Self::new(Reason::ConnectionReset, format!("{peer} reset the connection while it was opened"))
            }
            io::ErrorKind::TimedOut => Self::new(
                Reason::ConnectTimeout,
                format!("{peer} did not answer when a connection was opened"),
            ),
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                Self::new(Reason::ConnectRefused, format!("there is no route from this machine to {peer}"))
            }
            _ => {
                Self::new(Reason::ConnectRefused, format!("no connection to {peer} could be opened: {error}"))
            }
        }
    }

    /// The connection to `peer` was open, and then there was no answer on it.
    pub(super) fn of_exchange(error: &hyper::Error, peer: SocketAddr) -> Self {
        if let Some(io) = source::<io::Error>(error) {
            if let Some(failure) = tls::failure(io, peer) {
                return failure;
            }
            return Self::new(
                Reason::ConnectionReset,
                match io.kind() {
                    io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
                        format!("{peer} reset the connection before its answer was complete")
                    }
                    io::ErrorKind::UnexpectedEof => closed(peer),
                    _ => format!("the connection to {peer} broke before an answer: {io}"),
                },
            );
        }
        if error.is_parse() {
            return Self::new(
                Reason::InvalidResponse,
                format!("{peer} answered with something that is not HTTP: {error}"),
            );
        }
        if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
            return Self::new(Reason::ConnectionReset, closed(peer));
        }
        let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
        Self::new(Reason::ConnectionReset, format!("{peer} broke off the exchange: {cause}"))
    }
}

fn closed(peer: SocketAddr) -> String {
    format!("{peer} closed the connection before its answer was complete")
}

/// The first error of type `E` among the causes of `error`.
pub(super) fn source<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}
