//! Corners of the rules in which two of them meet; each expectation follows from the rules named.

use lambdasim::facts::{InvocationType, QualifierId};
use lambdasim::kernel::Distribution;
use lambdasim::units::{SimTime, Span};
use lambdasim::workload::Process;

use crate::golden::harness::{Run, events, instants, run, run_with_records, sync};
use crate::support;

/// One function whose alias `live` has provisioned concurrency.
fn provisioned(function: &str, alias: &str, rest: &str) -> Run {
    run(&format!(
        "functions:\n  f:\n    {function}\n    versions: {{ 1: {{}}, 2: {{}} }}\n    aliases: {{ live: {{ function_version: 1, {alias} }} }}\n{rest}"
    ))
}

#[test]
fn cold_7_the_order_of_an_idle_mixture_s_parts_changes_nothing_but_luck() {
    let share = |parts: &str| {
        let body = format!(
            "duration: 10 d\nfunctions: {{ f: {{ duration: 10 ms, parameters: {{ idle: {{ mixture: {parts} }} }} }} }}\ntraffic:\n{}",
            sync("calls", "f", "constant: 30/h")
        );
        run(&body).number("functions/f/cold_start_share")
    };
    // A call every 120 s finds the environment gone with probability 1/2; 7,200 calls, six standard deviations.
    for parts in ["[[50 %, 600 s], [50 %, 60 s]]", "[[50 %, 60 s], [50 %, 600 s]]"] {
        assert!(
            (share(parts) - 0.5).abs() < 6.0 * (0.25_f64 / 7_200.0).sqrt(),
            "{parts}"
        );
    }
}

#[test]
fn price_8_the_month_does_not_multiply_the_last_five_minutes() {
    // 10 × 1 GB for 730 h at 0.0000041667 USD per GB-second is 109.50 USD, whatever the length of the run.
    for (length, slack) in [("1 min", 1.0), ("61 min", 0.1), ("24 h", 0.1)] {
        let rest = format!(
            "duration: {length}\ntraffic:\n{}",
            sync("call", "f:live", &instants([1]))
        );
        let run = provisioned("duration: 100 ms", "provisioned_concurrent_executions: 10", &rest);
        let estimate = run.number("cost/monthly_estimate");
        assert!((estimate - 109.50).abs() < slack, "{length}: {estimate}");
    }
}

#[test]
fn invar_2_provisioned_invocations_and_spill_add_up_to_those_of_a_weighted_alias() {
    let alias = "additional_version_weights: { 2: 10 % }, provisioned_concurrent_executions: 4";
    let rest = format!(
        "duration: 100 s\ntraffic:\n{}",
        sync("calls", "f:live", "constant: 10/s")
    );
    let run = provisioned("duration: 50 ms", alias, &rest);
    let part = |name: &str| run.number(&format!("functions/f/provisioned/{name}"));
    let sum = part("ProvisionedConcurrencyInvocations") + part("ProvisionedConcurrencySpilloverInvocations");
    assert_eq!(sum, 1_000.0);
}

#[test]
fn cold_5_the_first_invocation_of_a_provisioned_environment_is_slow_as_well() {
    let mut plan = support::plan(Span::from_secs(10));
    let mut function = support::function("f", Distribution::constant(Span::from_millis(1)));
    let mut published = support::version("1", Distribution::constant(Span::from_millis(1)));
    // java11 at 128 MB (COLD-5).
    published.first_invoke = Span::from_micros(9_200);
    function.versions.push(published);
    function.qualifiers.push(support::qualifier(Some("1"), 1));
    function.qualifiers[1].provisioned = 1;
    let function = support::add_function(&mut plan, function);
    let calls = [0, 1].map(|second| SimTime::ZERO + Span::from_secs(second)).to_vec();
    support::add_traffic(
        &mut plan,
        "calls",
        function,
        InvocationType::RequestResponse,
        Process::At(calls),
    );
    plan.flows[0].qualifier = QualifierId(1);
    let duration = support::run(&plan).summary.functions[0].duration;
    assert_eq!((duration.count, duration.max, duration.p50), (2, 9.2, 1.0));
}

