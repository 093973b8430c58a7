//! Questions: what people and programs ask about what is stored. A search through texts has no index and may go through
//! everything, so questions have connections of their own, a longest time, and few of them search at once: neither the
//! gateway's own work nor a question that is quickly answered waits for them.

use super::sqlite::safe;
use super::{Store, StoreError, postgres};
use sqlx::sqlite::{SqliteConnection, SqlitePoolOptions};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A question is answered within this time, or not at all.
pub const LONGEST: Duration = Duration::from_secs(10);
/// Connections for questions.
const CONNECTIONS: u32 = 4;
/// Of them so many may be searching through texts.
const SEARCHES: usize = 2;
/// SQLite looks at the time after so many steps of its own. A step may be the comparison of a whole body, so they are few.
const STEPS: i32 = 16;

/// The database, to be asked.
#[derive(Clone, Debug)]
pub struct Questions {
    /// Reads through connections that know how long a question may take.
    pub store: Store,
    searches: Arc<Semaphore>,
    longest: Duration,
}

impl Store {
    /// The same database, for questions that are to be answered within `longest`. Connects when it is first asked.
    pub fn questions(&self, longest: Duration) -> Questions {
        let store = match self {
            Self::Sqlite { writer, read, lock } => {
                let options = (*read.connect_options()).clone().pragma("query_only", "ON");
                let read = SqlitePoolOptions::new()
                    .max_connections(CONNECTIONS)
                    .acquire_timeout(longest)
                    .idle_timeout(None)
                    .max_lifetime(None)
                    .test_before_acquire(false)
                    .after_connect(move |connection, _| Box::pin(begin(connection, longest)))
                    .before_acquire(move |connection, _| {
                        Box::pin(async move { begin(connection, longest).await.map(|()| true) })
                    })
                    .connect_lazy_with(options);
                Self::Sqlite { writer: Arc::clone(writer), read, lock: Arc::clone(lock) }
            }
            Self::Postgres { read, work, write } => {
                let sql = format!("SET statement_timeout = {}", longest.as_millis());
                let read = postgres::pool(CONNECTIONS, longest)
                    .after_connect(move |connection, _| {
                        let sql = safe(sql.clone());
                        Box::pin(async move { sqlx::raw_sql(sql).execute(connection).await.map(|_| ()) })
                    })
                    .connect_lazy_with((*read.connect_options()).clone());
                Self::Postgres { read, work: work.clone(), write: Arc::clone(write) }
            }
        };
        Questions { store, searches: Arc::new(Semaphore::new(SEARCHES)), longest }
    }
}

/// From now on this connection answers within `longest`. Asked anew each time it is used: a question whose asker is gone
/// ends by its own time, and the next one has its own.
async fn begin(connection: &mut SqliteConnection, longest: Duration) -> Result<(), sqlx::Error> {
    let until = Instant::now() + longest;
    connection.lock_handle().await?.set_progress_handler(STEPS, move || Instant::now() < until);
    Ok(())
}

impl Questions {
    /// A place for a question, to be held until it is answered; one that searches through texts waits for its turn.
    pub async fn place(&self, searches: bool) -> Result<Option<OwnedSemaphorePermit>, StoreError> {
        if !searches {
            return Ok(None);
        }
        let place = tokio::time::timeout(self.longest, Arc::clone(&self.searches).acquire_owned()).await;
        match place {
            Ok(Ok(place)) => Ok(Some(place)),
            Ok(Err(_)) | Err(_) => Err(StoreError::Slow),
        }
    }

    /// Ends its connections, not the database.
    pub async fn close(&self) {
        match &self.store {
            Store::Sqlite { read, .. } => read.close().await,
            Store::Postgres { read, .. } => read.close().await,
        }
    }
}
