//! How long the last deliveries took: one bar each, oldest first; failed ones stand out by shape and colour.

use crate::format::{decimal, span};
use crate::words::words;
use leptos::prelude::*;
use std::fmt::Write;
use wire::{Delivery, DeliveryStatus, Ms};

/// Height of the drawing, in its own units.
const HEIGHT: f64 = 40.0;
/// Width of a bar, gap included.
const STEP: f64 = 5.0;
/// There is room for so many, and a few are no wider than many.
const ROOM: usize = 40;

/// The bars.
#[component]
pub fn Times(
    /// Deliveries, newest first.
    deliveries: Memo<Vec<Delivery>>,
) -> impl IntoView {
    let drawn = Memo::new(move |_| deliveries.with(|deliveries| draw(deliveries)));
    let text = Memo::new(move |_| {
        let drawn = drawn.get();
        let most = drawn.most.map(span).unwrap_or_default();
        (words().receiver().latency_of)(drawn.failed, &drawn.least.map(span).unwrap_or_default(), &most)
    });
    let title = move || (words().receiver().latency)(drawn.get().count);
    view! {
        {move || {
            (drawn.get().count > 0).then(|| {
                view! {
                    <figure class="times">
                        <svg
                            viewBox=move || format!("0 0 {} {}", decimal(drawn.get().width, 0), decimal(HEIGHT, 0))
                            preserveAspectRatio="none"
                            role="img"
                            aria-label=text
                        >
                            <path class="spark-good" d=move || drawn.get().good></path>
                            <path class="spark-bad" d=move || drawn.get().bad></path>
                        </svg>
                        <figcaption><span>{move || title()}</span><span>{text}</span></figcaption>
                    </figure>
                }.into_any()
            })
        }}
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Drawn {
    count: usize,
    failed: usize,
    least: Option<Ms>,
    most: Option<Ms>,
    width: f64,
    good: String,
    bad: String,
}

#[expect(clippy::cast_precision_loss, reason = "a few dozen bars")]
fn draw(deliveries: &[Delivery]) -> Drawn {
    let timed: Vec<(f64, bool)> = deliveries
        .iter()
        .rev()
        .filter_map(|delivery| {
            let took = delivery.last_duration_ms?.0;
            Some((took, delivery.last_reason.is_some() || delivery.status == DeliveryStatus::Failed))
        })
        .collect();
    let most = timed.iter().map(|(took, _)| *took).fold(0.0, f64::max);
    let least = timed.iter().map(|(took, _)| *took).fold(most, f64::min);
    let mut drawn = Drawn {
        count: timed.len(),
        failed: timed.iter().filter(|(_, failed)| *failed).count(),
        least: (!timed.is_empty()).then_some(Ms(least)),
        most: (!timed.is_empty()).then_some(Ms(most)),
        width: STEP * timed.len().max(ROOM) as f64,
        ..Drawn::default()
    };
    for (index, (took, failed)) in timed.into_iter().enumerate() {
        // The quickest is still seen.
        let height = (took / most.max(f64::MIN_POSITIVE) * HEIGHT).max(2.0);
        let (x, y) = (decimal(index as f64 * STEP, 0), decimal(HEIGHT - height, 1));
        let high = decimal(height, 1);
        // A failed one is notched at its foot. Writing into a string can't fail.
        if failed {
            let _ = write!(drawn.bad, "M{x} {y}h4v{high}l-2 -3l-2 3z");
        } else {
            let _ = write!(drawn.good, "M{x} {y}h4v{high}h-4z");
        }
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(took: Option<f64>, status: &str) -> Delivery {
        let mut json = serde_json::json!({
            "id": "dlv_1", "eventId": "evt_1", "eventType": "message.sent", "endpoint": "crm", "status": status,
            "attempts": 1, "maxAttempts": 3, "createdAt": wire::Time(0),
        });
        if let Some(took) = took {
            json["lastDurationMs"] = took.into();
        }
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn the_oldest_is_first_and_what_was_not_sent_is_left_out() {
        let drawn = draw(&[
            delivery(None, "pending"),
            delivery(Some(20.0), "failed"),
            delivery(Some(10.0), "delivered"),
        ]);
        assert_eq!(
            (drawn.count, drawn.failed, drawn.least, drawn.most, drawn.width),
            (2, 1, Some(Ms(10.0)), Some(Ms(20.0)), 200.0)
        );
        assert_eq!(drawn.good, "M0 20.0h4v20.0h-4z");
        assert_eq!(drawn.bad, "M5 0.0h4v40.0l-2 -3l-2 3z");
        assert_eq!(draw(&[]).count, 0);
    }
}
