//! What is in force and where it comes from, how the last reading of the file went, the agent, and the way out.

mod audit;
mod values;

use crate::api;
use crate::curl::setting;
use crate::format::size;
use crate::parts::{
    Act, ActButton, AgentLine, Bar, Display, Glyph, Icon, Later, Skeleton, Tone, Trouble, When,
};
use crate::shell::PageTitle;
use crate::state::Store;
use crate::words::words;
use audit::Audit;
use leptos::prelude::*;
use values::Values;
use wire::{AuditEntry, ConfigView, List, Problem};

/// The page of `/settings`.
#[component]
pub fn Settings() -> impl IntoView {
    let store = expect_context::<Store>();
    let loaded = Resource::new(|| (), |()| fetch());
    view! {
        <Suspense fallback=|| view! { <Skeleton/> }>
            {move || Suspend::new(async move {
                match loaded.await {
                    Ok((config, audit)) => {
                        store.config.set(Some(config));
                        view! { <Whole audit/> }.into_any()
                    }
                    Err(problem) => view! { <Trouble problem/> }.into_any(),
                }
            })}
        </Suspense>
    }
    .into_any()
}

async fn fetch() -> Result<(ConfigView, Option<List<AuditEntry>>), Problem> {
    let config = api::config().await?;
    // Who may not read the audit still reads the rest.
    Ok((config, api::audit(None).await.ok()))
}

#[component]
fn Whole(audit: Option<List<AuditEntry>>) -> impl IntoView {
    let store = expect_context::<Store>();
    let read = move |pick: fn(&ConfigView) -> String| {
        Memo::new(move |_| store.config.with(|config| config.as_ref().map(pick).unwrap_or_default()))
    };
    let reload =
        Memo::new(move |_| store.config.with(|config| config.as_ref().map(|config| config.reload.clone())));
    let word = words().settings();
    view! {
        <PageTitle text=Signal::stored(words().settings_title.to_owned())/>
        <Bar/>
        <main class="detail" id="log" tabindex="-1">
            <h1 class="page-title">{words().settings_title}</h1>
            <div class="cards">
                <section class="panel padded" aria-labelledby="gateway-title">
                    <h2 id="gateway-title">{word.gateway}</h2>
                    <dl class="facts facts-two">
                        {fact(word.version, read(|config| config.version.clone()))}
                        {fact(words().instance, read(|config| config.instance_id.clone()))}
                        {fact(word.listens, read(|config| told(config, "server", "listen")))}
                        {fact(word.public, read(|config| told(config, "server", "publicUrl")))}
                        {fact(word.database, read(|config| told(config, "server", "database")))}
                        {fact(word.keeps, read(|config| (words().settings().days)(&told(config, "retention", "days"))))}
                        {fact(word.biggest, read(|config| longest(&told(config, "retention", "maxPayloadBytes"))))}
                        <Sealed/>
                    </dl>
                </section>
                <section class="panel padded" aria-labelledby="file-title">
                    <h2 id="file-title">{word.file}</h2>
                    <p class="id">
                        {read(|config| config.file.clone().unwrap_or_else(|| words().settings().no_file.to_owned()))}
                    </p>
                    {move || reload.get().map(|reload| {
                        let (glyph, tone, said) = match reload.error {
                            None => (Glyph::Tick, Tone::Good, words().settings().read_well),
                            Some(_) => (Glyph::Stop, Tone::Bad, words().settings().read_refused),
                        };
                        view! {
                            <p class="actions">
                                <span class=tone.class()><Icon glyph/><span>{said}</span></span>
                                " "<span class="text-ink-2">{words().settings().read}" "<When time=reload.at/></span>
                            </p>
                            {reload.error.map(|error| view! { <pre class="code-block" tabindex="0"><code>{error}</code></pre> }.into_any())}
                        }.into_any()
                    })}
                </section>
                <Later><AgentCard/></Later>
                <Later><Access/></Later>
                <section class="panel padded when-alive" aria-labelledby="display-title">
                    <h2 id="display-title">{words().display}</h2>
                    <Display place="settings"/>
                </section>
                <section class="panel padded" aria-labelledby="api-title">
                    <h2 id="api-title">{words().insight().api}</h2>
                    <p class="text-ink-2">{words().insight().api_long}</p>
                    <p><a href="/api/docs" rel="external">{words().console().api}</a></p>
                </section>
            </div>
            {audit.map(|first| view! { <Later><Audit first/></Later> }.into_any())}
            <Later><Values/></Later>
        </main>
    }
    .into_any()
}

