//! Laws that hold for every plan, checked on many random ones (contract §4, lambda-model INVAR-1…3).

use std::collections::{BTreeMap, BTreeSet};

use lambdasim::facts::{
    Architecture, AsyncStep, Attempt, Call, Cause, Ended, Ending, FunctionId, InvocationType, Observer, Pool,
    QualifierId, Refusal, StartKind, Verdict, VersionId,
};
use lambdasim::kernel::Distribution;
use lambdasim::lambda::{EnvPick, FunctionConfig, RateShape, RetryMode, ScalingRule, VersionConfig};
use lambdasim::metrics::Counts;
use lambdasim::pricing::Measure;
use lambdasim::simulation::{Plan, RunResult, simulate};
use lambdasim::units::{MemoryMb, Money, SimTime, Span};
use rayon::prelude::*;

use crate::support::{self, Chronicle, any_plan, chronicle};

/// Plans on which each law is tried; the limits of the platform, which random plans meet seldom, on more.
const SEEDS: u64 = 60;
const SEEDS_FOR_LIMITS: u64 = 150;

/// One run of one random plan.
struct Case {
    plan: Plan,
    result: RunResult,
    told: Chronicle,
}

/// Says how to repeat a run that broke a law, whichever way it did.
struct Replay(u64);

impl Drop for Replay {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", support::replay(self.0));
        }
    }
}

fn every_plan(law: impl Fn(&Plan) + Sync) {
    (0..SEEDS).into_par_iter().for_each(|seed| {
        let _replay = Replay(seed);
        law(&any_plan(seed));
    });
}

fn every_run(law: impl Fn(&Case) + Sync) {
    every_plan(|plan| {
        let (result, told, _) = chronicle(plan);
        let plan = plan.clone();
        law(&Case { plan, result, told });
    });
}

impl Case {
    fn function(&self, id: FunctionId) -> &FunctionConfig {
        &self.plan.functions[id.index()]
    }

    fn version(&self, attempt: &Attempt) -> &VersionConfig {
        &self.function(attempt.function).versions[attempt.version.index()]
    }

    fn is_event(&self, attempt: &Attempt) -> bool {
        self.plan.flows[attempt.flow.index()].invocation_type == InvocationType::Event
    }

    /// Attempts of each environment in order of time.
    fn by_environment(&self) -> BTreeMap<(FunctionId, u64), Vec<&Attempt>> {
        let mut all: BTreeMap<_, Vec<&Attempt>> = BTreeMap::new();
        for attempt in &self.told.attempts {
            all.entry((attempt.function, attempt.environment))
                .or_default()
                .push(attempt);
        }
        all
    }

    /// The part of a stretch of time in which gauges are taken.
    fn in_window(&self, from: SimTime, to: SimTime) -> u64 {
        let (first, last) = (self.plan.warm_up.as_micros(), self.plan.duration.as_micros());
        to.as_micros().clamp(first, last) - from.as_micros().clamp(first, last)
    }

    fn window_micros(&self) -> f64 {
        (self.plan.duration.as_micros() - self.plan.warm_up.as_micros()) as f64
    }

    fn counts(&self, arrived: SimTime) -> bool {
        arrived.as_micros() >= self.plan.warm_up.as_micros()
    }
}

fn close(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 1e-9 * expected.abs().max(1.0)
}

// ---------------------------------------------------------------- identities

/// The counts that follow from what was told of arrivals and attempts chosen by `of` (function, traffic).
fn recount(case: &Case, of: impl Fn(FunctionId, usize) -> bool) -> Counts {
    let plan = &case.plan;
    let traffic = |flow: usize| plan.flows[flow].traffic.index();
    let call = |call: &Call| case.counts(call.arrived) && of(call.function, traffic(call.flow.index()));
    let mut counts = Counts {
        arrivals: case.told.arrivals.iter().filter(|arrived| call(arrived)).count() as u64,
        ..Counts::default()
    };
    for ended in case.told.ends.iter().filter(|ended| call(&ended.call)) {
        match ended.ending {
            Ending::Succeeded => counts.succeeded += 1,
            Ending::Failed | Ending::Refused => counts.failed += 1,
            Ending::Throttled => counts.throttled += 1,
            Ending::Dropped => counts.dropped += 1,
            Ending::DryRun => counts.dry_run += 1,
        }
    }
    counts.in_flight_at_end = counts.arrivals - counts.ended();
    for attempt in &case.told.attempts {
        if case.counts(attempt.arrived) && of(attempt.function, traffic(attempt.flow.index())) {
            counts.invocations += 1;
            counts.cold_starts += u64::from(attempt.start_kind == StartKind::Cold);
            counts.errors += u64::from(attempt.end < plan.horizon() && attempt.verdict != Verdict::Ok);
        }
    }
    for refusal in &case.told.refusals {
        if case.counts(refusal.arrived) && of(refusal.function, traffic(refusal.flow.index())) {
            counts.throttles += u64::from(refusal.throttle.is_some());
            counts.rejected += u64::from(refusal.throttle.is_none());
        }
    }
    counts.requests = counts.invocations + counts.throttles + counts.rejected;
    counts
}

#[test]
fn arrivals_and_requests_add_up_in_total_per_function_and_per_traffic_entry() {
    every_run(|case| {
        let summary = &case.result.summary;
        assert_eq!(summary.totals, recount(case, |_, _| true));
        for (index, function) in summary.functions.iter().enumerate() {
            assert_eq!(
                function.counts,
                recount(case, |id, _| id.index() == index),
                "function {index}"
            );
        }
        for (index, traffic) in summary.traffic.iter().enumerate() {
            assert_eq!(
                traffic.counts,
                recount(case, |_, number| number == index),
                "traffic {index}"
            );
        }
    });
}

