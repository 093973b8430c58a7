//! The gateway as its users meet it: over HTTP and the live stream, with real receivers on this machine.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails where it stands")]

mod access;
mod audit;
mod connections;
mod delivery;
mod guarded;
mod inbound;
mod ingest;
mod managing;
mod metrics;
mod neighbours;
mod openapi;
mod openclaw;
mod reading;
mod redelivery;
mod reload;
mod restart;
mod runs;
mod scenarios;
mod secrecy;
mod states;
mod stream;
mod support;
mod traces;
