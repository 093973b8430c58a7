//! Which commands there are, which fit what was typed, and what each does.

use crate::api;
use crate::choice::{Theme, ThemeNow, speak};
use crate::parts::{Sheets, said_of};
use crate::state::{Filter, Store};
use crate::words::{Language, words};
use leptos::prelude::*;
use wire::{DeliveryStatus, EndpointState, Problem};

/// What a command does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Do {
    /// Go to a page.
    Go(String),
    /// Leave for the API's description.
    Api,
    /// Show the keys.
    Keys,
    /// Check an endpoint.
    Check(String),
    /// Pause an endpoint, or resume it.
    Pause(String, bool),
    /// Send an endpoint a test event.
    Test(String),
    /// Another theme.
    Theme(Theme),
    /// Another language.
    Speak(Language),
}

/// One command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Command {
    /// What it is called.
    pub name: String,
    /// What it can be found by too, whatever the language.
    also: String,
    /// What it does.
    pub act: Do,
}

fn command(name: String, also: impl Into<String>, act: Do) -> Command {
    Command { name, also: also.into(), act }
}

/// Every command there is now.
pub(super) fn commands(store: &Store) -> Vec<Command> {
    let word = words().console();
    let page = |name: &str, also: &str, path: &str| command((word.go)(name), also, Do::Go(path.to_owned()));
    let mut all = vec![
        page(words().overview, "overview log", "/"),
        page(words().endpoints, "endpoints", "/endpoints"),
        page(words().settings_title, "settings audit", "/settings"),
        command((word.go)(word.api), "api docs openapi", Do::Api),
    ];
    let endpoints: Vec<(String, EndpointState)> = store.endpoints.with(|cells| {
        let state = |cell: &crate::state::EndpointCell| cell.endpoint.with(|endpoint| endpoint.state);
        cells.iter().map(|cell| (cell.name.clone(), state(cell))).collect()
    });
    all.extend(endpoints.iter().map(|(name, _)| page(name, "endpoint", &format!("/endpoints/{name}"))));
    for (name, state) in endpoints {
        let paused = state == EndpointState::Paused;
        let (said, verb) = if paused { (word.resume, "resume") } else { (word.pause, "pause") };
        all.extend([
            command((word.check)(&name), "check", Do::Check(name.clone())),
            command(said(&name), verb, Do::Pause(name.clone(), !paused)),
            command((word.test)(&name), "test", Do::Test(name)),
        ]);
    }
    let statuses =
        [DeliveryStatus::Failed, DeliveryStatus::Retrying, DeliveryStatus::Held, DeliveryStatus::Delivered];
    all.extend(statuses.map(|status| {
        command((word.show)((words().status)(status)), status.as_str(), Do::Go(Filter::only(status).href()))
    }));
    all.extend(Theme::ALL.map(|theme| {
        let also = format!("theme {}", theme.word().unwrap_or("system"));
        command((word.theme_to)((word.theme_of)(theme)), also, Do::Theme(theme))
    }));
    all.extend(Language::ALL.map(|language| {
        command(
            (word.language_to)(language.name()),
            format!("language {}", language.tag()),
            Do::Speak(language),
        )
    }));
    all.push(command(words().keys.to_owned(), "keyboard help", Do::Keys));
    all
}

/// Those in which every word that was typed is found.
pub(super) fn fitting(all: &[Command], asked: &str) -> Vec<Command> {
    let asked = asked.to_lowercase();
    let wanted: Vec<&str> = asked.split_whitespace().collect();
    let fits = |command: &&Command| {
        let text = format!("{} {}", command.name, command.also).to_lowercase();
        wanted.iter().all(|word| text.contains(word))
    };
    all.iter().filter(fits).cloned().collect()
}

/// Does what needs no page.
pub(super) fn perform(act: Do, store: &Store, theme: ThemeNow, sheets: Sheets) {
    match act {
        Do::Go(_) | Do::Keys => {}
        Do::Api => {
            let _ = window().location().set_href("/api/docs");
        }
        Do::Theme(chosen) => theme.set(chosen),
        Do::Speak(language) => speak(language),
        Do::Check(_) | Do::Pause(..) | Do::Test(_) => {
            sheets.say(words().console().command_busy.to_owned());
            let store = *store;
            leptos::task::spawn_local(async move {
                sheets.say(asked(act, &store).await.unwrap_or_else(|problem| problem.detail));
            });
        }
    }
}

/// What the gateway said.
async fn asked(act: Do, store: &Store) -> Result<String, Problem> {
    let word = words().receiver();
    Ok(match act {
        Do::Check(name) => format!("{name}: {}", said_of(&api::check_endpoint(&name).await?)),
        Do::Pause(name, pause) => {
            store.apply_endpoint(api::pause_endpoint(&name, pause).await?);
            format!("{name}: {}", if pause { word.paused } else { word.resumed })
        }
        Do::Test(name) => {
            api::test_endpoint(&name, None).await?;
            format!("{name}: {}", word.tested)
        }
        Do::Go(_) | Do::Api | Do::Keys | Do::Theme(_) | Do::Speak(_) => String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_must_be_found_in_any_order() {
        let all = [
            command("Pause crm".into(), "pause", Do::Pause("crm".into(), true)),
            command("일시 중지: hr".into(), "pause", Do::Pause("hr".into(), true)),
        ];
        let found = |asked: &str| fitting(&all, asked).len();
        assert_eq!(
            (found(""), found("pause"), found("CRM pau"), found("중지 hr"), found("nothing")),
            (2, 2, 1, 1, 0)
        );
    }
}
