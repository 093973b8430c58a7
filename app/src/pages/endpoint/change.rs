//! Changing and removing an endpoint that was made here.

use crate::api;
use crate::parts::{Act, ActButton, DefinitionFields, Fields, Glyph, ShownOnce, unfit};
use crate::state::Store;
use crate::words::words;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use wire::Endpoint;

/// The form; nothing for an endpoint of the file.
#[component]
pub fn Change(
    /// The endpoint as it was when the page was made.
    first: Endpoint,
) -> impl IntoView {
    let store = expect_context::<Store>();
    let fields = Fields::new(first.events.clone());
    let name = StoredValue::new(first.name.clone());
    let shown_url = first.url.clone();
    let save = Callback::new(move |()| -> Act {
        let shown = shown_url.clone();
        Box::pin(async move {
            let mut patch = fields.definition().map_err(unfit)?;
            // What is masked is not the URL itself.
            if patch.get("url").and_then(serde_json::Value::as_str) == Some(&shown) {
                patch.remove("url");
            }
            store.apply_endpoint(api::change_endpoint(&name.get_value(), &patch.into()).await?);
            Ok(words().making().saved.to_owned())
        })
    });
    let told = RwSignal::new(None::<String>);
    let rotate = Callback::new(move |()| -> Act {
        Box::pin(async move {
            told.try_set(Some(api::rotate_secret(&name.get_value()).await?));
            Ok(words().making().rotated.to_owned())
        })
    });
    view! {
        <section class="when-alive" aria-labelledby="change-title">
            <h2 id="change-title">{words().making().change}</h2>
            <div class="panel padded form">
                <DefinitionFields fields url=first.url hint=words().making().change_long/>
                <div class="actions">
                    <ActButton text=words().making().save busy=words().making().saving act=save/>
                    <ActButton text=words().making().rotate busy=words().making().rotating act=rotate/>
                </div>
                {move || told.get().map(|secret| view! { <ShownOnce secret/> }.into_any())}
                <Remove name=first.name/>
            </div>
        </section>
    }
    .into_any()
}

/// Removes it, after asking once more.
#[component]
fn Remove(name: String) -> impl IntoView {
    let asked = RwSignal::new(false);
    let navigate = use_navigate();
    let name = StoredValue::new(name);
    let navigate = StoredValue::new_local(navigate);
    let act = Callback::new(move |()| -> Act {
        Box::pin(async move {
            api::remove_endpoint(&name.get_value()).await?;
            navigate.with_value(|navigate| navigate("/endpoints", NavigateOptions::default()));
            Ok(String::new())
        })
    });
    view! {
        {move || {
            if asked.get() {
                view! {
                    <div class="actions" role="alert">
                        <span>{words().making().remove_sure}</span>
                        <ActButton text=words().making().remove_yes busy=words().making().removing glyph=Glyph::Struck act/>
                        <button class="button" type="button" on:click=move |_| asked.set(false)>
                            {words().making().keep}
                        </button>
                    </div>
                }
                .into_any()
            } else {
                view! {
                    <button class="button" type="button" on:click=move |_| asked.set(true)>{words().making().remove}</button>
                }
                .into_any()
            }
        }}
    }
}
