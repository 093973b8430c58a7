//! What lies over every page: the sheet of keys, the commands, a question before something is done twice, and a line that
//! says what came of an action.

use super::key_sheet::KeySheet;
use super::palette::Palette;
use super::sure_sheet::SureSheet;
use crate::api;
use crate::words::words;
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
    /// The question whether to send once more what has arrived.
    pub sure: RwSignal<bool>,
    /// Which delivery it is about, and what that is for people.
    about: RwSignal<(String, String)>,
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
            sure: RwSignal::new(false),
            about: RwSignal::new(Default::default()),
            said: RwSignal::new(String::new()),
            number: StoredValue::new(0),
        }
    }

    /// Whether one of them is open.
    pub fn is_open(self) -> bool {
        self.help.get_untracked() || self.palette.get_untracked() || self.sure.get_untracked()
    }

    /// Asks whether a delivery that has arrived is to be sent once more.
    pub fn ask_again(self, id: String, what: String) {
        self.about.set((id, what));
        self.sure.set(true);
    }

    /// What the question is about.
    pub fn about(self) -> (String, String) {
        self.about.get()
    }

    /// Sends a delivery again, and says what comes of it.
    pub fn redeliver(self, id: String) {
        self.say(words().redelivering.to_owned());
        leptos::task::spawn_local(async move {
            let said = match api::redeliver(&id).await {
                Ok(()) => words().redelivered.to_owned(),
                Err(problem) => (words().refused)(&problem.detail),
            };
            self.say(said);
        });
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
        <SureSheet/>
        <p class="said" role="status">{move || Some(sheets.said.get()).filter(|said| !said.is_empty())}</p>
    }
    .into_any()
}
