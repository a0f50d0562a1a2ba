//! How much of each limit a run has used: numbers that follow from arithmetic.

use std::fs;

use lambdasim::report::{ReportInput, summary_json};
use lambdasim::scenario::{self, LoadOptions};
use lambdasim::simulation::simulate;
use serde_json::Value;

const PLAIN: &str = "parameters: { placement: 0 s, overhead: 0 s, sqs.latency: 0 s }\n";

/// The limits that a run has used: of whom, which, peak, allowed, share.
fn headroom(scenario: &str) -> Vec<(String, String, u64, u64, f64)> {
    let folder = tempfile::tempdir().expect("a folder for the scenario");
    let path = folder.path().join("limits.yaml");
    fs::write(&path, format!("{PLAIN}{scenario}")).expect("a scenario");
    let plan = scenario::load(&path, &LoadOptions::default())
        .expect("the scenario is right")
        .plan;
    let result = simulate(&plan, &mut (), None, &mut ()).expect("nobody stops it");
    let summary = summary_json(&ReportInput::bare(&plan, &result));
    let text = |value: &Value| value.as_str().expect("a word").to_owned();
    let count = |value: &Value| value.as_u64().unwrap_or_default();
    let entries = summary["headroom"].as_array().expect("a list").iter();
    let entry = |limit: &Value| {
        let share = limit["share"].as_f64().expect("a share");
        (
            text(&limit["of"]),
            text(&limit["limit"]),
            count(&limit["peak"]),
            count(&limit["allowed"]),
            share,
        )
    };
    entries.map(entry).collect()
}

#[track_caller]
fn assert_limit(found: &[(String, String, u64, u64, f64)], of: &str, limit: &str, peak: u64, allowed: u64) {
    let limit = found
        .iter()
        .find(|entry| entry.0 == of && entry.1 == limit)
        .unwrap_or_else(|| {
            panic!("{of} {limit} is missing in {found:?}");
        });
    assert_eq!((limit.2, limit.3), (peak, allowed), "{limit:?}");
    assert!((limit.4 - peak as f64 / allowed as f64).abs() < 1e-6, "{limit:?}");
}

#[test]
fn constant_traffic_uses_limits_as_arithmetic_says() {
    // `api`: 20 a second of half a second each, ten at once; ten new environments take ten tokens of 1,000, of which 100 come
    // back every second: at most five are created in the first quarter of a second, and so on, less than ten are ever gone.
    let found = headroom(
        "duration: 1 min\naccount: { concurrent_executions: 300 }\nfunctions:\n  api: { memory_size: 512, init: 0 s, duration: 500 ms }\n  \
         kept: { memory_size: 512, init: 0 s, duration: 500 ms, reserved_concurrent_executions: 8 }\ntraffic:\n  users: { to: api, \
         arrivals: { constant: 20/s } }\n  others: { to: kept, arrivals: { constant: 4/s } }\n",
    );
    assert_limit(&found, "account", "concurrent_executions", 10, 292);
    assert_limit(&found, "functions.kept", "reserved_concurrent_executions", 2, 8);
    // 24 of 3,000 requests a second, 4 of 80.
    assert_limit(&found, "account", "requests_per_second", 24, 3_000);
    assert_limit(&found, "functions.kept", "requests_per_second", 4, 80);
    let shares: Vec<f64> = found.iter().map(|limit| limit.4).collect();
    assert!(shares.is_sorted_by(|one, next| one >= next), "{found:?}");
}

#[test]
fn a_limit_that_refuses_is_used_whole() {
    // 1,500 at once want 1,500 environments: 1,000 tokens (SCALE-1), and 2,000 places.
    let found = headroom(
        "duration: 10 s\naccount: { concurrent_executions: 2000 }\nfunctions:\n  api: { memory_size: 512, init: 0 s, duration: 1 s }\ntraffic:\n  \
         users: { to: api, retry: { mode: none }, arrivals: { at: { count: 1500, time: 2 s } } }\n",
    );
    assert_limit(&found, "functions.api", "scaling_rate", 1_000, 1_000);
    assert_limit(&found, "account", "concurrent_executions", 1_000, 2_000);
    assert_eq!(found[0].1, "scaling_rate", "the most used comes first");
}

#[test]
fn what_was_used_in_the_warm_up_does_not_count() {
    let traffic = "functions:\n  api: { memory_size: 512, init: 0 s, duration: 100 ms }\ntraffic:\n  early: { to: api, arrivals: { at: { count: \
                   300, time: 5 s } } }\n  users: { to: api, arrivals: { constant: 2/s } }\n";
    let found = headroom(&format!("duration: 2 min\n{traffic}"));
    assert_limit(&found, "account", "concurrent_executions", 301, 1_000);
    assert_limit(&found, "account", "requests_per_second", 302, 10_000);
    let found = headroom(&format!("duration: 2 min\nwarm_up: 1 min\n{traffic}"));
    assert_limit(&found, "account", "concurrent_executions", 1, 1_000);
    assert_limit(&found, "account", "requests_per_second", 2, 10_000);
}

#[test]
fn what_nobody_asked_for_since_the_warm_up_was_not_used() {
    // 300 calls at 5 s take 300 tokens, which are back by 8 s. From the end of the warm-up on there is one call, to an environment
    // that is warm.
    let found = headroom(
        "duration: 3 min\nwarm_up: 1 min\nfunctions:\n  api: { memory_size: 512, init: 0 s, duration: 100 ms, \
         reserved_concurrent_executions: 400, parameters: { idle: none, max_life: none } }\ntraffic:\n  early: { to: api, arrivals: { at: { \
         count: 300, time: 5 s } } }\n  late: { to: api, arrivals: { at: [2 min] } }\n",
    );
    let used = |of: &str, limit: &str| {
        let entry = found.iter().find(|entry| entry.0 == of && entry.1 == limit);
        entry.map_or(0, |entry| entry.2)
    };
    assert_eq!(used("functions.api", "scaling_rate"), 0, "{found:?}");
    assert_eq!(used("functions.api", "requests_per_second"), 1, "{found:?}");
    assert_eq!(used("account", "requests_per_second"), 1, "{found:?}");
}

#[test]
fn sqs_8_batches_at_once_are_counted_against_the_mappings_limit() {
    // A message every 100 ms, each in work for 250 ms: three at once, of four.
    let found = headroom(
        "duration: 1 min\nfunctions:\n  worker: { memory_size: 512, init: 0 s, duration: 250 ms }\nqueues: { jobs: { visibility_timeout: 30 s } \
         }\nevent_source_mappings:\n  m: { event_source: sqs:jobs, function: worker, batch_size: 1, maximum_concurrency: 4 }\ntraffic:\n  \
         orders: { to: sqs:jobs, arrivals: { constant: 10/s } }\n",
    );
    assert_limit(&found, "event_source_mappings.m", "maximum_concurrency", 3, 4);
}
