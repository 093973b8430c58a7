//! What lies over every page: the sheet of keys, the commands, and a line that says what came of an action.

use super::key_sheet::KeySheet;
use super::palette::Palette;
use leptos::prelude::*;
use std::time::Duration;

/// A line stays so long.
const SAID: Duration = Duration::from_secs(6);

/// Which of them are open.
#[derive(Clone, Copy)]
pub struct Sheets {
    /// The sheet of keys.
    pub help: RwSignal<bool>,
    /// The commands.
    pub palette: RwSignal<bool>,
    said: RwSignal<String>,
    /// The line's number, so that each has its own time.
    number: StoredValue<u32>,
}

impl Sheets {
    /// All closed.
    pub fn new() -> Self {
        Self {
            help: RwSignal::new(false),
            palette: RwSignal::new(false),
            said: RwSignal::new(String::new()),
            number: StoredValue::new(0),
        }
    }

    /// Whether one of them is open.
    pub fn is_open(self) -> bool {
        self.help.get_untracked() || self.palette.get_untracked()
    }

    /// Says what came of an action, for a while.
    pub fn say(self, line: String) {
        let number = self.number.get_value().wrapping_add(1);
        self.number.set_value(number);
        self.said.set(line);
        set_timeout(
            move || {
                if self.number.get_value() == number {
                    self.said.set(String::new());
                }
            },
            SAID,
        );
    }
}

impl Default for Sheets {
    fn default() -> Self {
        Self::new()
    }
}

/// The sheets and the line.
#[component]
pub fn Overlays() -> impl IntoView {
    let sheets = expect_context::<Sheets>();
    #[cfg(feature = "hydrate")]
    {
        let store = expect_context::<crate::state::Store>();
        crate::keys::start(&store, sheets);
    }
    view! {
        <KeySheet open=sheets.help/>
        <Palette/>
        <p class="said" role="status">{move || Some(sheets.said.get()).filter(|said| !said.is_empty())}</p>
    }
    .into_any()
}
