//! What the visitor chose: theme, language and window of time, kept as cookies so that the page comes as it stays, without a flash.

use crate::words::Language;
use leptos::prelude::*;
use wire::StatsWindow;

/// The colours of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Dark.
    Dark,
    /// Light.
    Light,
}

impl Theme {
    /// All of them, in the order of the switch.
    pub const ALL: [Self; 3] = [Self::System, Self::Dark, Self::Light];

    /// Its word in the cookie and on the page's root; the system's has none.
    pub const fn word(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Dark => Some("dark"),
            Self::Light => Some("light"),
        }
    }

    fn of(word: &str) -> Self {
        Self::ALL.into_iter().find(|theme| theme.word() == Some(word)).unwrap_or_default()
    }
}

/// What one visitor chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// The theme.
    pub theme: Theme,
    /// The language.
    pub language: Language,
    /// How far back charts go.
    pub window: Option<StatsWindow>,
}

impl Choice {
    /// What these headers ask for: the cookies first, then the browser's languages in their order.
    pub fn of(cookies: &str, accept_language: &str) -> Self {
        let cookie = |name: &str| {
            cookies
                .split(';')
                .filter_map(|pair| pair.trim().split_once('='))
                .find(|(known, _)| *known == name)
        };
        let chosen = cookie("language").and_then(|(_, tag)| Language::of_tag(tag));
        Self {
            theme: cookie("theme").map_or(Theme::System, |(_, word)| Theme::of(word)),
            language: chosen.or_else(|| preferred(accept_language)).unwrap_or_default(),
            window: cookie("window").and_then(|(_, word)| word.parse().ok()),
        }
    }

    /// What the visitor who asked for this page chose.
    #[cfg(feature = "ssr")]
    pub(crate) fn of_request() -> Self {
        use axum::http::{HeaderName, header, request::Parts};
        let Some(visitor) = use_context::<Parts>() else { return Self::default() };
        let text = |name: HeaderName, between: &str| {
            let values = visitor.headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
            values.collect::<Vec<_>>().join(between)
        };
        Self::of(&text(header::COOKIE, ";"), &text(header::ACCEPT_LANGUAGE, ","))
    }
}

/// The language of `Accept-Language` that is wanted most and has a catalogue.
fn preferred(accept: &str) -> Option<Language> {
    let wanted = accept.split(',').filter_map(|part| {
        let (tag, weight) = part.split_once(";q=").unwrap_or((part, "1"));
        let weight: f32 = weight.trim().parse().unwrap_or(0.0);
        Some((weight, Language::of_tag(tag)?)).filter(|_| weight > 0.0)
    });
    // Of two alike the first counts.
    wanted.reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|(_, language)| language)
}

/// The theme on display, for whoever shows or changes it.
#[derive(Clone, Copy)]
pub struct ThemeNow(pub RwSignal<Theme>);

impl ThemeNow {
    /// The theme that the page came with.
    pub fn new() -> Self {
        #[cfg(feature = "ssr")]
        let theme = use_context::<Choice>().unwrap_or_default().theme;
        #[cfg(not(feature = "ssr"))]
        let theme = Theme::of(&root_attribute("data-theme").unwrap_or_default());
        Self(RwSignal::new(theme))
    }

    /// Changes it here and now, and for the pages to come.
    pub fn set(self, theme: Theme) {
        self.0.set(theme);
        #[cfg(feature = "hydrate")]
        {
            if let Some(root) = document().document_element() {
                let _ = match theme.word() {
                    Some(word) => root.set_attribute("data-theme", word),
                    None => root.remove_attribute("data-theme"),
                };
            }
            remember("theme", theme.word());
        }
    }
}

impl Default for ThemeNow {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows the page again in that language.
pub fn speak(language: Language) {
    #[cfg(feature = "hydrate")]
    {
        remember("language", Some(language.tag()));
        let _ = window().location().reload();
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = language;
}

/// How far back charts go, where the visitor chose it.
pub fn window_chosen() -> Option<StatsWindow> {
    #[cfg(feature = "ssr")]
    {
        use_context::<Choice>()?.window
    }
    #[cfg(feature = "hydrate")]
    {
        Choice::of(&cookies()?.cookie().ok()?, "").window
    }
    #[cfg(not(any(feature = "ssr", feature = "hydrate")))]
    None
}

/// Keeps for the pages to come how far back charts go.
pub fn look_back(window: StatsWindow) {
    #[cfg(feature = "hydrate")]
    remember("window", Some(window.as_str()));
    #[cfg(not(feature = "hydrate"))]
    let _ = window;
}

/// The language that the page came in.
#[cfg(feature = "hydrate")]
pub(crate) fn language_of_page() -> Language {
    root_attribute("lang").and_then(|tag| Language::of_tag(&tag)).unwrap_or_default()
}

#[cfg(not(feature = "ssr"))]
fn root_attribute(name: &str) -> Option<String> {
    document().document_element()?.get_attribute(name)
}

/// A cookie for a year; without a word it ends now.
#[cfg(feature = "hydrate")]
fn remember(name: &str, word: Option<&str>) {
    const YEAR_S: u32 = 365 * 24 * 3600;
    let (word, age) = word.map_or(("", 0), |word| (word, YEAR_S));
    if let Some(page) = cookies() {
        let _ = page.set_cookie(&format!("{name}={word}; Path=/; Max-Age={age}; SameSite=Lax"));
    }
}

/// The page, as far as it has cookies.
#[cfg(feature = "hydrate")]
fn cookies() -> Option<web_sys::HtmlDocument> {
    use wasm_bindgen::JsCast;
    document().dyn_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_come_before_the_browsers_languages() {
        let choice = Choice::of("session=x; theme=dark; language=en; window=1h", "ko-KR,ko;q=0.9");
        let window = Some(StatsWindow::H1);
        assert_eq!(choice, Choice { theme: Theme::Dark, language: Language::English, window });
        assert_eq!(Choice::of("window=2h", "").window, None);
        assert_eq!(Choice::of("theme=pink; language=xx", "ko").language, Language::Korean);
        assert_eq!(Choice::of("theme=pink", "").theme, Theme::System);
    }

    #[test]
    fn the_most_wanted_language_that_is_there_is_taken() {
        let language = |accept: &str| Choice::of("", accept).language;
        assert_eq!(language("ko-KR,ko;q=0.9,en;q=0.8"), Language::Korean);
        assert_eq!(language("fr-FR, fr;q=0.9, ko;q=0.7, en;q=0.8"), Language::English);
        assert_eq!(language("en;q=0.5, ko"), Language::Korean);
        assert_eq!(language("ko;q=0, de"), Language::English);
        assert_eq!(language(""), Language::English);
    }
}
