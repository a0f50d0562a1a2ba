//! Laws that relate two runs: what more room, or a slower clock, may change and what not (contract §4).

use std::collections::BTreeSet;
use std::sync::Arc;

use lambdasim::facts::{FunctionId, InvocationType, Recorded, StartKind, Verdict};
use lambdasim::kernel::Distribution;
use lambdasim::lambda::EnvPick;
use lambdasim::simulation::Plan;
use lambdasim::units::{Rate, Share, SimTime, Span};
use lambdasim::workload::{Process, TraceFile, TraceRow};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::support::{self, chronicle};

const SEEDS: u64 = 200;

fn pick<T: Clone>(dice: &mut ChaCha8Rng, from: &[T]) -> T {
    from[dice.random_range(0..from.len())].clone()
}

/// Instants of three minutes, times `unit`: at most seven in any second of the unclocked plan, which no request rate notices,
/// as the smallest limit allows ten (RPS-1).
fn instants(dice: &mut ChaCha8Rng, unit: u64) -> Vec<Vec<SimTime>> {
    let mut times = vec![Vec::new(); 3];
    for slot in 0..1_000 {
        if dice.random_bool(0.5) {
            let micros = slot * 170_000 + dice.random_range(0..10_000);
            times[dice.random_range(0..3)].push(SimTime::from_micros(micros * unit));
        }
    }
    times
}

// ---------------------------------------------------------------- a higher account limit

/// Callers that wait and do not try again, at functions without INIT: how long an invocation is in work does not depend on
/// which environment it finds.
fn crowded(seed: u64, unreserved: u32) -> Plan {
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let mut plan = support::plan(Span::from_secs(180));
    plan.seed = seed;
    let ms = Span::from_millis;
    for name in ["f", "g", "h"] {
        let work = pick(
            &mut dice,
            &[
                Distribution::constant(ms(800)),
                Distribution::exponential(1_500.0),
                Distribution::lognormal(6.0, 1.5),
                Distribution::uniform(0.0, 2_000.0),
            ],
        );
        let mut config = support::function(name, work);
        config.reserved = pick(&mut dice, &[None, None, Some(1), Some(2)]);
        let version = &mut config.versions[0];
        version.error_rate = Share::from_fraction(pick(&mut dice, &[0.0, 0.3]));
        version.crash_rate = Share::from_fraction(pick(&mut dice, &[0.0, 0.1]));
        version.timeout = pick(&mut dice, &[ms(3_000), ms(900_000)]);
        version.idle = pick(&mut dice, &[None, Some(Distribution::uniform(0.0, 4_000.0))]);
        support::add_function(&mut plan, config);
    }
    let reserved = plan.functions.iter().filter_map(|function| function.reserved);
    plan.account = support::account(reserved.sum::<u32>() + unreserved);
    for (index, times) in instants(&mut dice, 1).into_iter().enumerate() {
        let to = FunctionId(index as u32);
        let name = format!("t{index}");
        support::add_traffic(
            &mut plan,
            &name,
            to,
            InvocationType::RequestResponse,
            Process::At(times),
        );
    }
    plan
}

/// Which calls were throttled.
fn throttled(plan: &Plan) -> BTreeSet<(u32, u64)> {
    let (_, told, _) = chronicle(plan);
    told.refusals
        .iter()
        .map(|refusal| (refusal.flow.0, refusal.ordinal))
        .collect()
}