#[test]
fn every_arrival_ends_at_most_once_and_before_the_end_of_the_run() {
    every_run(|case| {
        let mut ended = BTreeSet::new();
        for Ended { call, time, .. } in &case.told.ends {
            assert!(ended.insert((call.flow, call.ordinal)), "{call:?} ended twice");
            assert!(
                *time >= call.arrived && *time < case.plan.horizon(),
                "{call:?} ended at {time:?}"
            );
        }
    });
}

#[test]
fn invar_2_cold_warm_and_provisioned_starts_are_all_invocations_and_spill_is_the_rest_of_a_provisioned_target() {
    every_run(|case| {
        let starts = |kind| case.told.attempts.iter().filter(|a| a.start_kind == kind).count();
        let kinds = [StartKind::Cold, StartKind::Warm, StartKind::Provisioned].map(starts);
        assert_eq!(kinds.iter().sum::<usize>(), case.told.attempts.len());
        for attempt in &case.told.attempts {
            let qualifier = &case.function(attempt.function).qualifiers[attempt.qualifier.index()];
            let plain_target = qualifier.provisioned > 0 && qualifier.additional.is_none();
            if plain_target {
                assert!(
                    attempt.spilled != (attempt.start_kind == StartKind::Provisioned),
                    "{attempt:?}"
                );
            }
            if qualifier.provisioned == 0 {
                assert!(
                    !attempt.spilled && attempt.start_kind != StartKind::Provisioned,
                    "{attempt:?}"
                );
            }
        }
    });
}

// ---------------------------------------------------------------- pools and rates

/// Watches a run from the door: who is inside, and whether a refusal was right.
struct Gatekeeper<'a> {
    plan: &'a Plan,
    on_demand: Vec<u64>,
    provisioned_busy: BTreeMap<(FunctionId, QualifierId), u64>,
    second: u64,
    /// Requests of the running second that count for RPS-1, and for RPS-2 by function.
    requests: u64,
    requests_of: Vec<u64>,
    provisioned_requests: BTreeMap<(FunctionId, QualifierId), u64>,
    refused: [u64; 6],
}

impl<'a> Gatekeeper<'a> {
    fn new(plan: &'a Plan) -> Gatekeeper<'a> {
        Gatekeeper {
            plan,
            on_demand: vec![0; plan.functions.len()],
            provisioned_busy: BTreeMap::new(),
            second: 0,
            requests: 0,
            requests_of: vec![0; plan.functions.len()],
            provisioned_requests: BTreeMap::new(),
            refused: [0; 6],
        }
    }

    fn limit(&self) -> u64 {
        self.plan.account.concurrent_executions as u64
    }

    fn reserved(&self, function: usize) -> Option<u64> {
        self.plan.functions[function].reserved.map(u64::from)
    }

    fn provisioned_of(&self, function: usize) -> u64 {
        self.plan.functions[function]
            .qualifiers
            .iter()
            .map(|q| q.provisioned as u64)
            .sum()
    }

    fn unreserved(&self) -> impl Iterator<Item = usize> {
        (0..self.plan.functions.len()).filter(|f| self.reserved(*f).is_none())
    }

    /// The left side of INVAR-1: what reservations, provisioned concurrency and running work claim of the account.
    fn claimed(&self) -> u64 {
        let reserved: u64 = (0..self.plan.functions.len()).filter_map(|f| self.reserved(f)).sum();
        let unreserved: u64 = self
            .unreserved()
            .map(|f| self.provisioned_of(f) + self.on_demand[f])
            .sum();
        reserved + unreserved
    }

    fn reach(&mut self, time: SimTime) {
        let second = time.as_micros() / 1_000_000;
        assert!(second >= self.second, "time runs backwards");
        if second > self.second {
            self.second = second;
            self.requests = 0;
            self.requests_of.fill(0);
            self.provisioned_requests.clear();
        }
    }

    /// Ten a second per unit; a token bucket lets twice that through in its first second (RPS-5).
    fn per_second(&self, concurrency: u64) -> u64 {
        match self.plan.account.rate_shape {
            RateShape::FixedSecond => 10 * concurrency,
            RateShape::TokenBucket => 20 * concurrency,
        }
    }
}

impl Observer for Gatekeeper<'_> {
    fn slot(&mut self, time: SimTime, pool: Pool, taken: bool) {
        self.reach(time);
        let function = pool.function.index();
        if pool.provisioned {
            let busy = self
                .provisioned_busy
                .entry((pool.function, pool.qualifier))
                .or_default();
            *busy = if taken { *busy + 1 } else { *busy - 1 };
            let ready = self.plan.functions[function].qualifiers[pool.qualifier.index()].provisioned as u64;
            assert!(*busy <= ready, "more busy provisioned environments than there are");
            return;
        }
        let busy = &mut self.on_demand[function];
        *busy = if taken { *busy + 1 } else { *busy - 1 };
        assert!(self.claimed() <= self.limit(), "INVAR-1 at {time:?}");
        if let Some(reserved) = self.reserved(function) {
            assert!(
                self.on_demand[function] <= reserved - self.provisioned_of(function),
                "INVAR-1 at {time:?}"
            );
        }
    }

    fn ran(&mut self, attempt: &Attempt) {
        self.reach(attempt.start);
        let function = attempt.function.index();
        if attempt.start_kind == StartKind::Provisioned {
            let target = (attempt.function, attempt.qualifier);
            let ready = self.plan.functions[function].qualifiers[attempt.qualifier.index()].provisioned as u64;
            let most = self.per_second(ready);
            let count = self.provisioned_requests.entry(target).or_default();
            *count += 1;
            assert!(*count <= most, "RPS-3 at {:?}", attempt.start);
        }
        if self.plan.flows[attempt.flow.index()].invocation_type == InvocationType::Event {
            return;
        }
        self.requests += 1;
        assert!(
            self.requests <= self.per_second(self.limit()),
            "RPS-1 at {:?}",
            attempt.start
        );
        self.requests_of[function] += 1;
        if let Some(reserved) = self.reserved(function) {
            assert!(
                self.requests_of[function] <= self.per_second(reserved),
                "RPS-2 at {:?}",
                attempt.start
            );
        }
    }

