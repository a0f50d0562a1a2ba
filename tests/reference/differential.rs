//! Random scenarios, told by the reference and by the simulator: both must tell the same story.

use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use lambdasim::scenario::{self, LoadOptions};
use lambdasim::simulation::{Plan, simulate};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use rayon::prelude::*;

use super::model;
use super::scenario::{Genome, genomes};
use super::story::Story;

/// Scenarios compared for each case of a property.
const CASES_FOR_EACH: u64 = 3;

fn plan(text: &str, path: &Path) -> Plan {
    fs::write(path, text).expect("the scenario is written");
    scenario::load(path, &LoadOptions::default())
        .unwrap_or_else(|problems| panic!("{problems}\n{text}"))
        .plan
}

fn simulated(plan: &Plan) -> Story {
    let mut story = Story::default();
    simulate(plan, &mut (), Some(&mut story), &mut ()).expect("nothing stops it");
    story.finish()
}

/// Where the two readings of the rules differ.
fn difference(genome: &Genome, path: &Path) -> Option<String> {
    let plan = plan(&genome.text(), path);
    model::tell(&plan).difference(&simulated(&plan))
}

/// What makes the scenario of one number, and shrinks it.
fn runner(number: u64) -> TestRunner {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&number.to_le_bytes());
    let config = Config {
        max_shrink_iters: 20_000,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed))
}

/// Compares the scenario of one number; a difference is shrunk to the simplest scenario that still shows it.
fn compare(number: u64, folder: &Path) -> Result<(), String> {
    let path = folder.join(format!("{number}.yaml"));
    let mut runner = runner(number);
    let tree = genomes().new_tree(&mut runner).expect("every genome is one");
    if difference(&tree.current(), &path).is_none() {
        fs::remove_file(&path).expect("the scenario is removed");
        return Ok(());
    }
    let found = runner.run_one(tree, |genome| match difference(&genome, &path) {
        None => Ok(()),
        Some(text) => Err(TestCaseError::fail(text)),
    });
    match found {
        Err(TestError::Fail(reason, genome)) => {
            let kept = kept(number, &genome);
            Err(format!(
                "scenario {number}: {reason}\nsimplest scenario: {}\n{}",
                kept.display(),
                genome.text()
            ))
        }
        other => Err(format!("scenario {number}: {other:?}")),
    }
}

/// Keeps a scenario file that shows a difference, with the way to run it again.
fn kept(number: u64, genome: &Genome) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/differential");
    fs::create_dir_all(&folder).expect("a folder for what differs");
    let path = folder.join(format!("{number}.yaml"));
    let header = format!(
        "# The reference and the simulator differ here. Compare them again:\n# DIFFERENTIAL_FILE={} cargo test both_tell_the_same_story_of_one_file\n\n",
        path.display()
    );
    fs::write(&path, header + &genome.text()).expect("the scenario is kept");
    path
}

/// Which scenarios to compare: `DIFFERENTIAL_CASES` of them, else so many for each of the cases of a property, from number
/// `DIFFERENTIAL_FIRST` on.
fn cases() -> Range<u64> {
    let number = |name: &str| {
        let text = std::env::var(name).ok()?;
        Some(text.parse::<u64>().expect("a number of scenarios"))
    };
    let first = number("DIFFERENTIAL_FIRST").unwrap_or(0);
    let count = number("DIFFERENTIAL_CASES");
    first..first + count.unwrap_or_else(|| CASES_FOR_EACH * number("PROPTEST_CASES").unwrap_or(256))
}

#[test]
fn both_tell_the_same_story_of_random_scenarios() {
    let folder = tempfile::tempdir().expect("a folder for scenarios");
    let found = cases()
        .into_par_iter()
        .find_map_any(|number| compare(number, folder.path()).err());
    if let Some(text) = found {
        panic!("{text}");
    }
}

/// What random scenarios must meet, so that comparing them says something.
const KINDS: &[&str] = &[
    "Cold Ok",
    "Cold Error",
    "Cold Crash",
    "Cold Timeout",
    "Warm Ok",
    "Warm Error",
    "Warm Crash",
    "Warm Timeout",
    "Provisioned Ok",
    "Provisioned Error",
    "Provisioned Crash",
    "Provisioned Timeout",
    "Cold Ok spilled",
    "Warm Ok spilled",
    "Some((ConcurrentInvocationLimitExceeded, AccountConcurrency))",
    "Some((ConcurrentInvocationLimitExceeded, ScalingRate))",
    "Some((ReservedFunctionConcurrentInvocationLimitExceeded, ReservedConcurrency))",
    "Some((ReservedFunctionConcurrentInvocationLimitExceeded, ReservedZero))",
    "Some((FunctionInvocationRateLimitExceeded, AccountRate))",
    "Some((ReservedFunctionInvocationRateLimitExceeded, ReservedRate))",
    "None",
    "Received",
    "Expired",
    "Refused",
    "Exhausted",
    "DeadLettered",
    "DestinationSuccess",
    "DestinationFailure",
    "message Sent",
    "message Received",
    "message Deleted",
    "message Returned",
    "message DeadLettered",
    "message Expired",
    "record Processed",
    "record Filtered",
    "record Discarded",
    "answer Succeeded Warm",
    "answer Failed Cold",
    "answer Throttled None",
    "answer Dropped None",
    "answer Dropped Warm",
    "answer DryRun None",
];

#[test]
fn random_scenarios_meet_every_limit_and_every_ending() {
    let folder = tempfile::tempdir().expect("a folder for scenarios");
    let mut missing: BTreeSet<&str> = KINDS.iter().copied().collect();
    for number in 0..3_000 {
        let tree = genomes().new_tree(&mut runner(number)).expect("every genome is one");
        let plan = plan(&tree.current().text(), &folder.path().join("scenario.yaml"));
        let kinds = model::tell(&plan).kinds();
        missing.retain(|kind| !kinds.contains(*kind));
        if missing.is_empty() {
            return;
        }
    }
    panic!("never met: {missing:?}");
}

/// Compares what `DIFFERENTIAL_FILE` names, if it names a scenario.
#[test]
fn both_tell_the_same_story_of_one_file() {
    let Some(file) = std::env::var_os("DIFFERENTIAL_FILE") else {
        eprintln!("skipped: DIFFERENTIAL_FILE names no scenario");
        return;
    };
    let loaded =
        scenario::load(Path::new(&file), &LoadOptions::default()).unwrap_or_else(|problems| panic!("{problems}"));
    if let Some(text) = model::tell(&loaded.plan).difference(&simulated(&loaded.plan)) {
        panic!("{text}");
    }
}
