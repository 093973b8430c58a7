//! Opens a connection: looks the host up, judges every address, dials the judged ones, agrees on TLS, and notes
//! how long each phase took.

use super::connection::Connection;
use super::failure::Failure;
use super::guard::{AddressRules, parse_host};
use super::target::Target;
use super::tls::{self, Tls};
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_rustls::rustls::pki_types::ServerName;
use url::Host;
use wire::{Ms, Reason, Timings};

/// Look-up, connecting and TLS together get no longer than this, however long the answer may take.
const DIAL_LIMIT: Duration = Duration::from_secs(10);
/// How long one address is waited for before the next is dialled beside it (RFC 8305).
const HEAD_START: Duration = Duration::from_millis(250);

/// Who knows the addresses of a name.
#[derive(Clone, Debug, Default)]
pub enum Resolver {
    /// The system: its hosts file, its name servers.
    #[default]
    System,
    /// These names and no others.
    Fixed(HashMap<String, Vec<IpAddr>>),
}

/// How far an exchange came, and how long each phase took.
#[derive(Default)]
pub(super) struct Progress {
    pub(super) dns: Option<Duration>,
    pub(super) connect: Option<Duration>,
    pub(super) tls: Option<Duration>,
    pub(super) ttfb: Option<Duration>,
    pub(super) body: Option<Duration>,
    pub(super) remote: Option<SocketAddr>,
}

impl Progress {
    pub(super) fn timings(&self, total: Duration) -> Timings {
        Timings {
            dns: self.dns.map(ms),
            connect: self.connect.map(ms),
            tls: self.tls.map(ms),
            ttfb: self.ttfb.map(ms),
            body: self.body.map(ms),
            total: ms(total),
        }
    }
}

fn ms(span: Duration) -> Ms {
    Ms::from_micros(i64::try_from(span.as_micros()).unwrap_or(i64::MAX))
}

/// What it takes to open connections.
pub(super) struct Dialler {
    pub(super) rules: AddressRules,
    pub(super) resolver: Resolver,
    pub(super) tls: Tls,
}

impl Dialler {
    /// Opens a connection to `target` within `limit` of `begun` (and [`DIAL_LIMIT`] of now). Whatever happens,
    /// `progress` tells how far it came.
    pub(super) async fn dial(
        &self,
        target: &Target,
        begun: Instant,
        limit: Duration,
        progress: &mut Progress,
    ) -> Result<Connection, Failure> {
        let deadline = (begun + limit).min(Instant::now() + DIAL_LIMIT);
        let limit = limit.min(DIAL_LIMIT);
        let host = parse_host(target.host()).ok_or_else(|| {
            Failure::new(Reason::Misconfigured, format!("\"{}\" cannot be the name of a host", target.host()))
        })?;
        let addresses = self.addresses(&host, target.port(), limit, deadline, progress).await?;
        let ips: Vec<IpAddr> = addresses.iter().map(SocketAddr::ip).collect();
        self.rules
            .judge(target.host(), &ips)
            .map_err(|blocked| Failure::new(Reason::BlockedAddress, blocked.to_string()))?;

        let begun = Instant::now();
        let connected = timeout_at(deadline, connect_first(&addresses)).await;
        progress.connect = Some(begun.elapsed());
        let (tcp, peer) = match connected {
            Ok(Ok(connected)) => connected,
            Ok(Err((error, peer))) => {
                progress.remote = Some(peer);
                return Err(Failure::of_connecting(&error, peer));
            }
            Err(_) => {
                progress.remote = addresses.first().copied();
                return Err(no_connection(&addresses, limit));
            }
        };
        progress.remote = Some(peer);
        // Small requests must not wait for more of them. A socket that refuses the option is none the worse.
        let _ = tcp.set_nodelay(true);
        if !target.https {
            return Connection::open(tcp, false, target, peer).await;
        }

        let begun = Instant::now();
        let secured = timeout_at(deadline, self.tls.shake_hands(server_name(host)?, tcp, peer)).await;
        progress.tls = Some(begun.elapsed());
        let stream = secured.map_err(|_| {
            let detail = format!("{peer} did not finish the TLS handshake within {} ms", limit.as_millis());
            Failure::new(Reason::Tls, detail)
        })??;
        let http2 = tls::chose_http2(&stream);
        Connection::open(stream, http2, target, peer).await
    }