    fn asynchronous(&mut self, time: SimTime, _call: &Call, step: AsyncStep) {
        self.reach(time);
        if step == AsyncStep::Received && self.plan.account.rate_limits_events {
            self.requests += 1;
            assert!(
                self.requests <= self.per_second(self.limit()),
                "RPS-1 (RPS-4) at {time:?}"
            );
        }
    }

    fn refused(&mut self, refusal: &Refusal) {
        self.reach(refusal.time);
        let function = refusal.function.index();
        let Some((_, cause)) = refusal.throttle else {
            assert_eq!(self.reserved(function), Some(0), "{refusal:?}");
            return;
        };
        self.refused[cause as usize] += 1;
        // Without refund the rate also counts requests that later checks refused.
        let countable = self.plan.account.rate_shape == RateShape::FixedSecond && self.plan.account.rate_refund;
        match cause {
            Cause::ReservedZero => assert_eq!(self.reserved(function), Some(0)),
            Cause::AccountConcurrency => {
                assert_eq!(self.reserved(function), None);
                assert_eq!(
                    self.claimed(),
                    self.limit(),
                    "refused while there was room: {refusal:?}"
                );
            }
            Cause::ReservedConcurrency => {
                let room = self
                    .reserved(function)
                    .map(|reserved| reserved - self.provisioned_of(function));
                assert_eq!(
                    Some(self.on_demand[function]),
                    room,
                    "refused while there was room: {refusal:?}"
                );
            }
            Cause::AccountRate if countable => assert_eq!(self.requests, 10 * self.limit(), "{refusal:?}"),
            Cause::ReservedRate if countable => {
                let most = self.reserved(function).map(|reserved| 10 * reserved);
                assert_eq!(Some(self.requests_of[function]), most, "{refusal:?}");
            }
            Cause::AccountRate | Cause::ReservedRate | Cause::ScalingRate => {}
        }
    }
}

#[test]
fn invar_1_no_pool_is_ever_overdrawn_no_request_rate_exceeded_and_nothing_refused_while_there_is_room() {
    let refused: Vec<[u64; 6]> = (0..SEEDS_FOR_LIMITS)
        .into_par_iter()
        .map(|seed| {
            let _replay = Replay(seed);
            let plan = any_plan(seed);
            let mut gatekeeper = Gatekeeper::new(&plan);
            simulate(&plan, &mut (), Some(&mut gatekeeper), &mut ()).expect("nothing stops it");
            gatekeeper.refused
        })
        .collect();
    for cause in Cause::ALL {
        let plans = refused.iter().filter(|counts| counts[cause as usize] > 0).count();
        assert!(
            plans >= 3,
            "only {plans} plans meet {cause:?}: the law was hardly tested"
        );
    }
}

/// Whether creations in microseconds, in order, keep to `capacity` at once and one more every `micros_per_token`, in
/// every window; and the instants at which a further one would have been allowed, by the same measure.
struct Creations {
    capacity: i128,
    micros_per_token: i128,
    count: i128,
    /// Smallest (number · micros_per_token − time) of a creation so far.
    lowest: i128,
}

impl Creations {
    fn new(capacity: u64, micros_per_token: u64) -> Creations {
        Creations {
            capacity: capacity as i128,
            micros_per_token: micros_per_token as i128,
            count: 0,
            lowest: i128::MAX,
        }
    }

    /// A window from creation i to now holds n − i of them, the next one included: n − i ≤ capacity + (now − t(i)) / token.
    fn allows(&self, now: SimTime) -> bool {
        let now = now.as_micros() as i128;
        self.lowest == i128::MAX || (self.count + 1 - self.capacity) * self.micros_per_token - now <= self.lowest
    }

    fn add(&mut self, now: SimTime) {
        self.lowest = self
            .lowest
            .min(self.count * self.micros_per_token - now.as_micros() as i128);
        self.count += 1;
    }
}

struct ScalingWatch {
    rule: ScalingRule,
    by_function: Vec<Creations>,
    refused: u64,
}

impl ScalingWatch {
    fn new(plan: &Plan) -> ScalingWatch {
        // SCALE-1: 1,000 and 100 a second per function. SCALE-6: one bucket for all, 500 a minute.
        let one = || match plan.account.scaling {
            ScalingRule::PerFunction => Creations::new(1_000, 10_000),
            ScalingRule::AccountWide { burst } => Creations::new(burst as u64, 120_000),
        };
        ScalingWatch {
            rule: plan.account.scaling,
            by_function: plan.functions.iter().map(|_| one()).collect(),
            refused: 0,
        }
    }

    fn of(&mut self, function: FunctionId) -> &mut Creations {
        let shared = self.rule != ScalingRule::PerFunction;
        &mut self.by_function[if shared { 0 } else { function.index() }]
    }
}

impl Observer for ScalingWatch {
    fn ran(&mut self, attempt: &Attempt) {
        if attempt.start_kind == StartKind::Cold {
            let creations = self.of(attempt.function);
            assert!(creations.allows(attempt.start), "INVAR-3: {attempt:?}");
            creations.add(attempt.start);
        }
    }

    fn refused(&mut self, refusal: &Refusal) {
        if let Some((_, Cause::ScalingRate)) = refusal.throttle {
            let allowed = self.of(refusal.function).allows(refusal.time);
            assert!(!allowed, "SCALE-1 refused too early: {refusal:?}");
            self.refused += 1;
        }
    }
}

