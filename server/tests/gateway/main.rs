//! The gateway as its users meet it: over HTTP and the live stream, with real receivers on this machine.

mod access;
mod delivery;
mod ingest;
mod reading;
mod redelivery;
mod restart;
mod stream;
mod support;
