//! The same plan gives the same run: again, on any number of threads, beside strangers, and driven by hand (OUT-1, RNG-1).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use lambdasim::facts::{
    Arrival, Attempt, Call, FunctionId, InvocationType, Observer, Pool, QualifierId, StartKind, TrafficId, VersionId,
};
use lambdasim::kernel::Distribution;
use lambdasim::lambda::{
    EnvPick, FlowConfig, FunctionConfig, Platform, QualifierConfig, RetryMode, ScalingRule, VersionConfig,
    default_idle, default_max_life,
};
use lambdasim::metrics::{FlowInfo, FunctionInfo, Recorder, RecorderConfig, Scope};
use lambdasim::pricing::{Meter, MeteredFunction, MeteredQualifier, MeteredVersion};
use lambdasim::report::{ExpectationResult, ReportInput, terminal_summary};
use lambdasim::scenario::{self, LoadOptions};
use lambdasim::simulation::{Plan, RunResult};
use lambdasim::units::{Share, SimTime, Span};
use lambdasim::workload::Arrivals;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use unicode_width::UnicodeWidthStr;

use crate::support::{
    Chronicle, Rows, add_function, add_traffic, any_plan, chronicle, function, plan, poisson, qualifier, replay,
    version,
};

const SEEDS: u64 = 24;

/// Everything a run gives, as text: results, what listeners heard, and rows.
fn everything(plan: &Plan) -> String {
    format!("{:?}", chronicle(plan))
}

/// A text of any length in one number, to compare many of them.
fn digest(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ byte as u64).wrapping_mul(0x0100_0000_01b3)
    })
}

fn on_threads(count: usize) -> Vec<u64> {
    let pool = ThreadPoolBuilder::new()
        .num_threads(count)
        .build()
        .expect("threads can be had");
    pool.install(|| {
        (0..SEEDS / 2)
            .into_par_iter()
            .map(|seed| digest(&everything(&any_plan(seed))))
            .collect()
    })
}

#[test]
fn the_same_plan_gives_the_same_run_again() {
    (0..SEEDS).into_par_iter().for_each(|seed| {
        let plan = any_plan(seed);
        assert!(everything(&plan) == everything(&plan), "{}", replay(seed));
    });
}

#[test]
fn another_seed_gives_another_run() {
    let fingerprints: Vec<u64> = (0..20)
        .map(|seed| chronicle(&any_plan(seed)).0.summary.fingerprint)
        .collect();
    let distinct: BTreeSet<&u64> = fingerprints.iter().collect();
    assert_eq!(distinct.len(), fingerprints.len());
}

#[test]
fn one_two_and_eight_threads_give_the_same_runs() {
    let one = on_threads(1);
    assert_eq!(one, on_threads(2));
    assert_eq!(one, on_threads(8));
}

// ---------------------------------------------------------------- strangers

/// An attempt by names: traffic entry, arrival, attempt.
type Name = (String, u64, u32);

fn by_name(plan: &Plan, told: &Chronicle) -> BTreeMap<Name, Attempt> {
    let name = |attempt: &Attempt| {
        let traffic = plan.flows[attempt.flow.index()].traffic.index();
        (plan.traffic[traffic].name.clone(), attempt.ordinal, attempt.attempt)
    };
    told.attempts.iter().map(|attempt| (name(attempt), *attempt)).collect()
}

/// Handlers that take as long in a new environment as in a used one, so that durations are comparable whatever serves.
fn with_equal_handlers(mut plan: Plan) -> Plan {
    for version in plan.functions_mut().flat_map(|function| &mut function.versions) {
        (version.suppressed_init_factor, version.first_invoke) = (0.0, Span::ZERO);
    }
    plan
}

