//! Independent replications of one plan (RNG-1): other luck for everything, the same results on any number of threads, and
//! intervals that hold the truth as often as they say.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::Path;

use lambdasim::experiment::{Estimate, Precision, Replications, Sample};
use lambdasim::facts::InvocationType;
use lambdasim::kernel::Distribution;
use lambdasim::kernel::math::{exp, ln};
use lambdasim::scenario::{LoadOptions, load};
use lambdasim::simulation::{Plan, RunResult};
use lambdasim::units::Span;
use rayon::prelude::*;

use crate::support::{add_function, add_traffic, function, plan, poisson, reseeded};

/// The stream keys that a plan shows when it is printed, in their order.
fn keys(plan: &Plan) -> Vec<u64> {
    let shown = format!("{plan:?}");
    let behind = shown.split("StreamKey(").skip(1);
    behind
        .map(|text| {
            text.split(')')
                .next()
                .and_then(|digits| digits.parse().ok())
                .expect("a key")
        })
        .collect()
}

fn story(name: &str) -> Plan {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name);
    load(&path, &LoadOptions::default()).expect("a story is right").plan
}

#[test]
fn a_replication_has_another_key_wherever_there_is_one_and_equal_keys_stay_equal() {
    // Together they hold schedules, queues, streams, mappings, destinations, deployments and changes.
    for name in [
        "quickstart.yaml",
        "fan-out.yaml",
        "blocked-shard.yaml",
        "canary-rollback.yaml",
        "bad-afternoon.yaml",
    ] {
        let plan = story(name);
        let (before, after) = (keys(&plan), keys(&plan.replicated(1)));
        assert!(!before.is_empty() && before.len() == after.len(), "{name}");
        let pairs: BTreeMap<u64, u64> = before.iter().copied().zip(after.iter().copied()).collect();
        for (old, new) in before.iter().zip(&after) {
            assert_ne!(old, new, "{name}: a key stayed as it was");
            assert_eq!(pairs[old], *new, "{name}: two places with one key have two");
        }
        assert_eq!(keys(&plan.replicated(0)), before, "{name}: number 0 is the plan itself");
    }
}

/// A second of a hundred calls.
fn short_plan() -> Plan {
    let mut plan = plan(Span::from_secs(1));
    let id = add_function(&mut plan, function("f", Distribution::exponential(20.0)));
    add_traffic(&mut plan, "t", id, InvocationType::RequestResponse, poisson(100));
    plan
}

