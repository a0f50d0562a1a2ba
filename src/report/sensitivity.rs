//! What rests on assumptions: undocumented parameters that a run has used, and what comes of other values.

use serde_json::{Value, json};

use super::Effect;
use crate::facts::{Cause, FunctionId, InvocationType};
use crate::lambda::{FrontService, MappingSource, Peak, Sender, Through, VersionConfig};
use crate::metrics::FunctionSummary;
use crate::simulation::{Plan, RunResult};
use crate::units::{MemoryMb, Span};
use crate::workload::Process;

/// What Lambda allows without `lim.allow_extended` (LIM-1, LIM-2).
const LARGEST_MEMORY: MemoryMb = MemoryMb(10_240);
const LONGEST_TIMEOUT: Span = Span::from_secs(900);

/// A parameter that is an assumption, with two other values that are plausible as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assumption {
    /// As under `parameters`.
    pub name: &'static str,
    /// The value with the smaller number, or the other choice.
    pub low: &'static str,
    /// The value with the larger number.
    pub high: &'static str,
    concerns: Concern,
}

/// What has to have happened for a parameter to matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Concern {
    ColdStarts,
    LongRuns,
    Answers,
    Choice,
    Restores,
    FileSystems,
    Networks,
    Allocations,
    Scaling,
    Events,
    WeightedAliases,
    BusySeconds,
    ManyRequests,
    Schedules,
    Mappings,
    Queues,
    Streams,
    Kafka,
    FrontEnds,
    Pushes,
    Deployments,
    ScalingThrottles,
    AccountThrottles,
    Clients,
    Bills,
    ExtendedLimits,
    HttpApis,
    CloudFront,
}

const fn assumed(name: &'static str, low: &'static str, high: &'static str, concerns: Concern) -> Assumption {
    Assumption {
        name,
        low,
        high,
        concerns,
    }
}

/// Parameters that no published source settles and whose values change what happens.
static ASSUMPTIONS: [Assumption; 41] = [
    assumed("placement", "0 ms", "500 ms", Concern::ColdStarts),
    assumed("overhead", "0 ms", "30 ms", Concern::Answers),
    assumed("idle", "120 s", "900 s", Concern::ColdStarts),
    assumed("idle.noise", "0 %", "20 %", Concern::ColdStarts),
    assumed("max_life", "60 min", "240 min", Concern::LongRuns),
    assumed("env_pick", "lru", "random", Concern::Choice),
    assumed("env.turnaround", "0 ms", "50 ms", Concern::Answers),
    assumed("proactive_init", "0 %", "50 %", Concern::ColdStarts),
    assumed("init.cpu_boost", "false", "true", Concern::ColdStarts),
    assumed("init.ms_per_mb", "0 ms", "4 ms", Concern::ColdStarts),
    assumed("billing.failed_init", "unbilled", "billed", Concern::ColdStarts),
    assumed("restore", "200 ms", "1 s", Concern::Restores),
    assumed("restore.billed", "0 ms", "400 ms", Concern::Restores),
    assumed("efs.mount", "100 ms", "1 s", Concern::FileSystems),
    assumed("vpc.pending", "10 s", "300 s", Concern::Networks),
    assumed("pc.delay", "30 s", "300 s", Concern::Allocations),
    assumed("pc.rate", "1000/min", "60000/min", Concern::Allocations),
    assumed("aas.points_high", "1", "5", Concern::Scaling),
    assumed("aas.points_low", "5", "30", Concern::Scaling),
    assumed("aas.scale_in_floor", "0.5", "0.95", Concern::Scaling),
    assumed("async.first_dispatch", "0 ms", "1 s", Concern::Events),
    assumed("async.jitter", "off", "{ uniform: [1.0, 2.0] }", Concern::Events),
    assumed("async.duplicates", "0 %", "1 %", Concern::Events),
    assumed("async.backlog_slowdown", "off", "3", Concern::Events),
    assumed("async.rps_nonaws", "off", "on", Concern::Events),
    assumed("alias.redraw_on_retry", "false", "true", Concern::WeightedAliases),
    assumed("rps.shape", "fixed_1s", "token_bucket", Concern::BusySeconds),
    assumed("rps.refund", "off", "on", Concern::BusySeconds),
    assumed("scale.rps_twin", "off", "on", Concern::ManyRequests),
    assumed("sched.jitter", "off", "{ uniform: [0 s, 120 s] }", Concern::Schedules),
    assumed("sched.first_firing", "at_once", "after_interval", Concern::Schedules),
    assumed("esm.activation", "0 s", "180 s", Concern::Mappings),
    assumed("sqs.latency", "0 ms", "200 ms", Concern::Queues),
    assumed("sqs.ramp", "continuous", "minute_steps", Concern::Queues),
    assumed("sqs.scale_in", "60/min", "1000/min", Concern::Queues),
    assumed("sqs.backoff", "off", "[2 s, 60 s]", Concern::Queues),
    assumed("stream.retry", "off", "[5 s, 300 s]", Concern::Streams),
    assumed("kafka.step", "2", "10", Concern::Kafka),
    assumed("fe.latency", "0 ms", "100 ms", Concern::FrontEnds),
    assumed("s3.latency", "100 ms", "10 s", Concern::Pushes),
    assumed("rollback_lag", "0 s", "60 s", Concern::Deployments),
];