/// Whether the database gives away the secrets of endpoints made here, and what helps.
#[component]
fn Sealed() -> impl IntoView {
    let store = expect_context::<Store>();
    let is_sealed = Memo::new(move |_| store.config.with(|config| Some(config.as_ref()?.sealed)));
    let word = words().settings();
    let line = move |sealed: bool| {
        let (glyph, tone, said) = if sealed {
            (Glyph::Tick, Tone::Good, word.sealed)
        } else {
            (Glyph::Warning, Tone::Warn, word.unsealed)
        };
        view! {
            <div class="facts-whole">
                <dt>{word.made_here}</dt>
                <dd>
                    <span class=tone.class() class:badge-long=true><Icon glyph/><span>{said}</span></span>
                    {(!sealed).then(|| view! { <p class="text-ink-2">{word.unsealed_hint}</p> }.into_any())}
                </dd>
            </div>
        }
    };
    view! { {move || is_sealed.get().map(line)} }
}

fn fact(name: &'static str, value: Memo<String>) -> impl IntoView {
    view! { {move || (!value.with(String::is_empty)).then(|| view! { <div><dt>{name}</dt><dd>{value}</dd></div> }.into_any())} }
}

fn told(config: &ConfigView, part: &str, key: &str) -> String {
    match setting(config, part, key) {
        None => String::new(),
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    }
}

fn longest(bytes: &str) -> String {
    bytes.parse().map(size).unwrap_or_default()
}

#[component]
fn AgentCard() -> impl IntoView {
    let store = expect_context::<Store>();
    let agent = Memo::new(move |_| {
        store.config.with(|config| {
            let agent = config.as_ref()?.agent.as_ref()?;
            Some((agent.url.clone(), (words().trace().mode)(&agent.mode)))
        })
    });
    view! {
        <section class="panel padded" aria-labelledby="agent-title">
            <h2 id="agent-title">{words().settings().agent}</h2>
            <AgentLine/>
            {move || match agent.get() {
                None => view! { <p class="text-ink-2">{words().settings().no_agent}</p> }.into_any(),
                Some((url, mode)) => view! {
                    <dl class="facts">
                        <div><dt>{words().settings().agent_url}</dt><dd class="id">{url}</dd></div>
                        <div><dt>{words().settings().agent_mode}</dt><dd>{mode}</dd></div>
                    </dl>
                }
                .into_any(),
            }}
        </section>
    }
    .into_any()
}

/// Who may look at this, and the way out.
#[component]
fn Access() -> impl IntoView {
    let store = expect_context::<Store>();
    let has_token = Memo::new(move |_| {
        store.config.with(|config| {
            config.as_ref().is_some_and(|config| setting(config, "server", "adminToken").is_some())
        })
    });
    let act = Callback::new(move |()| -> Act {
        Box::pin(async move {
            api::logout().await?;
            let _ = window().location().reload();
            Ok(String::new())
        })
    });
    view! {
        <section class="panel padded" aria-labelledby="access-title">
            <h2 id="access-title">{words().settings().access}</h2>
            {move || if has_token.get() {
                view! {
                    <p class="text-ink-2">{words().settings().signed_in}</p>
                    <div class="form">
                        <ActButton text=words().settings().sign_out busy=words().settings().signing_out act/>
                    </div>
                }
                .into_any()
            } else {
                view! { <p class="text-ink-2">{words().settings().open}</p> }.into_any()
            }}
        </section>
    }
    .into_any()
}
