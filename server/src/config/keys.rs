//! Every key of the configuration, once: what it takes, what holds without it, and a line for people. The example and the
//! schema are made of it, and a test holds it against what the readers take.

mod endpoint;
mod example;
mod gateway;
mod inbound;
mod schema;

pub use example::example;
pub use schema::schema;

/// A key.
pub(super) struct Key {
    /// As it is written.
    pub(super) name: &'static str,
    /// What it is for, and what it takes.
    pub(super) about: &'static str,
    /// What stands behind it.
    pub(super) takes: Takes,
    /// What holds without it.
    pub(super) without: Without,
}

/// What stands behind a key. Texts may hold `${VAR}`.
#[derive(Clone, Copy)]
pub(super) enum Takes {
    /// A text.
    Text,
    /// A secret, which is never shown.
    Secret,
    /// The URL of something to send to.
    Url,
    /// A name: 1 to 64 of `a-z A-Z 0-9 _ - .`.
    Name,
    /// A time of RFC 3339.
    Time,
    /// `true` or `false`.
    Flag,
    /// A whole number from the first to the second.
    Whole(u64, u64),
    /// A number above 0 and at most this.
    Rate(u32),
    /// One of these words.
    Word(&'static [&'static str]),
    /// A list of texts; never an empty one if the flag says so.
    Texts(bool),
    /// Event types: a list of these words, or `"*"` alone.
    Events,
    /// Names of headers and their values.
    Headers,
    /// Any JSON but null.
    Json,
    /// An object of these keys.
    Object(&'static [Key]),
    /// A list of objects of these keys.
    Objects(&'static [Key]),
    /// Objects of these keys by names that are chosen freely; the first is one for the example.
    Named(&'static str, &'static [Key]),
}

/// What holds without a key. The texts are JSON5.
#[derive(Clone, Copy)]
pub(super) enum Without {
    /// Nothing: it must be there. The text stands in the example.
    Refused(&'static str),
    /// This.
    Default(&'static str),
    /// It makes no difference, or the line about it says which. The text stands in the example, behind `//`.
    Absent(&'static str),
    /// Its own keys say.
    OfItsKeys,
}

/// The keys of `webhooks`.
pub(super) const CONFIGURATION: &[Key] = &[
    Key::new(
        "endpoints",
        Takes::Objects(endpoint::KEYS),
        Without::OfItsKeys,
        "Receivers outside, and which events each of them gets.",
    ),
    Key::new(
        "inbound",
        Takes::Object(inbound::KEYS),
        Without::OfItsKeys,
        "Paths here that other systems post to; each request becomes a task of an agent.",
    ),
    Key::new("server", Takes::Object(gateway::SERVER), Without::OfItsKeys, "The gateway itself."),
    Key::new(
        "agent",
        Takes::Object(gateway::AGENT),
        Without::Absent(""),
        "The OpenClaw that hits are given to. Without it they are only recorded.",
    ),
    Key::new(
        "network",
        Takes::Object(gateway::NETWORK),
        Without::OfItsKeys,
        "What may be reached beside public addresses.",
    ),
    Key::new(
        "retention",
        Takes::Object(gateway::RETENTION),
        Without::OfItsKeys,
        "What is kept, and how long.",
    ),
];

impl Key {
    const fn new(name: &'static str, takes: Takes, without: Without, about: &'static str) -> Self {
        Self { name, about, takes, without }
    }
}

#[cfg(test)]
mod tests;