/// Parameters that only name, round or permit something: other values of them are not tried.
static CONVENTIONS: [(&str, Concern); 9] = [
    ("throttle_reason.scaling_rate", Concern::ScalingThrottles),
    ("throttle_reason.account_rate", Concern::AccountThrottles),
    ("client.read_timeout", Concern::Clients),
    ("billing.rounding", Concern::Bills),
    ("billing.month", Concern::Bills),
    ("lim.allow_extended", Concern::ExtendedLimits),
    ("fe.httpapi_throttle_status", Concern::HttpApis),
    ("edge.viewer_timeout", Concern::CloudFront),
    ("edge.viewer_memory", Concern::CloudFront),
];

/// All undocumented parameters that a run has used, those of which no other value is tried included.
pub(super) fn parameters_in_play(plan: &Plan, result: &RunResult) -> Vec<&'static str> {
    let assumptions = assumptions_in_play(plan, result).into_iter();
    let conventions = CONVENTIONS
        .iter()
        .filter(|(_, concern)| is_used(*concern, plan, result));
    let assumptions = assumptions.map(|assumption| assumption.name);
    assumptions.chain(conventions.map(|(name, _)| *name)).collect()
}

/// The assumptions that a run has used, as far as its plan and its numbers tell without another run.
pub fn assumptions_in_play(plan: &Plan, result: &RunResult) -> Vec<Assumption> {
    let used = |assumption: &&Assumption| is_used(assumption.concerns, plan, result);
    ASSUMPTIONS.iter().filter(used).copied().collect()
}