/// The plan with a busy function and its traffic, both named so that they come first and shift every number.
fn beside_a_stranger(plan: &Plan) -> Plan {
    let mut stranger = plan.clone();
    (stranger.functions, stranger.tags, stranger.traffic) = Default::default();
    (stranger.flows, stranger.sources) = Default::default();
    let mut config = function("a-stranger", Distribution::exponential(900.0));
    config.versions[0].error_rate = Share::from_fraction(0.3);
    let id = add_function(&mut stranger, config);
    add_traffic(&mut stranger, "a-stranger", id, InvocationType::Event, poisson(20));
    add_traffic(
        &mut stranger,
        "a-stranger-2",
        id,
        InvocationType::RequestResponse,
        poisson(60),
    );
    append(&mut stranger, plan);
    stranger
}

/// Adds all functions and traffic of `more`, with new numbers.
fn append(plan: &mut Plan, more: &Plan) {
    let (functions, traffic, flows) = (plan.functions.len(), plan.traffic.len(), plan.flows.len());
    plan.functions.extend(more.functions.iter().cloned());
    plan.tags.extend(more.tags.iter().cloned());
    plan.traffic.extend(more.traffic.iter().cloned());
    for flow in &more.flows {
        let mut flow = *flow;
        flow.function = FunctionId(flow.function.0 + functions as u32);
        flow.traffic = TrafficId(flow.traffic.0 + traffic as u32);
        plan.flows.push(flow);
    }
    for source in &more.sources {
        let mut source = source.clone();
        source.flow.0 += flows as u32;
        plan.sources.push(source);
    }
}

#[test]
fn rng_1_an_unrelated_function_changes_no_draw_of_any_invocation() {
    let compared: usize = (0..SEEDS)
        .into_par_iter()
        .map(|seed| {
            let plan = with_equal_handlers(any_plan(seed));
            let crowded = beside_a_stranger(&plan);
            let alone = by_name(&plan, &chronicle(&plan).1);
            let among = by_name(&crowded, &chronicle(&crowded).1);
            let both: Vec<_> = alone
                .iter()
                .filter_map(|(name, a)| among.get(name).map(|b| (name, a, b)))
                .collect();
            for (name, a, b) in &both {
                let drawn = |attempt: &Attempt| (attempt.version, attempt.duration, attempt.verdict);
                assert_eq!(drawn(a), drawn(b), "{name:?}, {}", replay(seed));
                if (a.start_kind, b.start_kind) == (StartKind::Cold, StartKind::Cold) {
                    assert_eq!(
                        (a.init, a.placement),
                        (b.init, b.placement),
                        "{name:?}, {}",
                        replay(seed)
                    );
                }
            }
            both.len()
        })
        .sum();
    assert!(compared > 10_000, "only {compared} attempts were there both times");
}

/// An attempt without its numbers of function, flow and traffic.
fn unnumbered(attempts: BTreeMap<Name, Attempt>) -> BTreeMap<Name, String> {
    let plain = |mut attempt: Attempt| {
        attempt.function = FunctionId(0);
        attempt.flow.0 = 0;
        format!("{attempt:?}")
    };
    attempts
        .into_iter()
        .map(|(name, attempt)| (name, plain(attempt)))
        .collect()
}

/// Functions that never meet: an account in which nobody is in the way of anybody.
fn roomy(seed: u64) -> Plan {
    let mut plan = any_plan(seed);
    plan.account.concurrent_executions = 10_000_000;
    plan.account.scaling = ScalingRule::PerFunction;
    plan
}

#[test]
fn functions_that_share_no_limit_do_not_feel_each_other_at_all() {
    (0..SEEDS).into_par_iter().for_each(|seed| {
        let plan = roomy(seed);
        let crowded = beside_a_stranger(&plan);
        let alone = unnumbered(by_name(&plan, &chronicle(&plan).1));
        let mut among = unnumbered(by_name(&crowded, &chronicle(&crowded).1));
        among.retain(|name, _| !name.0.starts_with("a-stranger"));
        assert!(alone == among, "{}", replay(seed));
    });
}

#[test]
fn functions_in_another_order_run_the_same() {
    (0..SEEDS).into_par_iter().for_each(|seed| {
        let plan = roomy(seed);
        let mut reversed = plan.clone();
        reversed.functions.reverse();
        reversed.tags.reverse();
        let last = plan.functions.len() as u32 - 1;
        for flow in &mut reversed.flows {
            flow.function = FunctionId(last - flow.function.0);
        }
        let run = |plan: &Plan| unnumbered(by_name(plan, &chronicle(plan).1));
        assert!(run(&plan) == run(&reversed), "{}", replay(seed));
    });
}

