//! Every text of the dashboard, by language: one catalogue each, and the compiler sees that none is missing.

mod console;
mod en;
mod insight;
mod ko;
mod making;
mod receiver;
mod settings;
mod trace;

use wire::{
    AgentState, AttemptResult, CircuitState, DeliveryStatus, EndpointState, Outcome, Reason, RunStatus,
    Trigger, Verification,
};

/// A language of the dashboard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Korean.
    Korean,
}

impl Language {
    /// All of them, in the order of the switch.
    pub const ALL: [Self; 2] = [Self::English, Self::Korean];

    /// The value of the page's `lang`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Korean => "ko",
        }
    }

    /// What its speakers call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Korean => "한국어",
        }
    }

    /// The language of a tag such as `ko` or `ko-KR`.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let main = tag.trim().split('-').next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(main))
    }

    /// The one in use: on the server that of the page being rendered, in the browser that of the page.
    pub fn in_use() -> Self {
        #[cfg(feature = "hydrate")]
        {
            use std::sync::OnceLock;
            static OF_PAGE: OnceLock<Language> = OnceLock::new();
            *OF_PAGE.get_or_init(crate::choice::language_of_page)
        }
        #[cfg(not(feature = "hydrate"))]
        leptos::prelude::use_context::<crate::choice::Choice>().unwrap_or_default().language
    }
}

/// The texts in the language in use.
pub fn words() -> &'static Words {
    match Language::in_use() {
        Language::English => &en::WORDS,
        Language::Korean => &ko::WORDS,
    }
}

/// One language's texts. What depends on a value is a function, so that each language can put it in its own order.
#[expect(missing_docs, reason = "a field's name and its English text say it")]
pub struct Words {
    /// What the browser needs not at once stands apart, so that it comes with what needs it.
    language: Language,

    pub product: &'static str,
    pub skip: &'static str,
    pub demo: &'static str,
    pub demo_long: &'static str,
    pub utc: &'static str,
    pub units: Units,
    pub date: fn(u32, u32) -> String,
    pub as_of: fn(&str) -> String,
    pub ago: Said,
    pub within: Said,
    pub again_within: Said,
    pub lasting: Said,
    pub copy: &'static str,
    pub copied: &'static str,
    pub loading: &'static str,
    pub try_again: &'static str,
    pub trouble: &'static str,

    pub connecting: &'static str,
    pub live: &'static str,
    pub reconnecting: fn(u32) -> String,
    pub offline: &'static str,
    pub connecting_long: &'static str,
    pub live_long: &'static str,
    pub reconnecting_long: &'static str,
    pub offline_long: &'static str,
    pub config_refused: fn(&str) -> String,

    pub all_well: &'static str,
    pub no_endpoints: &'static str,
    pub nothing_sent: &'static str,
    pub endpoints_failing: fn(usize) -> String,
    pub endpoints_misconfigured: fn(usize) -> String,
    pub endpoints_degraded: fn(usize) -> String,
    pub one_failing: fn(&str) -> String,
    pub one_misconfigured: fn(&str) -> String,
    pub one_degraded: fn(&str) -> String,
    pub verdict_more: fn(usize) -> String,
    pub lost: &'static str,
    pub lost_long: fn(&str) -> String,
    pub verdict_detail: fn(usize, usize) -> String,

    pub totals: &'static str,
    pub per_second: &'static str,
    pub success: &'static str,
    pub waiting: &'static str,
    pub in_flight: &'static str,
    pub held: &'static str,
    pub failing: &'static str,
    pub events: &'static str,
    pub latency: &'static str,
    pub five_minutes: &'static str,
    pub now: &'static str,
    pub ten_seconds: &'static str,
    pub due: &'static str,
    pub spark_attempts: fn(u64, u64) -> String,
    pub spark_success: fn(&str) -> String,
    pub spark_latency: fn(&str) -> String,
    pub spark_nothing: &'static str,
    pub quarter: &'static str,
    pub runs: &'static str,
    pub next: Said,
    pub next_long: &'static str,

    pub endpoints: &'static str,
    pub endpoints_empty: &'static str,
    pub endpoints_add: &'static str,
    pub unsigned: &'static str,
    pub unsigned_long: &'static str,
    pub circuit: fn(CircuitState, u32) -> String,
    pub circuit_tries: Said,
    pub try_now: &'static str,
    pub trying: &'static str,
    pub nothing_waits: &'static str,

    pub log: &'static str,
    pub log_empty: &'static str,
    pub log_empty_filter: &'static str,
    pub log_empty_try: &'static str,
    pub log_empty_nobody: &'static str,
    pub show_all: &'static str,
    pub filter: &'static str,
    pub filter_all: &'static str,
    pub query: &'static str,
    pub query_example: &'static str,
    pub query_show: &'static str,
    pub query_wrong: fn(&str) -> String,
    pub freeze: &'static str,
    pub thaw: &'static str,
    pub older: &'static str,
    pub many: &'static str,
    pub many_counting: &'static str,
    pub many_matched: fn(&str, &str) -> String,
    pub many_rate: &'static str,
    /// What stands in its field while that is empty.
    pub many_rate_none: &'static str,
    pub many_go: &'static str,
    pub many_queued: fn(&str) -> String,
    pub close: &'static str,
    pub fresh: fn(usize) -> String,
    pub column_status: &'static str,
    pub column_event: &'static str,
    pub column_endpoint: &'static str,
    pub column_attempts: &'static str,
    pub column_result: &'static str,
    pub column_took: &'static str,
    pub column_when: &'static str,
    pub status_held_why: &'static str,

    pub redeliver: &'static str,
    pub redelivering: &'static str,
    pub redelivered: &'static str,
    pub refused: fn(&str) -> String,

