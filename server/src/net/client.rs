//! Makes one exchange: a request out, an answer or a failure back, within its limits and with its timings.

#[cfg(test)]
mod tests;

use super::allow::Allow;
use super::body::{self, Read};
use super::connection::Connection;
use super::dial::{Dialler, Progress, Resolver};
use super::failure::Failure;
use super::guard::AddressRules;
use super::pool::{Pool, SWEEP_EVERY, idle_limit};
use super::target::Target;
use super::tls::{Tls, TlsFiles};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use std::net::SocketAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::rustls;
use wire::Timings;

/// A request to be made.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// `POST` for an attempt.
    pub method: Method,
    /// The whole URL, http or https.
    pub uri: Uri,
    /// Every header but `Host` and `Content-Length`, which follow from the rest.
    pub headers: HeaderMap,
    /// The body; empty for a health check.
    pub body: Bytes,
}

/// How long an exchange may take, and how much of an answer is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From the start to the answer's headers: the endpoint's `timeoutMs`. Of these, opening a connection gets
    /// at most 10 s.
    pub headers: Duration,
    /// From the answer's headers to the end of its body.
    pub body: Duration,
    /// Bytes of the body that are read and kept: 65,536.
    pub body_bytes: usize,
}

/// What came of a request.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Where the time went. `total` is all of it, from the look-up of the host (on a kept connection, from the
    /// request's first byte) to the answer's last byte or the failure.
    pub timings: Timings,
    /// The address that was dialled, or that the kept connection goes to.
    pub remote_address: Option<SocketAddr>,
    /// The answer, whatever its status, or why there is none.
    pub result: Result<Answer, Failure>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status, redirects included: none is followed.
    pub status: u16,
    /// Its header lines in order, names in lower case; a byte that is not UTF-8 is replaced.
    pub headers: Vec<(String, String)>,
    /// Its body as it came (nothing is decompressed), as far as it was read.
    pub body: Bytes,
    /// Whether there is, or may be, more of the body: it was longer than is kept, too slow, or broke off.
    pub truncated: bool,
    /// Whether the body's own end was seen in time. The answer stands either way.
    pub body_ended: bool,
}

/// The client; clones share their connections.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Client")
    }
}

struct Inner {
    dialler: Dialler,
    pool: Pool,
}

impl Client {
    /// A client that dials what `rules` allow and trusts the certificate authorities of the system.
    ///
    /// Needs a running tokio runtime: a task of it closes idle connections until the last clone is dropped.
    pub fn new(rules: AddressRules, resolver: Resolver) -> Result<Self, rustls::Error> {
        Ok(Self::of(Dialler { rules, resolver, tls: Tls::of_system()? }))
    }

    /// A client for addresses that only the configuration names, wherever they are: only metadata stays out of reach.
    pub fn anywhere() -> Result<Self, rustls::Error> {
        let anywhere = ["0.0.0.0/0", "::/0"].iter().filter_map(|net| net.parse().ok()).map(Allow::Net);
        Self::new(AddressRules::new(anywhere), Resolver::System)
    }

    /// A client under other `rules`, as after a change of `network.allow`. It shares no connection with this
    /// one, so none outlives the rule that allowed it.
    #[must_use]
    pub fn with_rules(&self, rules: AddressRules) -> Self {
        let Dialler { resolver, tls, .. } = &self.inner.dialler;
        Self::of(Dialler { rules, resolver: resolver.clone(), tls: tls.clone() })
    }

    /// A client that also goes by an endpoint's own `files`; it shares no connection with this one.
    pub fn with_files(&self, files: &TlsFiles) -> Result<Self, Failure> {
        let Dialler { rules, resolver, .. } = &self.inner.dialler;
        Ok(Self::of(Dialler { rules: rules.clone(), resolver: resolver.clone(), tls: files.read()? }))
    }

    fn of(dialler: Dialler) -> Self {
        let inner = Arc::new(Inner { dialler, pool: Pool::default() });
        tokio::spawn(close_idle(Arc::downgrade(&inner)));
        Self { inner }
    }

    /// Makes `request` and reads the answer. Takes at most `limits.headers` and `limits.body` together.
    ///
    /// Only a request of which nothing was sent, because a kept connection turned out to be closed, is tried
    /// again by itself, on another connection.
    pub async fn send(&self, request: Outgoing, limits: Limits) -> Exchange {
        let begun = Instant::now();
        let mut progress = Progress::default();
        let result = self.inner.exchange(request, limits, begun, &mut progress).await;
        Exchange { timings: progress.timings(begun.elapsed()), remote_address: progress.remote, result }
    }
}

impl Inner {
    async fn exchange(
        &self,
        outgoing: Outgoing,
        limits: Limits,
        begun: Instant,
        progress: &mut Progress,
    ) -> Result<Answer, Failure> {
        let Outgoing { method, uri, headers, body } = outgoing;
        let target = Target::of(&uri)?;
        let deadline = begun + limits.headers;
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.headers_mut() = headers;
        loop {
            let kept = self.pool.take(&target);
            let is_kept = kept.is_some();
            let mut connection = match kept {
                Some(connection) => {
                    progress.remote = Some(connection.remote);
                    connection
                }
                // Rare and large: kept out of the future that every request carries.
                None => Box::pin(self.open(&target, limits, begun, progress)).await?,
            };
            let sent = Instant::now();
            let outcome = timeout_at(deadline, connection.send(request, &uri)).await;
            if !matches!(outcome, Ok(Ok(_))) && connection.carries_many() {
                self.pool.forget_shared(&target);
            }
            match outcome {
                Ok(Ok(response)) => {
                    progress.ttfb = Some(sent.elapsed());
                    return Ok(self.answer(response, limits, target, connection, progress).await);
                }
                Ok(Err(unanswered)) => match unanswered.request {
                    Some(unsent) if is_kept => request = unsent,
                    Some(_) | None => return Err(Failure::of_exchange(&unanswered.error, connection.remote)),
                },
                Err(_) => return Err(Failure::no_answer(limits.headers)),
            }
        }
    }

    async fn open(
        &self,
        target: &Target,
        limits: Limits,
        begun: Instant,
        progress: &mut Progress,
    ) -> Result<Connection, Failure> {
        let connection = self.dialler.dial(target, begun, limits.headers, progress).await?;
        self.pool.offer(target, &connection);
        Ok(connection)
    }

    async fn answer(
        &self,
        response: Response<Incoming>,
        limits: Limits,
        target: Target,
        connection: Connection,
        progress: &mut Progress,
    ) -> Answer {
        let begun = Instant::now();
        let (head, body) = response.into_parts();
        let Read { bytes, ended } = body::read(body, limits.body_bytes, begun + limits.body).await;
        progress.body = Some(begun.elapsed());
        // A connection with a rest on it that nobody read is dropped, and so closed.
        if ended {
            self.pool.put(&target, connection, idle_limit(&head.headers));
        }
        Answer {
            status: head.status.as_u16(),
            headers: lines(&head.headers),
            body: bytes,
            truncated: !ended,
            body_ended: ended,
        }
    }
}

fn lines(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect()
}

async fn close_idle(client: Weak<Inner>) {
    loop {
        tokio::time::sleep(SWEEP_EVERY).await;
        let Some(inner) = client.upgrade() else { return };
        inner.pool.close_idle();
    }
}
