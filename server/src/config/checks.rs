//! What single values must look like: names, URLs, headers, paths.

use super::node::Text;
use crate::secret::Masked;
use http::{HeaderName, HeaderValue, Uri};
use std::path::Path;
use url::Url;
use wire::MASK;

/// Headers that the gateway or HTTP itself sets; and all that begin with `proxy-`.
const FORBIDDEN_HEADERS: &[&str] = &[
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "te",
    "upgrade",
    "content-type",
    "user-agent",
    "x-openclaw-signature",
    "x-openclaw-timestamp",
    "x-openclaw-event",
    "x-openclaw-event-id",
    "x-openclaw-delivery",
    "x-openclaw-attempt",
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
];

/// What the name of something secret has in it, wherever it stands there.
const SENSITIVE: &[&str] =
    &["authorization", "cookie", "token", "secret", "api-key", "apikey", "password", "signature"];
/// What it has in it as a word of its own, or as the plural of one: `monkey`, `author` and `design` are none.
const SENSITIVE_WORDS: &[&str] =
    &["key", "auth", "sig", "pass", "passwd", "passphrase", "pwd", "credential", "session", "jwt"];
/// Names with such a word that are no secret: the one by which a repeat is known.
const HARMLESS: &[&str] =
    &["idempotency-key", "x-idempotency-key", "x-event-key", "user_key", "issue_key", "project_key"];

/// A name of an endpoint: 1 to 64 of `a-z A-Z 0-9 _ - .`.
pub(crate) fn name(name: &str) -> Result<(), String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    if (1..=64).contains(&name.len()) && name.bytes().all(allowed) && !matches!(name, "." | "..") {
        Ok(())
    } else {
        Err("a name has 1 to 64 characters of a-z A-Z 0-9 _ - .".to_owned())
    }
}

/// An address to send to: `http` or `https`, with a host, without a fragment.
pub(crate) fn absolute_path(path: &str) -> Result<(), String> {
    if Path::new(path).is_absolute() {
        Ok(())
    } else {
        Err("must be the whole path of a file, from / on".to_owned())
    }
}

pub(crate) fn http_url(url: &str) -> Result<(), String> {
    if url.chars().any(|character| character.is_whitespace() || character.is_control()) {
        return Err("a URL has no spaces or line breaks".to_owned());
    }
    let parsed =
        Url::parse(url).map_err(|error| format!("no URL such as https://example.com/hook: {error}"))?;
    if !matches!(parsed.scheme(), "http" | "https") {
        return Err(format!("must begin with https:// or http://, not {}:", parsed.scheme()));
    }
    if !url.get(parsed.scheme().len()..).is_some_and(|rest| rest.starts_with("://")) {
        return Err(format!("must begin with {}://", parsed.scheme()));
    }
    if !url.is_ascii() || !url.parse::<Uri>().is_ok_and(|uri| uri.host().is_some_and(|host| !host.is_empty()))
    {
        return Err(
            "no URL such as https://example.com/hook: it has a host and only ASCII characters".to_owned()
        );
    }
    if parsed.fragment().is_some() {
        return Err("must not have a fragment (what follows #): it is never sent".to_owned());
    }
    Ok(())
}

/// A URL for people: what came from variables, the password and parameters that carry secrets are masked.
pub(crate) fn masked_url(text: &Text) -> Masked {
    let mut shown = match text.shown.split_once('?') {
        Some((before, query)) => format!("{before}?{}", masked_query(query)),
        None => text.shown.clone(),
    };
    if let Some((scheme, rest)) = shown.split_once("://") {
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let parts = authority.rsplit_once('@').and_then(|(user, host)| Some((user.split_once(':')?.0, host)));
        if let Some((user, host)) = parts {
            shown = format!("{scheme}://{user}:{MASK}@{host}{path}");
        }
    }
    let hidden = text.hidden.iter().cloned().chain(secrets_of(&text.value)).collect();
    Masked::partly(&text.value, shown, hidden)
}

/// The same for a URL that comes from elsewhere, as it is.
pub(crate) fn masked_plain_url(url: &str) -> Masked {
    masked_url(&Text::plain(url.to_owned()))
}

