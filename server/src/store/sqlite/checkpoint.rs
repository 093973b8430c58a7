//! Taking the write-ahead log into the database, beside the writer instead of in its way.
//!
//! Most of a long log goes over on a thread of its own while the writer writes on; what came meanwhile the writer takes
//! over itself, between two transactions, and SQLite then begins the log anew.

use rusqlite::Connection;
use std::cell::Cell;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

/// Pages in the log before it goes into the database: 32 MiB. Most pages are written again and again, so a longer log
/// is less to write; a shorter one is quicker read at the start.
const LOG_PAGES: u32 = 4096;
/// After a reader was in the way, the log grows by so many pages before the next try.
const TRY_AGAIN_PAGES: u32 = 1024;
/// A pass beside the writer that took no more pages than this was the last.
const LEFT_TO_WRITER: i64 = 1024;
/// Passes beside the writer at most.
const PASSES: u32 = 3;

thread_local! {
    /// Pages in the log after this thread's last commit.
    static PAGES: Cell<u32> = const { Cell::new(0) };
}

/// Where a checkpoint stands.
const RESTING: u8 = 0;
const BESIDE: u8 = 1;
const WRITERS_TURN: u8 = 2;

/// Decides when the log goes over, and has it done.
#[derive(Debug)]
pub(super) struct Checkpointer {
    stage: Arc<AtomicU8>,
    begin: mpsc::Sender<()>,
    /// Ends once `begin` is dropped.
    thread: JoinHandle<()>,
    /// Pages in the log at which to begin.
    begins_at: u32,
    /// Pages in the log after the last commit.
    pages: u32,
}

/// Has the pages of the log counted at each commit of `connection`.
pub(super) fn count_pages(connection: &Connection) {
    connection.wal_hook(Some(|_, pages| {
        PAGES.set(pages.unsigned_abs());
        Ok(())
    }));
}

impl Checkpointer {
    /// One that works beside the writer through `connection`.
    pub(super) fn start(connection: Connection) -> std::io::Result<Self> {
        let stage = Arc::new(AtomicU8::new(RESTING));
        let (begin, asked) = mpsc::channel();
        let done = Arc::clone(&stage);
        let thread = std::thread::Builder::new().name("checkpoint".to_owned()).spawn(move || {
            while asked.recv().is_ok() {
                if let Err(error) = beside(&connection) {
                    tracing::warn!(%error, "A checkpoint failed, and will be tried again: {error}");
                }
                done.store(WRITERS_TURN, Ordering::Release);
            }
        })?;
        Ok(Self { stage, begin, thread, begins_at: LOG_PAGES, pages: 0 })
    }

    /// To be called after each commit of `writer`, by the thread that committed.
    pub(super) fn after_commit(&mut self, writer: &Connection) {
        let before = std::mem::replace(&mut self.pages, PAGES.get());
        if self.pages < before {
            self.begins_at = LOG_PAGES; // the log began anew
        }
        match self.stage.load(Ordering::Acquire) {
            RESTING if self.pages >= self.begins_at => {
                self.stage.store(BESIDE, Ordering::Release);
                let _ = self.begin.send(());
            }
            WRITERS_TURN => {
                if let Err(error) = passive(writer) {
                    tracing::warn!(%error, "A checkpoint failed, and will be tried again: {error}");
                }
                // If no reader is in the way, the next commit begins the log anew.
                self.begins_at = self.pages + TRY_AGAIN_PAGES;
                self.stage.store(RESTING, Ordering::Release);
            }
            _ => {}
        }
    }

    /// Ends the thread, and waits for its last pass.
    pub(super) fn stop(self) {
        drop(self.begin);
        let _ = self.thread.join();
    }
}

/// Takes the log over in passes, each of which takes what was written during the one before.
fn beside(connection: &Connection) -> Result<(), rusqlite::Error> {
    let mut before = 0;
    for _ in 0..PASSES {
        let done = passive(connection)?;
        if done - before <= LEFT_TO_WRITER {
            break;
        }
        before = done;
    }
    Ok(())
}

/// One pass that waits for nobody; gives the pages of the log that are in the database now.
fn passive(connection: &Connection) -> Result<i64, rusqlite::Error> {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(2))
}