#[test]
fn invar_3_environments_are_added_no_faster_and_no_slower_than_the_scaling_rate_in_every_window() {
    let refused: u64 = (0..SEEDS_FOR_LIMITS)
        .into_par_iter()
        .map(|seed| {
            let _replay = Replay(seed);
            let plan = any_plan(seed);
            let mut watch = ScalingWatch::new(&plan);
            simulate(&plan, &mut (), Some(&mut watch), &mut ()).expect("nothing stops it");
            watch.refused
        })
        .sum();
    assert!(
        refused > 1_000,
        "only {refused} refusals by scaling rate: the law was hardly tested"
    );
}

// ---------------------------------------------------------------- environments and versions

#[test]
fn life_11_an_environment_serves_one_attempt_at_a_time_of_one_version_and_rests_its_turnaround() {
    every_run(|case| {
        for ((function, _), served) in case.by_environment() {
            let turnaround = case.function(function).turnaround;
            for pair in served.windows(2) {
                assert!(pair[1].start >= pair[0].end + turnaround, "{pair:?}");
                assert_eq!(pair[0].version, pair[1].version);
                let on_provisioned = |attempt: &Attempt| attempt.start_kind == StartKind::Provisioned;
                assert_eq!(on_provisioned(pair[0]), on_provisioned(pair[1]), "{pair:?}");
                assert_ne!(pair[1].start_kind, StartKind::Cold, "{pair:?}");
            }
            assert_ne!(served[0].start_kind, StartKind::Warm, "{:?}", served[0]);
        }
    });
}

#[test]
fn life_13_and_14_no_environment_serves_after_its_idle_life_or_maximum_life() {
    every_run(|case| {
        for served in case.by_environment().values() {
            let version = case.version(served[0]);
            let on_demand = served[0].start_kind != StartKind::Provisioned;
            // The largest draw there is gives the longest life there is.
            let longest = |life: &Distribution| life.sample((1 << 53) - 1);
            for pair in served.windows(2).filter(|_| on_demand) {
                let idle = version.idle.as_ref().map_or(Span::MAX, longest);
                assert!(pair[1].start < pair[0].end.saturating_add(idle), "LIFE-14: {pair:?}");
                let life = version.max_life.as_ref().map_or(Span::MAX, longest);
                assert!(
                    pair[1].start < served[0].start.saturating_add(life),
                    "LIFE-13: {pair:?}"
                );
            }
        }
    });
}

/// The environment that `pick` prefers among idle ones: (created, idle since, number); equal ones are all right.
fn preferred(pick: EnvPick, idle: &[(u64, SimTime)]) -> Vec<u64> {
    let numbers = || idle.iter().map(|entry| entry.0);
    let latest = idle.iter().map(|entry| entry.1).max();
    let earliest = idle.iter().map(|entry| entry.1).min();
    let since = |wanted| {
        idle.iter()
            .filter(|entry| Some(entry.1) == wanted)
            .map(|entry| entry.0)
            .collect()
    };
    match pick {
        EnvPick::MostRecentlyUsed => since(latest),
        EnvPick::LeastRecentlyUsed => since(earliest),
        EnvPick::NewestCreated => numbers().max().into_iter().collect(),
        EnvPick::Oldest => numbers().min().into_iter().collect(),
        EnvPick::Random => numbers().collect(),
    }
}

#[test]
fn life_16_the_environment_that_serves_is_the_one_the_parameter_names_and_none_is_created_beside_an_idle_one() {
    every_plan(|plan| {
        let mut plan = plan.clone();
        for version in plan.functions_mut().flat_map(|function| &mut function.versions) {
            (version.idle, version.max_life) = (None, None);
        }
        plan.drain = Span::ZERO;
        let (_, told, _) = chronicle(&plan);
        let mut free_from: BTreeMap<(FunctionId, VersionId), BTreeMap<u64, SimTime>> = BTreeMap::new();
        for attempt in told.attempts.iter().filter(|a| a.start_kind != StartKind::Provisioned) {
            let function = &plan.functions[attempt.function.index()];
            let all = free_from.entry((attempt.function, attempt.version)).or_default();
            let is_idle = |since: SimTime| since + function.turnaround <= attempt.start;
            let idle: Vec<(u64, SimTime)> = all
                .iter()
                .filter(|(_, since)| is_idle(**since))
                .map(|(n, since)| (*n, *since))
                .collect();
            match attempt.start_kind {
                StartKind::Warm => {
                    let allowed = preferred(function.env_pick, &idle);
                    assert!(allowed.contains(&attempt.environment), "{attempt:?} among {idle:?}");
                }
                _ => assert!(idle.is_empty(), "{attempt:?} beside {idle:?}"),
            }
            all.insert(attempt.environment, attempt.end);
        }
    });
}

#[test]
fn alias_3_an_attempt_runs_only_on_a_version_of_its_qualifier() {
    every_run(|case| {
        for attempt in &case.told.attempts {
            let qualifier = &case.function(attempt.function).qualifiers[attempt.qualifier.index()];
            let additional = qualifier.additional.map(|(version, _)| version);
            let allowed = attempt.version == qualifier.version || Some(attempt.version) == additional;
            assert!(allowed, "{attempt:?}");
            let weight = qualifier.additional.map_or(0.0, |(_, share)| share.as_fraction());
            let other = if weight == 0.0 {
                additional
            } else {
                Some(qualifier.version)
            };
            if weight == 0.0 || weight == 1.0 {
                assert_ne!(
                    Some(attempt.version),
                    other,
                    "a weight of 0 % or 100 % draws nothing else"
                );
            }
        }
    });
}

