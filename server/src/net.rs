//! The way out: one HTTP client for attempts and health checks, which judges every address where it dials it.
//!
//! [`Client::send`] takes the way of one request:
//!
//! 1. a kept connection of the same host, if there is one (`pool`);
//! 2. else the host's addresses are looked up, all of them judged (`guard`) and the judged ones dialled, with
//!    TLS where the URL says https (`dial`, `tls`), each phase timed;
//! 3. the request is sent and the answer's headers awaited, all that within one limit;
//! 4. the answer's body is read as far as it is kept (`body`);
//! 5. whatever went wrong becomes a [`Failure`]: a reason of the contract and one sentence for people.
//!
//! The connections are `hyper`'s; the pool is ours, because a pooled client takes nothing but a URL to its
//! connector: neither the limits of the request, nor a place to note how far dialling came when time ran out.

mod allow;
mod body;
mod client;
mod clients;
mod connection;
mod dial;
mod failure;
pub mod guard;
mod pool;
pub mod reason;
mod target;
mod tls;

pub use allow::{Allow, host_name, net};
pub use client::{Answer, Client, Exchange, Limits, Outgoing};
pub use clients::Clients;
pub use dial::Resolver;
pub use failure::Failure;
pub use guard::{AddressRules, Blocked};
pub use tls::TlsFiles;
