//! The live stream, as commands follow it.

use super::client::Client;
use super::dial::{self, dial};
use super::end::Failure;
use futures_util::StreamExt;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

/// Totals come once a second: after this long nobody is there any more.
const SILENCE: Duration = Duration::from_secs(30);

/// One frame, as far as a command looks into it; what it carries stays as the gateway wrote it.
#[derive(Debug, Deserialize)]
pub(super) struct Frame {
    pub(super) kind: String,
    #[serde(default)]
    pub(super) seq: Option<u64>,
    /// Of `hello`: the stream's id.
    #[serde(default)]
    pub(super) stream: Option<String>,
    #[serde(default)]
    pub(super) delivery: Option<Box<RawValue>>,
    #[serde(default)]
    pub(super) attempt: Option<Box<RawValue>>,
}

/// Where a stream is left, to go on from there.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) stream: String,
    pub(super) after: u64,
}

/// An open stream.
pub(super) struct Stream {
    socket: WebSocketStream<Box<dyn dial::Stream>>,
    waiting: VecDeque<Frame>,
}

impl Stream {
    /// Opens it, to go on from `place`.
    pub(super) async fn open(client: &Client, place: Option<&Place>) -> Result<Self, Failure> {
        let query = place.map_or_else(Vec::new, |place| {
            vec![("stream", place.stream.clone()), ("after", place.after.to_string())]
        });
        let mut url = client.url(&["stream"], &query);
        let scheme = if url.scheme() == "https" { "wss" } else { "ws" };
        // Between these four schemes every change is allowed.
        let _ = url.set_scheme(scheme);
        let mut request =
            url.as_str().into_client_request().map_err(|error| Failure::Use(format!("{url}: {error}")))?;
        request.headers_mut().extend(client.headers());
        let stream = dial(&url).await.map_err(|error| client.unreachable(&error))?;
        let opened = timeout(SILENCE, client_async(request, stream)).await;
        match opened.map_err(|_| client.unreachable("the live stream doesn't open"))? {
            Ok((socket, _)) => Ok(Self { socket, waiting: VecDeque::new() }),
            Err(Error::Http(response)) => {
                let (parts, body) = response.into_parts();
                let answer = super::http::Answer {
                    status: parts.status.as_u16(),
                    headers: parts.headers,
                    body: body.unwrap_or_default().into(),
                };
                Err(client
                    .read::<()>(&answer)
                    .err()
                    .unwrap_or_else(|| client.unreachable("it has no live stream")))
            }
            Err(error) => Err(client.unreachable(&error.to_string())),
        }
    }

    /// The next frame; the error says why none comes.
    pub(super) async fn next(&mut self) -> Result<Frame, String> {
        loop {
            if let Some(frame) = self.waiting.pop_front() {
                return Ok(frame);
            }
            let message =
                timeout(SILENCE, self.socket.next()).await.map_err(|_| "it fell silent".to_owned())?;
            match message {
                None | Some(Ok(Message::Close(_))) => return Err("it ended".to_owned()),
                Some(Err(error)) => return Err(error.to_string()),
                Some(Ok(Message::Text(text))) => {
                    let frames: Vec<Frame> =
                        serde_json::from_str(&text).map_err(|error| format!("it can't be read: {error}"))?;
                    self.waiting.extend(frames);
                }
                Some(Ok(Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
            }
        }
    }
}
