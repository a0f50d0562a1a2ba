//! Closed forms of queueing theory against many replications of the simulator.

use lambdasim::facts::{FunctionId, InvocationType, QualifierId, VersionId};
use lambdasim::kernel::Distribution;
use lambdasim::kernel::math::{exp, ln};
use lambdasim::simulation::{Plan, RunResult};
use lambdasim::units::{Rate, Share, Span};
use lambdasim::workload::Process;
use rayon::prelude::*;
use statrs::distribution::{Discrete, DiscreteCDF, Poisson};

use crate::support::{add_function, add_traffic, function, plan, poisson, qualifier, reseeded, run, version};

/// Independent replications of each case; half of them under another seed.
const REPLICATIONS: u64 = 20;
/// Farthest that a mean of replications may lie from theory, in its own standard errors.
const SIGMAS: f64 = 4.0;

/// `measure` of independent runs of one plan.
fn replicate(plan: &Plan, measure: impl Fn(&RunResult) -> f64 + Sync) -> Vec<f64> {
    let one = |number: u64| measure(&run(&reseeded(plan, 1 + number % 2, number)));
    (0..REPLICATIONS).into_par_iter().map(one).collect()
}

/// The mean of replications lies within its own uncertainty of `expected`, which is at most `precision` of it.
fn assert_agrees(what: &str, samples: &[f64], expected: f64, precision: f64) {
    let count = samples.len() as f64;
    let mean = samples.iter().sum::<f64>() / count;
    let squares: f64 = samples.iter().map(|sample| (sample - mean) * (sample - mean)).sum();
    let standard_error = (squares / (count - 1.0) / count).sqrt();
    let found = format!("{what}: {mean} ± {standard_error}, expected {expected}");
    assert!(
        standard_error < precision * expected,
        "too little data to tell: {found}"
    );
    assert!((mean - expected).abs() <= SIGMAS * standard_error, "{found}");
}

/// The number of successes of independent trials lies within `SIGMAS` of what it should be.
fn assert_binomial(what: &str, successes: u64, trials: u64, probability: f64) {
    let (trials, found) = (trials as f64, successes as f64);
    let deviation = (trials * probability * (1.0 - probability)).sqrt();
    let expected = trials * probability;
    assert!(
        (found - expected).abs() <= SIGMAS * deviation,
        "{what}: {found} of {trials}, expected {expected}"
    );
}

// ---------------------------------------------------------------- loss and delay systems

