//! Asynchronous invocation (lambda-model §4.3).

use super::harness::{Record, assert_close, events, run, run_with_records, sync, together};

/// Instants in ms of all attempts of one traffic entry.
fn starts(records: &[Record], traffic: &str) -> Vec<f64> {
    let own = records.iter().filter(|record| record.text("traffic") == traffic);
    own.map(|record| record.number("start_ms")).collect()
}

fn milliseconds(seconds: impl IntoIterator<Item = u32>) -> Vec<f64> {
    seconds.into_iter().map(|second| second as f64 * 1e3).collect()
}

#[test]
fn gvb_24_a_failing_event_is_tried_at_0_60_and_180_seconds() {
    let run = run_with_records(&format!(
        "duration: 10 min
queues: {{ failed: {{}} }}
functions:
  f: {{ duration: 0 s, error_rate: 100 %, event_invoke_config: {{ on_failure: sqs:failed }} }}
traffic:\n{}",
        events("event", "f", &together(1, 0))
    ));
    assert_eq!(starts(&run.records(), "event"), milliseconds([0, 60, 180]));
    run.assert_counts(
        "functions/f",
        &[("failed", 1), ("Invocations", 3), ("Errors", 3), ("Throttles", 0)],
    );
    run.assert_counts(
        "functions/f/async",
        &[
            ("AsyncEventsReceived", 1),
            ("AsyncEventsDropped", 1),
            ("exhausted", 1),
            ("expired", 0),
            ("retries_error", 2),
            ("destination_failure", 1),
            ("destination_success", 0),
        ],
    );
    run.assert_counts("queues/failed", &[("sent", 1)]);
    run.assert_number("functions/f/async/latency/max", 180_000.0);
}

/// An event whose every attempt is throttled: what is reserved is all provisioned, so `$LATEST` has no room (CONC-6).
fn throttled_forever(event_invoke_config: &str) -> String {
    format!(
        "duration: 7 h
queues: {{ failed: {{}} }}
functions:
  f:
    duration: 1 s
    reserved_concurrent_executions: 1
    versions: {{ 1: {{ provisioned_concurrent_executions: 1 }} }}
    event_invoke_config: {{ on_failure: sqs:failed{event_invoke_config} }}
traffic:\n{}",
        events("event", "f", &together(1, 0))
    )
}

#[test]
fn gvb_25_a_throttled_event_is_retried_79_times_in_six_hours() {
    let run = run_with_records(&throttled_forever(""));
    let ages = [0, 1, 3, 7, 15, 31, 63, 127, 255, 511];
    let then_every_five_minutes = (811..=21_511).step_by(300);
    let expected = milliseconds(ages.into_iter().chain(then_every_five_minutes));
    assert_eq!(expected.len(), 80, "the vector's own count");
    let records = run.records();
    assert_eq!(starts(&records, "event"), expected);
    assert!(records.iter().all(|record| !record.ran()));
    run.assert_counts(
        "functions/f",
        &[("dropped", 1), ("Invocations", 0), ("Throttles", 80), ("Errors", 0)],
    );
    run.assert_counts(
        "functions/f/async",
        &[
            ("retries_throttled", 79),
            ("expired", 1),
            ("exhausted", 0),
            ("AsyncEventsDropped", 1),
            ("destination_failure", 1),
        ],
    );
    run.assert_counts("queues/failed", &[("sent", 1)]);
    run.assert_number("functions/f/async/latency/max", 21_600_000.0);
}

#[test]
fn gvb_26_a_maximum_event_age_of_a_minute_allows_five_retries() {
    let run = run_with_records(&throttled_forever(", maximum_event_age: 60 s"));
    assert_eq!(starts(&run.records(), "event"), milliseconds([0, 1, 3, 7, 15, 31]));
    run.assert_counts("functions/f", &[("dropped", 1), ("Invocations", 0), ("Throttles", 6)]);
    run.assert_counts(
        "functions/f/async",
        &[("retries_throttled", 5), ("expired", 1), ("AsyncEventsDropped", 1)],
    );
    run.assert_number("functions/f/async/latency/max", 60_000.0);
}

