//! Functions run one after another give the bytes of functions run together (ARCHITECTURE.md, "Two drivers, one result").

use std::collections::BTreeMap;
use std::fs::DirEntry;
use std::process::Command;

use lambdasim::experiment::Threads;
use lambdasim::facts::{FunctionId, InvocationType, Observer};
use lambdasim::kernel::Distribution;
use lambdasim::lambda::{EnvPick, RateShape, RetryMode, ScalingRule};
use lambdasim::metrics::Datapoint;
use lambdasim::simulation::{Plan, simulate, simulate_cell_major};
use lambdasim::units::{Rate, Share, SimTime, Span};
use lambdasim::workload::{Process, RateProfile};
use rayon::prelude::*;

use crate::support::{Rows, add_function, add_traffic, any_plan, function, plan, poisson, replay};

/// Random accounts; `CELL_MAJOR_SEEDS` says how many others.
fn seeds() -> u64 {
    let wanted = std::env::var("CELL_MAJOR_SEEDS").ok();
    wanted.and_then(|count| count.parse().ok()).unwrap_or(96)
}

/// Somebody who hears nothing, but must be told everything in order.
struct InOrder;

impl Observer for InOrder {
    fn takes_sums(&self) -> bool {
        true
    }
}

/// Everything that a run finds out and writes, as text, by the ordered driver.
fn ordered(plan: &Plan) -> String {
    let mut rows = Rows::default();
    let result = simulate(plan, &mut rows, Some(&mut InOrder), &mut ()).expect("nothing stops it");
    format!("{result:?} {rows:?}")
}

/// The same as anybody runs it.
fn as_it_comes(plan: &Plan) -> String {
    let mut rows = Rows::default();
    let result = simulate(plan, &mut rows, None, &mut ()).expect("nothing stops it");
    format!("{result:?} {rows:?}")
}

/// The same by functions one after another, in so many parts on two threads; `None` where the account refuses something.
fn in_parts(plan: &Plan, parts: usize) -> Option<String> {
    let mut rows = Rows::default();
    let result = simulate_cell_major(plan, &mut rows, &Threads::new(2), parts)?;
    Some(format!("{result:?} {rows:?}"))
}

fn assert_same(found: &str, expected: &str, name: &str) {
    if found != expected {
        let differs = |(a, b): (u8, u8)| a != b;
        let at = found.bytes().zip(expected.bytes()).position(differs).unwrap_or(0);
        let around = |text: &str| text[at.saturating_sub(400)..(at + 200).min(text.len())].to_owned();
        panic!("{name}: {}\nin order: {}", around(found), around(expected));
    }
}

/// Whether functions were run one after another to the end.
fn same_both_ways(plan: &Plan, name: &str) -> bool {
    let expected = ordered(plan);
    assert_same(&as_it_comes(plan), &expected, name);
    let apart = [1, 2, 8].map(|parts| {
        let found = in_parts(plan, parts);
        let found = found.inspect(|found| assert_same(found, &expected, &format!("{name}, {parts} parts")));
        found.is_some()
    });
    assert_eq!(apart, [apart[0]; 3], "{name}: certified in 1, 2 and 8 parts");
    apart[0]
}

