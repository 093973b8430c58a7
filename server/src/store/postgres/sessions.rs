//! The sessions on which commits are made. A pool would ask the server whether each is still there, before it is taken and
//! once it is given back: two ways to the server and back beside the commit's own one, and without an end where the server's
//! machine is gone and says nothing.

use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// A commit takes no longer, or its session is given up: the server says so after less, unless it is gone.
pub(super) const LONGEST_COMMIT: Duration = Duration::from_secs(30);
/// A server that is there says so within this time, and lets in whoever comes within that.
const LONGEST_ANSWER: Duration = Duration::from_secs(2);
const LONGEST_WELCOME: Duration = Duration::from_secs(5);
/// A session that was used a moment ago is there still.
const SURE_FOR: Duration = Duration::from_secs(1);

/// Those that are free.
pub struct Sessions {
    options: PgConnectOptions,
    free: Mutex<Vec<Session>>,
}

struct Session {
    connection: PgConnection,
    used_at: Instant,
}

impl Sessions {
    pub(super) fn new(options: PgConnectOptions) -> Self {
        Self { options, free: Mutex::default() }
    }

    /// One of its own for whoever asks: who asks are so many as there are writers.
    pub(super) async fn take(&self) -> Result<PgConnection, sqlx::Error> {
        if let Some(mut session) = self.pop() {
            let sure = session.used_at.elapsed() < SURE_FOR;
            if sure || is_there(&mut session.connection).await.is_ok() {
                return Ok(session.connection);
            }
            // The others are as old.
            self.clear();
        }
        timeout(LONGEST_WELCOME, PgConnection::connect_with(&self.options)).await.unwrap_or(Err(AWAY))
    }

    /// Takes one back after a commit that came out so: whole, or not at all.
    pub(super) fn give_back<T>(&self, connection: PgConnection, came_out: &Result<T, sqlx::Error>) {
        match came_out {
            Err(error) if !is_of_the_commit(error) => self.clear(),
            _ => self.free().push(Session { connection, used_at: Instant::now() }),
        }
    }

    /// Ends those that are free.
    pub(in super::super) fn clear(&self) {
        self.free().clear();
    }

    fn pop(&self) -> Option<Session> {
        self.free().pop()
    }

    fn free(&self) -> std::sync::MutexGuard<'_, Vec<Session>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether there is somebody at the other end.
pub(super) async fn is_there(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    timeout(LONGEST_ANSWER, connection.ping()).await.unwrap_or(Err(AWAY)).map(|()| true)
}

/// What a server is that does not answer.
pub(super) const AWAY: sqlx::Error = sqlx::Error::PoolTimedOut;

/// Whether it was the commit that failed, and not its session: class 08 is about connections, 57P about their end.
fn is_of_the_commit(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| !code.starts_with("08") && !code.starts_with("57P"))
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The options hold a password.
        f.debug_struct("Sessions").finish_non_exhaustive()
    }
}