fn is_used(concern: Concern, plan: &Plan, result: &RunResult) -> bool {
    const HOUR: f64 = 3_600.0;
    let (summary, totals) = (&result.summary, &result.summary.totals);
    let any_function = |test: &dyn Fn(&FunctionSummary) -> bool| summary.functions.iter().any(test);
    let mut versions = plan.functions.iter().flat_map(|function| &function.versions);
    let mut equipped = |test: &dyn Fn(&VersionConfig) -> bool| versions.any(test);
    let mut qualifiers = plan.functions.iter().flat_map(|function| &function.qualifiers);
    let mut entries = plan.entries();
    let acts = !plan.changes.is_empty() || !plan.control.scaling.is_empty();
    let stream = |source: &MappingSource| matches!(source, MappingSource::Stream(_));
    let mut fronts = plan.entries().filter_map(|entry| match &entry.through {
        Some(Through::Front(front)) => Some(front),
        _ => None,
    });
    let refuses = |cause: Cause| any_function(&|function| function.throttles_by_cause[cause as usize] > 0);
    match concern {
        Concern::ColdStarts => totals.cold_starts > 0,
        Concern::LongRuns => totals.cold_starts > 0 && plan.duration.as_secs_f64() > HOUR,
        Concern::Answers => totals.invocations > 0,
        Concern::Choice => any_function(&|function| function.environments.max > 1),
        Concern::Restores => equipped(&VersionConfig::restores),
        Concern::FileSystems => equipped(&|version| {
            version
                .equipment
                .as_deref()
                .is_some_and(|equipment| equipment.mount.is_some())
        }),
        Concern::Networks => equipped(&|version| {
            let network = |equipment: &crate::lambda::Equipment| equipment.network.is_some();
            version.equipment.as_deref().is_some_and(network)
        }),
        Concern::Allocations => acts && result.provisioned_times.enabled.as_micros() > 0,
        Concern::Scaling => !plan.control.scaling.is_empty(),
        Concern::Events => any_function(&|function| function.asynchronous.received > 0),
        Concern::WeightedAliases => qualifiers.any(|qualifier| qualifier.additional.is_some()),
        Concern::BusySeconds => busiest_second(result) > 0.5,
        Concern::ManyRequests => result.peaks.requests.used > 5_000,
        Concern::Schedules => plan
            .sources
            .iter()
            .any(|source| matches!(source.process, Process::Spread(_) | Process::Every { .. })),
        Concern::Mappings => !plan.mappings.is_empty() && !plan.changes.is_empty(),
        Concern::Queues => plan.mappings.iter().any(|mapping| !stream(&mapping.source)),
        Concern::Streams => plan.mappings.iter().any(|mapping| stream(&mapping.source)),
        Concern::Kafka => plan
            .mappings
            .iter()
            .any(|mapping| matches!(&mapping.source, MappingSource::Stream(read) if read.pollers.is_some())),
        Concern::FrontEnds => fronts.next().is_some(),
        Concern::Pushes => {
            let pushed = plan.links.iter().any(|link| link.push.is_some());
            pushed || entries.any(|entry| matches!(entry.through, Some(Through::Push(_))))
        }
        Concern::Deployments => !plan.control.deployments.is_empty(),
        Concern::ScalingThrottles => refuses(Cause::ScalingRate),
        Concern::AccountThrottles => refuses(Cause::AccountRate),
        Concern::Clients => plan.flows.iter().any(|flow| {
            let entry = &plan.traffic[flow.traffic.index()];
            let waits = flow.invocation_type == InvocationType::RequestResponse;
            waits && entry.sender == Sender::Traffic && entry.through.is_none()
        }),
        Concern::Bills => !result.bill.lines.is_empty(),
        Concern::ExtendedLimits => {
            equipped(&|version| version.memory > LARGEST_MEMORY || version.timeout > LONGEST_TIMEOUT)
        }
        // A REST API answers another status when it has waited long enough (FE-1, FE-2).
        Concern::HttpApis => {
            fronts.any(|front| front.service == FrontService::ApiGateway && front.timeout_status == 503)
        }
        Concern::CloudFront => fronts.any(|front| front.service == FrontService::CloudFront),
    }
}

/// The largest share of a request rate that one second used.
fn busiest_second(result: &RunResult) -> f64 {
    let functions = result.peaks.functions.iter().map(|peaks| peaks.requests);
    let all = functions.chain([result.peaks.requests]);
    all.map(Peak::share).fold(0.0, f64::max)
}

/// The function with the most requests, whose latency is told.
pub fn busiest_function(result: &RunResult) -> FunctionId {
    let functions = result.summary.functions.iter().zip(0..);
    let busiest = functions.max_by_key(|(function, number)| (function.counts.requests, std::cmp::Reverse(*number)));
    FunctionId(busiest.map_or(0, |(_, number)| number))
}

