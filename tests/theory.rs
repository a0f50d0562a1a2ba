//! Closed forms of queueing theory against many replications of the simulator, each with an interval.
//!
//! Seeds are fixed, so these tests pass always or never. Were the seeds drawn anew for every run of the tests, one run in
//! 10,000 would fail although nothing is wrong: each of the comparisons here has its hundredth of that ([`FALSE_ALARM`]).

use std::collections::BTreeMap;
use std::fs;

use lambdasim::facts::{
    Attempt, FunctionId, InvocationType, Message, MessageStep, Observer, QualifierId, QueueId, VersionId,
};
use lambdasim::kernel::Distribution;
use lambdasim::kernel::math::{exp, ln};
use lambdasim::scenario::{self, LoadOptions};
use lambdasim::simulation::{Plan, RunResult, simulate};
use lambdasim::units::{Rate, Share, SimTime, Span};
use lambdasim::workload::Process;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use statrs::distribution::{Binomial, ChiSquared, ContinuousCDF, Discrete, DiscreteCDF, Poisson, StudentsT};

use crate::support::{add_function, add_traffic, function, plan, poisson, qualifier, reseeded, run, version};

/// Independent replications of each case; half of them under another seed.
const REPLICATIONS: u64 = 40;
/// Chance that one comparison fails although theory holds: with at most a hundred of them in this file (60 today), all
/// together fail less than once in 10,000 times (Bonferroni).
const FALSE_ALARM: f64 = 1e-4 / 100.0;

/// `measure` of independent runs of one plan.
fn replicate(plan: &Plan, measure: impl Fn(&RunResult) -> f64 + Sync) -> Vec<f64> {
    let one = |number: u64| measure(&run(&reseeded(plan, 1 + number % 2, number)));
    (0..REPLICATIONS).into_par_iter().map(one).collect()
}

/// The mean of replications lies within its own uncertainty (Student's t) of `expected`; that is at most `precision` of it, so
/// an error of twice as much is all but surely seen.
fn assert_agrees(what: &str, samples: &[f64], expected: f64, precision: f64) {
    let count = samples.len() as f64;
    let mean = samples.iter().sum::<f64>() / count;
    let squares: f64 = samples.iter().map(|sample| (sample - mean) * (sample - mean)).sum();
    let standard_error = (squares / (count - 1.0) / count).sqrt();
    let student = StudentsT::new(0.0, 1.0, count - 1.0).expect("more than one replication");
    let half_width = student.inverse_cdf(1.0 - FALSE_ALARM / 2.0) * standard_error;
    let found = format!("{what}: {mean} ± {half_width}, expected {expected}");
    assert!(half_width < precision * expected, "too little data to tell: {found}");
    assert!((mean - expected).abs() <= half_width, "{found}");
}

/// The number of successes of independent trials is one that is not too rare (exact binomial).
fn assert_binomial(what: &str, successes: u64, trials: u64, probability: f64) {
    let binomial = Binomial::new(probability, trials).expect("a probability");
    let fewer = binomial.cdf(successes);
    let more = successes.checked_sub(1).map_or(1.0, |below| binomial.sf(below));
    let expected = trials as f64 * probability;
    assert!(
        fewer.min(more) >= FALSE_ALARM / 2.0,
        "{what}: {successes} of {trials}, expected {expected}"
    );
}

/// Counts of independent observations by class agree with the shares that are expected of them (Pearson's χ²).
fn assert_shares(what: &str, counts: &[u64], shares: &[f64]) {
    let total = counts.iter().sum::<u64>() as f64;
    assert!(
        (shares.iter().sum::<f64>() - 1.0).abs() < 1e-9,
        "{what}: shares of a whole"
    );
    let terms = counts.iter().zip(shares).map(|(count, share)| {
        let expected = total * share;
        assert!(expected >= 10.0, "{what}: classes too thin for χ²");
        (*count as f64 - expected) * (*count as f64 - expected) / expected
    });
    let distance: f64 = terms.sum();
    let chi = ChiSquared::new((counts.len() - 1) as f64).expect("more than one class");
    let limit = chi.inverse_cdf(1.0 - FALSE_ALARM);
    assert!(
        distance <= limit,
        "{what}: χ² = {distance}, at most {limit}; {counts:?}"
    );
}