#[test]
fn gvb_27_an_event_for_a_stopped_function_goes_straight_to_its_destinations() {
    let run = run(&format!(
        "duration: 7 h
queues: {{ failed: {{}}, dead: {{}} }}
functions:
  f:
    duration: 1 s
    reserved_concurrent_executions: 0
    dead_letter_config: sqs:dead
    event_invoke_config: {{ on_failure: sqs:failed }}
traffic:\n{}",
        events("event", "f", &together(1, 10))
    ));
    let counts = [
        ("arrivals", 1),
        ("dropped", 1),
        ("rejected", 1),
        ("Throttles", 0),
        ("Invocations", 0),
        ("Errors", 0),
    ];
    run.assert_counts("functions/f", &counts);
    run.assert_counts(
        "functions/f/async",
        &[
            ("AsyncEventsReceived", 1),
            ("AsyncEventsDropped", 1),
            ("retries_throttled", 0),
            ("exhausted", 0),
            ("dead_lettered", 1),
            ("destination_failure", 1),
        ],
    );
    run.assert_counts("queues/dead", &[("sent", 1)]);
    run.assert_counts("queues/failed", &[("sent", 1)]);
    run.assert_number("functions/f/async/latency/max", 0.0);
}

#[test]
fn gvb_28_throttles_consume_no_retries() {
    let traffic = sync("blocker", "f:1", &together(1, 0)) + &events("event", "f", &together(1, 0));
    let run = run_with_records(&format!(
        "duration: 10 min
functions:
  f:
    duration: 0 s
    error_rate: 100 %
    reserved_concurrent_executions: 1
    versions: {{ 1: {{ duration: 5 s, error_rate: 0 % }} }}
traffic:\n{traffic}"
    ));
    let records = run.records();
    assert_eq!(starts(&records, "event"), milliseconds([0, 1, 3, 7, 67, 187]));
    let ran = records
        .iter()
        .filter(|record| record.text("traffic") == "event")
        .map(Record::ran);
    assert_eq!(ran.collect::<Vec<bool>>(), [false, false, false, true, true, true]);
    run.assert_counts("traffic/blocker", &[("succeeded", 1)]);
    run.assert_counts("traffic/event", &[("failed", 1)]);
    run.assert_counts("functions/f", &[("Throttles", 3), ("Errors", 3)]);
    run.assert_counts("functions/f/by_version/$LATEST", &[("Invocations", 3), ("Errors", 3)]);
    run.assert_counts(
        "functions/f/async",
        &[("retries_throttled", 3), ("retries_error", 2), ("exhausted", 1)],
    );
}

/// What SNS would publish is 10,000 events at once (SRC-2).
fn flood(parameters: &str) -> String {
    format!(
        "duration: 7 h
functions:
  f: {{ duration: 1 s, reserved_concurrent_executions: 100{parameters} }}
traffic:\n{}",
        events("messages", "f", &together(10_000, 0))
    )
}

#[test]
fn gvb_29_without_jitter_retries_stay_in_step_and_2000_of_10000_events_are_dropped() {
    let run = run(&flood(""));
    let counts = [
        ("succeeded", 8_000),
        ("dropped", 2_000),
        ("Invocations", 8_000),
        ("Throttles", 476_000),
    ];
    run.assert_counts("functions/f", &counts);
    run.assert_counts("functions/f/async", &[("expired", 2_000)]);
    run.assert_counts("functions/f/ConcurrentExecutions", &[("max", 100)]);
}

#[test]
fn gvb_29_with_jitter_all_10000_events_are_processed_within_ten_minutes() {
    let run = run(&flood(", parameters: { async.jitter: { uniform: [1.0, 1.2] } }"));
    run.assert_counts(
        "functions/f",
        &[("succeeded", 10_000), ("dropped", 0), ("Invocations", 10_000)],
    );
    run.assert_counts("functions/f/ConcurrentExecutions", &[("max", 100)]);
    assert_close("last end", run.number("functions/f/async/latency/max"), 600e3, 10e3);
}
