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

    /// Whether one is open, or about to be.
    pub fn is_one_open(self) -> bool {
        [self.help, self.palette, self.sure].into_iter().any(|sheet| sheet.get_untracked())
    }

    /// Opens one of them and no other; who is faster than they are is told so.
    pub fn open(self, sheet: RwSignal<bool>) {
        self.close();
        #[cfg(feature = "hydrate")]
        if matches!(document().query_selector(".waits dialog"), Ok(Some(_))) {
            self.say(words().loading.to_owned());
        }
        sheet.set(true);
    }

    /// Closes all of them; tells whether one was open, or about to be.
    pub fn close(self) -> bool {
        let mut was_open = false;
        for sheet in [self.help, self.palette, self.sure] {
            if sheet.get_untracked() {
                was_open = true;
                sheet.set(false);
            }
        }
        was_open
    }

    /// Asks whether a delivery that has arrived is to be sent once more.
    pub fn ask_again(self, id: String, what: String) {
        self.about.set((id, what));
        self.open(self.sure);
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

/// The line.
#[component]
pub fn Said() -> impl IntoView {
    let said = expect_context::<Sheets>().said;
    view! {
        <p class="said" role="status">{move || Some(said.get()).filter(|said| !said.is_empty())}</p>
    }
    .into_any()
}

/// The sheets.
#[component]
pub fn Overlays() -> impl IntoView {
    let sheets = expect_context::<Sheets>();
    view! {
        <KeySheet open=sheets.help/>
        <Palette/>
        <SureSheet/>
    }
    .into_any()
}
