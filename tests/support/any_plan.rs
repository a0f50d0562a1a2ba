use std::sync::Arc;

use lambdasim::facts::{Architecture, FunctionId, InvocationType, LinkId, QualifierId, Recorded, VersionId};
use lambdasim::kernel::Distribution;
use lambdasim::lambda::{
    EnvPick, FunctionConfig, QualifierConfig, RateShape, RetryConfig, RetryMode, ScalingRule, VersionConfig,
};
use lambdasim::simulation::Plan;
use lambdasim::units::{MemoryMb, Rate, Share, SimTime, Span, Timestamp};
use lambdasim::workload::{Process, RateProfile, TraceFile, TraceRow};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{account, add_function, add_queues, add_traffic, function, plan, qualifier, version};

/// A minute before December 2026 begins, so that some bills have two months.
const NEARLY_DECEMBER: Timestamp = Timestamp(1_796_083_140_000_000);

/// A plan of several functions and traffic entries, crowded enough that every limit is met in some of them. The same
/// seed gives the same plan.
pub fn any_plan(seed: u64) -> Plan {
    let mut dice = Dice(ChaCha8Rng::seed_from_u64(seed));
    let mut plan = plan(Span::from_secs(dice.between(40, 200)));
    plan.seed = seed;
    plan.replication = dice.between(0, 1);
    plan.warm_up = dice.pick(&[Span::ZERO, Span::ZERO, Span::from_micros(9_876_543)]);
    plan.drain = dice.pick(&[Span::ZERO, Span::from_secs(7), Span::from_secs(600)]);
    plan.start = dice.pick(&[plan.start, NEARLY_DECEMBER]);
    add_queues(&mut plan, &["dead", "good"]);
    for index in 0..dice.between(2, 5) {
        add_function(&mut plan, dice.function(&format!("f{index}")));
    }
    plan.account = account(claimed(&plan) + 100 + dice.pick(&[0, 0, 40, 2_500]));
    if dice.one_in(4) {
        plan.account.rate_shape = RateShape::TokenBucket;
    }
    if dice.one_in(5) {
        plan.account.scaling = ScalingRule::AccountWide { burst: 500 };
    }
    plan.account.rate_refund = !dice.one_in(5);
    plan.account.rate_limits_events = dice.one_in(6);
    plan.account.billing_granularity = dice.pick(&[Span::from_millis(1), Span::from_millis(1), Span::from_millis(100)]);
    for index in 0..dice.between(3, 8) {
        dice.add_traffic(&mut plan, &format!("t{index}"));
    }
    if dice.one_in(5) {
        hurry(&mut plan);
    }
    plan
}

/// Invocations so short and bursts so dense that request rates are met before concurrency (RPS-6).
fn hurry(plan: &mut Plan) {
    for version in plan.functions_mut().flat_map(|function| &mut function.versions) {
        version.duration = Distribution::constant(Span::from_millis(2));
        version.init = Distribution::constant(Span::ZERO);
        version.placement = Distribution::constant(Span::ZERO);
        version.first_invoke = Span::ZERO;
    }
    let rush = Process::Bursts {
        burst: Distribution::constant(Span::from_millis(1_200)),
        pause: Distribution::constant(Span::from_secs(25)),
        rate: Rate::events(4_000, Span::from_secs(1)),
    };
    let to = FunctionId(plan.functions.len() as u32 - 1);
    add_traffic(plan, "t9", to, InvocationType::RequestResponse, rush);
}

/// What reservations and provisioned concurrency take from the account.
fn claimed(plan: &Plan) -> u32 {
    let of = |function: &Arc<FunctionConfig>| {
        let provisioned = function.qualifiers.iter().map(|qualifier| qualifier.provisioned).sum();
        function.reserved.unwrap_or(provisioned)
    };
    plan.functions.iter().map(of).sum()
}

#[derive(Debug)]
struct Recording(Vec<TraceRow>);

impl TraceFile for Recording {
    fn rows(&self) -> Box<dyn Iterator<Item = TraceRow> + Send> {
        Box::new(self.0.clone().into_iter())
    }

    fn failure(&self) -> Option<String> {
        None
    }
}

struct Dice(ChaCha8Rng);