#[test]
fn environments_of_the_summary_are_those_told_and_those_that_served() {
    every_run(|case| {
        let plan = &case.plan;
        for (index, summary) in case.result.summary.functions.iter().enumerate() {
            let id = FunctionId(index as u32);
            let mut events: Vec<(SimTime, bool)> = case
                .told
                .environments
                .iter()
                .filter(|e| e.1 == id)
                .map(|e| (e.0, e.2))
                .collect();
            // At one instant ends come before creations (TIME-2).
            events.sort_unstable();
            let (mut existing, mut max, mut integral) = (0_i64, 0, 0_i128);
            let window =
                |time: SimTime| (plan.warm_up.as_micros()..plan.duration.as_micros()).contains(&time.as_micros());
            for (place, (time, created)) in events.iter().enumerate() {
                existing += if *created { 1 } else { -1 };
                let until = events.get(place + 1).map_or(plan.horizon(), |next| next.0);
                let stays = case.in_window(*time, until);
                integral += existing as i128 * stays as i128;
                if stays > 0 {
                    max = max.max(existing);
                }
            }
            assert!(
                close(summary.environments.mean, integral as f64 / case.window_micros()),
                "mean of function {index}"
            );
            assert!(summary.environments.max as i64 >= max, "maximum of function {index}");
            let created = events
                .iter()
                .filter(|(time, created)| *created && window(*time))
                .count() as u64;
            assert_eq!(summary.environments_created, created, "function {index}");
            let idle_mean = summary.environments.mean - summary.concurrent_executions.mean;
            assert!(close(summary.environments_idle_mean, idle_mean), "function {index}");
            let served = case
                .told
                .attempts
                .iter()
                .filter(|a| a.function == id && window(a.start));
            let used: BTreeSet<u64> = served.map(|attempt| attempt.environment).collect();
            if plan.drain.is_zero() {
                assert_eq!(summary.environments_used, used.len() as u64, "function {index}");
            }
        }
    });
}

#[test]
fn on_demand_environments_live_from_their_first_attempt_to_the_end_of_their_idle_life() {
    every_plan(|plan| {
        let mut plan = plan.clone();
        let idle = Span::from_millis(3_210);
        for version in plan.functions_mut().flat_map(|function| &mut function.versions) {
            (version.idle, version.max_life) = (Some(Distribution::constant(idle)), None);
        }
        let (result, told, _) = chronicle(&plan);
        let case = Case { plan, result, told };
        let mut integral = vec![0_u64; case.plan.functions.len()];
        for ((function, _), served) in case.by_environment() {
            let (first, last) = (served[0], served[served.len() - 1]);
            if first.start_kind != StartKind::Provisioned {
                integral[function.index()] += case.in_window(first.start, last.end + idle);
            }
        }
        for (index, function) in case.plan.functions.iter().enumerate() {
            let provisioned: u32 = function.qualifiers.iter().map(|q| q.provisioned).sum();
            let expected = provisioned as f64 + integral[index] as f64 / case.window_micros();
            let found = case.result.summary.functions[index].environments.mean;
            assert!(close(found, expected), "function {index}: {found}, expected {expected}");
        }
    });
}

// ---------------------------------------------------------------- Little's law

#[test]
fn little_mean_concurrency_is_the_sum_of_busy_times_over_the_window() {
    every_run(|case| {
        let busy = |wanted: &dyn Fn(&Attempt) -> bool| {
            let attempts = case.told.attempts.iter().filter(|attempt| wanted(attempt));
            let micros: u64 = attempts.map(|attempt| case.in_window(attempt.start, attempt.end)).sum();
            micros as f64 / case.window_micros()
        };
        let summary = &case.result.summary;
        assert!(close(summary.account.concurrent_executions.mean, busy(&|_| true)));
        for (index, function) in summary.functions.iter().enumerate() {
            let expected = busy(&|attempt| attempt.function.index() == index);
            assert!(close(function.concurrent_executions.mean, expected), "function {index}");
        }
        let unreserved = busy(&|attempt| {
            case.function(attempt.function).reserved.is_none() && attempt.start_kind != StartKind::Provisioned
        });
        assert!(close(summary.account.unreserved_concurrent_executions.mean, unreserved));
    });
}

#[test]
fn busy_time_is_placement_init_and_duration_and_duration_keeps_to_the_timeout() {
    every_run(|case| {
        for attempt in &case.told.attempts {
            let busy = attempt.placement + attempt.init + attempt.duration;
            assert_eq!(attempt.end, attempt.start + busy, "ADM-1: {attempt:?}");
            let timeout = case.version(attempt).timeout;
            assert!(attempt.duration <= timeout, "LIFE-7: {attempt:?}");
            if attempt.verdict == Verdict::Timeout {
                assert_eq!(attempt.duration, timeout, "INV-7: {attempt:?}");
            }
            assert!(attempt.init <= Span::from_secs(10), "LIFE-2: {attempt:?}");
            if attempt.start_kind != StartKind::Cold {
                assert!(attempt.init.is_zero() && attempt.placement.is_zero(), "{attempt:?}");
            }
            assert_eq!(attempt.completes, attempt.end < case.plan.horizon());
        }
    });
}

// ---------------------------------------------------------------- callers and events

/// Everything told of one arrival.
#[derive(Default)]
struct Story<'a> {
    attempts: Vec<&'a Attempt>,
    refusals: Vec<&'a Refusal>,
    steps: Vec<(SimTime, AsyncStep)>,
}

fn stories(case: &Case, event: bool) -> Vec<(Call, Story<'_>)> {
    let mut all: BTreeMap<_, (Call, Story)> = BTreeMap::new();
    let wanted = if event {
        InvocationType::Event
    } else {
        InvocationType::RequestResponse
    };
    for call in case.told.arrivals.iter().filter(|call| call.invocation_type == wanted) {
        all.insert((call.flow, call.ordinal), (*call, Story::default()));
    }
    for attempt in &case.told.attempts {
        if let Some((_, story)) = all.get_mut(&(attempt.flow, attempt.ordinal)) {
            story.attempts.push(attempt);
        }
    }
    for refusal in &case.told.refusals {
        if let Some((_, story)) = all.get_mut(&(refusal.flow, refusal.ordinal)) {
            story.refusals.push(refusal);
        }
    }
    for (time, call, step) in &case.told.steps {
        if let Some((_, story)) = all.get_mut(&(call.flow, call.ordinal)) {
            story.steps.push((*time, *step));
        }
    }
    all.into_values().collect()
}

