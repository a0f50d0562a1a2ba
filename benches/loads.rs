//! Whole runs of the model. What they count are attempts, or records of a queue.

use std::path::{Path, PathBuf};

use clap::Parser;
use lambdasim::cli::{Arguments, dispatch};
use lambdasim::experiment::{Threads, in_order};
use lambdasim::facts::{FlowId, FunctionId, TrafficId};
use lambdasim::kernel::draws::StreamKey;
use lambdasim::kernel::{Distribution, math};
use lambdasim::lambda::{FunctionConfig, ScalingRule};
use lambdasim::scenario::{LoadOptions, load};
use lambdasim::simulation::{Crew, Pace, Plan, RunResult, simulate, simulate_by};
use lambdasim::units::{Rate, SimTime, Span};
use lambdasim::workload::{Process, RateProfile};

use crate::measure::{Measured, Watch};

/// What a row of the table does for a length.
pub type Run = Box<dyn Fn(u64, Watch) -> Measured>;

/// Arrivals per second of the accounts of many functions.
const MANY_PER_SECOND: u64 = 100_000;
/// σ of ln of all durations.
const SIGMA: f64 = 0.6;

/// A scenario of the project: one beside the benchmarks, else one of its stories.
fn scenario(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let own = root.join(format!("benches/scenarios/{name}.yaml"));
    if own.exists() {
        own
    } else {
        root.join(format!("scenarios/{name}.yaml"))
    }
}

fn plan(name: &str, set: &[(&str, String)]) -> Plan {
    let options = LoadOptions {
        set: set
            .iter()
            .map(|(path, value)| (path.to_string(), value.clone()))
            .collect(),
        ..LoadOptions::default()
    };
    match load(&scenario(name), &options) {
        Ok(scenario) => scenario.plan,
        Err(problems) => panic!("{problems}"),
    }
}

/// Notes when the warm-up is over, from where on work counts.
struct AfterWarmUp {
    warm_up: SimTime,
    watch: Watch,
}

impl Pace for AfterWarmUp {
    fn reached(&mut self, now: SimTime) -> bool {
        if now == self.warm_up && now > SimTime::ZERO {
            self.watch = Watch::start();
        }
        true
    }
}

/// A run, from the end of its warm-up, else from the start of the process; `done` tells the operations.
fn run(plan: &Plan, watch: Watch, done: impl Fn(&RunResult) -> u64) -> Measured {
    run_by(&(), plan, watch, done)
}

/// The same by a crew.
fn run_by(crew: &dyn Crew, plan: &Plan, watch: Watch, done: impl Fn(&RunResult) -> u64) -> Measured {
    let warm_up = SimTime::ZERO + plan.warm_up;
    let mut pace = AfterWarmUp { warm_up, watch };
    let result = simulate_by(plan, &mut (), None, &mut pace, crew).expect("nothing stops it");
    pace.watch.stop(done(&result))
}

fn attempts(result: &RunResult) -> u64 {
    result.summary.totals.requests
}

/// Rate and mean of `hot/*`.
#[derive(Clone, Copy)]
pub struct Hot {
    /// Arrivals per second.
    pub per_second: f64,
    /// Mean duration.
    pub mean_ms: f64,
}

/// 20 concurrent on average.
pub const HOT_20: Hot = Hot {
    per_second: 100.0,
    mean_ms: 200.0,
};

/// Runs of `replications/*`.
const REPLICATIONS: u64 = 8;

