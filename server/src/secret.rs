//! Texts that must not be seen: a secret, and a text with parts from the environment.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::fmt;
use wire::MASK;

/// What Standard Webhooks secrets begin with.
const PREFIX: &str = "whsec_";

/// Base64 as secrets are written: the standard alphabet, with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A secret: prints as `••••` and has no JSON form.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The secret of this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself: the key of `X-OpenClaw-Signature`, or a token to compare with.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The key of Standard Webhooks: the bytes that the base64 after `whsec_` stands for.
    /// `None` where that is empty or no base64.
    pub fn standard_key(&self) -> Option<Vec<u8>> {
        let text = self.0.strip_prefix(PREFIX).unwrap_or(&self.0);
        BASE64.decode(text).ok().filter(|key| !key.is_empty())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(MASK)
    }
}

/// A text of which some parts must not be seen, as a URL with `${TOKEN}` in it.
#[derive(Clone, PartialEq, Eq)]
pub struct Masked {
    value: String,
    shown: String,
    hidden: Vec<String>,
}

impl Masked {
    /// A text that may be seen whole.
    pub fn plain(text: impl Into<String>) -> Self {
        let value = text.into();
        Self { shown: value.clone(), value, hidden: Vec::new() }
    }

    /// A text that may not be seen at all.
    pub fn hidden(text: impl Into<String>) -> Self {
        let value = text.into();
        // Of `Bearer <token>` the token alone is as secret.
        let token = value.split_once(' ').map(|(_, token)| token.to_owned());
        let hidden = std::iter::once(value.clone()).chain(token).collect();
        Self { value, shown: MASK.to_owned(), hidden }
    }

    /// The text `value`, seen as `shown`: without its parts `hidden`.
    pub fn partly(value: impl Into<String>, shown: impl Into<String>, hidden: Vec<String>) -> Self {
        Self { value: value.into(), shown: shown.into(), hidden }
    }

    /// The real text, to be used.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The text for people, with `••••` where the hidden parts are.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// The parts that must not be seen.
    pub fn hidden_parts(&self) -> impl Iterator<Item = &str> {
        self.hidden.iter().map(String::as_str)
    }
}

impl fmt::Debug for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.shown, f)
    }
}

impl fmt::Display for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_prints_what_it_hides() {
        let secret = Secret::new("whsec_abc");
        assert_eq!(format!("{secret} {secret:?} {:?}", Some(&secret)), "•••• •••• Some(••••)");
        assert_eq!(secret.expose(), "whsec_abc");

        let url = Masked::partly("https://x.example/k123", "https://x.example/••••", vec!["k123".to_owned()]);
        assert_eq!(format!("{url} {url:?}"), "https://x.example/•••• \"https://x.example/••••\"");
        assert_eq!(url.value(), "https://x.example/k123");
        assert_eq!(url.hidden_parts().collect::<Vec<_>>(), ["k123"]);
        assert_eq!(Masked::hidden("Bearer k").shown(), MASK);
        assert_eq!(Masked::hidden("Bearer k").hidden_parts().collect::<Vec<_>>(), ["Bearer k", "k"]);
        assert_eq!(Masked::plain("k").shown(), "k");
    }

    #[test]
    fn the_standard_key_is_the_base64_after_the_prefix() {
        let key = |text: &str| Secret::new(text).standard_key();
        assert_eq!(key("whsec_YWJj"), Some(b"abc".to_vec()));
        assert_eq!(key("whsec_YWI="), Some(b"ab".to_vec()));
        assert_eq!(key("whsec_YWI"), Some(b"ab".to_vec()), "padding may be left out");
        assert_eq!(key("YWJj"), Some(b"abc".to_vec()));
        assert_eq!(key("whsec_-_-_"), None, "the alphabet of URLs is another one");
        assert_eq!(key("whsec_"), None);
        assert_eq!(key("whsec_no base64"), None);
    }
}
