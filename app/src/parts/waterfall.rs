//! Where an attempt's time went: one bar a phase, one behind the other.

use crate::format::{decimal, span};
use crate::words::words;
use leptos::prelude::*;
use wire::{Ms, Timings};

/// One phase, with its place on the bar in hundredths.
#[derive(Clone, Debug, PartialEq)]
struct Phase {
    name: &'static str,
    class: &'static str,
    took: Ms,
    from: f64,
    width: f64,
}

/// The phases of one attempt, drawn and in figures.
#[component]
pub fn Waterfall(
    /// Its timings.
    timings: Timings,
) -> impl IntoView {
    let phases = phases(&timings);
    view! {
        <dl class="waterfall">
            {phases
                .into_iter()
                .map(|phase| view! {
                    <div class="phase">
                        <dt>{phase.name}</dt>
                        <dd class="phase-bar">
                            <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                                <rect class="phase-track" x="0" y="0" width="100" height="8"></rect>
                                <rect
                                    class=phase.class
                                    x=decimal(phase.from, 2)
                                    y="0"
                                    width=decimal(phase.width, 2)
                                    height="8"
                                ></rect>
                            </svg>
                        </dd>
                        <dd class="phase-took">{span(phase.took)}</dd>
                    </div>
                }.into_any())
                .collect_view()}
            <div class="phase phase-sum">
                <dt>{words().phase_total}</dt>
                <dd></dd>
                <dd class="phase-took">{span(timings.total)}</dd>
            </div>
        </dl>
    }
    .into_any()
}

fn phases(timings: &Timings) -> Vec<Phase> {
    let measured = [
        (words().phase_dns, "phase-dns", timings.dns),
        (words().phase_connect, "phase-connect", timings.connect),
        (words().phase_tls, "phase-tls", timings.tls),
        (words().phase_ttfb, "phase-ttfb", timings.ttfb),
        (words().phase_body, "phase-body", timings.body),
    ];
    let sum: f64 = measured.iter().filter_map(|(_, _, took)| took.map(|took| took.0)).sum();
    // What is counted in the total is not the same for a kept connection; the bar holds whichever is longer.
    let whole = sum.max(timings.total.0).max(f64::MIN_POSITIVE);
    let mut from = 0.0_f64;
    measured
        .into_iter()
        .filter_map(|(name, class, took)| {
            let took = took?;
            let width = took.0 / whole * 100.0;
            // Too short to see is still there.
            let phase = Phase { name, class, took, from: from.min(99.2), width: width.max(0.8) };
            from += width;
            Some(phase)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_follow_each_other_and_absent_ones_take_no_room() {
        let timings = Timings {
            connect: Some(Ms(10.0)),
            ttfb: Some(Ms(80.0)),
            body: Some(Ms(10.0)),
            total: Ms(90.0),
            ..Timings::default()
        };
        let places: Vec<_> =
            phases(&timings).iter().map(|phase| (phase.class, phase.from, phase.width)).collect();
        assert_eq!(
            places,
            [("phase-connect", 0.0, 10.0), ("phase-ttfb", 10.0, 80.0), ("phase-body", 90.0, 10.0)]
        );
    }

    #[test]
    fn a_phase_too_short_to_see_is_still_drawn() {
        let timings = Timings {
            ttfb: Some(Ms(1000.0)),
            body: Some(Ms(0.001)),
            total: Ms(1000.0),
            ..Timings::default()
        };
        let last = phases(&timings).pop().unwrap();
        assert!(last.width >= 0.8 && last.from + last.width <= 100.0, "{last:?}");
    }
}
