//! The way of an event to its receivers.
//!
//! 1. [`ingest`]: a posted body becomes events, or a problem that names the place.
//! 2. [`subscribe`]: the endpoints that want an event.
//! 3. The [`committer`](crate::committer) puts event and deliveries on disk; only then is the answer 202.
//! 4. [`lane`]: each endpoint's own queue, concurrency, rate and [`circuit`].
//! 5. [`transform`]: the body that goes out: the event's bytes, or what the endpoint makes of them.
//! 6. [`sign`]: the headers by which a receiver knows who sent it.
//! 7. [`deliver`]: one attempt, from the request to a named reason.
//! 8. [`retry`]: when to try again, if at all; the committer records it.
//!
//! What people ask for beside that: [`redeliver`] and cancel, and a [`sample`] of an event as a test.

pub mod circuit;
pub mod deliver;
pub mod ingest;
pub mod lane;
pub mod redeliver;
pub mod retry;
pub mod sample;
pub mod sign;
pub mod subscribe;
pub mod transform;