// ---------------------------------------------------------------- driven by hand

/// The run of a plan, driven step by step, with looks at the clock at arbitrary instants in between.
fn by_hand(plan: &Plan, looks: &mut ChaCha8Rng) -> Chronicle {
    let mut told = Chronicle::default();
    let (seed, horizon) = ((plan.seed, plan.replication), plan.horizon());
    let mut platform = Platform::new(seed, &plan.parts(), horizon, &mut told);
    let mut now = SimTime::ZERO;
    let arrivals: Vec<Arrival> = Arrivals::new(&plan.sources).collect();
    for arrival in arrivals {
        for _ in 0..looks.random_range(0..3_u32) {
            now = SimTime::from_micros(looks.random_range(now.as_micros()..=arrival.time.as_micros()));
            if now < arrival.time {
                platform.advance_to(now, &mut told);
            }
        }
        platform.admit(&arrival, &mut told);
        now = arrival.time;
    }
    let last = SimTime::from_micros(horizon.as_micros() - 1);
    while platform.next_due().is_some_and(|due| due <= last) {
        now = SimTime::from_micros(looks.random_range(now.as_micros()..=last.as_micros()));
        platform.advance_to(now, &mut told);
    }
    platform.close(horizon, &mut told);
    told
}

#[test]
fn a_platform_driven_by_hand_does_what_a_run_does() {
    (0..SEEDS).into_par_iter().for_each(|seed| {
        let plan = any_plan(seed);
        let (_, told, _) = chronicle(&plan);
        let live = by_hand(&plan, &mut ChaCha8Rng::seed_from_u64(seed));
        assert!(
            format!("{:?}", told.attempts) == format!("{:?}", live.attempts),
            "{}",
            replay(seed)
        );
        assert!(
            format!("{:?}", told.refusals) == format!("{:?}", live.refusals),
            "{}",
            replay(seed)
        );
        assert!(
            format!("{:?}", told.ends) == format!("{:?}", live.ends),
            "{}",
            replay(seed)
        );
        assert!(
            format!("{:?}", told.steps) == format!("{:?}", live.steps),
            "{}",
            replay(seed)
        );
    });
}

// ---------------------------------------------------------------- change detector

/// One function with AWS's default lives under steady load.
fn steady() -> Plan {
    let mut plan = plan(Span::from_secs(20_000));
    let mut config = function("checkout", Distribution::lognormal(5.0, 0.6));
    config.versions[0].init = Distribution::lognormal(5.7, 0.4);
    config.versions[0].idle = Some(default_idle());
    config.versions[0].max_life = Some(default_max_life());
    let id = add_function(&mut plan, config);
    add_traffic(&mut plan, "shoppers", id, InvocationType::RequestResponse, poisson(5));
    plan
}

/// Callers that repeat what a small reservation refuses.
fn storm() -> Plan {
    let mut plan = plan(Span::from_secs(300));
    let mut config = function("checkout", Distribution::gamma(400.0, 0.7));
    config.reserved = Some(20);
    let id = add_function(&mut plan, config);
    add_traffic(&mut plan, "shoppers", id, InvocationType::RequestResponse, poisson(80));
    let retry = &mut plan.traffic[0].retry;
    (retry.mode, retry.max_attempts, retry.clients) = (RetryMode::Standard2026, 3, 5);
    plan
}

/// Events through a weighted alias with provisioned concurrency and errors.
fn events() -> Plan {
    let mut plan = plan(Span::from_secs(300));
    plan.drain = Span::from_secs(600);
    let mut config = function("fulfil", Distribution::weibull(300.0, 0.9));
    for name in ["1", "2"] {
        let mut version = version(name, Distribution::pareto(80.0, 2.0));
        version.error_rate = Share::from_fraction(0.1);
        version.crash_rate = Share::from_fraction(0.01);
        config.versions.push(version);
    }
    let mut live = qualifier(Some("live"), 1);
    live.additional = Some((VersionId(2), Share::from_fraction(0.25)));
    live.provisioned = 4;
    config.qualifiers.push(live);
    config.reserved = Some(8);
    config.events.jitter = Some((1_000, 1_200));
    let id = add_function(&mut plan, config);
    let flow = add_traffic(&mut plan, "orders", id, InvocationType::Event, poisson(40));
    plan.flows[flow.index()].qualifier = QualifierId(1);
    plan
}

