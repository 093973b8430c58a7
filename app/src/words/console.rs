//! The texts of what every page has: keys, commands, theme, language, selected rows and saved views.

use crate::choice::Theme;

/// The texts of the console itself.
pub struct Console {
    pub keys_long: &'static str,
    pub key_search: &'static str,
    pub key_move: &'static str,
    pub key_open: &'static str,
    pub key_redeliver: &'static str,
    pub key_select: &'static str,
    pub key_range: &'static str,
    pub key_endpoints: &'static str,
    pub key_log: &'static str,
    pub key_inbound: &'static str,
    pub key_settings: &'static str,
    pub key_commands: &'static str,
    pub key_help: &'static str,
    pub key_close: &'static str,

    pub command: &'static str,
    pub command_example: &'static str,
    pub command_none: &'static str,
    pub command_busy: &'static str,
    pub go: fn(&str) -> String,
    pub check: fn(&str) -> String,
    pub pause: fn(&str) -> String,
    pub resume: fn(&str) -> String,
    pub test: fn(&str) -> String,
    pub show: fn(&str) -> String,
    pub api: &'static str,

    pub theme: &'static str,
    pub theme_of: fn(Theme) -> &'static str,
    pub theme_to: fn(&str) -> String,
    pub language: &'static str,
    pub language_to: fn(&str) -> String,

    pub again: &'static str,
    pub again_sure: fn(&str) -> String,
    pub again_yes: &'static str,
    pub again_no: &'static str,

    pub selected: fn(&str) -> String,
    pub selected_count: &'static str,
    pub selected_matched: fn(&str) -> String,
    pub selected_most: &'static str,
    pub redeliver_selected: &'static str,
    pub clear: &'static str,

    pub views: &'static str,
    pub last_hour: &'static str,
    pub view_name: &'static str,
    pub view_save: &'static str,
    pub view_remove: fn(&str) -> String,
    pub views_here: &'static str,
    pub copy_link: &'static str,
}
