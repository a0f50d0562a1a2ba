//! Callers: retries of the SDKs (lambda-model §4.2), dry runs, aliases.

use lambdasim::facts::{Arrival, Failure, FlowId, InvocationType, Observer, Recorded, WaitCause, Waiting};
use lambdasim::kernel::Distribution;
use lambdasim::lambda::{Clients, FrontConfig, FrontService, Platform, RetryConfig, RetryMode, Through, TrafficConfig};
use lambdasim::units::{SimTime, Span};
use lambdasim::workload::Process;

use super::harness::{Record, Run, assert_close, run, run_with_records, sync, together};
use crate::support;

/// 500 callers, each with a client of its own, of a function that always answers 429.
fn always_throttled(switches: &str, mode: &str) -> Run {
    run_with_records(&format!(
        "duration: 2 min
switches: {{ {switches} }}
functions: {{ f: {{ duration: 1 s, reserved_concurrent_executions: 0 }} }}
traffic:
  callers: {{ to: f, retry: {{ {mode}clients: 500 }}, arrivals: {{ {} }} }}\n",
        together(500, 0)
    ))
}

/// Fails unless every caller made one attempt more than there are bounds, after waits that fill [0, bound) seconds.
fn assert_waits(run: &Run, bounds: &[f64]) {
    let attempts = bounds.len() as u64 + 1;
    run.assert_counts(
        "traffic/callers",
        &[("arrivals", 500), ("throttled", 500), ("requests", 500 * attempts)],
    );
    run.assert_counts("functions/f", &[("Throttles", 500 * attempts), ("Invocations", 0)]);
    let records = run.records();
    let callers: Vec<_> = records
        .chunk_by(|a, b| a.count("ordinal") == b.count("ordinal"))
        .collect();
    assert_eq!(callers.len(), 500);
    for (retry, bound) in bounds.iter().enumerate() {
        let seconds =
            |caller: &&[Record]| (caller[retry + 1].number("start_ms") - caller[retry].number("start_ms")) / 1e3;
        let waits: Vec<f64> = callers.iter().map(seconds).collect();
        assert!(
            waits.iter().all(|wait| (0.0..*bound).contains(wait)),
            "retry {retry} within [0, {bound}) s"
        );
        // Uniform: the mean of 500 has a standard deviation of bound / (2 √3 √500), a 77th part of the bound.
        let mean = waits.iter().sum::<f64>() / 500.0;
        assert_close("mean wait", mean, bound / 2.0, 4.0 * bound / 77.0);
    }
}

#[test]
fn gvb_39_the_older_standard_mode_makes_three_attempts_with_waits_below_one_and_two_seconds() {
    let run = always_throttled("SW-SDK26: off", "mode: standard, ");
    assert_waits(&run, &[1.0, 2.0]);
}

#[test]
fn gvb_39_the_legacy_mode_makes_five_attempts_with_waits_that_double() {
    let run = always_throttled("SW-SDK26: off", "mode: legacy, ");
    assert_waits(&run, &[1.0, 2.0, 4.0, 8.0]);
}

#[test]
fn gvb_39_legacy_is_what_callers_did_before_november_2026() {
    let run = always_throttled("SW-SDK26: off", "");
    assert_waits(&run, &[1.0, 2.0, 4.0, 8.0]);
}

#[test]
fn gvb_40_today_callers_make_three_attempts_with_waits_below_one_and_two_seconds_after_a_throttle() {
    assert_waits(&always_throttled("", ""), &[1.0, 2.0]);
    assert_waits(&always_throttled("", "mode: standard2026, "), &[1.0, 2.0]);
}

/// Requests sent one after another by one client whose every attempt fails: how many of them were retried, in order.
fn retries(mode: RetryMode, failure: Failure) -> Vec<u32> {
    let retry = RetryConfig {
        mode,
        max_attempts: 3,
        clients: 1,
        read_timeout: None,
    };
    let name = "callers".to_owned();
    let mut clients = Clients::new(&TrafficConfig {
        name,
        sender: lambdasim::lambda::Sender::Traffic,
        retry,
        transfer: None,
        through: None,
    });
    let mut retries_of = |ordinal: u64| {
        let tries = (0..3).take_while(|attempt| {
            let answer = clients.failed(ordinal, *attempt, failure, || 0, SimTime::ZERO);
            answer.is_some()
        });
        tries.count() as u32
    };
    (0..400).map(&mut retries_of).collect()
}

#[test]
fn gvb_41_the_retry_quota_of_500_tokens_lasts_for_100_retries_and_for_35_after_today_s_server_errors() {
    let cases = [
        (RetryMode::Standard, Failure::Throttle, 100),
        (RetryMode::Standard2026, Failure::Throttle, 100),
        (RetryMode::Standard, Failure::Transient, 100),
        (RetryMode::Standard2026, Failure::Transient, 35),
    ];
    for (mode, failure, expected) in cases {
        let retries = retries(mode, failure);
        assert_eq!(retries.iter().sum::<u32>(), expected, "{mode:?} {failure:?}");
        let first_single = retries.iter().position(|count| *count == 0).expect("the quota ends");
        assert!(
            retries[first_single..].iter().all(|count| *count == 0),
            "then single attempts"
        );
    }
}