/// A change detector, not a law: these numbers only say that results are those of the last release. A deliberate change
/// of behaviour changes them and belongs into CHANGELOG.md; any other change, on any machine, is a defect.
#[test]
fn change_detector_fingerprints_of_three_fixed_plans() {
    let found = [steady(), storm(), events()].map(|plan| chronicle(&plan).0.summary.fingerprint);
    let stored = ["8f7986d815d32098", "aaa3179a232c4561", "dc73bb3e1fb13f59"];
    assert_eq!(found.map(|fingerprint| format!("{fingerprint:016x}")), stored);
}

/// A change detector as well: every scenario under its own seed, in this build (with its checks of arithmetic) as in the
/// release build of which `.ci/matrix` compares the bytes. `.ci/matrix --accept` stores new ones.
#[test]
fn change_detector_every_scenario_has_its_stored_fingerprint() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let stored = fs::read_to_string(root.join("tests/fingerprints.csv")).expect("fingerprints are stored");
    let stored: BTreeMap<&str, &str> = stored.lines().skip(1).filter_map(|line| line.split_once(',')).collect();
    let files = fs::read_dir(root.join("scenarios")).expect("there are scenarios");
    let files = files.map(|entry| entry.expect("a readable folder").path());
    let files: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|end| end == "yaml"))
        .collect();
    assert_eq!(
        files.len(),
        stored.len(),
        "scenarios and stored fingerprints: run .ci/matrix --accept"
    );
    files.into_par_iter().for_each(|path| {
        let name = path.file_stem().expect("a name").to_string_lossy();
        let loaded = scenario::load(&path, &LoadOptions::default()).unwrap_or_else(|problems| panic!("{problems}"));
        let result = crate::support::run(&loaded.plan);
        let found = result.summary.fingerprint;
        assert_eq!(stored.get(&*name), Some(&format!("{found:016x}").as_str()), "{name}");
        // Runs of all scenarios take their time: what a terminal shows of them is looked at here as well.
        assert_fits_a_terminal(&loaded, &result);
    });
}

/// The summary is at most 80 columns wide, also of letters that take two.
fn assert_fits_a_terminal(scenario: &scenario::Scenario, result: &RunResult) {
    let missed = |expectation: &scenario::Expectation| ExpectationResult {
        text: expectation.text.clone(),
        value: Some(1_234.5),
        ok: false,
        held: None,
    };
    let expectations: Vec<ExpectationResult> = scenario.expectations.iter().map(missed).collect();
    let input = ReportInput {
        question: scenario.question.as_deref(),
        warnings: &scenario.warnings,
        expectations: &expectations,
        ..ReportInput::bare(&scenario.plan, result)
    };
    for line in terminal_summary(&input, None).lines() {
        assert!(line.width() <= 80, "{}: {line}", scenario.plan.name);
    }
}

// ---------------------------------------------------------------- the short way and the general one

/// Counts what went the short way.
#[derive(Default)]
struct ServedPlainly(u64);

impl Observer for ServedPlainly {
    fn served(&mut self, _call: &Call, _pool: Pool, _attempt: &Attempt) {
        self.0 += 1;
    }
}