/// Three kinds of service with the same mean.
fn services(mean_ms: f64) -> [(&'static str, Distribution); 3] {
    [
        (
            "constant",
            Distribution::constant(Span::from_micros((mean_ms * 1e3) as u64)),
        ),
        ("exponential", Distribution::exponential(mean_ms)),
        // E = exp(mu + sigma² / 2) with sigma = 1.
        ("lognormal", Distribution::lognormal(ln(mean_ms) - 0.5, 1.0)),
    ]
}

/// Arrivals of all replications of one case.
const LOSS_ARRIVALS: u64 = 1_010_000;

/// A function with `servers` reserved under Poisson load: M/G/c/c, as nothing waits (ADM-4).
fn loss_system(servers: u32, per_second: u64, service: Distribution) -> Plan {
    let warm_up = Span::from_secs(60);
    let seconds = LOSS_ARRIVALS / REPLICATIONS / per_second + 1;
    let mut plan = plan(warm_up + Span::from_secs(seconds));
    plan.warm_up = warm_up;
    plan.account.concurrent_executions = 5_000;
    let mut config = function("f", service);
    config.reserved = Some(servers);
    let id = add_function(&mut plan, config);
    add_traffic(&mut plan, "t", id, InvocationType::RequestResponse, poisson(per_second));
    plan
}

/// Erlang's B formula: the loss of c servers offered a erlangs is the Poisson(a) probability of c given at most c.
fn erlang_b(servers: u32, offered: f64) -> f64 {
    let poisson = Poisson::new(offered).expect("a positive load");
    poisson.pmf(servers as u64) / poisson.cdf(servers as u64)
}

#[test]
fn conc_6_a_reserved_function_under_poisson_load_loses_what_erlang_b_says_whatever_its_service() {
    // Servers, arrivals a second, mean service: far below ten requests a second per server (RPS-2).
    let loads = [(3, 4, 500.0), (20, 64, 250.0), (150, 700, 200.0)];
    let cases = loads
        .iter()
        .flat_map(|load| services(load.2).map(|service| (*load, service)));
    let cases: Vec<_> = cases.collect();
    cases
        .into_par_iter()
        .for_each(|((servers, per_second, mean_ms), (name, service))| {
            let plan = loss_system(servers, per_second, service);
            let loss = replicate(&plan, |result| {
                let totals = result.summary.totals;
                // Causes 0 to 5: only reserved concurrency, the second, may refuse.
                assert_eq!(result.summary.functions[0].throttles_by_cause[1], totals.throttles);
                assert!(totals.arrivals * REPLICATIONS > 980_000);
                totals.throttled as f64 / totals.arrivals as f64
            });
            let offered = per_second as f64 * mean_ms / 1e3;
            let what = format!("{name} service, c = {servers}, a = {offered}");
            assert_agrees(&what, &loss, erlang_b(servers, offered), 0.03);
        });
}

#[test]
fn conc_1_mean_concurrency_without_loss_is_rate_times_mean_service() {
    services(400.0).into_par_iter().for_each(|(name, service)| {
        let mut plan = loss_system(900, 250, service);
        plan.functions[0].reserved = None;
        let concurrency = replicate(&plan, |result| {
            assert_eq!(result.summary.totals.throttles, 0);
            result.summary.functions[0].concurrent_executions.mean
        });
        assert_agrees(&format!("{name} service"), &concurrency, 100.0, 0.005);
    });
}

#[test]
fn conc_1_concurrency_found_by_poisson_arrivals_without_loss_has_a_poisson_maximum_over_no_more_than_its_tail() {
    // Of 200 s at 100 erlangs the maximum is all but surely between the mean and its one-in-a-billion quantile.
    let mut plan = loss_system(900, 250, Distribution::exponential(400.0));
    plan.functions[0].reserved = None;
    let bound = Poisson::new(100.0).expect("a positive load").inverse_cdf(1.0 - 1e-9);
    for max in replicate(&plan, |result| {
        result.summary.functions[0].concurrent_executions.max as f64
    }) {
        assert!(max > 120.0 && max <= bound as f64, "{max}, bound {bound}");
    }
}

// ---------------------------------------------------------------- splitting

#[test]
fn alias_3_a_weighted_alias_splits_its_traffic_as_independent_draws_do() {
    [0.01, 0.1, 0.5].into_par_iter().for_each(|weight| {
        let mut plan = plan(Span::from_secs(1_000));
        let mut config = function("f", Distribution::constant(Span::from_millis(10)));
        config
            .versions
            .push(version("1", Distribution::constant(Span::from_millis(10))));
        config
            .versions
            .push(version("2", Distribution::constant(Span::from_millis(10))));
        let mut live = qualifier(Some("live"), 1);
        live.additional = Some((VersionId(2), Share::from_fraction(weight)));
        config.qualifiers.push(live);
        let id = add_function(&mut plan, config);
        let flow = add_traffic(&mut plan, "t", id, InvocationType::RequestResponse, poisson(300));
        plan.flows[flow.index()].qualifier = QualifierId(1);
        let result = run(&plan);
        let versions: Vec<u64> = result.summary.functions[0]
            .by_version
            .iter()
            .map(|v| v.invocations)
            .collect();
        assert_eq!(versions[0], 0, "$LATEST is not behind the alias");
        let total = result.summary.totals.invocations;
        assert_eq!(versions[1] + versions[2], total);
        assert_binomial(&format!("weight {weight}"), versions[2], total, weight);
    });
}

#[test]
fn an_error_rate_fails_that_share_of_invocations() {
    let mut plan = plan(Span::from_secs(1_000));
    let mut config = function("f", Distribution::constant(Span::from_millis(10)));
    config.versions[0].error_rate = Share::from_fraction(0.02);
    config.versions[0].crash_rate = Share::from_fraction(0.03);
    let id = add_function(&mut plan, config);
    add_traffic(&mut plan, "t", id, InvocationType::RequestResponse, poisson(300));
    let totals = run(&plan).summary.totals;
    assert_binomial("errors and crashes", totals.errors, totals.invocations, 0.05);
}

// ---------------------------------------------------------------- cold starts

/// One environment at most, invoked by `process`; cold starts and invocations.
fn cold_starts(process: Process, seconds: u64, idle: Distribution, handler: Span) -> (u64, u64) {
    let mut plan = plan(Span::from_secs(seconds));
    let mut config = function("f", Distribution::constant(handler));
    config.versions[0].idle = Some(idle);
    let id = add_function(&mut plan, config);
    assert_eq!(id, FunctionId(0));
    add_traffic(&mut plan, "t", id, InvocationType::RequestResponse, process);
    let totals = run(&plan).summary.totals;
    assert_eq!(totals.throttles, 0);
    // The first one is cold whatever the idle life.
    (totals.cold_starts - 1, totals.invocations - 1)
}

#[test]
fn life_14_constant_gaps_meet_a_cold_start_as_often_as_idle_lives_are_shorter() {
    let count = 50_000;
    let handler = Span::from_millis(500);
    // The gap between invocations, idle life, and its distribution function at the gap less the handler's time.
    let cases = [
        (5_500, Distribution::uniform(1_000.0, 11_000.0), 0.4),
        (10_500, Distribution::exponential(8_000.0), 1.0 - exp(-10.0 / 8.0)),
        // COLD-7 gives 0.43 at 315 s, 0.68 at 330 s and 0 below 240 s; half way between two points half of both.
        (315_500, lambdasim::lambda::default_idle(), 0.43),
        (323_000, lambdasim::lambda::default_idle(), 0.555),
        (240_400, lambdasim::lambda::default_idle(), 0.0),
        (360_500, lambdasim::lambda::default_idle(), 1.0),
    ];
    cases.into_par_iter().for_each(|(gap_ms, idle, expected)| {
        let every = Process::Constant(Rate::events(1, Span::from_millis(gap_ms)));
        let (cold, all) = cold_starts(every, count * gap_ms / 1_000, idle, handler);
        assert_binomial(&format!("gaps of {gap_ms} ms"), cold, all, expected);
    });
}

#[test]
fn life_14_poisson_gaps_meet_a_cold_start_when_they_outlast_a_constant_idle_life() {
    // Without handler time there is one environment, and P(gap ≥ 20 s) = exp(−20 s / 10 s).
    let process = Process::Poisson(lambdasim::workload::RateProfile {
        points: vec![(lambdasim::units::SimTime::ZERO, Rate::events(1, Span::from_secs(10)))],
        repeat: None,
    });
    let idle = Distribution::constant(Span::from_secs(20));
    let (cold, all) = cold_starts(process, 1_000_000, idle, Span::ZERO);
    assert_binomial("Poisson gaps", cold, all, exp(-2.0));
}
