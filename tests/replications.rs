//! Independent replications of one plan (RNG-1): other luck for everything, the same results on any number of threads, and
//! intervals that hold the truth as often as they say.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::Path;

use lambdasim::experiment::Replications;
use lambdasim::facts::InvocationType;
use lambdasim::kernel::Distribution;
use lambdasim::scenario::{LoadOptions, load};
use lambdasim::simulation::{Plan, RunResult};
use lambdasim::units::Span;

use crate::support::{add_function, add_traffic, function, plan, poisson};

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