    pub inbound: &'static str,
    pub hits_empty: &'static str,
    pub hits_empty_try: &'static str,
    pub hits_empty_record: &'static str,
    pub hits_none_configured: &'static str,
    pub hit_missing: fn(usize) -> String,

    pub keys: &'static str,
    pub commands: &'static str,
    pub display: &'static str,
    pub select: fn(&str) -> String,
    pub event_of: fn(&str) -> String,
    pub pages: &'static str,
    pub overview: &'static str,
    pub settings_title: &'static str,
    pub reachable: fn(Option<u16>, &str) -> String,
    pub not_reachable: fn(&str) -> String,
    pub endpoint_actions: fn(&str) -> String,
    pub endpoint_menu: &'static str,
    pub checked: Said,
    pub openclaw: &'static str,
    pub agent_state: fn(AgentState) -> &'static str,

    pub back: &'static str,
    /// What is said where a part of the page is not there.
    pub incomplete: &'static str,
    /// What a page says that waits for its gateway.
    pub comes_back: &'static str,
    pub delivery_title: fn(&str, &str) -> String,
    pub event_id: &'static str,
    pub delivery_id: &'static str,
    pub agent: &'static str,
    pub instance: &'static str,
    pub created: &'static str,
    pub happened: &'static str,
    pub finished: &'static str,
    pub next_attempt: &'static str,
    pub hit: &'static str,
    pub event_json: &'static str,
    pub event_type: &'static str,
    pub cancel: &'static str,
    pub cancelling: &'static str,
    pub cancelled: &'static str,
    pub copy_curl: &'static str,
    pub difference: fn(u32) -> String,
    pub no_difference: fn(u32) -> String,
    pub request_body_changed: &'static str,
    pub request_headers_changed: &'static str,
    pub answer_changed: &'static str,
    pub attempts: &'static str,
    pub no_attempts: &'static str,
    pub attempt_number: fn(u32) -> String,
    pub timings: &'static str,
    pub request: &'static str,
    pub response: &'static str,
    pub no_response: &'static str,
    pub headers: &'static str,
    pub body: &'static str,
    pub body_empty: &'static str,
    pub body_cut: &'static str,
    pub remote: &'static str,
    pub node: &'static str,
    pub phase_dns: &'static str,
    pub phase_connect: &'static str,
    pub phase_tls: &'static str,
    pub phase_ttfb: &'static str,
    pub phase_body: &'static str,
    pub phase_total: &'static str,

    pub login_title: &'static str,
    pub login_text: &'static str,
    pub login_token: &'static str,
    pub login_button: &'static str,
    pub login_busy: &'static str,
    pub login_script: &'static str,
    pub not_found_title: &'static str,
    pub not_found_text: &'static str,
    pub to_overview: &'static str,
    pub unreachable: &'static str,

    pub status: fn(DeliveryStatus) -> &'static str,
    pub state: fn(EndpointState) -> &'static str,
    pub reason: fn(Reason) -> &'static str,
    pub hint: fn(Reason) -> &'static str,
    pub trigger: fn(Trigger) -> &'static str,
    pub result: fn(AttemptResult) -> &'static str,
    pub outcome: fn(Outcome) -> &'static str,
    pub verification: fn(Verification) -> &'static str,
    pub run: fn(RunStatus) -> &'static str,
    pub state_reason: fn(&str) -> Option<String>,
}

impl Words {
    /// Of keys, commands and what is picked.
    pub fn console(&self) -> &'static console::Console {
        match self.language {
            Language::English => &en::CONSOLE,
            Language::Korean => &ko::CONSOLE,
        }
    }

    /// Of charts, JSON and the audit.
    pub fn insight(&self) -> &'static insight::Insight {
        match self.language {
            Language::English => &en::INSIGHT,
            Language::Korean => &ko::INSIGHT,
        }
    }

    /// Of making and changing endpoints.
    pub fn making(&self) -> &'static making::Making {
        match self.language {
            Language::English => &en::MAKING,
            Language::Korean => &ko::MAKING,
        }
    }

    /// Of an endpoint's page.
    pub fn receiver(&self) -> &'static receiver::Receiver {
        match self.language {
            Language::English => &en::RECEIVER,
            Language::Korean => &ko::RECEIVER,
        }
    }

    /// Of the settings.
    pub fn settings(&self) -> &'static settings::Settings {
        match self.language {
            Language::English => &en::SETTINGS,
            Language::Korean => &ko::SETTINGS,
        }
    }

    /// Of hits.
    pub fn trace(&self) -> &'static trace::Trace {
        match self.language {
            Language::English => &en::TRACE,
            Language::Korean => &ko::TRACE,
        }
    }
}

/// How a point in time is said: what it is the time of stands in both forms.
#[derive(Clone, Copy)]
pub struct Said {
    /// By how long ago or how far ahead it is, once the page lives.
    pub relative: fn(&str) -> String,
    /// By the clock, in UTC, until then.
    pub absolute: fn(&str) -> String,
}

/// Units of time, with the gap before them where the language has one.
#[expect(missing_docs, reason = "a field's name and its English text say it")]
pub struct Units {
    pub second: &'static str,
    pub minute: &'static str,
    pub hour: &'static str,
    pub day: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_said_with_what_it_is_the_time_of_in_both_forms() {
        for words in [&en::WORDS, &ko::WORDS] {
            let said = [words.lasting, words.checked, words.next, words.again_within, words.circuit_tries];
            for Said { relative, absolute } in said {
                for text in [relative("#"), absolute("#")] {
                    assert!(
                        text.contains('#') && text.replace(['#', ' '], "").replace("UTC", "").len() > 2,
                        "{text}"
                    );
                }
            }
        }
    }
}
