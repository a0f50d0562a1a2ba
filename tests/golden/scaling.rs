//! How fast environments may be added (SCALE-1, SCALE-6).

use super::harness::{Record, run, run_with_records, sync, together};

/// 5,000 that run on at t = 0, and then a retry every `every` milliseconds.
fn step_to_5000(head: &str, retries: &str) -> String {
    let traffic = sync("step", "f", &together(5_000, 0)) + &sync("tries", "f", retries);
    format!(
        "{head}account: {{ concurrent_executions: 5000 }}\nfunctions: {{ f: {{ duration: 899 s }} }}\ntraffic:\n{traffic}"
    )
}

/// Instants in ms at which attempts were admitted, rising.
fn admitted(records: &[Record]) -> Vec<f64> {
    let ran = records.iter().filter(|record| record.ran());
    let mut times: Vec<f64> = ran.map(|record| record.number("start_ms")).collect();
    times.sort_by(f64::total_cmp);
    times
}

fn count_until(times: &[f64], limit_ms: f64) -> usize {
    times.iter().filter(|time| **time <= limit_ms).count()
}

#[test]
fn gvb_11_a_step_to_5000_adds_a_thousand_at_once_then_a_hundred_a_second() {
    let run = run_with_records(&step_to_5000("duration: 50 s\n", "constant: 1000/s"));
    let times = admitted(&run.records());
    for second in 0..=40 {
        let expected = 1_000 + 100 * second;
        assert_eq!(
            count_until(&times, second as f64 * 1e3),
            expected,
            "running after {second} s"
        );
    }
    assert_eq!((times.len(), times.last()), (5_000, Some(&40_000.0)), "full at 40 s");
    // Refused: 4,000 of the step, and of the 40,001 retries up to 40 s all but 4,000; then the account is full.
    let causes = [("scaling_rate", 4_000 + 36_001), ("account_concurrency", 9_999)];
    run.assert_counts("functions/f/throttles_by_cause", &causes);
    let reason = [("ConcurrentInvocationLimitExceeded", 50_000)];
    run.assert_counts("functions/f/throttles_by_reason", &reason);
    run.assert_counts("functions/f/ConcurrentExecutions", &[("max", 5_000)]);
}

fn two_steps(head: &str) -> String {
    let traffic = sync("to-f", "f", &together(1_000, 0)) + &sync("to-g", "g", &together(1_000, 0));
    format!(
        "{head}duration: 10 s\naccount: {{ concurrent_executions: 2000 }}\n\
         functions: {{ f: {{ duration: 60 s }}, g: {{ duration: 60 s }} }}\ntraffic:\n{traffic}"
    )
}

#[test]
fn gvb_12_functions_scale_independently_since_late_2023_and_share_one_burst_before() {
    let today = run(&two_steps(""));
    today.assert_counts("functions/f", &[("Invocations", 1_000)]);
    today.assert_counts("functions/g", &[("Invocations", 1_000)]);
    for (region, burst) in [("us-east-1", 2_000), ("us-east-2", 1_000), ("ca-central-1", 500)] {
        let before = run(&two_steps(&format!("model_date: 2023-01-01\nregion: {region}\n")));
        before.assert_counts("totals", &[("Invocations", burst), ("Throttles", 2_000 - burst)]);
    }
}

#[test]
fn gvb_13_before_late_2023_a_step_to_5000_adds_3000_at_once_then_500_a_minute() {
    let head = "duration: 250 s\nmodel_date: 2023-01-01\n";
    let run = run_with_records(&step_to_5000(head, "constant: 100/s"));
    let times = admitted(&run.records());
    for minute in 0..=4 {
        let expected = 3_000 + 500 * minute;
        assert_eq!(
            count_until(&times, minute as f64 * 60e3),
            expected,
            "running after {minute} min"
        );
    }
    assert_eq!((times.len(), times.last()), (5_000, Some(&240_000.0)), "full at 4 min");
}

#[test]
fn gvb_14_unused_growth_does_not_pile_up_beyond_a_thousand() {
    let traffic = sync("first", "f", &together(1_000, 0)) + &sync("second", "f", &together(1_200, 11));
    let run = run(&format!(
        "duration: 20 s\naccount: {{ concurrent_executions: 3000 }}\nfunctions: {{ f: {{ duration: 60 s }} }}\n\
         traffic:\n{traffic}"
    ));
    run.assert_counts("traffic/first", &[("throttled", 0)]);
    run.assert_counts("traffic/second", &[("in_flight_at_end", 1_000), ("throttled", 200)]);
    run.assert_counts("functions/f/throttles_by_cause", &[("scaling_rate", 200)]);
    run.assert_counts("functions/f/environments", &[("created", 2_000)]);
}

#[test]
fn gvb_56_before_late_2023_a_full_burst_comes_on_top_of_what_runs() {
    let traffic = sync("first", "f", &together(1_000, 0)) + &sync("second", "f", &together(3_500, 360));
    let run = run(&format!(
        "duration: 400 s\nmodel_date: 2023-01-01\naccount: {{ concurrent_executions: 4500 }}\n\
         functions: {{ f: {{ duration: 899 s }} }}\ntraffic:\n{traffic}"
    ));
    run.assert_counts("traffic/first", &[("throttled", 0)]);
    run.assert_counts("traffic/second", &[("throttled", 500)]);
    run.assert_counts("functions/f/ConcurrentExecutions", &[("max", 4_000)]);
}