/// Functions that meet in the account's limits alone, which bind never, now and then, or all the time.
fn falls_apart(seed: u64) -> Plan {
    let mut plan = any_plan(seed);
    (plan.account.rate_shape, plan.account.scaling) = (RateShape::FixedSecond, ScalingRule::PerFunction);
    plan.account.request_growth = seed % 7 == 3;
    plan.queues.clear();
    plan.links.clear();
    for config in plan.functions_mut() {
        config.invokes.clear();
        for qualifier in &mut config.qualifiers {
            qualifier.provisioned = 0;
            (qualifier.event_invoke.on_success, qualifier.event_invoke.on_failure) = (None, None);
        }
        config
            .versions
            .iter_mut()
            .for_each(|version| version.dead_letter = None);
        if !seed.is_multiple_of(3) {
            config.env_pick = EnvPick::MostRecentlyUsed;
            config.overhead = Distribution::constant(Span::from_millis(seed % 2));
        }
    }
    if seed % 8 == 6 {
        for version in &mut plan.function_mut(0).versions {
            version.duration = Distribution::constant(Span::ZERO);
        }
    }
    for source in &mut plan.sources {
        let trace = |process: &Process| matches!(process, Process::Trace(_));
        if trace(&source.process) || seed % 4 == 1 {
            source.process = match seed % 3 {
                0 => Process::Minutes(vec![(0, 700), (1, 3), (2, 41)]),
                _ => poisson(1 + seed % 40),
            };
            (source.pass, source.changes) = (Share::ALL, Vec::new());
        }
    }
    if seed % 5 == 2 {
        // Clients of two functions: they run one after another as long as nothing fails.
        plan.flows[1].traffic = plan.flows[0].traffic;
    }
    let reserved: u32 = plan.functions.iter().filter_map(|config| config.reserved).sum();
    plan.account.concurrent_executions = reserved + [100_000, 100_000, 700, 250, 60, 8][seed as usize % 6];
    plan
}

#[test]
fn functions_run_one_after_another_as_they_do_together_whatever_binds() {
    let apart: Vec<bool> = (0..seeds())
        .into_par_iter()
        .map(|seed| same_both_ways(&falls_apart(seed), &replay(seed)))
        .collect();
    let certified = apart.iter().filter(|apart| **apart).count();
    assert!(certified >= 30, "only {certified} were run one after another");
    assert!(certified <= apart.len() - 10, "nothing was refused in {certified}");
}

/// Functions of which many things happen at one instant, and at the edges of minutes and steps.
fn in_step(functions: u64, limit: u32) -> Plan {
    let mut plan = plan(Span::from_secs(150));
    plan.warm_up = Span::from_secs(10);
    plan.drain = Span::from_secs(5);
    plan.account.concurrent_executions = limit;
    for index in 0..functions {
        let duration = Distribution::constant(Span::from_millis(500 * (1 + index % 4)));
        let mut config = function(&format!("f{index:03}"), duration);
        config.versions[0].init = Distribution::constant(Span::from_millis(250));
        config.versions[0].error_rate = Share::from_fraction(0.1);
        config.versions[0].idle = Some(Distribution::constant(Span::from_secs(5)));
        config.versions[0].max_life = Some(Distribution::constant(Span::from_secs(30)));
        let id = add_function(&mut plan, config);
        let kind = match index % 3 {
            0 => InvocationType::Event,
            _ => InvocationType::RequestResponse,
        };
        let rate = Rate::events(4, Span::from_secs(1 + index % 2));
        add_traffic(&mut plan, &format!("t{index:03}"), id, kind, Process::Constant(rate));
    }
    for entry in &mut plan.traffic {
        entry.retry.mode = RetryMode::Standard2026;
        entry.retry.max_attempts = 3;
    }
    plan
}

#[test]
fn time_2_what_happens_at_one_instant_and_at_edges_is_told_alike() {
    // Those of three hundred sources are read in stretches.
    for (functions, limit, certified) in [
        (12, 1_000, true),
        (12, 20, false),
        (300, 5_000, true),
        (300, 400, false),
    ] {
        let plan = in_step(functions, limit);
        assert_eq!(same_both_ways(&plan, &format!("limit {limit}")), certified);
    }
}

#[test]
fn conc_7_at_exactly_the_limit_nothing_is_refused_and_one_below_it_something_is() {
    let plan = |limit| in_step(5, limit);
    let (mut rows, roomy) = (Rows::default(), plan(10_000));
    let result = simulate(&roomy, &mut rows, None, &mut ()).expect("nothing stops it");
    let most = result.summary.account.concurrent_executions.max as u32;
    assert!(same_both_ways(&plan(most), "exactly"));
    assert!(!same_both_ways(&plan(most - 1), "one less"));
}