#[test]
fn replications_are_the_same_on_any_number_of_threads_and_stop_where_they_are_told_to() {
    let plan = short_plan();
    let fingerprints = |threads| {
        let mut found = Vec::new();
        let replications = Replications {
            plan: &plan,
            threads,
            stopped: &|| false,
        };
        let measure = |plan: &Plan, result: &RunResult| (plan.replication, result.summary.fingerprint);
        let take = |number, (replication, fingerprint)| {
            assert_eq!(number, replication);
            found.push(fingerprint);
            if found.len() == 9 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        replications.each(0..100, measure, take).expect("nothing stops them");
        found
    };
    let one = fingerprints(1);
    assert_eq!(one.len(), 9);
    assert_eq!(one, fingerprints(2));
    assert_eq!(one, fingerprints(8));
    let distinct: BTreeSet<&u64> = one.iter().collect();
    assert_eq!(distinct.len(), 9, "each has its own luck");
}

#[test]
fn replications_that_are_stopped_have_no_result() {
    let plan = short_plan();
    let replications = Replications {
        plan: &plan,
        threads: 2,
        stopped: &|| true,
    };
    let taken = replications.each(0..4, |_, _| (), |_, ()| panic!("no run was whole"));
    assert_eq!(taken, None);
}

// ---------------------------------------------------------------- how often intervals hold the truth

/// Experiments of each kind, and replications of each.
const EXPERIMENTS: u64 = 400;
const REPLICATIONS: u64 = 6;

/// Of independent experiments with intervals of 95 %, between 92 and 98 of 100 hold the truth.
fn assert_coverage(what: &str, plan: &Plan, truth: f64, measure: impl Fn(&RunResult) -> f64 + Sync) {
    let holds = |seed: &u64| {
        let replications = Replications {
            plan: &reseeded(plan, *seed, 0),
            threads: 1,
            stopped: &|| false,
        };
        let mut sample = Sample::default();
        let take = |_, value| {
            sample.add(value);
            ControlFlow::Continue(())
        };
        let whole = replications.each(0..REPLICATIONS, |_, result| measure(result), take);
        whole.expect("nothing stops them");
        sample.interval(0.95).expect("several values").holds(truth)
    };
    let held = (0..EXPERIMENTS).into_par_iter().filter(holds).count() as f64 / EXPERIMENTS as f64;
    assert!(
        (0.92..=0.98).contains(&held),
        "{what}: {held} of the intervals hold {truth}"
    );
}

/// Four calls a second for forty seconds after a warm-up of ten.
fn steady_plan(service: Distribution) -> Plan {
    let mut plan = plan(Span::from_secs(50));
    plan.warm_up = Span::from_secs(10);
    let id = add_function(&mut plan, function("f", service));
    add_traffic(&mut plan, "t", id, InvocationType::RequestResponse, poisson(4));
    plan
}

#[test]
fn intervals_of_a_blocked_share_hold_erlangs_loss_formula_as_often_as_they_say() {
    // M/M/3/3 with two erlangs: (2^3 / 3!) / (1 + 2 + 2 + 4/3) = 4 / 19.
    let mut plan = steady_plan(Distribution::exponential(500.0));
    plan.function_mut(0).reserved = Some(3);
    assert_coverage("blocked share", &plan, 4.0 / 19.0, |result| {
        let totals = &result.summary.totals;
        totals.throttled as f64 / totals.arrivals as f64
    });
}

#[test]
fn intervals_of_mean_concurrency_hold_rate_times_service_as_often_as_they_say() {
    // M/G/infinity: 4/s times a mean of 500 ms = exp(mu + 1/2).
    let plan = steady_plan(Distribution::lognormal(ln(500.0) - 0.5, 1.0));
    assert_coverage("mean concurrency", &plan, 2.0, |result| {
        result.summary.functions[0].concurrent_executions.mean
    });
}

#[test]
fn intervals_of_cost_hold_its_closed_form_as_often_as_they_say() {
    // 200 expected calls of 1 GB. Exponential durations rounded up to a millisecond have the mean 1 / (1 - exp(-1/20)) ms;
    // $0.20 a million requests, $0.0000166667 a GB-second (lambda-model 9.2).
    let plan = steady_plan(Distribution::exponential(20.0));
    let billed_seconds = 1e-3 / (1.0 - exp(-1.0 / 20.0));
    let truth = 200.0 * (0.2e-6 + billed_seconds * 0.000_016_666_7);
    assert_coverage("cost", &plan, truth, |result| result.bill.total.as_f64());
}

/// Half a width of so much of the mean ends an experiment: after 30 to 60 replications of the plan below.
const PRECISE: f64 = 0.1;

/// Of experiments that end as soon as their interval is narrow enough, how many hold the truth, and their mean length.
fn coverage_where_width_decides(
    path: &str,
    plan: &Plan,
    truth: f64,
    measure: impl Fn(&RunResult) -> f64 + Sync,
) -> (f64, f64) {
    let goal = Precision {
        path: path.to_owned(),
        at_most: PRECISE,
    };
    let experiment = |seed: u64| {
        let replications = Replications {
            plan: &reseeded(plan, seed, 0),
            threads: 1,
            stopped: &|| false,
        };
        let mut sample = Sample::default();
        let take = |_, value| {
            sample.add(value);
            match goal.is_reached(&Estimate::of(path, sample, 0.95)) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        };
        let whole = replications.each(0..1_000, |_, result| measure(result), take);
        whole.expect("nothing stops them");
        let interval = sample.interval(0.95).expect("several values");
        (u64::from(interval.holds(truth)), sample.count())
    };
    let (held, runs) = (0..EXPERIMENTS)
        .into_par_iter()
        .map(experiment)
        .reduce(|| (0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
    (held as f64 / EXPERIMENTS as f64, runs as f64 / EXPERIMENTS as f64)
}

#[test]
fn intervals_whose_width_ended_the_experiment_hold_the_truth_as_often_as_they_say() {
    // 16 expected calls, of which the bill varies by a third of its mean; the rest as in the closed form above.
    let mut plan = plan(Span::from_secs(4));
    let id = add_function(&mut plan, function("f", Distribution::exponential(20.0)));
    add_traffic(&mut plan, "t", id, InvocationType::RequestResponse, poisson(4));
    let billed_seconds = 1e-3 / (1.0 - exp(-1.0 / 20.0));
    let cost = 16.0 * (0.2e-6 + billed_seconds * 0.000_016_666_7);
    let (held, runs) = coverage_where_width_decides("cost.total", &plan, cost, |result| result.bill.total.as_f64());
    assert!((30.0..200.0).contains(&runs), "width decides: {runs} replications");
    assert!(
        (0.92..=0.98).contains(&held),
        "cost: {held} of the intervals hold {cost} after {runs} replications"
    );
}
