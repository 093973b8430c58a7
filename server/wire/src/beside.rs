//! Objects that hold the fields of two shapes side by side.
//!
//! serde's `flatten` writes them well; to read them it keeps everything in memory first and brings code for every shape
//! a second time. Reading the text once for each shape needs neither.

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// One object read as both of its shapes.
pub(crate) fn read<'de, D, A, B>(deserializer: D) -> Result<(A, B), D::Error>
where
    D: Deserializer<'de>,
    A: DeserializeOwned,
    B: DeserializeOwned,
{
    let object = Box::<RawValue>::deserialize(deserializer)?;
    Ok((
        serde_json::from_str(object.get()).map_err(D::Error::custom)?,
        serde_json::from_str(object.get()).map_err(D::Error::custom)?,
    ))
}
