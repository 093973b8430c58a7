//! One HTTP request of the command line, and its answer.

use super::dial::dial;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, header};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use std::time::Duration;
use tokio::time::timeout;
use url::Url;

/// A check may take as long as an endpoint's `timeoutMs`, at most two minutes.
const PATIENCE: Duration = Duration::from_secs(150);

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// Sends a request to `url` and reads the whole answer; the error says in words why none came.
pub(super) async fn send(
    method: Method,
    url: &Url,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Answer, String> {
    let path = url[url::Position::BeforePath..url::Position::AfterQuery].to_owned();
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    *request.uri_mut() = path.parse().map_err(|error| format!("{url} is no URL to send to: {error}"))?;
    *request.headers_mut() = headers;
    let host = url[url::Position::BeforeHost..url::Position::AfterPort].parse();
    request.headers_mut().insert(header::HOST, host.map_err(|error| format!("{url} has no host: {error}"))?);
    let stream = dial(url).await?;
    let exchange = async {
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection);
        let (parts, body) = sender.send_request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        connection.abort();
        Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body })
    };
    match timeout(PATIENCE, exchange).await {
        Ok(answered) => answered.map_err(|error: hyper::Error| in_words(&error)),
        Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
    }
}

fn in_words(error: &hyper::Error) -> String {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    format!("{error}{cause}")
}