impl Hot {
    fn settings(self, arrivals: u64) -> [(&'static str, String); 3] {
        let millis = (arrivals as f64 * 1_000.0 / self.per_second) as u64;
        let mu = math::ln(self.mean_ms) - SIGMA * SIGMA / 2.0;
        [
            ("duration", format!("{} ms", millis)),
            (
                "functions.hot.duration",
                format!("{{ lognormal: {{ mu: {mu}, sigma: {SIGMA} }} }}"),
            ),
            ("traffic.load.arrivals", format!("{{ poisson: {}/s }}", self.per_second)),
        ]
    }
}

/// `hot/*`: one function, its environments made before work counts, which takes that no rate bounds their making.
pub fn hot(hot: Hot, length: u64, watch: Watch) -> Measured {
    let mut plan = plan("hot", &hot.settings(length));
    plan.account.scaling = ScalingRule::AccountWide { burst: 10_000_000 };
    plan.warm_up = Span::from_millis((20.0 * hot.mean_ms) as u64).max(Span::from_secs(5));
    plan.duration += plan.warm_up;
    plan.sources[0].until = SimTime::ZERO + plan.duration;
    run(&plan, watch, attempts)
}

/// `cold/*` and `long/*`: the same as anybody would run it, from an empty platform.
pub fn cold(hot: Hot, length: u64, watch: Watch) -> Measured {
    run(&plan("hot", &hot.settings(length)), watch, attempts)
}

/// How tight the account's limit is in `many/*`, `contended/*` and `edge/*`.
#[derive(Clone, Copy)]
pub enum Limit {
    /// It never refuses.
    Free,
    /// Unreserved concurrency is this share of what the functions would take on average.
    Share(f64),
    /// Unreserved concurrency is so many standard deviations above what they take on average.
    Deviations(f64),
}

/// `many/*`: Zipf's law over functions of all kinds, a hundred thousand requests a second.
pub fn many(functions: u32, limit: Limit, length: u64, watch: Watch) -> Measured {
    run(&many_plan(functions, limit, length), watch, attempts)
}

/// `threads/*`: one run of `many/*` on so many threads.
pub fn threads(threads: usize, functions: u32, length: u64, watch: Watch) -> Measured {
    let plan = many_plan(functions, Limit::Free, length);
    run_by(&Threads::new(threads), &plan, watch, attempts)
}

fn many_plan(functions: u32, limit: Limit, length: u64) -> Plan {
    let kinds = plan("kinds", &[]);
    let mut plan = kinds.clone();
    plan.tags.clear();
    plan.functions.clear();
    plan.traffic.clear();
    plan.flows.clear();
    plan.sources.clear();
    plan.warm_up = Span::from_secs(5);
    plan.duration = plan.warm_up + Span::from_micros(length * 1_000_000 / MANY_PER_SECOND);
    let weights: f64 = (1..=functions).map(|rank| 1.0 / f64::from(rank)).sum();
    let (mut reserved, mut free) = (0, 0.0);
    for index in 0..functions {
        let per_second = MANY_PER_SECOND as f64 / weights / f64::from(index + 1);
        // Medians from 25 to 200 ms.
        let median = 25.0 * math::pow(8.0, f64::from(index * 5 % 16) / 15.0);
        let mean_concurrency = per_second * median / 1_000.0 * math::exp(SIGMA * SIGMA / 2.0);
        let taken = add_of_kind(&mut plan, &kinds, index, per_second, median, mean_concurrency);
        reserved += taken;
        free += if taken == 0 { mean_concurrency } else { 0.0 };
    }
    match limit {
        Limit::Free => {}
        Limit::Share(share) => plan.account.concurrent_executions = reserved + (share * free) as u32,
        Limit::Deviations(above) => {
            plan.account.concurrent_executions = reserved + (free + above * free.sqrt()) as u32;
        }
    }
    plan
}

/// One function more, with its traffic: a copy of the kind whose turn it is. Returns the concurrency reserved for it.
fn add_of_kind(plan: &mut Plan, kinds: &Plan, index: u32, per_second: f64, median_ms: f64, concurrency: f64) -> u32 {
    // 20 % take events, 65 % have nothing special, 5 % reserve, 10 % have a weighted alias.
    let kind = match (index * 7 + 10) % 20 {
        3..=6 => 0,
        0 => 2,
        1 | 2 => 3,
        _ => 1,
    };
    let name = format!("f{index:07}");
    let key = StreamKey::derive(plan.seed, 0, "traffic", &name);
    let mut function = FunctionConfig::clone(&kinds.functions[kind]);
    function.name = name.clone();
    for version in &mut function.versions {
        version.duration = Distribution::lognormal(math::ln(median_ms), SIGMA);
    }
    if function.reserved.is_some() {
        function.reserved = Some((2.0 * concurrency) as u32 + 2);
    }
    let reserved = function.reserved.unwrap_or(0);
    let (mut traffic, mut flow, mut source) = (
        kinds.traffic[kind].clone(),
        kinds.flows[kind],
        kinds.sources[kind].clone(),
    );
    traffic.name = name;
    (flow.traffic, flow.function, flow.key) = (TrafficId(index), FunctionId(index), key);
    (source.flow, source.key, source.until) = (FlowId(index), key, SimTime::ZERO + plan.duration);
    let rate = Rate::new((per_second * 1e9) as u128, Span::from_secs(1));
    source.process = Process::Poisson(RateProfile {
        points: vec![(SimTime::ZERO, rate)],
        repeat: None,
    });
    plan.functions.push(function.into());
    plan.tags.push(Vec::new());
    plan.traffic.push(traffic);
    plan.flows.push(flow);
    plan.sources.push(source);
    reserved
}

/// `burst`: all arrivals at one instant, all of one length.
pub fn burst(length: u64, watch: Watch) -> Measured {
    let settings = [
        ("functions.hot.duration", "1 s".to_owned()),
        ("traffic.load.retry", "none".to_owned()),
        (
            "traffic.load.arrivals",
            format!("{{ at: {{ count: {length}, time: 1 s }} }}"),
        ),
    ];
    let mut plan = plan("hot", &settings);
    plan.account.scaling = ScalingRule::AccountWide { burst: 10_000_000 };
    run(&plan, watch, attempts)
}

/// A scenario for `seconds` of simulated time; counts attempts.
pub fn story(name: &str, seconds: u64, watch: Watch) -> Measured {
    run(&plan(name, &[("duration", format!("{seconds} s"))]), watch, attempts)
}

/// `sqs` for `seconds` of simulated time; counts records.
pub fn sqs(seconds: u64, watch: Watch) -> Measured {
    let records = |result: &RunResult| result.summary.queues.iter().map(|queue| queue.processed).sum();
    run(&plan("sqs", &[("duration", format!("{seconds} s"))]), watch, records)
}

/// The Azure 2019 sample: 500 real functions, eight hours, 3.04 million invocations, with the reading of its files. `None` where
/// it does not lie beside the project.
pub fn azure() -> Option<Run> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/azure2019_500fn_8h");
    let trace = data.canonicalize().ok()?;
    Some(Box::new(move |_, watch| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("azure.yaml");
        let text = format!(
            "name: azure\nduration: 8 h\naccount: {{ concurrent_executions: 10000 }}\ndefaults: {{ init: 250 ms }}\n\
             traffic: {{ recorded: {{ arrivals: {{ azure: '{}' }} }} }}\n",
            trace.display()
        );
        std::fs::write(&path, text).expect("a temporary file");
        let options = LoadOptions {
            allow_outside: true,
            ..LoadOptions::default()
        };
        match load(&path, &options) {
            Ok(scenario) => run(&scenario.plan, watch, attempts),
            Err(problems) => panic!("{problems}"),
        }
    }))
}

