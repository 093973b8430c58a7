//! A status and a state: shape, word and colour, in this order of weight.

use super::{Glyph, Icon};
use crate::words::words;
use leptos::prelude::*;
use wire::{DeliveryStatus, EndpointState};

/// How good a thing is: which of the five colours it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Well.
    Good,
    /// Look at it some time.
    Warn,
    /// Look at it now.
    Bad,
    /// Under way.
    Busy,
    /// At rest.
    Quiet,
}

impl Tone {
    /// The tone's class.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Good => "badge tone-good",
            Self::Warn => "badge tone-warn",
            Self::Bad => "badge tone-bad",
            Self::Busy => "badge tone-busy",
            Self::Quiet => "badge tone-quiet",
        }
    }
}

/// The looks of a delivery's status.
pub const fn looks_of_status(status: DeliveryStatus) -> (Glyph, Tone) {
    match status {
        DeliveryStatus::Pending => (Glyph::Clock, Tone::Quiet),
        DeliveryStatus::Delivering => (Glyph::Arrow, Tone::Busy),
        DeliveryStatus::Retrying => (Glyph::Again, Tone::Warn),
        DeliveryStatus::Held => (Glyph::Bars, Tone::Quiet),
        DeliveryStatus::Delivered => (Glyph::Tick, Tone::Good),
        DeliveryStatus::Failed => (Glyph::Stop, Tone::Bad),
        DeliveryStatus::Cancelled => (Glyph::Struck, Tone::Quiet),
    }
}

/// The looks of an endpoint's state.
pub const fn looks_of_state(state: EndpointState) -> (Glyph, Tone) {
    match state {
        EndpointState::Healthy => (Glyph::Tick, Tone::Good),
        EndpointState::Degraded => (Glyph::Warning, Tone::Warn),
        EndpointState::Failing => (Glyph::Stop, Tone::Bad),
        EndpointState::Paused => (Glyph::Bars, Tone::Quiet),
        EndpointState::Misconfigured => (Glyph::Diamond, Tone::Bad),
        EndpointState::Idle => (Glyph::Ring, Tone::Quiet),
    }
}

/// A delivery's status.
#[component]
pub fn StatusBadge(
    /// The status.
    #[prop(into)]
    status: Signal<DeliveryStatus>,
) -> impl IntoView {
    view! {
        <span class=move || looks_of_status(status.get()).1.class()>
            {move || view! { <Icon glyph=looks_of_status(status.get()).0/> }.into_any()}
            <span>{move || (words().status)(status.get())}</span>
        </span>
    }
}

/// An endpoint's state.
#[component]
pub fn StateBadge(
    /// The state.
    #[prop(into)]
    state: Signal<EndpointState>,
) -> impl IntoView {
    view! {
        <span class=move || looks_of_state(state.get()).1.class()>
            {move || view! { <Icon glyph=looks_of_state(state.get()).0/> }.into_any()}
            <span>{move || (words().state)(state.get())}</span>
        </span>
    }
}