// ---------------------------------------------------------------- loss and delay systems

/// Kinds of service with the same mean; the last has a tail so heavy that its variance is barely finite.
fn services(mean_ms: f64) -> [(&'static str, Distribution); 4] {
    [
        (
            "constant",
            Distribution::constant(Span::from_micros((mean_ms * 1e3) as u64)),
        ),
        ("exponential", Distribution::exponential(mean_ms)),
        // E = exp(mu + sigma² / 2) with sigma = 1.
        ("lognormal", Distribution::lognormal(ln(mean_ms) - 0.5, 1.0)),
        // E = minimum × shape / (shape − 1).
        ("Pareto", Distribution::pareto(mean_ms * 1.2 / 2.2, 2.2)),
    ]
}

/// Arrivals of all replications of one case.
const LOSS_ARRIVALS: u64 = 1_020_000;

/// A function with `servers` reserved under Poisson load: M/G/c/c, as nothing waits (ADM-4).
fn loss_system(servers: u32, per_second: u64, service: Distribution) -> Plan {
    let warm_up = Span::from_secs(60);
    let seconds = LOSS_ARRIVALS / REPLICATIONS / per_second + 1;
    let mut plan = plan(warm_up + Span::from_secs(seconds));
    plan.warm_up = warm_up;
    plan.account.concurrent_executions = 5_000;
    let mut config = function("f", service);
    config.reserved = Some(servers);
    let id = add_function(&mut plan, config);
    add_traffic(&mut plan, "t", id, InvocationType::RequestResponse, poisson(per_second));
    plan
}

/// Erlang's B formula: the loss of c servers offered a erlangs is the Poisson(a) probability of c given at most c.
fn erlang_b(servers: u32, offered: f64) -> f64 {
    let poisson = Poisson::new(offered).expect("a positive load");
    poisson.pmf(servers as u64) / poisson.cdf(servers as u64)
}

#[test]
fn conc_6_a_reserved_function_under_poisson_load_loses_what_erlang_b_says_whatever_its_service() {
    // Servers, arrivals a second (far below ten per server, RPS-2), mean service, and how sharply a million arrivals tell.
    let loads = [
        (1, 2, 500.0, 0.05),
        (3, 4, 500.0, 0.05),
        (20, 64, 250.0, 0.08),
        (150, 700, 200.0, 0.17),
    ];
    let cases = loads
        .iter()
        .flat_map(|load| services(load.2).map(|service| (*load, service)));
    let cases: Vec<_> = cases.collect();
    cases
        .into_par_iter()
        .for_each(|((servers, per_second, mean_ms, precision), (name, service))| {
            let plan = loss_system(servers, per_second, service);
            let loss = replicate(&plan, |result| {
                let totals = result.summary.totals;
                // Causes 0 to 5: only reserved concurrency, the second, may refuse.
                assert_eq!(result.summary.functions[0].throttles_by_cause[1], totals.throttles);
                assert!(totals.arrivals * REPLICATIONS > 980_000);
                totals.throttled as f64 / totals.arrivals as f64
            });
            let offered = per_second as f64 * mean_ms / 1e3;
            let what = format!("{name} service, c = {servers}, a = {offered}");
            assert_agrees(&what, &loss, erlang_b(servers, offered), precision);
        });
}

#[test]
fn conc_1_mean_concurrency_without_loss_is_rate_times_mean_service() {
    services(400.0).into_par_iter().for_each(|(name, service)| {
        let mut plan = loss_system(900, 250, service);
        plan.function_mut(0).reserved = None;
        let concurrency = replicate(&plan, |result| {
            assert_eq!(result.summary.totals.throttles, 0);
            result.summary.functions[0].concurrent_executions.mean
        });
        assert_agrees(&format!("{name} service"), &concurrency, 100.0, 0.01);
    });
}

#[test]
fn conc_1_concurrency_found_by_poisson_arrivals_without_loss_has_a_poisson_maximum_over_no_more_than_its_tail() {
    // Of 200 s at 100 erlangs the maximum is all but surely between the mean and its one-in-a-billion quantile.
    let mut plan = loss_system(900, 250, Distribution::exponential(400.0));
    plan.function_mut(0).reserved = None;
    let bound = Poisson::new(100.0).expect("a positive load").inverse_cdf(1.0 - 1e-9);
    for max in replicate(&plan, |result| {
        result.summary.functions[0].concurrent_executions.max as f64
    }) {
        assert!(max > 120.0 && max <= bound as f64, "{max}, bound {bound}");
    }
}

/// Counts how many attempts are running at instants a fixed step apart.
struct Glances {
    step: Span,
    /// Running at each glance, from the first step on.
    running: Vec<u32>,
}

impl Observer for Glances {
    fn ran(&mut self, attempt: &Attempt) {
        let step = self.step.as_micros();
        // Running from its start on, and no longer when it ends (TIME-2).
        let first = attempt.start.as_micros().div_ceil(step).max(1);
        let end = attempt.end.as_micros().div_ceil(step).max(1);
        let end = end.min(self.running.len() as u64 + 1);
        for glance in first..end {
            self.running[glance as usize - 1] += 1;
        }
    }
}

#[test]
fn conc_1_concurrency_without_loss_has_the_poisson_distribution_whatever_the_service() {
    // Glances are ten mean services apart: what one sees tells the next next to nothing (exp(−10) for the exponential).
    let (glances, mean) = (20_000_u64, 5.0);
    let kinds = services(400.0).into_iter().filter(|(name, _)| *name != "Pareto");
    kinds.collect::<Vec<_>>().into_par_iter().for_each(|(name, service)| {
        let step = Span::from_secs(4);
        let mut plan = plan(Span::from_secs(4 * (glances + 1)));
        let id = add_function(&mut plan, function("f", service));
        let process = Process::Poisson(lambdasim::workload::RateProfile {
            points: vec![(SimTime::ZERO, Rate::events(25, Span::from_secs(2)))],
            repeat: None,
        });
        add_traffic(&mut plan, "t", id, InvocationType::RequestResponse, process);
        let running = vec![0; glances as usize];
        let mut seen = Glances { step, running };
        simulate(&plan, &mut (), Some(&mut seen), &mut ()).expect("nothing stops it");

        let poisson = Poisson::new(mean).expect("a positive load");
        let most = 13_u64;
        let mut counts = vec![0; most as usize + 1];
        // The first glances look at a platform that is still filling.
        for running in &seen.running[10..] {
            counts[(*running as usize).min(most as usize)] += 1;
        }
        let mut shares: Vec<f64> = (0..most).map(|running| poisson.pmf(running)).collect();
        shares.push(poisson.sf(most - 1));
        assert_shares(&format!("{name} service"), &counts, &shares);
    });
}

// ---------------------------------------------------------------- one server with a queue

/// How long messages waited from their sending to their first receive.
#[derive(Default)]
struct Waits {
    sent: BTreeMap<u64, SimTime>,
    count: u64,
    total_micros: u64,
    /// Waits longer than `limit`.
    long: u64,
    limit: Span,
}

impl Observer for Waits {
    fn message(&mut self, time: SimTime, _queue: QueueId, message: &Message, step: MessageStep) {
        match step {
            MessageStep::Sent => {
                self.sent.insert(message.ordinal, time);
            }
            MessageStep::Received => {
                let Some(sent) = self.sent.remove(&message.ordinal) else {
                    return;
                };
                let wait = time.as_micros() - sent.as_micros();
                self.count += 1;
                self.total_micros += wait;
                self.long += u64::from(wait > self.limit.as_micros());
            }
            _ => {}
        }
    }
}

/// A FIFO queue with one message group before a function with one reserved slot: one server, first come first served.
fn one_server(service: &str) -> Plan {
    let text = format!(
        "name: one-server\nseed: 11\nduration: 4 h\n\
         parameters: {{ placement: 0 s, overhead: 0 s, sqs.latency: 0 s }}\n\
         functions: {{ f: {{ runtime: python3.13, memory_size: 1769 MB, init: 0 s, duration: {service}, timeout: 5 min, \
         reserved_concurrent_executions: 1 }} }}\n\
         queues: {{ q: {{ fifo_queue: true, message_groups: 1, visibility_timeout: 1 h }} }}\n\
         event_source_mappings: {{ m: {{ event_source: sqs:q, function: f, batch_size: 1 }} }}\n\
         traffic: {{ t: {{ to: sqs:q, arrivals: {{ poisson: 3/s }} }} }}\n"
    );
    let folder = tempfile::tempdir().expect("a folder for the scenario");
    let path = folder.path().join("one-server.yaml");
    fs::write(&path, &text).expect("the scenario is written");
    let options = LoadOptions::default();
    let loaded = scenario::load(&path, &options).unwrap_or_else(|problems| panic!("{problems}\n{text}"));
    loaded.plan
}

#[test]
fn sqs_9_one_message_group_waits_as_pollaczek_and_khinchine_say() {
    let (rate, mean) = (3.0, 0.2);
    // Service, and E[S²] in units of E[S]².
    let cases = [
        ("200 ms", 1.0),
        ("{ exponential: 200 ms }", 2.0),
        ("{ mixture: [[50 %, 100 ms], [50 %, 300 ms]] }", 1.25),
    ];
    cases.into_par_iter().for_each(|(service, moment)| {
        let plan = one_server(service);
        let limit = Span::from_millis(500);
        let replications = (0..REPLICATIONS).into_par_iter().map(|number| {
            let mut waits = Waits {
                limit,
                ..Waits::default()
            };
            simulate(&plan.replicated(number), &mut (), Some(&mut waits), &mut ()).expect("nothing stops it");
            let count = waits.count as f64;
            (waits.total_micros as f64 / 1e6 / count, waits.long as f64 / count)
        });
        let (means, long): (Vec<f64>, Vec<f64>) = replications.unzip();
        let load = rate * mean;
        let expected = rate * moment * mean * mean / (2.0 * (1.0 - load));
        assert_agrees(&format!("mean wait before {service}"), &means, expected, 0.05);
        if moment == 2.0 {
            // M/M/1: P(W > t) = ρ exp(−(μ − λ) t).
            let tail = load * exp(-(1.0 / mean - rate) * 0.5);
            assert_agrees("share of waits over half a second", &long, tail, 0.05);
        }
    });
}

// ---------------------------------------------------------------- splitting

#[test]
fn alias_3_a_weighted_alias_splits_its_traffic_as_independent_draws_do() {
    [0.01, 0.1, 0.5].into_par_iter().for_each(|weight| {
        let mut plan = plan(Span::from_secs(1_000));
        let mut config = function("f", Distribution::constant(Span::from_millis(10)));
        config
            .versions
            .push(version("1", Distribution::constant(Span::from_millis(10))));
        config
            .versions
            .push(version("2", Distribution::constant(Span::from_millis(10))));
        let mut live = qualifier(Some("live"), 1);
        live.additional = Some((VersionId(2), Share::from_fraction(weight)));
        config.qualifiers.push(live);
        let id = add_function(&mut plan, config);
        let flow = add_traffic(&mut plan, "t", id, InvocationType::RequestResponse, poisson(300));
        plan.flows[flow.index()].qualifier = QualifierId(1);
        let result = run(&plan);
        let versions: Vec<u64> = result.summary.functions[0]
            .by_version
            .iter()
            .map(|v| v.invocations)
            .collect();
        assert_eq!(versions[0], 0, "$LATEST is not behind the alias");
        let total = result.summary.totals.invocations;
        assert_eq!(versions[1] + versions[2], total);
        assert_binomial(&format!("weight {weight}"), versions[2], total, weight);
    });
}

/// Arrivals of each version in every second.
struct PerSecond(Vec<[u64; 3]>);

impl Observer for PerSecond {
    fn ran(&mut self, attempt: &Attempt) {
        let second = (attempt.start.as_micros() / 1_000_000) as usize;
        self.0[second][attempt.version.index()] += 1;
    }
}

#[test]
fn alias_3_the_parts_of_split_poisson_traffic_are_independent_poisson_traffic() {
    let (seconds, rate, weight) = (20_000_u64, 8.0, 0.25);
    let instant = || Distribution::constant(Span::from_millis(1));
    let mut plan = plan(Span::from_secs(seconds));
    let mut config = function("f", instant());
    config.versions.push(version("1", instant()));
    config.versions.push(version("2", instant()));
    let mut live = qualifier(Some("live"), 1);
    live.additional = Some((VersionId(2), Share::from_fraction(weight)));
    config.qualifiers.push(live);
    let id = add_function(&mut plan, config);
    let flow = add_traffic(&mut plan, "t", id, InvocationType::RequestResponse, poisson(8));
    plan.flows[flow.index()].qualifier = QualifierId(1);
    let mut seen = PerSecond(vec![[0; 3]; seconds as usize]);
    simulate(&plan, &mut (), Some(&mut seen), &mut ()).expect("nothing stops it");

    // Jointly: the number of each in a second, each capped where seconds get few.
    let (most_first, most_second) = (9_usize, 4_usize);
    let class = |first: usize, second: usize| first * (most_second + 1) + second;
    let mut counts = vec![0; class(most_first, most_second) + 1];
    for [_, first, second] in &seen.0 {
        counts[class((*first as usize).min(most_first), (*second as usize).min(most_second))] += 1;
    }
    let probabilities = |mean: f64, most: usize| -> Vec<f64> {
        let poisson = Poisson::new(mean).expect("a positive rate");
        let mut shares: Vec<f64> = (0..most as u64).map(|count| poisson.pmf(count)).collect();
        shares.push(poisson.sf(most as u64 - 1));
        shares
    };
    let first = probabilities(rate * (1.0 - weight), most_first);
    let second = probabilities(rate * weight, most_second);
    let joint: Vec<f64> = first.iter().flat_map(|a| second.iter().map(move |b| a * b)).collect();
    // Seconds in which the common version hardly comes are too few each: they are one class with the next.
    let (mut merged, mut shares) = (Vec::new(), Vec::new());
    let (mut count, mut share) = (0, 0.0);
    for (seen, expected) in counts.iter().zip(&joint) {
        count += seen;
        share += expected;
        if share * seconds as f64 >= 10.0 {
            merged.push(count);
            shares.push(share);
            (count, share) = (0, 0.0);
        }
    }
    *merged.last_mut().expect("a class") += count;
    *shares.last_mut().expect("a class") += share;
    assert!(merged.len() > 40, "still a joint distribution");
    assert_shares("pairs of counts", &merged, &shares);
}

#[test]
fn an_error_rate_fails_that_share_of_invocations() {
    let mut plan = plan(Span::from_secs(1_000));
    let mut config = function("f", Distribution::constant(Span::from_millis(10)));
    config.versions[0].error_rate = Share::from_fraction(0.02);
    config.versions[0].crash_rate = Share::from_fraction(0.03);
    let id = add_function(&mut plan, config);
    add_traffic(&mut plan, "t", id, InvocationType::RequestResponse, poisson(300));
    let totals = run(&plan).summary.totals;
    assert_binomial("errors and crashes", totals.errors, totals.invocations, 0.05);
}

// ---------------------------------------------------------------- cold starts

/// One environment at most, invoked by `process`; cold starts and invocations.
fn cold_starts(process: Process, seconds: u64, idle: Distribution, handler: Span) -> (u64, u64) {
    let mut plan = plan(Span::from_secs(seconds));
    let mut config = function("f", Distribution::constant(handler));
    config.versions[0].idle = Some(idle);
    let id = add_function(&mut plan, config);
    assert_eq!(id, FunctionId(0));
    add_traffic(&mut plan, "t", id, InvocationType::RequestResponse, process);
    let totals = run(&plan).summary.totals;
    assert_eq!(totals.throttles, 0);
    // The first one is cold whatever the idle life.
    (totals.cold_starts - 1, totals.invocations - 1)
}

#[test]
fn life_14_constant_gaps_meet_a_cold_start_as_often_as_idle_lives_are_shorter() {
    let count = 50_000;
    let handler = Span::from_millis(500);
    // The gap between invocations, idle life, and its distribution function at the gap less the handler's time.
    let cases = [
        (5_500, Distribution::uniform(1_000.0, 11_000.0), 0.4),
        (10_500, Distribution::exponential(8_000.0), 1.0 - exp(-10.0 / 8.0)),
        // COLD-7 gives 0.43 at 315 s, 0.68 at 330 s and 0 below 240 s; half way between two points half of both.
        (315_500, lambdasim::lambda::default_idle(), 0.43),
        (323_000, lambdasim::lambda::default_idle(), 0.555),
        (240_400, lambdasim::lambda::default_idle(), 0.0),
        (360_500, lambdasim::lambda::default_idle(), 1.0),
    ];
    cases.into_par_iter().for_each(|(gap_ms, idle, expected)| {
        let every = Process::Constant(Rate::events(1, Span::from_millis(gap_ms)));
        let (cold, all) = cold_starts(every, count * gap_ms / 1_000, idle, handler);
        assert_binomial(&format!("gaps of {gap_ms} ms"), cold, all, expected);
    });
}

#[test]
fn life_14_poisson_gaps_meet_a_cold_start_when_they_outlast_a_constant_idle_life() {
    // Without handler time there is one environment, and P(gap ≥ 20 s) = exp(−20 s / 10 s).
    let process = Process::Poisson(lambdasim::workload::RateProfile {
        points: vec![(lambdasim::units::SimTime::ZERO, Rate::events(1, Span::from_secs(10)))],
        repeat: None,
    });
    let idle = Distribution::constant(Span::from_secs(20));
    let (cold, all) = cold_starts(process, 1_000_000, idle, Span::ZERO);
    assert_binomial("Poisson gaps", cold, all, exp(-2.0));
}

#[test]
fn life_14_renewal_traffic_meets_cold_starts_as_its_laplace_transform_says_when_idle_lives_are_exponential() {
    // P(idle life < gap) = 1 − E exp(−gap / mean idle life); without handler time one environment serves.
    let (count, idle_ms) = (200_000, 10_000.0);
    let spread = |low: f64, high: f64| (exp(-low / idle_ms) - exp(-high / idle_ms)) * idle_ms / (high - low);
    let cases = [
        ("exponential", Distribution::exponential(8_000.0), 1.0 / (1.0 + 0.8)),
        // Erlang-4 with mean 8 s: each of four stages 2 s.
        ("Erlang", Distribution::gamma(8_000.0, 0.5), 1.0 / 1.2 / 1.2 / 1.2 / 1.2),
        (
            "uniform",
            Distribution::uniform(1_000.0, 15_000.0),
            spread(1_000.0, 15_000.0),
        ),
        (
            "hyperexponential",
            Distribution::mixture(vec![
                (0.9, Distribution::exponential(1_000.0)),
                (0.1, Distribution::exponential(71_000.0)),
            ]),
            0.9 / 1.1 + 0.1 / 8.1,
        ),
    ];
    cases.into_par_iter().for_each(|(name, gaps, survives)| {
        let mut random = ChaCha8Rng::seed_from_u64(5);
        let mut now = SimTime::ZERO;
        let instants: Vec<SimTime> = (0..count)
            .map(|_| {
                now = now + gaps.sample(random.random::<u64>() >> 11);
                now
            })
            .collect();
        let seconds = now.as_micros() / 1_000_000 + 1;
        let idle = Distribution::exponential(idle_ms);
        let (cold, all) = cold_starts(Process::At(instants), seconds, idle, Span::ZERO);
        assert_binomial(&format!("{name} gaps"), cold, all, 1.0 - survives);
    });
}