#[test]
fn gvb_41_a_platform_that_always_throttles_sees_exactly_100_retries_of_one_client() {
    let mut plan = support::plan(Span::from_secs(400));
    let mut function = support::function("f", Distribution::constant(Span::from_secs(1)));
    function.reserved = Some(0);
    let f = support::add_function(&mut plan, function);
    let every_second = Process::Every {
        first: SimTime::ZERO,
        interval: Span::from_secs(1),
    };
    support::add_traffic(&mut plan, "t", f, InvocationType::RequestResponse, every_second);
    plan.traffic[0].retry.mode = RetryMode::Standard;
    plan.traffic[0].retry.max_attempts = 3;
    let totals = support::run(&plan).summary.totals;
    assert_eq!((totals.arrivals, totals.throttled, totals.throttles), (400, 400, 500));
}

#[test]
fn gvb_42_an_alias_sends_its_weight_to_the_second_version_within_three_sigma() {
    let run = run(&format!(
        "duration: 100 s
seed: 42
functions:
  f:
    duration: 1 ms
    versions: {{ 1: {{}}, 2: {{}} }}
    aliases: {{ live: {{ function_version: 1, additional_version_weights: {{ 2: 3 % }} }} }}
traffic:\n{}",
        sync("callers", "f:live", "constant: 1000/s")
    ));
    run.assert_counts("functions/f", &[("Invocations", 100_000)]);
    let second = run.number("functions/f/by_version/2/Invocations");
    assert_close("version 2", second, 3_000.0, 162.0);
    run.assert_number("functions/f/by_version/1/Invocations", 100_000.0 - second);
}

#[test]
fn gvb_54_a_thousand_dry_runs_run_nothing_and_cost_nothing() {
    let run = run(&format!(
        "duration: 10 s
functions: {{ f: {{ duration: 1 s }} }}
traffic:
  checks: {{ to: f, invocation_type: DryRun, arrivals: {{ {} }} }}\n",
        together(1_000, 0)
    ));
    let counts = [
        ("arrivals", 1_000),
        ("dry_run", 1_000),
        ("requests", 0),
        ("Invocations", 0),
        ("Throttles", 0),
    ];
    run.assert_counts("functions/f", &counts);
    run.assert_counts("functions/f/environments", &[("created", 0)]);
    run.assert_number("cost/total", 0.0);
}

/// What arrivals wait for, and until when.
#[derive(Default)]
struct Waits(Vec<(SimTime, WaitCause)>);

impl Observer for Waits {
    fn follows(&self, _: FlowId, _: u64) -> bool {
        true
    }

    fn waits(&mut self, waiting: &Waiting) {
        self.0.push((waiting.until, waiting.cause));
    }
}

/// What one caller waits for behind a front end that is as slow as `latency` and waits 5 s for a function of 6 s, in a run
/// that ends at `horizon`.
fn waits_behind(latency: Span, mode: RetryMode, reserved: Option<u32>, horizon: Span) -> Vec<(SimTime, WaitCause)> {
    let mut plan = support::plan(Span::from_secs(60));
    let mut function = support::function("f", Distribution::constant(Span::from_secs(6)));
    function.reserved = reserved;
    let f = support::add_function(&mut plan, function);
    let flow = support::add_traffic(&mut plan, "t", f, InvocationType::RequestResponse, support::poisson(1));
    plan.flows[0].through = true;
    plan.traffic[0].retry = RetryConfig {
        mode,
        max_attempts: 2,
        ..plan.traffic[0].retry
    };
    plan.traffic[0].through = Some(Through::Front(FrontConfig {
        latency: Distribution::constant(latency),
        timeout: Some(Span::from_secs(5)),
        timeout_status: 504,
        throttle_status: 429,
        error_status: 502,
        function_timeout_status: 502,
        service: FrontService::Other,
        largest_payload: None,
        largest_response: None,
    }));
    let mut waits = Waits::default();
    let horizon = SimTime::ZERO + horizon;
    let mut platform = Platform::new((1, 0), &plan.parts(), horizon, &mut waits);
    let arrival = Arrival {
        time: SimTime::ZERO,
        flow,
        ordinal: 0,
        uniform: 0,
        recorded: Recorded::default(),
        sampled: None,
    };
    platform.admit(&arrival, &mut waits);
    platform.advance_to(SimTime::from_micros(horizon.as_micros() - 1), &mut waits);
    waits.0
}

#[test]
fn fe_8_a_client_behind_a_front_end_hears_of_a_throttle_after_its_latency_and_without_one_at_once() {
    let causes = |latency| -> Vec<WaitCause> {
        let waits = waits_behind(latency, RetryMode::Standard2026, Some(0), Span::from_secs(60));
        waits.into_iter().map(|(_, cause)| cause).collect()
    };
    let told_late = [WaitCause::FrontEnd, WaitCause::BackOff, WaitCause::FrontEnd];
    assert_eq!(causes(Span::from_millis(10)), told_late);
    assert_eq!(causes(Span::ZERO), [WaitCause::BackOff]);
}

#[test]
fn src_5_a_service_that_would_ask_again_as_the_run_ends_asks_no_more() {
    let first = |horizon| waits_behind(Span::ZERO, RetryMode::Cognito, None, horizon)[0];
    let asked_again = SimTime::ZERO + Span::from_secs(5);
    assert_eq!(first(Span::from_secs(5)), (asked_again, WaitCause::Answer));
    assert_eq!(first(Span::from_micros(5_000_001)), (asked_again, WaitCause::FrontEnd));
}
