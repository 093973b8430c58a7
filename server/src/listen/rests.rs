//! Rests: how long nothing has been asked over a connection, or how long an answer has not been taken. HTTP/1.1 knows the
//! first by itself; over HTTP/2 a client that answers pings, or takes nothing of what it asked for, stays for ever.

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Instant;

/// How a connection is used.
#[derive(Clone, Debug)]
pub(super) struct Use(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    under_way: usize,
    /// When a request came or was done with last.
    since: Instant,
}

/// One request, until its answer is taken or given up.
#[derive(Debug)]
pub(super) struct UnderWay(Use);

impl Use {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(State { under_way: 0, since: Instant::now() })))
    }

    pub(super) fn begin(&self) -> UnderWay {
        self.change(|under_way| under_way + 1);
        UnderWay(self.clone())
    }

    /// Returns once nothing was asked for `idle`, or nothing happened to what was asked for `stuck`. It is looked at once in
    /// `idle`, so that requests wake nobody: it may take as long again.
    pub(super) async fn rested(&self, idle: Duration, stuck: Duration) {
        loop {
            let (left, since) = {
                let state = self.state();
                (if state.under_way == 0 { idle } else { stuck }, state.since)
            };
            if since.elapsed() >= left {
                return;
            }
            tokio::time::sleep_until((since + left).min(Instant::now() + idle)).await;
        }
    }

    fn change(&self, of: impl FnOnce(usize) -> usize) {
        let mut state = self.state();
        *state = State { under_way: of(state.under_way), since: Instant::now() };
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.change(|under_way| under_way.saturating_sub(1));
    }
}

/// An answer's body, under way until its end.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) body: Body,
    #[expect(dead_code, reason = "it is held, and nothing else")]
    pub(super) until: UnderWay,
}

impl HttpBody for Taken {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