/// A URL's password and the values of its parameters that carry secrets, as they stand there and as their reader takes them.
fn secrets_of(url: &str) -> Vec<String> {
    let (before, query) = url.split_once('?').unwrap_or((url, ""));
    let authority = before.split_once("://").map_or("", |(_, rest)| rest.split('/').next().unwrap_or(rest));
    let password = authority.rsplit_once('@').and_then(|(user, _)| Some(user.split_once(':')?.1.to_owned()));
    let mut secrets: Vec<String> = password.into_iter().collect();
    for pair in query.split('&') {
        if let Some((name, value)) = pair.split_once('=')
            && is_secret_parameter(name)
        {
            let read = form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned());
            secrets.extend(read.into_iter().chain([value.to_owned()]));
        }
    }
    secrets
}

/// Whether a parameter of this name in a query carries a secret. Its reader takes `to%6Ben` for the token that it is.
fn is_secret_parameter(name: &str) -> bool {
    form_urlencoded::parse(name.as_bytes()).any(|(name, _)| is_sensitive(&name))
}

/// A query string with the values of those parameters masked whose names say that they carry secrets.
pub(crate) fn masked_query(query: &str) -> String {
    let masked = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if is_secret_parameter(name) => format!("{name}={MASK}"),
        Some(_) | None => pair.to_owned(),
    });
    masked.collect::<Vec<_>>().join("&")
}

/// A header's name: valid, and none that the gateway sets itself.
pub(crate) fn header_name(name: &str) -> Result<(), String> {
    let Ok(parsed) = HeaderName::from_bytes(name.as_bytes()) else {
        return Err("no header name: it has letters, digits and - only".to_owned());
    };
    let lower = parsed.as_str();
    if FORBIDDEN_HEADERS.contains(&lower) || lower.starts_with("proxy-") {
        return Err("this header is set by the gateway or by HTTP itself and can't be given here".to_owned());
    }
    Ok(())
}

/// A header's value: no CR, LF, NUL or other control characters.
pub(crate) fn header_value(value: &str) -> Result<(), String> {
    match HeaderValue::from_bytes(value.as_bytes()) {
        Ok(_) => Ok(()),
        Err(_) => Err("a header's value has no line breaks, NUL or other control characters".to_owned()),
    }
}

/// Whether what is called this is likely a secret.
pub fn is_sensitive(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    if SENSITIVE.iter().any(|word| lower.contains(word)) {
        return true;
    }
    let is_secret = |word: &String| {
        SENSITIVE_WORDS.iter().any(|secret| word == secret || word.strip_suffix('s') == Some(secret))
    };
    words(name).iter().any(is_secret) && !HARMLESS.contains(&lower.as_str())
}

/// The words of a name, in lower case: they end where no letter stands, and where the case changes, as in `userAPIKey2`.
fn words(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut words = vec![String::new()];
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| letters[before]);
        let is_followed_by_small = letters.get(at + 1).is_some_and(char::is_ascii_lowercase);
        let begins = letter.is_ascii_uppercase()
            && before.is_some_and(|before| {
                before.is_ascii_lowercase() || before.is_ascii_uppercase() && is_followed_by_small
            });
        if begins || !letter.is_ascii_alphabetic() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| letter.is_ascii_alphabetic()) {
            word.push(letter.to_ascii_lowercase());
        }
    }
    words
}

/// A header's value for people: masked whole where the name says that it is a secret.
pub(crate) fn masked_header(name: &str, text: &Text) -> Masked {
    if is_sensitive(name) {
        Masked::hidden(&text.value)
    } else {
        Masked::partly(&text.value, &text.shown, text.hidden.clone())
    }
}