#[test]
fn sdk_a_caller_makes_at_most_its_attempts_and_waits_no_longer_than_its_mode_allows() {
    every_run(|case| {
        for (call, story) in stories(case, false) {
            let retry = case.plan.traffic[case.plan.flows[call.flow.index()].traffic.index()].retry;
            let most = if retry.mode == RetryMode::None {
                1
            } else {
                retry.max_attempts
            };
            let mut tries: Vec<(u32, SimTime)> = story.attempts.iter().map(|a| (a.attempt, a.start)).collect();
            tries.extend(story.refusals.iter().map(|refusal| (refusal.attempt, refusal.time)));
            tries.sort_unstable();
            let numbers: Vec<u32> = tries.iter().map(|attempt| attempt.0).collect();
            assert_eq!(numbers, (0..tries.len() as u32).collect::<Vec<u32>>(), "{call:?}");
            assert!(tries.len() <= most as usize, "{call:?}: {tries:?}");
            let limited = matches!(retry.mode, RetryMode::Adaptive | RetryMode::Adaptive2026);
            for (index, pair) in tries.windows(2).enumerate().filter(|_| !limited) {
                // U × 2^i s after the answer, 20 s at most but for the legacy mode; the answer comes at once or after
                // the read timeout.
                let longest = Span::from_secs(1 << index).as_micros().min(match retry.mode {
                    RetryMode::Legacy => u64::MAX,
                    _ => 20_000_000,
                });
                let answer = retry.read_timeout.unwrap_or(Span::ZERO).as_micros();
                assert!(
                    (pair[1].1 - pair[0].1).as_micros() <= longest + answer,
                    "{call:?}: {tries:?}"
                );
            }
        }
    });
}

#[test]
fn async_2_and_8_an_event_runs_at_most_its_retries_and_one_more_and_never_after_its_maximum_age() {
    every_run(|case| {
        for (call, story) in stories(case, true) {
            let function = case.function(call.function);
            let config = &function.qualifiers[call.qualifier.index()].event_invoke;
            let delivered_twice = u32::from(!function.events.duplicates.is_none());
            let most = config.maximum_retry_attempts + 1 + delivered_twice;
            assert!(story.attempts.len() <= most as usize, "ASYNC-2: {:?}", story.attempts);
            let deadline = call.arrived + config.maximum_event_age;
            for attempt in &story.attempts {
                assert!(attempt.start <= deadline, "ASYNC-8: {attempt:?}");
            }
            let last_end = story.attempts.iter().map(|attempt| attempt.end).max();
            for (time, step) in &story.steps {
                let expected = deadline.max(last_end.filter(|_| delivered_twice == 0).unwrap_or(deadline));
                if *step == AsyncStep::Expired && delivered_twice == 0 {
                    assert_eq!(*time, expected, "ASYNC-8: {call:?}");
                }
                if *step == AsyncStep::Refused {
                    assert_eq!(function.reserved, Some(0), "ASYNC-9: {call:?}");
                }
            }
        }
    });
}

#[test]
fn async_3_and_4_an_event_waits_a_minute_more_after_each_error_and_twice_as_long_after_each_throttle() {
    every_run(|case| {
        for (call, story) in stories(case, true) {
            let events = &case.function(call.function).events;
            if !events.duplicates.is_none() || case.plan.account.rate_limits_events {
                continue;
            }
            let retries = |step| story.steps.iter().filter(move |s| s.1 == step).map(|s| s.0);
            for (index, time) in retries(AsyncStep::RetriedAfterError).enumerate() {
                let wait = Span::from_secs(60 * (index as u64 + 1));
                assert_eq!(time, story.attempts[index].end + wait, "ASYNC-3: {call:?}");
            }
            for time in retries(AsyncStep::RetriedAfterThrottle) {
                let before: Vec<_> = story.refusals.iter().filter(|refusal| refusal.time < time).collect();
                let last = before.last().expect("a throttle comes before its retry");
                let ran = story
                    .attempts
                    .iter()
                    .map(|a| a.start)
                    .filter(|start| *start < time)
                    .max();
                let in_row = before
                    .iter()
                    .filter(|refusal| ran.is_none_or(|ran| refusal.time > ran))
                    .count() as u32;
                let base = 300_000.min(1_000_u64 << (in_row - 1).min(20)) * events.slowdown as u64;
                let (low, high) = events.jitter.unwrap_or((1_000, 1_000));
                let waited = (time - last.time).as_micros();
                let range = base * low as u64 / 1_000 - 1..=base * high as u64 / 1_000;
                assert!(
                    range.contains(&waited),
                    "ASYNC-4: waited {waited} after {in_row} throttles: {call:?}"
                );
            }
        }
    });
}

// ---------------------------------------------------------------- the bill

fn rounded_up(time: Span, granularity: Span) -> u64 {
    let step = granularity.as_micros();
    time.as_micros().div_ceil(step).max(1) * step / 1_000
}

#[test]
fn price_2_an_attempt_is_billed_for_its_duration_and_the_init_that_is_billed_rounded_up_once() {
    every_run(|case| {
        let granularity = case.plan.account.billing_granularity;
        for attempt in &case.told.attempts {
            let version = case.version(attempt);
            if !version.proactive_init.is_none() && attempt.start_kind == StartKind::Cold {
                // INIT that ran ahead is billed unseen.
                continue;
            }
            let abandoned = attempt.init == Span::from_secs(10);
            let billed = if abandoned {
                version.failed_init_billed
            } else {
                version.init_billed
            };
            let init = if billed { attempt.init } else { Span::ZERO };
            assert_eq!(
                attempt.billed_ms,
                rounded_up(attempt.duration + init, granularity),
                "{attempt:?}"
            );
            let without = rounded_up(attempt.duration, granularity);
            assert_eq!(attempt.billed_init_ms, attempt.billed_ms - without, "{attempt:?}");
        }
    });
}