    async fn addresses(
        &self,
        host: &Host<String>,
        port: u16,
        limit: Duration,
        deadline: Instant,
        progress: &mut Progress,
    ) -> Result<Vec<SocketAddr>, Failure> {
        let name = match host {
            Host::Ipv4(address) => return Ok(vec![SocketAddr::new(IpAddr::V4(*address), port)]),
            Host::Ipv6(address) => return Ok(vec![SocketAddr::new(IpAddr::V6(*address), port)]),
            Host::Domain(name) => name,
        };
        let begun = Instant::now();
        let found = timeout_at(deadline, self.resolver.look_up(name, port)).await;
        progress.dns = Some(begun.elapsed());
        match found {
            Ok(Ok(addresses)) if addresses.is_empty() => {
                Err(Failure::new(Reason::Dns, format!("{name} has no address")))
            }
            Ok(Ok(addresses)) => Ok(addresses),
            Ok(Err(error)) => {
                let why = error.to_string();
                let why = why.strip_prefix("failed to lookup address information: ").unwrap_or(&why);
                Err(Failure::new(Reason::Dns, format!("no address was found for {name}: {why}")))
            }
            Err(_) => {
                let detail =
                    format!("the addresses of {name} were not found within {} ms", limit.as_millis());
                Err(Failure::new(Reason::Dns, detail))
            }
        }
    }
}

impl Resolver {
    async fn look_up(&self, name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        match self {
            Self::System => Ok(tokio::net::lookup_host((name, port)).await?.collect()),
            Self::Fixed(names) => {
                let addresses = names.get(name).map_or(&[][..], Vec::as_slice);
                Ok(addresses.iter().map(|&address| SocketAddr::new(address, port)).collect())
            }
        }
    }
}

/// The first connection that comes about; each address has a head start over the next one. The error is of the
/// address that failed last.
async fn connect_first(addresses: &[SocketAddr]) -> Result<(TcpStream, SocketAddr), (io::Error, SocketAddr)> {
    let mut waiting = addresses.iter().copied();
    let mut dials = JoinSet::new();
    let mut failed = (io::ErrorKind::AddrNotAvailable.into(), SocketAddr::from(([0, 0, 0, 0], 0)));
    loop {
        if let Some(address) = waiting.next() {
            dials.spawn(async move { (TcpStream::connect(address).await, address) });
        }
        tokio::select! {
            outcome = dials.join_next(), if !dials.is_empty() => match outcome {
                Some(Ok((Ok(stream), address))) => return Ok((stream, address)),
                Some(Ok((Err(error), address))) => failed = (error, address),
                Some(Err(_)) | None => {}
            },
            () = sleep(HEAD_START), if !dials.is_empty() && waiting.len() > 0 => {}
            else => return Err(failed),
        }
    }
}

fn no_connection(addresses: &[SocketAddr], limit: Duration) -> Failure {
    let list: Vec<_> = addresses.iter().map(ToString::to_string).collect();
    let detail = format!("no connection to {} within {} ms", list.join(" or "), limit.as_millis());
    Failure::new(Reason::ConnectTimeout, detail)
}

fn server_name(host: Host<String>) -> Result<ServerName<'static>, Failure> {
    Ok(match host {
        Host::Ipv4(address) => ServerName::from(IpAddr::V4(address)),
        Host::Ipv6(address) => ServerName::from(IpAddr::V6(address)),
        Host::Domain(name) => {
            let invalid = Failure::new(Reason::Tls, format!("\"{name}\" cannot stand in a certificate"));
            ServerName::try_from(name).map_err(|_| invalid)?
        }
    })
}
