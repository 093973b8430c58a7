//! The gateway under attack: the real program, and clients that want its memory, its places or its time. Whatever they do,
//! it answers others within a second, delivers what it accepts, and stays within the memory that its limits add up to.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails where it stands")]

mod asking;
mod bodies;
mod connecting;
mod gateway;
mod health;
mod watching;

use std::sync::LazyLock;
use tokio::sync::{Mutex, MutexGuard};

/// One attack at a time (of up to ten thousand sockets, on a machine that allows 8,192 open files or more): each takes what files and processors this machine has, and is measured.
static TURN: LazyLock<Mutex<()>> = LazyLock::new(Mutex::default);

async fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().await
}
