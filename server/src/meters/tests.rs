//! Windows, series and restarts.

use super::*;
use wire::Ms;

fn counts(event_type: EventType, delivered: u64, failed: u64, millis: f64) -> Counts {
    let mut counts = Counts::default();
    counts.delivered.insert(event_type, delivered);
    counts.failed.insert(event_type, failed);
    (0..delivered + failed).for_each(|_| counts.took(Ms(millis)));
    counts
}

fn delta_of(endpoint: &str, counts: Counts) -> Delta {
    HashMap::from([(endpoint.to_owned(), counts)])
}

#[test]
fn a_window_forgets_and_a_restart_does_not() {
    let start = Time(1_710_412_200_000);
    let mut meters = Meters::new("run_a", &[]);
    let added = delta_of("crm", counts(EventType::ToolCalled, 3, 1, 2.0));
    meters.add(&added, start);
    let rows = meters.rows();
    assert!(!meters.are_unwritten() && meters.rows().is_empty());
    assert_eq!(meters.seen("crm", start).windows.m5.delivered, 3);
    let later = start.plus_ms(6 * 60_000);
    assert_eq!(meters.seen("crm", later).windows.m5.delivered, 0);
    assert_eq!(meters.seen("crm", later).windows.h1.failed, 1);

    let mut again = Meters::new("run_b", &rows);
    again.add(&added, start);
    assert_eq!(again.seen("crm", start).windows.h24.delivered, 6);
    let five = again.stats(StatsWindow::M5, Some("crm"), start.plus_ms(40_000), DeliveryTotals::default());
    assert_eq!(
        five.series.iter().map(|point| point.delivered).sum::<u64>(),
        6,
        "the finer steps are drawn on"
    );
    // The new run writes only what it counted itself.
    again.add(&added, start);
    let rows = again.rows();
    let written: Counts = serde_json::from_str(&rows[0].counts).unwrap();
    assert_eq!((rows.len(), written.delivered()), (1, 6));
}

#[test]
fn the_strip_adds_up() {
    let now = Time(1_710_412_200_000);
    let mut meters = Meters::new("run_a", &[]);
    meters.add(&delta_of("a", counts(EventType::MessageSent, 30, 0, 1.0)), now);
    meters.add(&delta_of("b", counts(EventType::ToolCalled, 0, 10, 5.0)), now);
    let waiting = DeliveryTotals { retrying: 7, pending: 2, ..DeliveryTotals::default() };
    let stats = meters.stats(StatsWindow::M5, None, now, waiting);
    assert_eq!((stats.attempts, stats.deliveries.delivered, stats.deliveries.retrying), (40, 30, 7));
    assert_eq!(stats.success_rate, Some(0.75));
    assert_eq!(stats.by_endpoint.iter().map(|stats| stats.endpoint.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(stats.by_type.len(), 2);
    assert_eq!(stats.series.len(), 60);
    assert_eq!(stats.series.last().unwrap().delivered, 30);
    let one = meters.stats(StatsWindow::M5, Some("b"), now, waiting);
    assert_eq!((one.attempts, one.success_rate, one.per_second), (10, Some(0.0), 0.0));
    assert_eq!((one.series.last().unwrap().delivered, one.series.last().unwrap().failed), (0, 10));
    assert_eq!(meters.stats(StatsWindow::D7, None, now, waiting).series.len(), 84);
}

#[test]
fn a_quarter_of_an_hour_by_the_minute() {
    let start = Time(1_710_412_200_000);
    let mut meters = Meters::new("run_a", &[]);
    meters.add(&delta_of("a", counts(EventType::MessageSent, 3, 0, 1.0)), start);
    let now = start.plus_ms(14 * 60_000);
    meters.add(&delta_of("a", counts(EventType::MessageSent, 4, 1, 20.0)), now);
    meters.add(&delta_of("b", counts(EventType::MessageSent, 0, 2, 500.0)), now);
    for window in [StatsWindow::M5, StatsWindow::H24] {
        let minutes = meters.stats(window, None, now, DeliveryTotals::default()).minutes;
        assert_eq!((minutes.len(), minutes[0].at), (15, start));
        assert_eq!((minutes[0].delivered, minutes[14].delivered, minutes[14].failed), (3, 4, 3));
        assert!(minutes[1..14].iter().all(|minute| minute.delivered + minute.failed == 0));
    }
    let minutes = meters.seen("a", now).minutes;
    assert!((19.0..21.0).contains(&minutes[14].p95.unwrap().0), "{minutes:?}");
    assert_eq!((minutes.len(), minutes[14].failed, minutes[0].delivered, minutes[1].p95), (15, 1, 3, None));
    assert_eq!(meters.seen("a", now.plus_ms(60_000)).minutes[0].delivered, 0);
}
