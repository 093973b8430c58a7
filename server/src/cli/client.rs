//! The API of a running gateway, as the commands call it.

use super::end::Failure;
use super::http::{Answer, send};
use super::out::note;
use crate::config::{Config, ConfigSource, Listen};
use bytes::Bytes;
use clap::Args;
use http::{HeaderMap, HeaderValue, Method, header};
use serde::de::DeserializeOwned;
use std::net::IpAddr;
use url::Url;

const DEFAULT_URL: &str = "http://127.0.0.1:8787";

/// Which gateway is asked, and for whom.
#[derive(Debug, Args)]
pub(super) struct Asking {
    /// The gateway; else that of `OPENCLAW_WEBHOOKS_URL`, of ./openclaw.json5, or 127.0.0.1:8787, in this order
    #[arg(long, value_name = "URL", value_parser = read_url, help_heading = "Gateway")]
    url: Option<Url>,
    /// Its token; else `OPENCLAW_WEBHOOKS_TOKEN`, which other users of this machine can't see
    #[arg(long, value_name = "TOKEN", help_heading = "Gateway")]
    token: Option<String>,
    /// For programs: one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

/// A gateway's API.
#[derive(Debug)]
pub(super) struct Client {
    base: Url,
    token: Option<HeaderValue>,
}

impl Client {
    /// The gateway that is asked for.
    pub(super) fn new(asking: &Asking) -> Result<Self, Failure> {
        let environment = |name: &str| super::environment(name).filter(|value| !value.is_empty());
        let base = match (&asking.url, environment("OPENCLAW_WEBHOOKS_URL")) {
            (Some(url), _) => url.clone(),
            (None, Some(url)) => {
                read_url(&url).map_err(|error| Failure::Use(format!("OPENCLAW_WEBHOOKS_URL: {error}")))?
            }
            (None, None) => of_file()?,
        };
        let token = asking.token.clone().or_else(|| environment("OPENCLAW_WEBHOOKS_TOKEN"));
        let token = token.map(|token| bearer(&token)).transpose()?;
        Ok(Self { base, token })
    }

    /// Where the gateway is.
    pub(super) const fn base(&self) -> &Url {
        &self.base
    }

    /// A resource's address; each part of `path` is one segment, whatever it holds.
    pub(super) fn url(&self, path: &[&str], query: &[(&str, String)]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["api", "v1"]).extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// The headers of every request.
    pub(super) fn headers(&self) -> HeaderMap {
        let agent = concat!("openclaw-webhooks-cli/", env!("CARGO_PKG_VERSION"));
        let mut headers = HeaderMap::from_iter([(header::USER_AGENT, HeaderValue::from_static(agent))]);
        headers.extend(self.token.clone().map(|token| (header::AUTHORIZATION, token)));
        headers
    }

    /// Sends a request; any answer at all is given.
    pub(super) async fn ask(&self, method: Method, url: &Url, body: Bytes) -> Result<Answer, Failure> {
        let mut headers = self.headers();
        if !body.is_empty() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        send(method, url, headers, body).await.map_err(|error| self.unreachable(&error))
    }

    /// Reads a list or an object.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, String)],
    ) -> Result<T, Failure> {
        self.read(&self.ask(Method::GET, &self.url(path, query), Bytes::new()).await?)
    }

