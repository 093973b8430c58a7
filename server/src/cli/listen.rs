//! `listen`: a receiver on this machine that prints, verifies and forwards what arrives.

mod forward;
mod receive;
mod register;
mod show;

use super::client::{Asking, Client, read_url};
use super::end::{Failure, Verdict};
use super::filter::of_words;
use super::out::{Out, note};
use super::serve::{say, stop_asked};
use clap::Args;
use forward::Forward;
use receive::Receiver;
use register::Registered;
use tokio::net::TcpListener;
use tokio::sync::watch;
use url::Url;
use wire::EventType;

pub(super) const EXAMPLES: &str = "\
Examples:
  openclaw-webhooks listen
  openclaw-webhooks listen --secret whsec_… --forward-to http://127.0.0.1:3000/hooks
  openclaw-webhooks listen --port 0 --register my-laptop --events message.sent,error.occurred
  openclaw-webhooks listen --register my-laptop --public-url https://abc123.ngrok.app/

The first line is `Listening on http://127.0.0.1:PORT/`, also with --json. What is not signed with
the secret is answered 401 and not forwarded. The answer of where it is forwarded to is the answer
that the gateway gets; 502 where none comes, so that the gateway tries again.";

/// The port that is listened on, unless told otherwise.
const DEFAULT_PORT: u16 = 9000;

/// Where it listens, and what it does with what arrives.
#[derive(Debug, Args)]
pub(super) struct Listen {
    /// The port on 127.0.0.1; 0 takes any that is free
    #[arg(long, value_name = "N", default_value_t = DEFAULT_PORT)]
    port: u16,
    /// Verify with this secret, `whsec_` included
    #[arg(long, value_name = "SECRET")]
    secret: Option<String>,
    /// Pass each request on to this URL
    #[arg(long, value_name = "URL", value_parser = read_url)]
    forward_to: Option<Url>,
    /// Make an endpoint of this name at the gateway, and remove it at the end; without --secret a new one is made
    #[arg(long, value_name = "NAME")]
    register: Option<String>,
    /// The event types of that endpoint; else all
    #[arg(long, value_name = "TYPE", value_delimiter = ',', requires = "register", value_parser = of_words(EventType::ALL, EventType::as_str))]
    events: Vec<EventType>,
    /// Where a gateway elsewhere reaches this receiver: the address of a tunnel
    #[arg(long, value_name = "URL", requires = "register", value_parser = read_url)]
    public_url: Option<Url>,
    /// Print the headers too
    #[arg(long)]
    headers: bool,
    #[command(flatten)]
    asking: Asking,
}

pub(super) async fn run(listen: Listen) -> Result<Verdict, Failure> {
    // Who reads that we listen may ask us to end at once.
    let stop = stop_asked();
    let (listener, url) = bind(listen.port).await?;
    say(&format!("Listening on {url}"))?;
    let out = Out::new(listen.asking.json);
    let secret = listen.secret.clone().or_else(|| listen.register.as_ref().map(|_| register::new_secret()));
    if secret.is_none() {
        note("Without --secret nothing is verified.");
    }
    let forward = listen.forward_to.clone().map(Forward::new);
    if let Some(forward) = &forward {
        forward.look().await;
    }
    let (unread, mut nobody_reads) = watch::channel(false);
    let printer = show::Printer { out, headers: listen.headers };
    let receiver = Receiver { secret: secret.clone(), forward, printer, unread };
    let (end, mut ended) = watch::channel(false);
    let serving = tokio::spawn(async move {
        let until = async move { drop(ended.wait_for(|ended| *ended).await) };
        axum::serve(listener, receive::router(receiver)).with_graceful_shutdown(until).await
    });
    let registered = match &listen.register {
        Some(name) => Some(register(&listen, name, secret, &url).await?),
        None => None,
    };
    tokio::select! {
        () = stop => {}
        _ = nobody_reads.wait_for(|unread| *unread) => {}
    }
    let removed = match registered {
        Some(registered) => registered.remove().await,
        None => Ok(()),
    };
    // What is being answered still is, but a connection kept open for later holds nothing up.
    let _ = end.send(true);
    let _ = tokio::time::timeout(std::time::Duration::from_millis(500), serving).await;
    removed.map(|()| Verdict::Done)
}

async fn bind(port: u16) -> Result<(TcpListener, Url), Failure> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| {
        Failure::Problem(format!(
            "can't listen on 127.0.0.1:{port}: {error}; choose another port with --port, 0 takes any"
        ))
    })?;
    let address = listener.local_addr().map_err(|error| Failure::Problem(error.to_string()))?;
    let url = read_url(&format!("http://{address}/")).map_err(Failure::Problem)?;
    Ok((listener, url))
}

async fn register(
    listen: &Listen,
    name: &str,
    secret: Option<String>,
    own: &Url,
) -> Result<Registered, Failure> {
    let client = Client::new(&listen.asking)?;
    let url = listen.public_url.as_ref().unwrap_or(own);
    let registered = Registered::make(client, name, url, secret.as_deref(), &listen.events).await?;
    registered.look().await;
    Ok(registered)
}
