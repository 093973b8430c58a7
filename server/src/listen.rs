//! A gateway that listens: what `serve`, the demo and the tests start, and stop in order.

use crate::clock::Clock;
use crate::config::{Config, ConfigSource};
use crate::gateway::{Gateway, Running};
use axum::serve::ListenerExt;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// A gateway that answers on its port.
#[derive(Debug)]
pub struct Server {
    /// What answers.
    pub gateway: Gateway,
    /// Where; the port is the one that was given where port 0 was asked for.
    pub address: SocketAddr,
    running: Running,
    stop: watch::Sender<bool>,
    http: tokio::task::JoinHandle<()>,
}

impl Server {
    /// Takes the port first, so that a second start fails before it touches the database.
    pub async fn start(config: Config, clock: Clock, demo: bool) -> Result<Self, String> {
        let listen = config.server.listen.to_string();
        let listener = TcpListener::bind(&listen).await.map_err(|error| match error.kind() {
            std::io::ErrorKind::AddrInUse => format!(
                "{listen} is in use; stop what listens there, or choose another port in webhooks.server.listen"
            ),
            _ => format!("can't listen on {listen}: {error}; webhooks.server.listen takes HOST:PORT of this machine"),
        })?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let (gateway, running) =
            Gateway::start(config, clock, demo).await.map_err(|error| error.to_string())?;
        let (stop, mut stopped) = watch::channel(false);
        let router = crate::http::router(&gateway).into_make_service_with_connect_info::<SocketAddr>();
        let listener = listener.tap_io(|connection| {
            // Small answers go at once; a socket that can't be told so still works.
            let _ = connection.set_nodelay(true);
        });
        let http = tokio::spawn(async move {
            let shutdown = async move {
                let _ = stopped.wait_for(|stopped| *stopped).await;
            };
            if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(shutdown).await {
                tracing::error!(%error, "The listener failed: {error}");
            }
        });
        Ok(Self { gateway, address, running, stop, http })
    }

    /// Puts a change of the configuration's file in force, from now on.
    pub fn watch(&mut self, source: ConfigSource, environment: fn(&str) -> Option<String>) {
        self.running.beside(crate::watch::run(self.gateway.clone(), source, environment));
    }

    /// Where the dashboard is.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Takes no more requests, finishes attempts on their way, and closes the database.
    pub async fn stop(self) {
        // First of all: whoever spreads the load is to send no more.
        self.gateway.draining.store(true, Ordering::Relaxed);
        let _ = self.stop.send(true);
        // Open streams would keep it for ever; what is asked through them is only to watch.
        let patience = tokio::time::Duration::from_millis(500);
        let mut http = self.http;
        if tokio::time::timeout(patience, &mut http).await.is_err() {
            http.abort();
        }
        self.running.stop(&self.gateway).await;
    }
}