/// A dotted path into an event, as `data.message.content`; lists on the way are entered.
pub(crate) fn path(path: &str) -> Result<(), String> {
    let is_key =
        |key: &str| !key.is_empty() && !key.contains(|c: char| c.is_whitespace() || matches!(c, '[' | ']'));
    if path.split('.').all(is_key) {
        Ok(())
    } else {
        Err("no path such as data.message.content; lists are entered without [0]".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::environment::expand;

    #[test]
    fn urls_that_can_be_sent_to() {
        for good in
            ["https://a.example/x?y=1", "http://127.0.0.1:8080", "https://user:pw@[::1]/", "http://localhost"]
        {
            assert_eq!(http_url(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "a.example",
            "ftp://a.example",
            "https://",
            "https:///x",
            "http:a.example",
            "https://a.example/#x",
            "https://a b/",
            "https://a.example/\n",
            "https://:80/",
            "https://a.example:99999/",
            "/x",
            "https://[::1",
            "javascript:alert(1)",
            "https://ä.example/",
            "https://a.example/ä",
        ] {
            assert!(http_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_urls_secrets_are_not_shown() {
        let environment = |_: &str| Some("s3cret".to_owned());
        for (source, shown) in [
            ("https://u:pw@x.example/a:b@c", "https://u:••••@x.example/a:b@c"),
            ("https://u:p@w@x.example", "https://u:••••@x.example"),
            ("https://u@x.example/", "https://u@x.example/"),
            ("https://${A}:${A}@x.example/${A}", "https://••••:••••@x.example/••••"),
            ("postgres://u:pw@h:5432/db?x=y:z@w", "postgres://u:••••@h:5432/db?x=y:z@w"),
            ("sqlite://a.db", "sqlite://a.db"),
            ("https://x.example/a?b=c&Access_Token=1=2&d", "https://x.example/a?b=c&Access_Token=••••&d"),
            ("https://u:p@x.example?to%6Ben=1", "https://u:••••@x.example?to%6Ben=••••"),
            ("https://x.example?user:token@y=1", "https://x.example?user:token@y=••••"),
            (
                "https://x.example/a?code=1&monkey=2&sig=3&key=4",
                "https://x.example/a?code=1&monkey=2&sig=••••&key=••••",
            ),
        ] {
            assert_eq!(masked_url(&expand(source, &environment)).shown(), shown);
        }
    }

    #[test]
    fn a_urls_secrets_are_known_as_its_reader_takes_them() {
        let environment = |_: &str| Some("s3cret".to_owned());
        for (source, hidden) in [
            ("https://u:p@w@x.example/a:b@c?b=1", vec!["p@w"]),
            ("https://x.example/${A}?token=a%2Fb&c=d", vec!["s3cret", "a/b", "a%2Fb"]),
            ("https://x.example/", vec![]),
        ] {
            let masked = masked_url(&expand(source, &environment));
            assert_eq!(masked.hidden_parts().collect::<Vec<_>>(), hidden, "{source}");
        }
    }

    #[test]
    fn a_name_says_whether_it_is_a_secret() {
        for secret in [
            "X-Auth",
            "X-Functions-Key",
            "x-auth",
            "key",
            "KEY",
            "api.key",
            "keys",
            "sig",
            "signature",
            "X-Hub-Signature-256",
            "accessKeyId",
            "userAPIKey",
            "key2",
            "data[key]",
            "db_pass",
            "PWD",
            "aws-credentials",
            "sessionId",
            "jwt",
            "Authorization",
            "clientsecret",
        ] {
            assert!(is_sensitive(secret), "{secret}");
        }
        for readable in [
            "monkey",
            "author",
            "design",
            "passenger",
            "keyboard",
            "X-Author",
            "assign",
            "compass",
            "obsession",
            "X-Request-Id",
            "Idempotency-Key",
            "",
        ] {
            assert!(!is_sensitive(readable), "{readable}");
        }
    }

    #[test]
    fn headers_that_may_be_added() {
        for good in ["X-API-Key", "Authorization", "Accept", "x-openclaw-team", "Keep-Alive"] {
            assert_eq!(header_name(good), Ok(()), "{good}");
        }
        for bad in [
            "Host",
            "content-LENGTH",
            "TE",
            "Proxy-Authorization",
            "X-OpenClaw-Event-Id",
            "Webhook-Id",
            "User-Agent",
            "a b",
            "a:b",
            "",
        ] {
            assert!(header_name(bad).is_err(), "{bad}");
        }
        assert_eq!(header_value("Bearer ä\tb"), Ok(()));
        for bad in ["a\r\nb", "a\nb", "a\0b", "\u{7f}"] {
            assert!(header_value(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn paths_into_an_event() {
        for good in ["data", "data.message.content", "data.items.name", "data.a-b"] {
            assert_eq!(path(good), Ok(()), "{good}");
        }
        for bad in ["", ".", "data.", ".data", "data..x", "data[0].x", "data.[0]", "data. x"] {
            assert!(path(bad).is_err(), "{bad}");
        }
    }
}
