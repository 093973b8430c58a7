//! A gateway that listens: what `serve`, the demo and the tests start, and stop in order.

mod connections;
pub(crate) mod places;
mod rests;

use crate::clock::Clock;
use crate::config::{Config, ConfigSource};
use crate::gateway::{Gateway, Running};
use std::net::SocketAddr;
use tokio::net::TcpListener;

/// A gateway that answers on its port.
#[derive(Debug)]
pub struct Server {
    /// What answers.
    pub gateway: Gateway,
    /// Where; the port is the one that was given where port 0 was asked for.
    pub address: SocketAddr,
    running: Running,
    http: tokio::task::JoinHandle<()>,
}

impl Server {
    /// Takes the port first, so that a second start fails before it touches the database.
    pub async fn start(config: Config, clock: Clock, demo: bool) -> Result<Self, String> {
        let listen = config.server.listen.to_string();
        let listener = TcpListener::bind(&listen).await.map_err(|error| match error.kind() {
            std::io::ErrorKind::AddrInUse => format!(
                "{listen} is in use; stop what listens there, or choose another port {}",
                if demo { "with --listen" } else { "in webhooks.server.listen" }
            ),
            _ => format!(
                "can't listen on {listen}: {error}; webhooks.server.listen takes HOST:PORT of this machine"
            ),
        })?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let (gateway, running) =
            Gateway::start(config, clock, demo).await.map_err(|error| error.to_string())?;
        let stop = gateway.draining.clone();
        let trusted = gateway.server.trusted_proxies.clone();
        let router = crate::http::router(&gateway);
        let http = tokio::spawn(connections::take(listener, router, trusted, stop.subscribe()));
        Ok(Self { gateway, address, running, http })
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
        // First of all: whoever spreads the load is to send no more, and streams end.
        self.gateway.draining.send_replace(true);
        // Whoever is still asking has this long.
        let patience = tokio::time::Duration::from_millis(500);
        let mut http = self.http;
        if tokio::time::timeout(patience, &mut http).await.is_err() {
            http.abort();
        }
        self.running.stop(&self.gateway).await;
    }
}