    /// Has something done.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: impl Into<Bytes>,
    ) -> Result<T, Failure> {
        self.read(&self.ask(Method::POST, &self.url(path, &[]), body.into()).await?)
    }

    /// Has something removed.
    pub(super) async fn delete(&self, path: &[&str]) -> Result<(), Failure> {
        let answer = self.ask(Method::DELETE, &self.url(path, &[]), Bytes::new()).await?;
        if answer.status == 204 { Ok(()) } else { self.read(&answer) }
    }

    /// What an answer says: what was asked for, or the gateway's problem.
    pub(super) fn read<T: DeserializeOwned>(&self, answer: &Answer) -> Result<T, Failure> {
        if let 200..=299 = answer.status {
            let stranger = |error| self.stranger(&format!("its answer can't be read ({error})"));
            return serde_json::from_slice(&answer.body).map_err(stranger);
        }
        match serde_json::from_slice::<wire::Problem>(&answer.body) {
            Ok(problem) => Err(problem.into()),
            Err(_) => {
                Err(self
                    .stranger(&format!("it answers {} in words that aren't the gateway's", answer.status)))
            }
        }
    }

    /// Nobody answers.
    pub(super) fn unreachable(&self, error: &str) -> Failure {
        Failure::Unreachable(format!(
            "can't reach the gateway at {}: {error}\n  Start it with `openclaw-webhooks serve`, or name another with --url.",
            self.base
        ))
    }

    fn stranger(&self, what: &str) -> Failure {
        Failure::Unreachable(format!(
            "what listens at {} is no OpenClaw Webhooks gateway, or a proxy stands before it: {what}\n  \
             Name the gateway with --url.",
            self.base
        ))
    }
}

/// Where the configuration's file has the gateway listen, seen from this machine.
fn of_file() -> Result<Url, Failure> {
    let folder = std::env::current_dir().unwrap_or_default();
    let source = ConfigSource::find(None, &super::environment, &folder);
    let listen = match Config::listen(&source, &super::environment) {
        Ok(Some(listen)) => listen,
        Ok(None) => {
            note(format!("There is no openclaw.json5 here: asking {DEFAULT_URL}"));
            return read_url(DEFAULT_URL).map_err(Failure::Use);
        }
        // Another gateway may listen at the usual address: nothing is done there by mistake.
        Err(_) => {
            let file = source.file().display();
            return Err(Failure::Use(format!(
                "{file} can't be used, so it does not say where its gateway is (`openclaw-webhooks config check` says \
                 why): name the gateway with --url"
            )));
        }
    };
    if listen.port == 0 {
        let file = source.file().display();
        return Err(Failure::Use(format!(
            "{file} lets the gateway listen on any free port: name it with --url"
        )));
    }
    read_url(&reachable(listen).to_string()).map_err(Failure::Use)
}

/// Who listens everywhere is reached here.
fn reachable(listen: Listen) -> Listen {
    match listen.host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) if address.is_unspecified() => {
            Listen { host: "127.0.0.1".to_owned(), ..listen }
        }
        Ok(IpAddr::V6(address)) if address.is_unspecified() => Listen { host: "::1".to_owned(), ..listen },
        Ok(_) | Err(_) => listen,
    }
}

/// Reads a URL, of which `http://` may be left out.
pub(super) fn read_url(text: &str) -> Result<Url, String> {
    let whole = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let url = Url::parse(&whole).map_err(|error| format!("no URL such as {DEFAULT_URL}: {error}"))?;
    if matches!(url.scheme(), "http" | "https") && url.has_host() {
        Ok(url)
    } else {
        Err("must begin with http:// or https://".to_owned())
    }
}

fn bearer(token: &str) -> Result<HeaderValue, Failure> {
    let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
        .map_err(|_| Failure::Use("a token has no line breaks or control characters".to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_one_segment_and_a_prefix_stays() {
        let client = |base: &str| Client { base: read_url(base).unwrap(), token: None };
        let url = client("localhost:8787").url(&["endpoints", "a/b?c"], &[("q", "x y".to_owned())]);
        assert_eq!(url.as_str(), "http://localhost:8787/api/v1/endpoints/a%2Fb%3Fc?q=x+y");
        assert_eq!(
            client("https://x.example/hooks/").url(&["hits"], &[]).as_str(),
            "https://x.example/hooks/api/v1/hits"
        );
        assert!(read_url("ftp://x").is_err());
    }

    #[test]
    fn who_listens_everywhere_is_asked_here() {
        let here = |text: &str| reachable(text.parse().unwrap()).to_string();
        assert_eq!(here("0.0.0.0:1"), "127.0.0.1:1");
        assert_eq!(here("[::]:1"), "[::1]:1");
        assert_eq!(here("10.0.0.1:1"), "10.0.0.1:1");
    }
}
