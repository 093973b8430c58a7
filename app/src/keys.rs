//! The keyboard: what a key means, and (in the browser) what is done about it. While someone types, keys are letters.

#[cfg(feature = "hydrate")]
mod listen;
#[cfg(feature = "hydrate")]
mod rows;

#[cfg(feature = "hydrate")]
pub(crate) use rows::name_whole;

use leptos::prelude::*;

/// The keys of every page.
#[component]
pub(crate) fn Keyboard() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    listen::start(&expect_context(), expect_context());
}

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// To the search field.
    Search,
    /// To the next row.
    Down,
    /// To the row before.
    Up,
    /// Send the row again.
    Redeliver,
    /// Pick the row.
    Select,
    /// Pick all rows up to this one.
    SelectTo,
    /// The next letter says where to.
    Go,
    /// To the endpoints.
    Endpoints,
    /// To the event log.
    Log,
    /// To the inbound hits.
    Inbound,
    /// To the settings.
    Settings,
    /// The sheet of keys.
    Help,
    /// Close what is open.
    Close,
}

/// What a key means, behind a `g` or not; `key` and `code` as the browser names them.
pub fn meaning(after_go: bool, key: &str, code: &str) -> Option<Key> {
    // Where the keyboard writes another script, the key's place counts: `ㅓ` stands where `j` does.
    let letter = match key {
        key if key.is_ascii() => key,
        _ => code.strip_prefix("Key")?,
    };
    let is_upper = key.len() == 1 && key.chars().all(|letter| letter.is_ascii_uppercase());
    let small = letter.to_ascii_lowercase();
    if after_go {
        return match small.as_str() {
            "e" => Some(Key::Endpoints),
            "l" => Some(Key::Log),
            "i" => Some(Key::Inbound),
            "s" => Some(Key::Settings),
            _ => None,
        };
    }
    match small.as_str() {
        "/" => Some(Key::Search),
        "j" => Some(Key::Down),
        "k" => Some(Key::Up),
        "r" => Some(Key::Redeliver),
        "x" if is_upper => Some(Key::SelectTo),
        "x" => Some(Key::Select),
        "g" => Some(Key::Go),
        "?" => Some(Key::Help),
        "escape" => Some(Key::Close),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_behind_g_is_a_place() {
        assert_eq!(meaning(false, "s", "KeyS"), None);
        assert_eq!(meaning(true, "s", "KeyS"), Some(Key::Settings));
        assert_eq!(meaning(true, "j", "KeyJ"), None);
        assert_eq!(meaning(false, "X", "KeyX"), Some(Key::SelectTo));
    }

    #[test]
    fn a_korean_keyboard_moves_too() {
        assert_eq!(meaning(false, "ㅓ", "KeyJ"), Some(Key::Down));
        assert_eq!(meaning(true, "ㄷ", "KeyE"), Some(Key::Endpoints));
        assert_eq!(meaning(false, "ñ", "Semicolon"), None);
    }
}
