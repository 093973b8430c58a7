//! Keys, commands, theme, language, selected rows and saved views, in English.

use crate::choice::Theme;
use crate::words::console::Console;

pub(in crate::words) static CONSOLE: Console = Console {
    keys_long: "They rest while you type in a field.",
    key_search: "Search the event log",
    key_move: "Down, up",
    key_open: "Open the row",
    key_redeliver: "Redeliver the row",
    key_select: "Select the row",
    key_range: "Select up to the row",
    key_endpoints: "Go to the endpoints",
    key_log: "Go to the event log",
    key_inbound: "Go to the inbound hits",
    key_settings: "Go to the settings",
    key_commands: "Commands",
    key_help: "This sheet",
    key_close: "Close, or back to the overview",

    command: "Command",
    command_example: "A page, an endpoint, an action",
    command_none: "Nothing is called that.",
    command_busy: "Under way…",
    go: |place| format!("Go to {place}"),
    check: |name| format!("Check {name}"),
    pause: |name| format!("Pause {name}"),
    resume: |name| format!("Resume {name}"),
    test: |name| format!("Send a test event to {name}"),
    show: |which| format!("Show deliveries: {which}"),
    api: "API description",

    theme: "Theme",
    theme_of,
    theme_to: |theme| format!("Theme: {theme}"),
    language: "Language",
    language_to: |language| format!("Language: {language}"),

    again: "Redeliver?",
    again_sure: |what| {
        format!("{what} has arrived already. Its receiver would get it once more, with the same event id.")
    },
    again_yes: "Yes, redeliver",
    again_no: "Leave it",

    selected: |count| format!("{count} selected"),
    selected_count: "Counting…",
    selected_matched: |count| match count {
        "1" => "1 delivery goes out again.".to_owned(),
        count => format!("{count} deliveries go out again."),
    },
    selected_most: "At most 500 at once.",
    redeliver_selected: "Redeliver selected…",
    clear: "Clear",

    views: "Views",
    last_hour: "Last hour",
    view_name: "Name of this view",
    view_save: "Save view",
    view_remove: |name| format!("Remove {name}"),
    views_here: "Kept in this browser.",
    copy_link: "Copy link",
};

fn theme_of(theme: Theme) -> &'static str {
    match theme {
        Theme::System => "System",
        Theme::Dark => "Dark",
        Theme::Light => "Light",
    }
}