#[test]
fn usage_is_the_sum_over_attempts_and_provisioned_environments() {
    every_run(|case| {
        let usage = case.result.usage.total();
        let sum = |provisioned: bool, worth: &dyn Fn(&Attempt) -> u128| -> u128 {
            let kind = |attempt: &&Attempt| (attempt.start_kind == StartKind::Provisioned) == provisioned;
            case.told.attempts.iter().filter(kind).map(worth).sum()
        };
        let mb_ms = |attempt: &Attempt| case.version(attempt).memory.0 as u128 * attempt.billed_ms as u128;
        assert_eq!(usage.get(Measure::Requests), sum(false, &|_| 1), "PRICE-1");
        assert_eq!(usage.get(Measure::ProvisionedRequests), sum(true, &|_| 1), "PRICE-9");
        assert_eq!(usage.get(Measure::Duration), sum(false, &mb_ms), "PRICE-7");
        let granularity = case.plan.account.billing_granularity.as_micros();
        let inits = case.told.provisioned_inits.iter().map(|(function, version, init)| {
            let billed = init.as_micros().div_ceil(granularity) * granularity / 1_000;
            case.function(*function).versions[version.index()].memory.0 as u128 * billed as u128
        });
        assert_eq!(
            usage.get(Measure::ProvisionedDuration),
            sum(true, &mb_ms) + inits.sum::<u128>(),
            "PRICE-9"
        );
        let storage =
            |attempt: &Attempt| (case.version(attempt).ephemeral_storage.0 - 512) as u128 * attempt.billed_ms as u128;
        assert_eq!(
            usage.get(Measure::EphemeralStorage),
            sum(false, &storage) + sum(true, &storage),
            "PRICE-10"
        );
    });
}

/// What is provisioned in whole five minutes, in MB × ms, by version's architecture.
fn provisioned_mb_ms(case: &Case) -> Vec<(Architecture, u128)> {
    let horizon_ms = case.plan.horizon().as_micros().div_ceil(300_000_000) * 300_000;
    let mut all = Vec::new();
    for function in &case.plan.functions {
        for qualifier in &function.qualifiers {
            let mut provide = |version: VersionId, amount: u32| {
                let version = &function.versions[version.index()];
                let mb_ms = amount as u128 * version.memory.0 as u128 * horizon_ms as u128;
                all.push((version.architecture, mb_ms));
            };
            let weight = qualifier.additional.map_or(0.0, |(_, share)| share.as_fraction());
            let second = (qualifier.provisioned as f64 * weight + 0.5 + 1e-9) as u32;
            provide(qualifier.version, qualifier.provisioned - second);
            if let Some((version, _)) = qualifier.additional {
                provide(version, second);
            }
        }
    }
    all
}

#[test]
fn price_8_provisioned_concurrency_is_used_for_whole_five_minutes() {
    every_run(|case| {
        let expected: u128 = provisioned_mb_ms(case).iter().map(|(_, mb_ms)| mb_ms).sum();
        let used = case.result.usage.total().get(Measure::ProvisionedConcurrency);
        assert_eq!(used, expected);
    });
}

/// Published prices of us-east-1 in 10^-10 USD: of a GB-second on demand, on provisioned concurrency, and provisioned.
fn gb_second(architecture: Architecture) -> [u128; 3] {
    match architecture {
        Architecture::X86_64 => [166_667, 97_222, 41_667],
        Architecture::Arm64 => [133_334, 77_778, 33_334],
    }
}

/// Of a GB-second of storage above 512 MB, and of a request ($0.20 a million), in 10^-10 USD.
const STORAGE: u128 = 309;
const REQUEST: u128 = 2_000;
/// MB × ms in a GB-second.
const MB_MS: u128 = 1_024_000;

#[test]
fn cost_recomputed_from_every_attempt_is_the_bill_to_the_last_digit() {
    every_run(|case| {
        let granularity = case.plan.account.billing_granularity.as_micros();
        let attempts = case.told.attempts.iter().map(|attempt| {
            let version = case.version(attempt);
            let kind = usize::from(attempt.start_kind == StartKind::Provisioned);
            let memory = version.memory.0 as u128 * gb_second(version.architecture)[kind];
            let storage = (version.ephemeral_storage.0 - 512) as u128 * STORAGE;
            (memory + storage) * attempt.billed_ms as u128 + REQUEST * MB_MS
        });
        let inits = case.told.provisioned_inits.iter().map(|(function, version, init)| {
            let version = &case.function(*function).versions[version.index()];
            let billed_ms = init.as_micros().div_ceil(granularity) * granularity / 1_000;
            version.memory.0 as u128 * gb_second(version.architecture)[1] * billed_ms as u128
        });
        let provisioned = provisioned_mb_ms(case)
            .into_iter()
            .map(|(architecture, mb_ms)| mb_ms * gb_second(architecture)[2]);
        let sum: u128 = attempts.chain(inits).chain(provisioned).sum();
        // The sum is in 10^-10 USD × MB × ms.
        let atoms = sum * (Money::ATOMS_PER_USD as u128 / (10_000_000_000 * MB_MS));
        assert_eq!(case.result.bill.total, Money::from_atoms(atoms as i128));
    });
}

#[test]
fn price_22_shares_of_every_line_sum_to_it_and_lines_to_the_total() {
    every_run(|case| {
        for bill in [&case.result.bill, &case.result.monthly_estimate] {
            for line in &bill.lines {
                let quantity: i128 = line.shares.iter().map(|share| share.quantity.atoms).sum();
                assert_eq!(quantity, line.quantity.atoms, "{line:?}");
                let amount: Money = line.shares.iter().map(|share| share.amount).sum();
                assert_eq!(amount, line.amount, "{line:?}");
                let atoms_per_femto_usd = Money::ATOMS_PER_USD / 1_000_000_000_000_000;
                let exact = line.quantity.atoms * line.unit_price * atoms_per_femto_usd / line.quantity.per_unit;
                assert_eq!(line.amount.atoms(), exact, "{line:?}");
            }
            assert_eq!(bill.lines.iter().map(|line| line.amount).sum::<Money>(), bill.total);
        }
    });
}

