//! The command line as its users meet it: the real program, a real gateway, real receivers.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails where it stands")]

mod backup;
mod doing;
mod ends;
mod files;
mod listen;
mod program;
mod reading;
mod sending;
mod steering;
#[path = "../gateway/support.rs"]
#[expect(dead_code, reason = "the gateway's own tests use the rest")]
mod support;
mod tail;
mod tls;
