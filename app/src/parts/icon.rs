//! Every shape of the dashboard: a state is told by its shape before its colour.

use leptos::prelude::*;

/// A shape on a grid of 16.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyph {
    /// Done well: a disc with a tick.
    Tick,
    /// Given up: a stop sign with a cross.
    Stop,
    /// Some of it is wrong: a triangle.
    Warning,
    /// Needs a person: a diamond.
    Diamond,
    /// Again later: a ring with an arrow.
    Again,
    /// Its turn comes: a clock.
    Clock,
    /// On its way: an arrow in a ring.
    Arrow,
    /// Stands still: two bars in a square.
    Bars,
    /// Ended by hand: a ring with a stroke.
    Struck,
    /// Nothing yet: an empty ring.
    Ring,
    /// The live stream runs.
    Waves,
    /// No network.
    Cut,
    /// Back.
    Back,
    /// Resume.
    Play,
    /// Looks for something.
    Search,
    /// Light and dark: a disc half filled.
    Half,
    /// An event: braces.
    Braces,
    /// The product's sign.
    Claw,
}

impl Glyph {
    /// The path, and whether it is filled rather than drawn.
    const fn path(self) -> (&'static str, bool) {
        match self {
            Self::Tick => (
                "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm3.9 5.2-4.5 5a.9.9 0 0 1-1.3 0L4.1 9.1a.9.9 0 1 1 1.3-1.2l1.3 1.4 3.9-4.3a.9.9 0 1 1 1.3 1.2Z",
                true,
            ),
            Self::Stop => (
                "M5 .8h6L15.2 5v6L11 15.2H5L.8 11V5L5 .8Zm.6 3.4L4.2 5.6 6.6 8l-2.4 2.4 1.4 1.4L8 9.4l2.4 2.4 1.4-1.4L9.4 8l2.4-2.4-1.4-1.4L8 6.6 5.6 4.2Z",
                true,
            ),
            Self::Warning => (
                "M8 .9c.4 0 .8.2 1 .6l6.5 12c.4.8-.1 1.6-1 1.6h-13c-.9 0-1.4-.8-1-1.6l6.5-12c.2-.4.6-.6 1-.6Zm-1 4.6v4.3h2V5.5H7Zm0 5.7v2h2v-2H7Z",
                true,
            ),
            Self::Diamond => ("M8 .4 15.6 8 8 15.6.4 8 8 .4ZM7 4.2v4.6h2V4.2H7Zm0 5.9v2h2v-2H7Z", true),
            Self::Again => ("M13.3 8A5.3 5.3 0 1 1 11.5 4l1.9 1.7M13.5 1.9v3.9H9.6", false),
            Self::Clock => ("M8 1.8a6.2 6.2 0 1 1 0 12.4A6.2 6.2 0 0 1 8 1.8ZM8 4.6V8l2.3 1.6", false),
            Self::Arrow => {
                ("M8 1.8a6.2 6.2 0 1 1 0 12.4A6.2 6.2 0 0 1 8 1.8ZM4.9 8h5.8M8.4 5.5 10.9 8l-2.5 2.5", false)
            }
            Self::Bars => (
                "M3.5 1.5h9a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-9a2 2 0 0 1-2-2v-9a2 2 0 0 1 2-2ZM5.2 4.6v6.8h1.9V4.6H5.2Zm3.7 0v6.8h1.9V4.6H8.9Z",
                true,
            ),
            Self::Struck => ("M8 1.8a6.2 6.2 0 1 1 0 12.4A6.2 6.2 0 0 1 8 1.8ZM3.7 12.3l8.6-8.6", false),
            Self::Ring => ("M8 2.3a5.7 5.7 0 1 1 0 11.4A5.7 5.7 0 0 1 8 2.3Z", false),
            Self::Waves => (
                "M8 6.9a1.1 1.1 0 1 1 0 2.2 1.1 1.1 0 0 1 0-2.2ZM4.8 11.2a4.5 4.5 0 0 1 0-6.4M11.2 4.8a4.5 4.5 0 0 1 0 6.4M2.6 13.4a7.6 7.6 0 0 1 0-10.8M13.4 2.6a7.6 7.6 0 0 1 0 10.8",
                false,
            ),
            Self::Cut => (
                "M2 2l12 12M4.8 11.2a4.5 4.5 0 0 1-.9-5M2.6 13.4A7.6 7.6 0 0 1 2 4M11.2 4.8c1.2 1.2 1.6 2.9 1.1 4.4M13.4 2.6a7.6 7.6 0 0 1 .9 9.4",
                false,
            ),
            Self::Back => ("M9.8 3 4.8 8l5 5", false),
            Self::Play => {
                ("M4.5 2.6a1 1 0 0 1 1.5-.9l8 5.4a1 1 0 0 1 0 1.7l-8 5.4a1 1 0 0 1-1.5-.9V2.6Z", true)
            }
            Self::Search => ("M7 2a5 5 0 1 1 0 10A5 5 0 0 1 7 2ZM10.7 10.7 14.2 14.2", false),
            Self::Half => ("M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1Zm0 1.7a5.3 5.3 0 1 0 0 10.6V2.7Z", true),
            Self::Braces => (
                "M6 2.2C4.2 2.2 4.6 4.4 4.4 6 4.3 7.2 3.6 8 2.6 8c1 0 1.7.8 1.8 2 .2 1.6-.2 3.8 1.6 3.8M10 2.2c1.8 0 1.4 2.2 1.6 3.8.1 1.2.8 2 1.8 2-1 0-1.7.8-1.8 2-.2 1.6.2 3.8-1.6 3.8",
                false,
            ),
            Self::Claw => (
                "M9.6 14.6C5 14.6 1.4 11.3 1.4 7.2c0-3 1.9-5.3 4.3-6 .6-.2 1 .5.7 1-.9 1.4-1 2.7-.2 3.9.5-2.3 2-4.2 4.3-4.8 2.6-.7 4.3 1 4.1 3.1-.1 1.3-1 2.2-2.3 2.5-1.4.3-2.3 1-2.3 2.2 0 1.5 1.3 2.2 2.9 1.9.6-.1.9.5.6 1-.8 1.6-2.1 2.6-3.9 2.6Z",
                true,
            ),
        }
    }
}

/// A shape; what it means is said in words beside it.
#[component]
pub fn Icon(
    /// Which.
    glyph: Glyph,
) -> impl IntoView {
    let (path, filled) = glyph.path();
    view! {
        <svg class=if filled { "icon icon-full" } else { "icon icon-line" } viewBox="0 0 16 16" aria-hidden="true">
            <path d=path></path>
        </svg>
    }
}