/// What comes of other values of one assumption.
#[derive(Clone, Debug, PartialEq)]
pub struct Swing {
    /// The assumption.
    pub assumption: Assumption,
    /// With its low value; `None` where the scenario refuses it.
    pub low: Option<Effect>,
    /// With its high value.
    pub high: Option<Effect>,
}

impl Swing {
    /// Whether a value of it changes anything that is told.
    pub(super) fn matters(&self, base: &Effect) -> bool {
        [&self.low, &self.high]
            .into_iter()
            .flatten()
            .any(|effect| effect != base)
    }
}

/// The sensitivity of a run to its assumptions.
#[derive(Clone, Debug, PartialEq)]
pub struct Sensitivity {
    /// The function whose throttling and latency are told.
    pub function: FunctionId,
    /// The run as it is.
    pub base: Effect,
    /// One entry for each assumption in play.
    pub swings: Vec<Swing>,
}

impl Sensitivity {
    /// `sensitivity.json`.
    pub fn json(&self, plan: &Plan) -> Value {
        let value = |value: &str, effect: &Option<Effect>| json!({ "value": value, "effect": effect.as_ref().map(Effect::json) });
        let swing = |swing: &Swing| {
            json!({
                "parameter": swing.assumption.name,
                "low": value(swing.assumption.low, &swing.low),
                "high": value(swing.assumption.high, &swing.high),
                "matters": swing.matters(&self.base),
            })
        };
        json!({
            "function": plan.functions[self.function.index()].name,
            "base": self.base.json(),
            "assumptions": self.swings.iter().map(swing).collect::<Vec<_>>(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;
    use crate::scenario::parameters;

    fn names(sample: &Sample) -> Vec<&'static str> {
        let found = assumptions_in_play(&sample.plan, &sample.result);
        found.into_iter().map(|assumption| assumption.name).collect()
    }

    #[test]
    fn every_assumption_is_a_parameter_and_stands_once() {
        let known: Vec<&str> = parameters().iter().map(|parameter| parameter.name).collect();
        for (place, assumption) in ASSUMPTIONS.iter().enumerate() {
            assert!(known.contains(&assumption.name), "{}", assumption.name);
            assert!(assumption.low != assumption.high);
            assert!(ASSUMPTIONS[..place].iter().all(|other| other.name != assumption.name));
        }
        let untold = known.iter().filter(|name| {
            let tried = ASSUMPTIONS.iter().any(|assumption| assumption.name == **name);
            tried == CONVENTIONS.iter().any(|(convention, _)| convention == *name)
        });
        assert_eq!(untold.collect::<Vec<_>>(), Vec::<&&str>::new());
    }

    #[test]
    fn what_names_or_rounds_something_is_in_play_where_that_is_met() {
        let mut sample = Sample::busy();
        let in_play = |sample: &Sample| parameters_in_play(&sample.plan, &sample.result);
        let found = in_play(&sample);
        assert!(found.contains(&"throttle_reason.scaling_rate") && found.contains(&"billing.month"));
        assert!(found.contains(&"client.read_timeout") && found.contains(&"placement"));
        assert!(!found.contains(&"throttle_reason.account_rate") && !found.contains(&"lim.allow_extended"));
        sample.plan.function_mut(0).versions[0].timeout = Span::from_secs(901);
        assert!(in_play(&sample).contains(&"lim.allow_extended"));
    }

    #[test]
    fn only_what_a_run_has_used_is_in_play() {
        assert!(names(&Sample::blank()).is_empty());
        let mut sample = Sample::busy();
        let found = names(&sample);
        assert!(found.contains(&"placement") && found.contains(&"max_life") && found.contains(&"async.jitter"));
        assert!(!found.contains(&"restore") && !found.contains(&"sqs.ramp") && !found.contains(&"rps.shape"));
        sample.result.summary.totals.cold_starts = 0;
        assert!(!names(&sample).contains(&"placement"));
        sample.result.peaks.requests = Peak { used: 9, limit: 10 };
        assert!(names(&sample).contains(&"rps.shape"));
    }
}