#[test]
fn twice_the_memory_is_twice_the_gigabyte_seconds_and_nothing_else() {
    every_plan(|plan| {
        let mut doubled = plan.clone();
        for version in doubled.functions_mut().flat_map(|function| &mut function.versions) {
            version.memory = MemoryMb(2 * version.memory.0);
        }
        let (one, two) = (support::run(plan), support::run(&doubled));
        let mut expected = one.summary.clone();
        for sender in &mut expected.traffic {
            sender.retries.billed_mb_ms *= 2;
        }
        assert_eq!(expected, two.summary);
        let measures = [
            Measure::Duration,
            Measure::ProvisionedDuration,
            Measure::ProvisionedConcurrency,
        ];
        for measure in measures {
            assert_eq!(
                2 * one.usage.total().get(measure),
                two.usage.total().get(measure),
                "{measure:?}"
            );
        }
    });
}

// ---------------------------------------------------------------- datapoints

#[test]
fn datapoints_and_throttle_rows_summed_over_time_are_the_totals_of_a_run_without_warm_up() {
    every_plan(|plan| {
        let mut plan = plan.clone();
        plan.warm_up = Span::ZERO;
        let (result, _, rows) = chronicle(&plan);
        let summed = |function: Option<FunctionId>, metric: &str| -> u64 {
            let points = rows
                .datapoints
                .iter()
                .filter(|point| point.statistic == "Sum" && point.qualifier.is_none());
            points
                .filter(|point| point.function == function && point.metric == metric)
                .map(|p| p.value as u64)
                .sum()
        };
        let check = |function, counts: &Counts| {
            let metrics = [
                ("Invocations", counts.invocations),
                ("Errors", counts.errors),
                ("Throttles", counts.throttles),
                ("SimColdStarts", counts.cold_starts),
            ];
            for (metric, expected) in metrics {
                assert_eq!(summed(function, metric), expected, "{metric} of {function:?}");
            }
        };
        check(None, &result.summary.totals);
        for (index, summary) in result.summary.functions.iter().enumerate() {
            let id = FunctionId(index as u32);
            check(Some(id), &summary.counts);
            let events = &summary.asynchronous;
            let metrics = [
                ("ProvisionedConcurrencyInvocations", summary.provisioned_invocations),
                (
                    "ProvisionedConcurrencySpilloverInvocations",
                    summary.provisioned_spillover,
                ),
                ("AsyncEventsReceived", events.received),
                ("AsyncEventsDropped", events.dropped),
            ];
            for (metric, expected) in metrics {
                assert_eq!(summed(Some(id), metric), expected, "{metric} of function {index}");
            }
            for (place, cause) in Cause::ALL.into_iter().enumerate() {
                let of_it = rows
                    .throttles
                    .iter()
                    .filter(|row| row.function == id && row.cause == cause);
                let count: u64 = of_it.map(|row| row.count).sum();
                assert_eq!(
                    count, summary.throttles_by_cause[place],
                    "{cause:?} of function {index}"
                );
            }
            assert_eq!(
                summary.throttles_by_reason.iter().sum::<u64>(),
                summary.counts.throttles
            );
        }
    });
}

#[test]
fn the_largest_datapoint_of_concurrency_is_the_maximum_of_a_run_without_warm_up_and_drain() {
    every_plan(|plan| {
        let mut plan = plan.clone();
        (plan.warm_up, plan.drain) = (Span::ZERO, Span::ZERO);
        let (result, _, rows) = chronicle(&plan);
        let largest = |function: Option<FunctionId>, metric: &str| {
            let points = rows
                .datapoints
                .iter()
                .filter(|point| point.qualifier.is_none() && point.function == function);
            points
                .filter(|point| point.metric == metric)
                .map(|point| point.value as u64)
                .max()
                .unwrap_or(0)
        };
        let account = &result.summary.account;
        assert_eq!(largest(None, "ConcurrentExecutions"), account.concurrent_executions.max);
        assert_eq!(
            largest(None, "UnreservedConcurrentExecutions"),
            account.unreserved_concurrent_executions.max
        );
        for (index, summary) in result.summary.functions.iter().enumerate() {
            let found = largest(Some(FunctionId(index as u32)), "ConcurrentExecutions");
            assert_eq!(found, summary.concurrent_executions.max, "function {index}");
        }
    });
}

#[test]
fn samples_are_counted_once_each() {
    every_run(|case| {
        for (index, summary) in case.result.summary.functions.iter().enumerate() {
            let attempts = || {
                let of = move |a: &&Attempt| a.function.index() == index && case.counts(a.arrived);
                case.told.attempts.iter().filter(of)
            };
            assert_eq!(
                summary.duration.count,
                attempts().filter(|attempt| attempt.completes).count() as u64
            );
            assert_eq!(summary.init.count, summary.counts.cold_starts);
            let sync_succeeded = case.told.ends.iter().filter(|ended| {
                ended.call.function.index() == index
                    && case.counts(ended.call.arrived)
                    && ended.call.invocation_type == InvocationType::RequestResponse
                    && ended.ending == Ending::Succeeded
            });
            assert_eq!(summary.latency.count, sync_succeeded.count() as u64);
            let tried = |a: &&Attempt| case.is_event(a);
            let event_runs = attempts().filter(tried).count() as u64;
            assert!(
                summary.asynchronous.event_age.count <= event_runs + summary.counts.throttles + summary.counts.rejected
            );
            let versions = summary.by_version.iter();
            assert_eq!(
                versions.map(|version| version.invocations).sum::<u64>(),
                summary.counts.invocations
            );
        }
    });
}
