//! Prefixed ids: `evt_ dlv_ att_ chk_ hit_ run_`, each its own type, cheap to clone.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;
use std::sync::Arc;

/// What an id is of, and the prefix that says so.
pub trait Kind: 'static {
    /// The prefix with its underscore, as `evt_`.
    const PREFIX: &'static str;
}

/// The kinds of things that have ids.
pub mod kinds {
    use super::Kind;

    /// An event.
    #[derive(Debug)]
    pub enum Event {}
    /// A delivery.
    #[derive(Debug)]
    pub enum Delivery {}
    /// An attempt.
    #[derive(Debug)]
    pub enum Attempt {}
    /// A health check.
    #[derive(Debug)]
    pub enum Check {}
    /// An inbound request.
    #[derive(Debug)]
    pub enum Hit {}
    /// An agent's run.
    #[derive(Debug)]
    pub enum Run {}

    impl Kind for Event {
        const PREFIX: &'static str = "evt_";
    }
    impl Kind for Delivery {
        const PREFIX: &'static str = "dlv_";
    }
    impl Kind for Attempt {
        const PREFIX: &'static str = "att_";
    }
    impl Kind for Check {
        const PREFIX: &'static str = "chk_";
    }
    impl Kind for Hit {
        const PREFIX: &'static str = "hit_";
    }
    impl Kind for Run {
        const PREFIX: &'static str = "run_";
    }
}

/// An event's id: its sender's, or `evt_` and a version 7 UUID.
pub type EventId = Id<kinds::Event>;
/// A delivery's id.
pub type DeliveryId = Id<kinds::Delivery>;
/// An attempt's id.
pub type AttemptId = Id<kinds::Attempt>;
/// A check's id.
pub type CheckId = Id<kinds::Check>;
/// A hit's id.
pub type HitId = Id<kinds::Hit>;
/// A run's id.
pub type RunId = Id<kinds::Run>;

/// An id of `K`: 1 to 128 characters of `A-Z a-z 0-9 _ -`.
pub struct Id<K> {
    text: Arc<str>,
    kind: PhantomData<fn() -> K>,
}

/// Why a text is no id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdError;

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id has 1 to 128 characters of A-Z a-z 0-9 _ -")
    }
}

impl std::error::Error for IdError {}

impl<K: Kind> Id<K> {
    /// The id of this kind whose part after the prefix is `unique`.
    pub fn made(unique: impl fmt::Display) -> Self {
        Self { text: format!("{}{unique}", K::PREFIX).into(), kind: PhantomData }
    }
}

impl<K> Id<K> {
    /// The whole text, prefix included.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl<K> FromStr for Id<K> {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if (1..=128).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self { text: text.into(), kind: PhantomData })
        } else {
            Err(IdError)
        }
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        Self { text: Arc::clone(&self.text), kind: PhantomData }
    }
}

impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl<K> Eq for Id<K> {}

impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}

impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<K> serde::Serialize for Id<K> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de, K> serde::Deserialize<'de> for Id<K> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_contracts_characters_make_an_id() {
        let long = "x".repeat(128);
        for good in ["evt_abc123def456", "a", "A-Z_09", long.as_str()] {
            assert_eq!(good.parse::<EventId>().map(|id| id.to_string()), Ok(good.to_owned()));
        }
        let too_long = "x".repeat(129);
        for bad in ["", "a b", "a.b", "ä", "a\n", too_long.as_str()] {
            assert_eq!(bad.parse::<EventId>(), Err(IdError), "{bad:?}");
        }
    }
}
