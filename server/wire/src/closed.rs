//! Closed sets of words: one list gives the enum's text in JSON, in a column, in a query and on screen.

use std::fmt;

/// A word that is not of its set, and the words that are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownWord {
    /// What the set is of, as `event type`.
    pub what: &'static str,
    /// The word that was given.
    pub word: String,
    /// The words that are allowed, separated by commas.
    pub known: String,
}

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown {} \"{}\"; known are: {}", self.what, self.word, self.known)
    }
}

impl std::error::Error for UnknownWord {}

/// Finds the member of `all` whose text is `word`.
pub(crate) fn parse<T: Copy + fmt::Display>(
    what: &'static str,
    all: &[T],
    word: &str,
) -> Result<T, UnknownWord> {
    all.iter().copied().find(|member| member.to_string() == word).ok_or_else(|| UnknownWord {
        what,
        word: word.to_owned(),
        known: all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    })
}

/// Gives an enum with `ALL` and `as_str` its text form: `Display`, `FromStr`, serde and the schema by the same words.
macro_rules! words {
    ($name:ident, $what:literal, { $($variant:ident = $text:literal),+ $(,)? }) => {
        impl $name {
            /// Every member, in the order of the contract.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The member's word, as in JSON, SQL and queries.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::UnknownWord;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                crate::closed::parse($what, Self::ALL, word)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                word.parse().map_err(serde::de::Error::custom)
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                crate::schema::words(Self::ALL.iter().map(|member| member.as_str()))
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}
    };
}

pub(crate) use words;