/// With one more slot whatever was admitted still is: at each instant the larger account serves what the smaller one serves and at
/// most one call more, by induction over arrivals and ends. So there is room in it whenever there is in the smaller one.
#[test]
fn conc_6_a_higher_account_limit_throttles_no_call_that_a_lower_one_admits() {
    let met: usize = (0..SEEDS)
        .into_par_iter()
        .map(|seed| {
            let by_limit: Vec<_> = (1..6).map(|limit| throttled(&crowded(seed, limit))).collect();
            for (limit, pair) in by_limit.windows(2).enumerate() {
                assert!(pair[1].is_subset(&pair[0]), "seed {seed}, limit {}", limit + 1);
            }
            by_limit[0].len() - by_limit[4].len()
        })
        .sum();
    assert!(met > 1_000, "the limit hardly mattered: {met}");
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

/// Calls at given milliseconds that last so many.
fn calls(of: &[(u64, u64)]) -> Process {
    let row = |(at, lasts): &(u64, u64)| TraceRow {
        time: SimTime::ZERO + Span::from_millis(*at),
        flow: 0,
        recorded: Recorded::new(Some(Span::from_millis(*lasts)), None),
    };
    Process::Trace(Arc::new(Recording(of.iter().map(row).collect())))
}

/// Where INIT takes time the law does not hold. With a limit of 1 the call of f at 11.5 s is throttled, and the one at 12.5 s
/// finds the environment of the first. With a limit of 2 the call at 11.5 s takes that environment for a minute, the one at
/// 12.5 s waits for an INIT of 10 s in a second one, and both keep the three calls of g out.
#[test]
fn a_higher_account_limit_can_throttle_more_where_init_takes_time() {
    let throttles = |limit: u32| {
        let mut plan = support::plan(Span::from_secs(60));
        plan.account = support::account(limit);
        let mut slow = support::function("f", Distribution::constant(Span::ZERO));
        slow.versions[0].init = Distribution::constant(Span::from_secs(10));
        let f = support::add_function(&mut plan, slow);
        let g = support::add_function(&mut plan, support::function("g", Distribution::constant(Span::ZERO)));
        let of_f = calls(&[(0, 100), (11_500, 40_000), (12_500, 100)]);
        let of_g = calls(&[(11_000, 1_000), (14_000, 100), (15_000, 100), (16_000, 100)]);
        support::add_traffic(&mut plan, "f", f, InvocationType::RequestResponse, of_f);
        support::add_traffic(&mut plan, "g", g, InvocationType::RequestResponse, of_g);
        throttled(&plan)
    };
    assert_eq!(throttles(1), BTreeSet::from([(0, 1)]));
    assert_eq!(throttles(2), BTreeSet::from([(1, 1), (1, 2), (1, 3)]));
}

// ---------------------------------------------------------------- a slower clock

/// Synchronous calls without retries of functions with and without reservation. Everything that has a duration is `unit` times as
/// long: the run, the gaps between arrivals (recorded instants, and a constant rate), duration, INIT (at most 9 s on the slowest
/// clock: the limit of 10 s is a constant of AWS's), placement, overhead, turnaround, timeout, idle and maximum life. What stays is
/// counted or a share: limits, reservations, error and crash rates. Request and scaling rates are AWS's and stay as well, and are never met.
fn clocked(seed: u64, unit: u64) -> Plan {
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let ms = |millis: u64| Span::from_millis(millis * unit);
    let any_of = |millis: &[u64]| Distribution::empirical(millis.iter().map(|each| ms(*each)).collect());
    let mut plan = support::plan(ms(180_000));
    plan.seed = seed;
    for name in ["f", "g", "h"] {
        let mut config = support::function(name, any_of(&[30, 400, 900, 2_500]));
        config.reserved = pick(&mut dice, &[None, None, Some(1), Some(2)]);
        config.env_pick = pick(
            &mut dice,
            &[EnvPick::MostRecentlyUsed, EnvPick::LeastRecentlyUsed, EnvPick::Random],
        );
        config.turnaround = ms(pick(&mut dice, &[0, 6]));
        config.overhead = any_of(&[0, 8, 20]);
        let version = &mut config.versions[0];
        version.init = any_of(&[10, 60, 150]);
        version.placement = any_of(&[50, 120]);
        version.timeout = ms(pick(&mut dice, &[1_000, 3_000]));
        version.error_rate = Share::from_fraction(0.1);
        version.crash_rate = Share::from_fraction(pick(&mut dice, &[0.0, 0.1]));
        version.idle = pick(&mut dice, &[None, Some(any_of(&[500, 2_000, 6_000]))]);
        version.max_life = pick(&mut dice, &[None, Some(any_of(&[5_000, 30_000]))]);
        support::add_function(&mut plan, config);
    }
    let reserved = plan.functions.iter().filter_map(|function| function.reserved);
    plan.account = support::account(reserved.sum::<u32>() + dice.random_range(1..6));
    for (index, times) in instants(&mut dice, unit).into_iter().enumerate() {
        let to = FunctionId(index as u32);
        let name = format!("t{index}");
        support::add_traffic(
            &mut plan,
            &name,
            to,
            InvocationType::RequestResponse,
            Process::At(times),
        );
    }
    let steady = Process::Constant(Rate::events(1, ms(1_300)));
    support::add_traffic(&mut plan, "t3", FunctionId(0), InvocationType::RequestResponse, steady);
    plan
}

/// What became of a call: when it was tried, and how it ran unless it was refused.
type Fate = (u32, u64, u64, Option<(u64, u64, StartKind, Verdict)>);

/// What became of every call, in the plan's own unit of time.
fn fates(plan: &Plan, unit: u64) -> Vec<Fate> {
    let (_, told, _) = chronicle(plan);
    let in_units = |time: SimTime| {
        assert_eq!(time.as_micros() % unit, 0, "{time:?} is no whole number of units");
        time.as_micros() / unit
    };
    let ran = told.attempts.iter().map(|attempt| {
        let how = (
            in_units(attempt.end),
            in_units(attempt.answered),
            attempt.start_kind,
            attempt.verdict,
        );
        (attempt.flow.0, attempt.ordinal, in_units(attempt.start), Some(how))
    });
    let refused = told
        .refusals
        .iter()
        .map(|refusal| (refusal.flow.0, refusal.ordinal, in_units(refusal.time), None));
    let mut fates: Vec<Fate> = ran.chain(refused).collect();
    fates.sort_by_key(|fate| (fate.0, fate.1));
    fates
}

#[test]
fn a_slower_clock_leaves_every_call_its_fate_and_so_all_shares() {
    let met: usize = (0..SEEDS)
        .into_par_iter()
        .map(|seed| {
            let fates_at = |unit| fates(&clocked(seed, unit), unit);
            let normal = fates_at(1);
            for unit in [2, 7, 60] {
                assert_eq!(normal, fates_at(unit), "seed {seed}, a clock {unit} times as slow");
            }
            normal.iter().filter(|fate| fate.3.is_none()).count()
        })
        .sum();
    assert!(met > 1_000, "hardly a call was throttled: {met}");
}
