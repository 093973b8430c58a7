//! Who changed what, and who tried.

use crate::api;
use crate::parts::{Act, ActButton, When, rows};
use crate::words::words;
use leptos::prelude::*;
use wire::{AuditEntry, List};

/// The table, newest first.
#[component]
pub fn Audit(
    /// The newest entries.
    first: List<AuditEntry>,
) -> impl IntoView {
    let next = RwSignal::new(first.next);
    let entries = RwSignal::new(first.items);
    let older = Callback::new(move |()| -> Act {
        Box::pin(async move {
            let page = api::audit(next.get_untracked().as_deref()).await?;
            entries.try_update(|entries| entries.extend(page.items));
            next.try_set(page.next);
            Ok(String::new())
        })
    });
    let word = words().insight();
    let heads = [words().column_when, word.who, word.action, word.target, word.address, word.answer];
    view! {
        <section class="values" aria-labelledby="audit-title">
            <h2 id="audit-title">{word.audit}</h2>
            <p class="text-ink-2">{word.audit_long}</p>
            <div class="panel padded">
                {move || entries.with(Vec::is_empty).then(|| view! { <p class="text-ink-2">{word.audit_none}</p> }.into_any())}
                <table class="table table-text audit" hidden=move || entries.with(Vec::is_empty)>
                    <thead><tr>{heads.map(|head| view! { <th scope="col">{head}</th> }.into_any())}</tr></thead>
                    <tbody>
                        {rows(move || entries.get(), |entry| entry.id.clone(), row)}
                    </tbody>
                </table>
                {move || next.get().map(|_| view! { <ActButton text=word.older small=true act=older/> }.into_any())}
            </div>
        </section>
    }
    .into_any()
}

fn row(entry: AuditEntry) -> impl IntoView {
    let word = words().insight();
    let who = (word.who_of)(&entry.who).map_or_else(|| entry.who.clone(), str::to_owned);
    let action = (word.action_of)(&entry.action).map_or_else(|| entry.action.clone(), str::to_owned);
    let is_bad = entry.status_code.is_some_and(|code| code >= 400) || entry.detail.is_some();
    view! {
        <tr>
            <td><When time=entry.at/></td>
            <td>{who}</td>
            <td>{action}{entry.detail.map(|detail| format!(": {detail}"))}</td>
            <td class="id">{entry.target}</td>
            <td class="id">{entry.address}</td>
            <td class:figure-bad=is_bad>{entry.status_code}</td>
        </tr>
    }
    .into_any()
}
