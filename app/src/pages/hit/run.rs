//! The third step: the agent's task, from its turn to its reply.

use crate::format::{count, maybe_span};
use crate::parts::{AgentLine, Glyph, Icon, Step, TextBlock, When, looks_of_run};
use crate::words::words;
use leptos::prelude::*;
use wire::{Hit, Outcome, Run, RunStatus};

/// The run.
#[component]
pub fn RunStep(hit: Memo<Option<Hit>>) -> impl IntoView {
    let told = Memo::new(move |_| hit.get().map(|hit| (hit.run, hit.outcome)));
    let looks = Signal::derive(move || {
        let run = told.get()?.0?;
        let (glyph, tone) = looks_of_run(run.status);
        Some((glyph, tone, (words().run)(run.status)))
    });
    let waits = Memo::new(move |_| {
        let run = told.get().and_then(|(run, _)| run);
        run.is_some_and(|run| matches!(run.status, RunStatus::Queued | RunStatus::Running))
    });
    let content = move || {
        told.get().map(|(run, outcome)| match run {
            Some(run) => shown(run).into_any(),
            None => view! { <p class="text-ink-2">{why_none(outcome)}</p> }.into_any(),
        })
    };
    view! {
        <Step id="step-run" title=words().trace().step_run looks>
            // What waits may wait for an agent that is not there.
            {move || waits.get().then(|| view! { <AgentLine/> }.into_any())}
            {move || content()}
        </Step>
    }
    .into_any()
}

fn why_none(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Refused => words().trace().no_run_refused,
        Outcome::Duplicate => words().trace().no_run_duplicate,
        Outcome::Accepted => words().trace().no_run,
    }
}

fn shown(run: Run) -> impl IntoView {
    let usage = run
        .usage
        .map(|usage| (words().trace().tokens)(&count(usage.input_tokens), &count(usage.output_tokens)));
    let is_mute = run.status == RunStatus::Succeeded && run.reply.is_none();
    view! {
        {run.error.map(|error| view! {
            <p class="notice notice-bad">
                <Icon glyph=Glyph::Stop/>
                <span><strong>{words().trace().failed}</strong>": "{error}</span>
            </p>
        }.into_any())}
        <dl class="facts facts-wide">
            <div><dt>{words().agent}</dt><dd>{run.agent_id}</dd></div>
            <div><dt>{words().trace().way}</dt><dd>{(words().trace().mode)(&run.mode)}</dd></div>
            <div><dt>{words().trace().asked}</dt><dd>{run.attempts}</dd></div>
            <div><dt>{words().trace().queued}</dt><dd><When time=run.queued_at/></dd></div>
            {run.started_at.map(|time| view! {
                <div><dt>{words().trace().started}</dt><dd><When time/></dd></div>
            }.into_any())}
            {run.duration_ms.map(|took| view! {
                <div><dt>{words().trace().took}</dt><dd class="figure">{maybe_span(Some(took))}</dd></div>
            }.into_any())}
            {run.model.map(|model| view! { <div><dt>{words().trace().model}</dt><dd>{model}</dd></div> }.into_any())}
            {usage.map(|usage| view! { <div><dt>{words().trace().usage}</dt><dd>{usage}</dd></div> }.into_any())}
            {run.agent_run_id.map(|id| view! {
                <div><dt>{words().trace().agent_run}</dt><dd class="id">{id}</dd></div>
            }.into_any())}
        </dl>
        {run.reply.map(|reply| view! { <TextBlock title=words().trace().reply text=reply/> }.into_any())}
        {is_mute.then(|| view! { <p class="text-ink-2">{words().trace().no_reply}</p> }.into_any())}
    }
    .into_any()
}
