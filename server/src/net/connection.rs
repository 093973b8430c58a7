//! One open connection, HTTP/1.1 or HTTP/2, and how a request goes out on it.

use super::failure::Failure;
use super::target::Target;
use bytes::Bytes;
use http::header::HOST;
use http::uri::PathAndQuery;
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use wire::Reason;

/// How often a peer that shares one HTTP/2 connection among requests is asked whether it is still there.
const PING_EVERY: Duration = Duration::from_secs(15);
const PING_LIMIT: Duration = Duration::from_secs(10);
/// An answer's headers are kept like its body, so they have the same measure.
const HEADER_BYTES: usize = 64 * 1024;

/// A connection to one target.
pub(super) struct Connection {
    sender: Sender,
    pub(super) remote: SocketAddr,
    host: HeaderValue,
}

enum Sender {
    Http1(http1::SendRequest<Full<Bytes>>),
    Http2(http2::SendRequest<Full<Bytes>>),
}

/// A request that got no answer; `request` is there where none of it went out.
pub(super) struct Unanswered {
    pub(super) error: hyper::Error,
    pub(super) request: Option<Request<Full<Bytes>>>,
}

impl Connection {
    /// Speaks HTTP over `stream`; a task of its own moves the bytes until either side closes.
    pub(super) async fn open<S>(
        stream: S,
        http2: bool,
        target: &Target,
        remote: SocketAddr,
    ) -> Result<Self, Failure>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let host = HeaderValue::from_str(target.host_header())
            .map_err(|_| Failure::new(Reason::Misconfigured, "the URL's host cannot stand in a header"))?;
        let failed = |error: hyper::Error| Failure::of_exchange(&error, remote);
        let io = TokioIo::new(stream);
        // What ends a connection is told to the request on it, so the tasks have nobody to report to.
        let sender = if http2 {
            let (sender, connection) = http2::Builder::new(TokioExecutor::new())
                .timer(TokioTimer::new())
                .keep_alive_interval(PING_EVERY)
                .keep_alive_timeout(PING_LIMIT)
                .handshake(io)
                .await
                .map_err(failed)?;
            tokio::spawn(async move {
                let _ = connection.await;
            });
            Sender::Http2(sender)
        } else {
            // Names of headers are lower case in memory; `X-Openclaw-Event` is as near as the wire comes to the
            // contract's `X-OpenClaw-Event`, and what receivers that print raw headers expect.
            let (sender, connection) = http1::Builder::new()
                .title_case_headers(true)
                .max_header_size(HEADER_BYTES)
                .handshake(io)
                .await
                .map_err(failed)?;
            tokio::spawn(async move {
                let _ = connection.await;
            });
            Sender::Http1(sender)
        };
        Ok(Self { sender, remote, host })
    }

    /// Sends `request` to `uri` and waits for the answer's headers.
    pub(super) async fn send(
        &mut self,
        mut request: Request<Full<Bytes>>,
        uri: &Uri,
    ) -> Result<Response<Incoming>, Unanswered> {
        match &mut self.sender {
            Sender::Http1(sender) => {
                *request.uri_mut() = origin_form(uri);
                request.headers_mut().insert(HOST, self.host.clone());
                if let Err(error) = sender.ready().await {
                    return Err(Unanswered { error, request: Some(request) });
                }
                sender.try_send_request(request).await.map_err(Unanswered::from)
            }
            Sender::Http2(sender) => {
                *request.uri_mut() = uri.clone();
                request.headers_mut().remove(HOST);
                if let Err(error) = sender.ready().await {
                    return Err(Unanswered { error, request: Some(request) });
                }
                sender.try_send_request(request).await.map_err(Unanswered::from)
            }
        }
    }

    /// Whether the other side has closed it, as far as is known here.
    pub(super) fn is_closed(&self) -> bool {
        match &self.sender {
            Sender::Http1(sender) => sender.is_closed(),
            Sender::Http2(sender) => sender.is_closed(),
        }
    }

    /// Whether it is HTTP/2: requests then share it, while it is open.
    pub(super) fn carries_many(&self) -> bool {
        matches!(self.sender, Sender::Http2(_))
    }

    /// Another hand on the same connection, where it can carry many requests at a time.
    pub(super) fn share(&self) -> Option<Self> {
        match &self.sender {
            Sender::Http1(_) => None,
            Sender::Http2(sender) => {
                let sender = Sender::Http2(sender.clone());
                Some(Self { sender, remote: self.remote, host: self.host.clone() })
            }
        }
    }
}

impl From<TrySendError<Request<Full<Bytes>>>> for Unanswered {
    fn from(mut error: TrySendError<Request<Full<Bytes>>>) -> Self {
        let request = error.take_message();
        Self { error: error.into_error(), request }
    }
}

/// `/path?query`, as the first line of an HTTP/1.1 request has it.
fn origin_form(uri: &Uri) -> Uri {
    uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/")).into()
}
