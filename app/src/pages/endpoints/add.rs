//! The form that adds an endpoint.

use crate::api;
use crate::parts::{Act, ActButton, DefinitionFields, Fields, ShownOnce, unfit};
use crate::state::Store;
use crate::words::words;
use leptos::html::Input;
use leptos::prelude::*;
use leptos_router::components::A;
use wire::EventType;

/// Where the secret comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Secret {
    Made,
    Own,
    None,
}

/// The form.
#[component]
pub fn Add() -> impl IntoView {
    let store = expect_context::<Store>();
    let fields = Fields::new(vec![EventType::MessageSent]);
    let name = NodeRef::<Input>::new();
    let own = NodeRef::<Input>::new();
    let secret = RwSignal::new(Secret::Made);
    let made = RwSignal::new(None::<(String, Option<String>)>);
    let act = Callback::new(move |()| -> Act {
        let text =
            |field: NodeRef<Input>| field.get_untracked().map(|field| field.value()).unwrap_or_default();
        let (name, own, secret) = (text(name), text(own), secret.get_untracked());
        Box::pin(async move {
            let mut definition = fields.definition().map_err(unfit)?;
            definition.insert("name".to_owned(), name.trim().into());
            if secret == Secret::Own {
                definition.insert("secret".to_owned(), own.trim().into());
            }
            made.set(None);
            let endpoint = api::make_endpoint(&definition.into()).await?;
            let name = endpoint.name.clone();
            store.apply_endpoint(endpoint);
            // The gateway's own are as strong as they should be, and told once.
            let told = if secret == Secret::Made { Some(api::rotate_secret(&name).await?) } else { None };
            made.try_set(Some((name.clone(), told)));
            Ok((words().making().made)(&name))
        })
    });
    let choice = move |which: Secret, text: &'static str| {
        view! {
            <label class="choice">
                <input
                    type="radio"
                    name="secret"
                    prop:checked=move || secret.get() == which
                    on:change=move |_| secret.set(which)
                />
                {text}
            </label>
        }
    };
    view! {
        <section class="when-alive" aria-labelledby="add-title">
            <h2 id="add-title">{words().making().add}</h2>
            <form class="panel padded form" on:submit=|event| event.prevent_default()>
                <p class="text-ink-2">{words().making().add_long}</p>
                <label for="field-name">{words().making().name}</label>
                <input id="field-name" class="field" type="text" required autocomplete="off" node_ref=name/>
                <DefinitionFields fields hint=words().making().more_long/>
                <fieldset class="choices choices-one">
                    <legend>{words().making().secret}</legend>
                    {choice(Secret::Made, words().making().secret_make)}
                    {choice(Secret::Own, words().making().secret_own)}
                    <input
                        class="field code-field"
                        type="password"
                        autocomplete="new-password"
                        aria-label=words().making().secret_field
                        node_ref=own
                        on:input=move |_| secret.set(Secret::Own)
                    />
                    {choice(Secret::None, words().making().secret_none)}
                </fieldset>
                <ActButton text=words().making().make busy=words().making().adding act/>
                {move || made.get().map(|(name, told)| view! {
                    {told.map(|secret| view! { <ShownOnce secret/> }.into_any())}
                    <p><A href=format!("/endpoints/{name}")>{words().making().open}" "{name}</A></p>
                }.into_any())}
            </form>
        </section>
    }
    .into_any()
}