impl Dice {
    /// A whole number from `low` to `high`, both included.
    fn between(&mut self, low: u64, high: u64) -> u64 {
        self.0.random_range(low..=high)
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.between(1, n) == 1
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.between(0, from.len() as u64 - 1) as usize].clone()
    }

    fn share(&mut self, of: &[f64]) -> Share {
        Share::from_fraction(self.pick(of))
    }

    fn instant(&mut self, before: Span) -> SimTime {
        SimTime::from_micros(self.between(0, before.as_micros() - 1))
    }

    fn function(&mut self, name: &str) -> FunctionConfig {
        let mut config = function(name, Distribution::constant(Span::ZERO));
        config.versions = ["$LATEST", "1", "2"].map(|name| self.version(name)).to_vec();
        config.qualifiers = [(None, 0), (Some("1"), 1), (Some("2"), 2), (Some("live"), 1)]
            .map(|(name, version)| self.qualifier(name, version))
            .to_vec();
        if self.one_in(2) {
            config.qualifiers[3].additional = Some((VersionId(2), self.share(&[0.0, 0.1, 0.5, 1.0])));
        }
        let provisioned = self.pick(&[0, 0, 1, 5, 20]);
        let target = self.pick(&[1, 3, 3]);
        config.qualifiers[target].provisioned = provisioned;
        config.reserved = self.pick(&[None, None, Some(0), Some(3), Some(15), Some(60)]);
        config.reserved = config.reserved.map(|reserved| reserved.max(provisioned));
        config.env_pick = self.pick(&[
            EnvPick::MostRecentlyUsed,
            EnvPick::MostRecentlyUsed,
            EnvPick::NewestCreated,
            EnvPick::LeastRecentlyUsed,
            EnvPick::Oldest,
            EnvPick::Random,
        ]);
        config.turnaround = self.pick(&[Span::ZERO, Span::ZERO, Span::from_millis(6)]);
        config.overhead = self.pick(&[Distribution::constant(Span::ZERO), Distribution::uniform(2.0, 30.0)]);
        config.events.first_dispatch = self.pick(&[
            Distribution::constant(Span::from_millis(30)),
            Distribution::exponential(40.0),
        ]);
        config.events.jitter = self.pick(&[None, Some((1_000, 1_200))]);
        config.events.duplicates = self.share(&[0.0, 0.0, 0.05]);
        config.events.slowdown = self.pick(&[1_000, 1_000, 1_500]);
        config.redraw_on_retry = self.one_in(3);
        config
    }

    fn version(&mut self, name: &str) -> VersionConfig {
        let mut config = version(name, self.work());
        config.architecture = self.pick(&[Architecture::X86_64, Architecture::Arm64]);
        config.memory = MemoryMb(self.pick(&[128, 1_024, 1_769, 10_240]));
        config.ephemeral_storage = MemoryMb(self.pick(&[512, 512, 2_048]));
        config.timeout = self.pick(&[Span::from_secs(1), Span::from_secs(3), Span::from_secs(60)]);
        config.placement = self.pick(&[Distribution::constant(Span::ZERO), Distribution::uniform(50.0, 150.0)]);
        config.init = self.pick(&[
            Distribution::constant(Span::ZERO),
            Distribution::lognormal(5.5, 0.4),
            Distribution::uniform(200.0, 11_500.0),
        ]);
        config.init_factor = self.pick(&[1.0, 1.0, 1.7]);
        config.suppressed_init_factor = self.pick(&[1.0, 3.4]);
        config.proactive_init = self.share(&[0.0, 0.0, 0.3]);
        config.duration_factor = self.pick(&[1.0, 1.0, 2.5]);
        config.first_invoke = self.pick(&[Span::ZERO, Span::from_millis(120)]);
        config.error_rate = self.share(&[0.0, 0.02, 0.4]);
        config.crash_rate = self.share(&[0.0, 0.0, 0.1]);
        config.init_billed = !self.one_in(3);
        config.failed_init_billed = !self.one_in(3);
        config.idle = self.pick(&[
            None,
            Some(Distribution::constant(Span::from_secs(4))),
            Some(Distribution::uniform(1_000.0, 20_000.0)),
        ]);
        config.max_life = self.pick(&[None, Some(Distribution::uniform(5_000.0, 40_000.0))]);
        config.dead_letter = self.pick(&[None, Some(LinkId(0))]);
        config
    }

    fn work(&mut self) -> Distribution {
        let milliseconds = Span::from_millis;
        self.pick(&[
            Distribution::constant(milliseconds(100)),
            Distribution::uniform(0.0, 400.0),
            Distribution::exponential(700.0),
            Distribution::normal(200.0, 90.0),
            Distribution::lognormal(5.0, 1.0),
            Distribution::gamma(1_200.0, 0.5),
            Distribution::weibull(300.0, 0.8),
            Distribution::pareto(60.0, 1.6),
            Distribution::quantiles(&[(0.01, 10.0), (0.5, 90.0), (0.99, 2_500.0)]),
            Distribution::mixture(vec![
                (0.7, Distribution::exponential(50.0)),
                (0.3, Distribution::constant(milliseconds(2_000))),
            ]),
            Distribution::empirical([3, 14, 159, 2_653].map(milliseconds).to_vec()),
        ])
    }

    fn qualifier(&mut self, name: Option<&str>, version: u16) -> QualifierConfig {
        let mut config = qualifier(name, version);
        let events = &mut config.event_invoke;
        events.maximum_event_age = Span::from_secs(self.pick(&[60, 90, 300]));
        events.maximum_retry_attempts = self.between(0, 2) as u32;
        events.on_success = self.pick(&[None, Some(LinkId(1))]);
        events.on_failure = self.pick(&[None, Some(LinkId(0))]);
        config
    }

    fn add_traffic(&mut self, plan: &mut Plan, name: &str) {
        let to = FunctionId(self.between(0, plan.functions.len() as u64 - 1) as u32);
        let kind = self.pick(&[
            InvocationType::RequestResponse,
            InvocationType::RequestResponse,
            InvocationType::RequestResponse,
            InvocationType::Event,
            InvocationType::Event,
            InvocationType::DryRun,
        ]);
        let process = self.process(plan.duration);
        let flow = add_traffic(plan, name, to, kind, process);
        plan.flows[flow.index()].qualifier = QualifierId(self.pick(&[0, 1, 2, 3, 3, 3]));
        let retry = self.retry();
        if let Some(traffic) = plan.traffic.last_mut() {
            traffic.retry = retry;
        }
        let scale = self.pick(&[1.0, 1.0, 0.5, 1.7]);
        let late = self.one_in(4);
        if let Some(source) = plan.sources.last_mut() {
            source.scale = scale;
            if late {
                source.from = SimTime::ZERO + Span::from_secs(5);
                source.until = SimTime::ZERO + Span::from_secs(35);
            }
        }
    }

    fn retry(&mut self) -> RetryConfig {
        RetryConfig {
            mode: self.pick(&[
                RetryMode::None,
                RetryMode::Legacy,
                RetryMode::Standard,
                RetryMode::Standard2026,
                RetryMode::Adaptive,
                RetryMode::Adaptive2026,
            ]),
            max_attempts: self.between(1, 5) as u32,
            clients: self.between(1, 4) as u32,
            read_timeout: self.pick(&[None, None, Some(Span::from_millis(700))]),
        }
    }

    fn process(&mut self, duration: Span) -> Process {
        let per_second = |events| Rate::events(events, Span::from_secs(1));
        let at = |secs| SimTime::ZERO + Span::from_secs(secs);
        match self.between(0, 9) {
            0 => super::poisson(self.pick(&[3, 30, 90])),
            1 => Process::Poisson(RateProfile {
                points: vec![
                    (at(0), per_second(0)),
                    (at(10), per_second(120)),
                    (at(20), per_second(5)),
                ],
                repeat: self.pick(&[None, Some(Span::from_secs(30))]),
            }),
            2 => Process::Constant(per_second(self.between(1, 60))),
            3 => Process::Bursts {
                burst: Distribution::exponential(2_000.0),
                pause: Distribution::uniform(3_000.0, 15_000.0),
                rate: per_second(300),
            },
            4 => Process::Modulated {
                rates: [1, 40, 200].map(per_second).to_vec(),
                mean_stay: [10, 5, 1].map(Span::from_secs).to_vec(),
            },
            5 => {
                let mut times: Vec<SimTime> = (0..self.between(1, 400)).map(|_| self.instant(duration)).collect();
                times.sort_unstable();
                Process::At(times)
            }
            6 => Process::Together {
                count: self.pick(&[40, 700, 2_400]),
                time: self.instant(duration),
            },
            7 => Process::Every {
                first: at(1),
                interval: Span::from_millis(self.between(20, 9_000)),
            },
            8 => Process::Minutes(vec![(0, 900), (1, 0), (2, self.between(1, 4_000) as u32)]),
            _ => Process::Trace(Arc::new(self.recording(duration))),
        }
    }

    fn recording(&mut self, duration: Span) -> Recording {
        let mut rows: Vec<TraceRow> = (0..self.between(1, 900)).map(|_| self.row(duration)).collect();
        rows.sort_by_key(|row| row.time);
        Recording(rows)
    }

    fn row(&mut self, duration: Span) -> TraceRow {
        TraceRow {
            time: self.instant(duration),
            flow: 0,
            recorded: Recorded::new(
                self.pick(&[None, Some(Span::from_millis(333))]),
                self.pick(&[None, Some(false), Some(true)]),
            ),
        }
    }
}