#[test]
fn rows_that_were_written_before_the_account_refused_something_are_not_written_twice() {
    let mut plan = in_step(6, 100);
    let rush = Process::Together {
        count: 300,
        time: SimTime::from_micros(131_000_000),
    };
    add_traffic(&mut plan, "t999", FunctionId(1), InvocationType::RequestResponse, rush);
    assert!(!same_both_ways(&plan, "a rush in the third minute"));
    plan.account.concurrent_executions = 1_000;
    assert!(same_both_ways(&plan, "the same with room for it"));
}

/// An account large enough to be worth two threads, with what threads must put together again: streamed answers, retries, a savings
/// plan that bills by the hour, across the end of a month.
const LARGE: &str = "start: 2026-11-30T23:30:00Z
duration: 1 h
warm_up: 1 min
account: { concurrent_executions: 3000 }
billing: { savings_plan: { commitment: 0.02 USD/h } }
defaults: { init: 200 ms, duration: { quantiles: { p50: 80 ms, p99: 400 ms } }, error_rate: 1 % }
functions:
  audit: { ephemeral_storage: 2 GB }
  catalog: {}
  images: { architectures: [arm64] }
  orders: { reserved_concurrent_executions: 2 }
  search: {}
traffic:
  a: { to: audit, invocation_type: Event, arrivals: { poisson: 5/s } }
  b: { to: catalog, arrivals: { poisson: 25/s } }
  c: { to: images, invoke_mode: RESPONSE_STREAM, response: 7 MB, time_to_first_byte: 20 ms, arrivals: { poisson: 4/s } }
  d: { to: orders, retry: { mode: standard, max_attempts: 3 }, arrivals: { poisson: 15/s } }
  e: { to: search, arrivals: { poisson: 3/s } }
  f: { to: catalog, arrivals: { poisson: 3/s } }
";

#[test]
fn a_large_account_writes_the_same_run_folder_on_any_number_of_threads() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("large.yaml"), LARGE).expect("a scenario");
    let run = |threads: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_lambdasim"))
            .current_dir(folder.path())
            .args([
                "run",
                "large.yaml",
                "--no-plots",
                "--no-advice",
                "--threads",
                threads,
                "--out",
                threads,
            ])
            .output()
            .expect("the binary runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let files = std::fs::read_dir(folder.path().join(threads)).expect("a run folder");
        let read = |file: std::io::Result<DirEntry>| {
            let file = file.expect("a file");
            let bytes = std::fs::read(file.path()).expect("its bytes");
            (file.file_name().into_string().expect("a plain name"), bytes)
        };
        files.map(read).collect::<BTreeMap<_, _>>()
    };
    let alone = run("1");
    assert!(alone.len() >= 6, "{:?}", alone.keys());
    for threads in ["2", "3", "8"] {
        let files = run(threads);
        let differ: Vec<_> = alone
            .iter()
            .filter(|(name, bytes)| files.get(*name) != Some(bytes))
            .map(|(name, _)| name)
            .collect();
        assert!(
            differ.is_empty() && files.len() == alone.len(),
            "{threads} threads: {differ:?}"
        );
    }
}