/// Eight replications of `cold` on so many threads.
pub fn replicated(threads: usize, length: u64, watch: Watch) -> Measured {
    let plan = plan("hot", &HOT_20.settings(length / REPLICATIONS));
    let plans = (0..REPLICATIONS).map(|number| plan.replicated(number)).collect();
    let counts = in_order(plans, threads, |plan| {
        simulate(&plan, &mut (), None, &mut ()).map_or(0, |result| attempts(&result))
    });
    watch.stop(counts.iter().sum())
}

/// The command `lambdasim run` on a scenario, from its file to its run folder.
pub fn command(name: &str, extra: &[&str], watch: Watch) -> Measured {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("out");
    let path = scenario(name);
    let words = [
        "lambdasim".as_ref(),
        "run".as_ref(),
        path.as_os_str(),
        "--out".as_ref(),
        out.as_os_str(),
    ];
    let words = words
        .into_iter()
        .chain(["--quiet"].iter().chain(extra).map(|word| word.as_ref()));
    if let Err(failure) = dispatch(Arguments::parse_from(words)) {
        panic!("{failure}");
    }
    let summary = std::fs::read(out.join("summary.json")).expect("the run has written it");
    let summary: serde_json::Value = serde_json::from_slice(&summary).expect("it is JSON");
    watch.stop(summary["totals"]["requests"].as_u64().expect("a count"))
}

/// From the start of the process to the first event of `quickstart`: one operation.
pub fn first_event(watch: Watch) -> Measured {
    let plan = plan(
        "quickstart",
        &[("duration", "1 s".to_owned()), ("expect", "[]".to_owned())],
    );
    run(&plan, watch, |_| 1)
}
