//! A way to the database that can hold its answers back, or lose them.

use crate::postgres::Server;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;

/// Between a gateway and its database: questions pass.
pub(crate) struct Proxy {
    folder: TempDir,
    state: Arc<watch::Sender<State>>,
}

/// Which question it is that answers are held from.
type Which = fn(&[u8]) -> bool;

#[derive(Clone, Copy, Default)]
struct State {
    /// From which question on answers are to wait.
    from: Option<Which>,
    /// Whether answers wait.
    holds: bool,
    /// How often all connections were cut, and all but the one that listens for hints.
    cuts: u64,
    working_cuts: u64,
    /// How often the one that listens was left to hang.
    hangs: u64,
}

/// What a gateway listens with.
const LISTENS: &[u8] = b"LISTEN ";

const SOCKET: &str = ".s.PGSQL.5432";

impl Proxy {
    pub(crate) fn start(server: &Server) -> Self {
        let proxy = Self { folder: tempfile::tempdir().unwrap(), state: Arc::default() };
        let listener = UnixListener::bind(proxy.folder.path().join(SOCKET)).unwrap();
        let (to, state) = (PathBuf::from(server.socket()).join(SOCKET), Arc::clone(&proxy.state));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, to.clone(), Arc::clone(&state)));
            }
        });
        proxy
    }

    /// The database's URL by this way.
    pub(crate) fn url(&self, database: &str) -> String {
        let (before, _) = database.split_once("?host=").unwrap();
        format!("{before}?host={}", self.folder.path().display())
    }

    /// Holds answers from now on, or lets them go.
    pub(crate) fn holds(&self, holds: bool) {
        self.state.send_modify(|state| state.holds = holds);
    }

    /// Holds answers from the next such question on.
    pub(crate) async fn holds_from(&self, which: Which) {
        self.state.send_modify(|state| state.from = Some(which));
        self.state.subscribe().wait_for(|state| state.holds).await.unwrap();
    }

    /// Ends every connection, with the answers that are held; new ones pass.
    pub(crate) fn cut(&self) {
        self.state.send_modify(|state| {
            *state = State { cuts: state.cuts + 1, holds: false, from: None, ..*state };
        });
    }

    /// The same but for the connection that listens for hints.
    pub(crate) fn cut_working(&self) {
        self.state.send_modify(|state| {
            *state = State { working_cuts: state.working_cuts + 1, holds: false, from: None, ..*state };
        });
    }

    /// From now on nothing comes over the connection that listens for hints. A new one passes.
    pub(crate) fn hang_listener(&self) {
        self.state.send_modify(|state| state.hangs += 1);
    }
}

async fn pass(client: UnixStream, to: PathBuf, shared: Arc<watch::Sender<State>>) {
    let server = UnixStream::connect(to).await.unwrap();
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
        (client.into_split(), server.into_split());
    let (mut state, mut cut) = (shared.subscribe(), shared.subscribe());
    let began = *state.borrow();
    let listens = AtomicBool::new(false);
    let is_cut = |state: &State| {
        state.cuts != began.cuts
            || (state.working_cuts != began.working_cuts && !listens.load(Ordering::Relaxed))
    };
    let hangs = |state: &State| state.hangs != began.hangs && listens.load(Ordering::Relaxed);
    let questions = async {
        let mut bytes = vec![0; 64 << 10];
        while let Ok(read @ 1..) = from_client.read(&mut bytes).await {
            if bytes[..read].windows(LISTENS.len()).any(|part| part == LISTENS) {
                listens.store(true, Ordering::Relaxed);
            }
            shared.send_if_modified(|state| {
                let is_it = state.from.is_some_and(|which| which(&bytes[..read]));
                if is_it {
                    *state = State { holds: true, from: None, ..*state };
                }
                is_it
            });
            if to_server.write_all(&bytes[..read]).await.is_err() {
                return;
            }
        }
    };
    let answers = async {
        let mut bytes = vec![0; 64 << 10];
        loop {
            let Ok(read @ 1..) = from_server.read(&mut bytes).await else { return };
            let passes = state.wait_for(|state| !(state.holds || hangs(state)) || is_cut(state)).await;
            if passes.is_ok_and(|state| is_cut(&state)) || to_client.write_all(&bytes[..read]).await.is_err()
            {
                return;
            }
        }
    };
    tokio::select! {
        () = questions => {}
        () = answers => {}
        _ = cut.wait_for(is_cut) => {}
    }
}