#[test]
fn life_16_turnaround_does_not_hold_back_environments_that_have_served_nothing() {
    let rest = format!(
        "duration: 10 s\ntraffic:\n{}",
        sync("calls", "f:live", "at: [0 s, 0 s, 1 s]")
    );
    let run = provisioned(
        "duration: 100 ms\n    parameters: { env.turnaround: 6 ms }",
        "provisioned_concurrent_executions: 10",
        &rest,
    );
    run.assert_counts("functions/f/provisioned", &[("ProvisionedConcurrencyInvocations", 3)]);
    run.assert_counts("functions/f", &[("cold_starts", 0)]);
}

#[test]
fn price_22_recycled_provisioned_environments_are_billed_to_their_qualifier() {
    let rest = format!("duration: 5 h\ntraffic:\n{}", sync("call", "f:live", &instants([0])));
    let life = "duration: 100 ms\n    init: 1 s\n    parameters: { max_life: 2 h }";
    let run = provisioned(life, "provisioned_concurrent_executions: 5", &rest);
    let rows = run.csv("cost.csv");
    let duration: Vec<_> = rows
        .iter()
        .filter(|row| row["item"] == "provisioned_duration")
        .collect();
    // Five environments of 1 GB, each replaced after 2 and 4 hours with 1 s of INIT, and one call of 0.1 s.
    assert_eq!((duration.len(), duration[0]["qualifier"].as_str()), (1, "live"));
    assert_eq!(duration[0]["quantity"], "10.1");
}

#[test]
fn time_2_what_ends_at_the_start_of_a_window_is_not_in_it() {
    let body = format!(
        "duration: 3 min\nwarm_up: 60 s\nfunctions: {{ f: {{ duration: 60 s }} }}\ntraffic:\n{}",
        sync("call", "f", &instants([0]))
    );
    let run = run(&body);
    assert_eq!(run.number("functions/f/ConcurrentExecutions/max"), 0.0);
    let late = |row: &std::collections::BTreeMap<String, String>| row["time"].contains("00:01:00");
    assert!(
        !run.csv("metrics.csv")
            .iter()
            .any(|row| row["metric"] == "ConcurrentExecutions" && late(row))
    );
}

#[test]
fn pc_11_an_environment_busy_through_the_warm_up_is_utilised_after_it() {
    let rest = format!(
        "duration: 5 min\nwarm_up: 30 s\ntraffic:\n{}",
        sync("call", "f:live", &instants([0]))
    );
    let run = provisioned("duration: 180 s", "provisioned_concurrent_executions: 1", &rest);
    assert_eq!(run.number("functions/f/provisioned/utilization_max"), 1.0);
}

#[test]
fn async_8_an_event_that_waits_for_its_first_dispatch_too_long_is_dropped() {
    let body = format!(
        "duration: 5 min\nfunctions: {{ f: {{ duration: 1 s, parameters: {{ async.first_dispatch: 120 s }}, event_invoke_config: {{ maximum_event_age: 60 s }} }} }}\ntraffic:\n{}",
        events("event", "f", &instants([0]))
    );
    run(&body).assert_counts("functions/f", &[("dropped", 1), ("Invocations", 0)]);
}

#[test]
fn async_7_a_second_delivery_has_luck_of_its_own() {
    let body = format!(
        "duration: 5 min\nfunctions: {{ f: {{ duration: {{ exponential: 1 s }}, parameters: {{ async.duplicates: 100 % }} }} }}\ntraffic:\n{}",
        events("event", "f", &instants([0]))
    );
    let records = run_with_records(&body).records();
    assert_eq!(records.len(), 2);
    assert_ne!(records[0].number("duration_ms"), records[1].number("duration_ms"));
    assert_ne!(records[0].count("attempt"), records[1].count("attempt"));
}
