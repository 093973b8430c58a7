//! Reads an answer's body as far as it is kept.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::time::{Instant, timeout_at};

/// As much of a body as was read.
pub(super) struct Read {
    pub(super) bytes: Bytes,
    /// Whether its end was seen. If not it was too long, too slow, or broken off.
    pub(super) ended: bool,
}

/// Reads at most `limit` bytes of `body`, until `deadline`.
pub(super) async fn read(mut body: Incoming, limit: usize, deadline: Instant) -> Read {
    let mut bytes = Collected::default();
    while !body.is_end_stream() {
        match timeout_at(deadline, body.frame()).await {
            Ok(Some(Ok(frame))) => {
                // Trailers say nothing that is kept.
                let Ok(data) = frame.into_data() else { continue };
                let room = limit - bytes.len();
                if data.len() > room {
                    bytes.push(data.slice(..room));
                    return Read { bytes: bytes.whole(), ended: false };
                }
                bytes.push(data);
            }
            Ok(None) => break,
            Ok(Some(Err(_))) | Err(_) => return Read { bytes: bytes.whole(), ended: false },
        }
    }
    Read { bytes: bytes.whole(), ended: true }
}

/// A body in one piece: the usual short one is not copied, a dripping one not kept as a thousand pieces.
#[derive(Default)]
struct Collected {
    first: Bytes,
    joined: BytesMut,
}

impl Collected {
    fn len(&self) -> usize {
        self.first.len() + self.joined.len()
    }

    fn push(&mut self, data: Bytes) {
        if self.len() == 0 {
            self.first = data;
        } else {
            if self.joined.is_empty() {
                self.joined.extend_from_slice(&std::mem::take(&mut self.first));
            }
            self.joined.extend_from_slice(&data);
        }
    }

    fn whole(self) -> Bytes {
        if self.joined.is_empty() { self.first } else { self.joined.freeze() }
    }
}