/// Twenty minutes with so little to do that windows hold several: what a function has to tell of each of them stays apart, also where
/// it does nothing for a while but is busy.
#[test]
fn minutes_that_end_in_the_middle_of_a_window_have_their_own_datapoints_and_throttles() {
    let mut plan = plan(Span::from_secs(1_200));
    for (name, seconds, every, reserved) in [
        ("busy", 400, 500, None),
        ("full", 5, 3, Some(1)),
        ("often", 2, 7, None),
        ("seldom", 1, 290, Some(4)),
    ] {
        let mut config = function(name, Distribution::constant(Span::from_secs(seconds)));
        config.reserved = reserved;
        config.versions[0].timeout = Span::from_secs(900);
        let id = add_function(&mut plan, config);
        let rate = Process::Constant(Rate::events(1, Span::from_secs(every)));
        add_traffic(&mut plan, name, id, InvocationType::RequestResponse, rate);
    }
    assert!(same_both_ways(&plan, "twenty minutes"));
    let mut rows = Rows::default();
    simulate_cell_major(&plan, &mut rows, &(), 1).expect("nothing is refused by the account");
    let busy = |row: &&Datapoint| row.function == Some(FunctionId(0)) && row.metric == "ConcurrentExecutions";
    let minutes = rows
        .datapoints
        .iter()
        .filter(busy)
        .map(|row| row.time.as_micros() / 60_000_000);
    // From 0 to 400 s, from 500 to 900 s, and from 1,000 s to the end.
    let expected: Vec<u64> = (0..7).chain(8..15).chain(16..20).collect();
    assert_eq!(minutes.collect::<Vec<_>>(), expected);
    // Each that runs is followed by one that is refused, 20 calls a minute.
    let refused: Vec<u64> = rows.throttles.iter().map(|row| row.count).collect();
    assert_eq!(refused, [10; 20]);
}

#[test]
fn a_warm_up_as_long_as_the_run_leaves_nothing_to_count() {
    let mut plan = in_step(4, 1_000);
    (plan.warm_up, plan.drain) = (plan.duration, Span::ZERO);
    assert!(same_both_ways(&plan, "all of it is warm-up"));
}

/// Functions enough for arrivals to be read in stretches; the last source has none.
fn full_account(last: Process) -> Plan {
    let mut plan = plan(Span::from_secs(25));
    plan.account.concurrent_executions = 5_000;
    for index in 0..300 {
        let mut config = function(&format!("f{index:03}"), Distribution::lognormal(7.5, 0.6));
        config.versions[0].error_rate = Share::from_fraction(0.05);
        config.versions[0].idle = Some(Distribution::constant(Span::from_secs(1)));
        config.versions[0].max_life = Some(Distribution::constant(Span::from_secs(7)));
        config.reserved = (index % 16 == 2).then_some(20);
        let id = add_function(&mut plan, config);
        let kind = match index % 4 {
            0 => InvocationType::Event,
            _ => InvocationType::RequestResponse,
        };
        add_traffic(&mut plan, &format!("t{index:03}"), id, kind, poisson(11));
    }
    for entry in &mut plan.traffic {
        (entry.retry.mode, entry.retry.max_attempts) = (RetryMode::Standard2026, 3);
    }
    add_traffic(&mut plan, "t999", FunctionId(0), InvocationType::Event, last);
    plan
}

#[test]
fn a_full_account_does_the_same_whether_arrivals_are_read_in_stretches_or_found_one_by_one() {
    // What is listed is never read in stretches.
    let (stretches, one_by_one) = (Process::Minutes(Vec::new()), Process::At(Vec::new()));
    let plan = full_account(stretches);
    assert!(!same_both_ways(&plan, "in stretches"));
    assert_same(&ordered(&plan), &ordered(&full_account(one_by_one)), "one by one");
}

#[test]
fn more_functions_than_are_drawn_or_than_one_hand_sums_up_run_the_same_one_after_another() {
    let mut plan = plan(Span::from_secs(70));
    plan.account.concurrent_executions = 100_000;
    for index in 0..3_100 {
        let mut config = function(&format!("f{index:04}"), Distribution::lognormal(5.0, 0.6));
        config.versions[0].error_rate = Share::from_fraction(0.01);
        config.reserved = (index % 16 == 2).then_some(4);
        let id = add_function(&mut plan, config);
        let kind = match index % 4 {
            0 => InvocationType::Event,
            _ => InvocationType::RequestResponse,
        };
        let process = match index {
            0..=2 => poisson(100),
            _ => Process::Poisson(RateProfile {
                points: vec![(SimTime::ZERO, Rate::events(1 + index % 9, Span::from_secs(5)))],
                repeat: None,
            }),
        };
        add_traffic(&mut plan, &format!("t{index:04}"), id, kind, process);
    }
    assert!(same_both_ways(&plan, "3,100 functions"));
}