/// Arrivals served plainly in a run of a plan, and everything that listeners heard and counted.
fn driven(plan: &Plan, short_way: bool) -> (u64, String) {
    let mut rows = Rows::default();
    let horizon = plan.horizon();
    let meter = Meter::new(plan.start, &metered(plan));
    let recorder = Recorder::new(recorded(plan), &mut rows);
    let mut told = (ServedPlainly::default(), (Chronicle::default(), (recorder, meter)));
    let mut platform = Platform::new((plan.seed, plan.replication), &plan.parts(), horizon, &mut told);
    if !short_way {
        platform = platform.without_short_way();
    }
    for arrival in Arrivals::new(&plan.sources) {
        platform.admit(&arrival, &mut told);
    }
    platform.advance_to(SimTime::from_micros(horizon.as_micros() - 1), &mut told);
    let unanswered = platform.close(horizon, &mut told);
    let (served, (chronicle, (recorder, meter))) = told;
    let counted = (recorder.finish(&unanswered, &()), meter.finish(horizon));
    (served.0, format!("{chronicle:?} {counted:?} {rows:?}"))
}

fn recorded(plan: &Plan) -> RecorderConfig {
    let flow = |flow: &FlowConfig| FlowInfo {
        traffic: flow.traffic,
        function: flow.function,
        qualifier: flow.qualifier,
        invocation_type: flow.invocation_type,
        identity: flow.key.identity(),
        url: false,
        polled: false,
    };
    let function = |function: &Arc<FunctionConfig>| FunctionInfo {
        reserved: function.reserved,
        memory: function.versions.iter().map(|version| version.memory).collect(),
        qualifiers: function.qualifiers.len(),
    };
    RecorderConfig {
        warm_up: plan.warm_up,
        duration: plan.duration,
        horizon: plan.horizon(),
        traffic: plan.traffic.len(),
        flows: plan.flows.iter().map(flow).collect(),
        functions: plan.functions.iter().map(function).collect(),
        queues: plan.queues.len(),
        budgets: plan.account.budgets.len(),
        mappings: Vec::new(),
        streams: plan.streams.len(),
        scope: Scope::Account,
    }
}

fn metered(plan: &Plan) -> Vec<MeteredFunction> {
    let version = |version: &VersionConfig| MeteredVersion {
        architecture: version.architecture,
        memory: version.memory,
        ephemeral_storage: version.ephemeral_storage,
        published: SimTime::ZERO,
        snapshot: false,
        edge: false,
    };
    let qualifier = |qualifier: &QualifierConfig| MeteredQualifier {
        version: qualifier.version,
        additional: qualifier.additional,
    };
    let function = |function: &Arc<FunctionConfig>| MeteredFunction {
        versions: function.versions.iter().map(version).collect(),
        qualifiers: function.qualifiers.iter().map(qualifier).collect(),
    };
    plan.functions.iter().map(function).collect()
}

/// A plan without what never goes the short way; limits, retries, errors, versions and provisioned concurrency stay.
pub fn mostly_plain(seed: u64) -> Plan {
    let mut plan = any_plan(seed);
    plan.account.request_growth = false;
    for function in plan.functions_mut() {
        function.env_pick = EnvPick::MostRecentlyUsed;
        function.overhead = Distribution::constant(Span::from_millis(seed % 3));
        function.uses.clear();
        function
            .versions
            .iter_mut()
            .for_each(|version| version.equipment = None);
        if seed.is_multiple_of(2) {
            function
                .qualifiers
                .iter_mut()
                .for_each(|qualifier| qualifier.additional = None);
        }
    }
    for entry in &mut plan.traffic {
        (entry.through, entry.transfer) = (None, None);
        if entry.retry.mode == RetryMode::Adaptive {
            entry.retry.mode = RetryMode::Standard2026;
        }
    }
    for (number, flow) in plan.flows.iter_mut().enumerate() {
        (flow.through, flow.sized) = (false, false);
        if number % 3 > 0 {
            flow.invocation_type = InvocationType::RequestResponse;
        }
    }
    plan
}

#[test]
fn the_short_way_does_what_the_general_way_does() {
    let served = (0..SEEDS / 2).into_par_iter().map(|seed| {
        let plan = mostly_plain(seed);
        let (short, general) = (driven(&plan, true), driven(&plan, false));
        assert!(short.1 == general.1, "{}", replay(seed));
        assert_eq!(general.0, 0);
        short.0
    });
    let plans = served.filter(|served| *served > 0).count();
    assert!(plans > 4, "only {plans} plans take the short way at all");
}
