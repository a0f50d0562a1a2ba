//! What ends plainly need not be told in its turn: a listener that takes sums gets the same run as one that hears of each end
//! when it comes (ARCHITECTURE.md, "In flight" and "Trains").

use lambdasim::facts::{
    Call, FunctionId, GivenBack, InvocationType, Observer, Pool, QualifierId, ServedTrain, StoredTrain, TrafficId,
    VersionId,
};
use lambdasim::kernel::Distribution;
use lambdasim::lambda::RetryMode;
use lambdasim::simulation::{Plan, simulate};
use lambdasim::units::{Rate, Share, SimTime, Span};
use lambdasim::workload::{Process, RateProfile};
use rayon::prelude::*;

use crate::determinism::mostly_plain;
use crate::support::{Rows, add_function, add_traffic, function, plan, poisson, replay};

const SEEDS: u64 = 16;

/// Wants to hear of each end in its turn.
struct InTurn;

impl Observer for InTurn {}

/// Is content with sums, and counts what it is told in such a way.
#[derive(Default)]
struct InSums {
    in_trains: u64,
    given_back: u64,
    /// Events that were stored in trains of several.
    stored: u64,
}

impl Observer for InSums {
    fn takes_sums(&self) -> bool {
        true
    }

    fn served_train(&mut self, train: &ServedTrain) {
        self.in_trains += train.count as u64;
        self.given_back += train.given_back.count;
    }

    fn stored(&mut self, train: &StoredTrain<'_>) {
        if train.times.len() > 1 {
            self.stored += train.times.len() as u64;
        }
    }

    fn given_back(&mut self, _pool: Pool, slots: GivenBack) {
        self.given_back += slots.count;
    }
}

/// Everything that a run finds out and writes, as text.
fn outcome(plan: &Plan, watcher: &mut dyn Observer) -> String {
    let mut rows = Rows::default();
    let result = simulate(plan, &mut rows, Some(watcher), &mut ()).expect("nothing stops it");
    format!("{result:?} {rows:?}")
}

/// Asserts that both ways give the same, and returns what was told in sums.
fn same_both_ways(plan: &Plan, name: &str) -> InSums {
    let mut sums = InSums::default();
    let (in_sums, in_turn) = (outcome(plan, &mut sums), outcome(plan, &mut InTurn));
    assert!(in_sums == in_turn, "{name}");
    sums
}

/// A plan in which everybody waits for an answer, of functions that do nothing with it.
fn called_plainly(seed: u64) -> Plan {
    let mut plan = mostly_plain(seed);
    for function in plan.functions_mut() {
        function.invokes.clear();
        for qualifier in &mut function.qualifiers {
            (qualifier.additional, qualifier.provisioned) = (None, 0);
        }
    }
    for flow in &mut plan.flows {
        flow.invocation_type = InvocationType::RequestResponse;
    }
    plan
}

#[test]
fn functions_that_share_limits_and_clients_run_the_same_in_sums() {
    let given_back = (0..SEEDS).into_par_iter().map(|seed| {
        let mut plan = called_plainly(seed);
        // One function alone is called plainly, others beside it with events; some callers call both.
        for flow in plan.flows.iter_mut().filter(|flow| flow.function.0 > 0) {
            flow.invocation_type = InvocationType::Event;
        }
        plan.flows[0].function = FunctionId(0);
        for flow in plan.flows.iter_mut().filter(|flow| flow.function.0 == 0) {
            (flow.qualifier, flow.traffic) = (QualifierId(0), TrafficId(0));
        }
        same_both_ways(&plan, &replay(seed)).given_back
    });
    let given_back: u64 = given_back.sum();
    assert!(given_back > 1_000, "only {given_back} are given back in sums");
}

#[test]
fn plans_with_events_beside_calls_run_the_same_in_sums() {
    (0..SEEDS / 2).into_par_iter().for_each(|seed| {
        same_both_ways(&mostly_plain(seed), &replay(seed));
    });
}

#[test]
fn one_function_that_all_call_runs_the_same_in_trains() {
    let in_trains = (0..SEEDS).into_par_iter().map(|seed| {
        let mut plan = called_plainly(seed);
        for flow in &mut plan.flows {
            (flow.function, flow.qualifier) = (FunctionId(0), QualifierId(0));
        }
        // Trains need stretches without other sources, which a Poisson process of some rate has.
        plan.sources.truncate(1 + seed as usize % 2);
        plan.sources[0].process = poisson(20 + seed);
        (plan.sources[0].pass, plan.sources[0].changes) = (Share::ALL, Vec::new());
        same_both_ways(&plan, &replay(seed)).in_trains
    });
    let served: u64 = in_trains.sum();
    assert!(served > 300, "only {served} arrivals are served in trains");
}

/// One function that nearly always is enough, and now and then is not.
fn busy(seconds: u64, per_second: u64, duration: Distribution) -> Plan {
    let mut plan = plan(Span::from_secs(seconds));
    plan.warm_up = Span::from_micros(7_654_321);
    let mut config = function("f", duration);
    config.versions[0].timeout = Span::from_secs(2);
    config.versions[0].init = Distribution::constant(Span::from_millis(300));
    config.versions[0].idle = Some(Distribution::uniform(2_000.0, 9_000.0));
    config.versions[0].max_life = Some(Distribution::uniform(20_000.0, 90_000.0));
    config.overhead = Distribution::constant(Span::from_millis(3));
    let id = add_function(&mut plan, config);
    add_traffic(
        &mut plan,
        "load",
        id,
        InvocationType::RequestResponse,
        poisson(per_second),
    );
    plan.traffic[0].retry.mode = RetryMode::Standard2026;
    plan.traffic[0].retry.max_attempts = 3;
    plan
}

#[test]
fn a_busy_function_runs_the_same_in_trains_whatever_binds() {
    type Change = fn(&mut Plan);
    let changes: [(&str, Change); 8] = [
        ("nothing", |_| {}),
        ("the account's limit", |plan| plan.account.concurrent_executions = 22),
        ("its reservation", |plan| plan.function_mut(0).reserved = Some(21)),
        ("the account's rate", |plan| plan.account.concurrent_executions = 11),
        ("errors and crashes", |plan| {
            let version = &mut plan.function_mut(0).versions[0];
            (version.error_rate, version.crash_rate) = (Share::from_fraction(0.01), Share::from_fraction(0.002));
        }),
        ("timeouts and patience", |plan| {
            plan.function_mut(0).versions[0].timeout = Span::from_millis(700);
            plan.traffic[0].retry.read_timeout = Some(Span::from_millis(600));
        }),
        ("turnaround", |plan| {
            plan.function_mut(0).turnaround = Span::from_millis(2)
        }),
        ("the end of the run", |plan| plan.drain = Span::ZERO),
    ];
    changes.into_par_iter().for_each(|(name, change)| {
        let mut plan = busy(200, 100, Distribution::lognormal(5.0, 0.6));
        change(&mut plan);
        let sums = same_both_ways(&plan, name);
        assert!(sums.in_trains > 100, "{name}: {} in trains", sums.in_trains);
    });
}

#[test]
fn alias_3_a_function_called_through_a_weighted_alias_runs_the_same_in_trains_whatever_binds() {
    type Change = fn(&mut Plan);
    let changes: [(&str, f64, u64, Change); 8] = [
        ("a tenth", 0.1, 14_000, |_| {}),
        ("nothing for the second version", 0.0, 17_000, |_| {}),
        ("all for the second version", 1.0, 0, |_| {}),
        ("a half, and the account's limit", 0.5, 4_000, |plan| {
            plan.account.concurrent_executions = 22
        }),
        ("its reservation", 0.1, 8_000, |plan| {
            plan.function_mut(0).reserved = Some(21)
        }),
        ("errors, crashes and timeouts of both", 0.1, 14_000, |plan| {
            for (version, timeout) in plan.function_mut(0).versions.iter_mut().zip([900, 200]) {
                version.timeout = Span::from_millis(timeout);
                (version.error_rate, version.crash_rate) = (Share::from_fraction(0.01), Share::from_fraction(0.002));
            }
        }),
        ("the clients' memory of failures", 0.1, 10_000, |plan| {
            plan.function_mut(0).versions[1].error_rate = Share::from_fraction(0.9);
        }),
        ("a wait of events", 0.1, 0, |plan| {
            plan.flows[0].invocation_type = InvocationType::Event
        }),
    ];
    changes.into_par_iter().for_each(|(name, weight, fewest, change)| {
        let mut plan = busy(200, 100, Distribution::lognormal(5.0, 0.6));
        let function = plan.function_mut(0);
        let mut second = function.versions[0].clone();
        second.duration = Distribution::lognormal(4.0, 0.9);
        function.versions.push(second);
        function.qualifiers[0].additional = Some((VersionId(1), Share::from_fraction(weight)));
        change(&mut plan);
        let sums = same_both_ways(&plan, name);
        assert!(sums.in_trains >= fewest, "{name}: {} in trains", sums.in_trains);
    });
}

#[test]
fn alias_3_each_version_takes_its_own_time_in_trains() {
    let mut plan = busy(100, 100, Distribution::constant(Span::from_millis(100)));
    (plan.warm_up, plan.drain) = (Span::ZERO, Span::from_secs(5));
    let function = plan.function_mut(0);
    let mut second = function.versions[0].clone();
    second.duration = Distribution::constant(Span::from_millis(350));
    function.versions.push(second);
    function.qualifiers[0].additional = Some((VersionId(1), Share::from_fraction(0.2)));
    let mut sums = InSums::default();
    let result = simulate(&plan, &mut (), Some(&mut sums), &mut ()).expect("nothing stops it");
    assert!(sums.in_trains > 5_000, "{} in trains", sums.in_trains);
    let function = &result.summary.functions[0];
    let [first, second] = [0, 1].map(|version| function.by_version[version].invocations);
    assert!(
        second > 1_500 && first + second == function.duration.count,
        "{function:?}"
    );
    let together = function.duration.mean * function.duration.count as f64;
    assert_eq!(together.round() as u64, 100 * first + 350 * second);
}

/// The same called by events.
fn busy_with_events(seconds: u64, per_second: u64, duration: Distribution) -> Plan {
    let mut plan = busy(seconds, per_second, duration);
    plan.flows[0].invocation_type = InvocationType::Event;
    plan
}

#[test]
fn async_1_a_function_called_by_events_runs_the_same_in_trains_whatever_binds() {
    type Change = fn(&mut Plan);
    let changes: [(&str, u64, Change); 10] = [
        ("nothing", 15_000, |_| {}),
        ("the account's limit", 10_000, |plan| {
            plan.account.concurrent_executions = 22
        }),
        ("its reservation", 5_000, |plan| {
            plan.function_mut(0).reserved = Some(17)
        }),
        ("reserved concurrency 0", 0, |plan| {
            plan.function_mut(0).reserved = Some(0)
        }),
        ("errors, crashes and what is kept of them", 10_000, |plan| {
            let function = plan.function_mut(0);
            function.qualifiers[0].event_invoke.maximum_event_age = Span::from_secs(90);
            let version = &mut function.versions[0];
            (version.error_rate, version.crash_rate) = (Share::from_fraction(0.01), Share::from_fraction(0.002));
        }),
        ("timeouts", 10_000, |plan| {
            plan.function_mut(0).versions[0].timeout = Span::from_millis(700);
        }),
        ("turnaround", 10_000, |plan| {
            plan.function_mut(0).turnaround = Span::from_millis(2)
        }),
        ("the end of the run", 15_000, |plan| plan.drain = Span::ZERO),
        ("no wait", 15_000, |plan| {
            plan.function_mut(0).events.first_dispatch = Distribution::constant(Span::ZERO)
        }),
        ("a wait longer than most steps, and a second flow", 15_000, |plan| {
            plan.function_mut(0).events.first_dispatch = Distribution::constant(Span::from_millis(2_345));
            add_traffic(plan, "more", FunctionId(0), InvocationType::Event, poisson(3));
        }),
    ];
    changes.into_par_iter().for_each(|(name, fewest, change)| {
        let mut plan = busy_with_events(200, 100, Distribution::lognormal(5.0, 0.6));
        change(&mut plan);
        let sums = same_both_ways(&plan, name);
        assert!(sums.in_trains >= fewest, "{name}: {} in trains", sums.in_trains);
    });
}

#[test]
fn time_2_events_that_are_tried_at_the_instant_of_ends_retries_and_arrivals_run_the_same_in_trains() {
    for wait in [0, 5, 30, 60_000] {
        let mut plan = busy_with_events(130, 200, Distribution::constant(Span::from_millis(30)));
        let function = plan.function_mut(0);
        function.events.first_dispatch = Distribution::constant(Span::from_millis(wait));
        function.versions[0].error_rate = Share::from_fraction(0.05);
        // 5 ms apart, and 20 at once every second; errors come back after a whole minute.
        let every = Process::Constant(Rate::events(200, Span::from_secs(1)));
        add_traffic(&mut plan, "even", FunctionId(0), InvocationType::Event, every);
        let at_once = (0..1_000).map(|number| SimTime::from_micros(number / 20 * 1_000_000));
        let at_once = Process::At(at_once.collect());
        add_traffic(&mut plan, "together", FunctionId(0), InvocationType::Event, at_once);
        let sums = same_both_ways(&plan, &format!("ties after {wait} ms"));
        assert!(sums.in_trains > 1_000, "{wait}: {}", sums.in_trains);
    }
}

/// Notes when everything arrives.
#[derive(Default)]
struct Arrived(Vec<SimTime>);

impl Observer for Arrived {
    fn arrived(&mut self, call: &Call) {
        self.0.push(call.arrived);
    }
}

#[test]
fn time_2_a_retry_and_a_stored_event_that_are_due_together_come_in_the_order_in_which_they_began_to_wait() {
    const RETRY: Span = Span::from_secs(60);
    // Where events wait for less than a retry does, the event arrives after the retry has been scheduled, else before.
    for wait in [0, 20, 100] {
        // Of such a length datapoints are of an hour: events are stored up to an hour ahead.
        let mut plan = plan(Span::from_secs(70 * 86_400));
        let mut config = function("f", Distribution::constant(Span::from_secs(1)));
        config.events.first_dispatch = Distribution::constant(Span::from_secs(wait));
        config.versions[0].error_rate = Share::ALL;
        // The environment of the first attempt is still there for one of the two that are due together.
        config.versions[0].idle = Some(Distribution::constant(Span::from_secs(70)));
        let id = add_function(&mut plan, config);
        let rate = Rate::events(1, Span::from_secs(1_000));
        let points = vec![(SimTime::ZERO, rate)];
        let seldom = Process::Poisson(RateProfile { points, repeat: None });
        add_traffic(&mut plan, "load", id, InvocationType::Event, seldom);
        let mut arrived = Arrived::default();
        simulate(&plan, &mut (), Some(&mut arrived), &mut ()).expect("nothing stops it");
        // At first a source draws its arrivals one by one, and then there are no trains.
        let wide = arrived.0[200..].windows(2).map(|pair| pair[1].since(pair[0]));
        let gaps: Vec<Span> = wide
            .filter(|gap| *gap > RETRY + Span::from_secs(wait))
            .take(8)
            .collect();
        assert_eq!(gaps.len(), 8);
        for gap in gaps {
            // The first of two attempts fails just so long before the second event is due.
            let duration = gap.saturating_sub(RETRY);
            plan.function_mut(0).versions[0].duration = Distribution::constant(duration);
            let sums = same_both_ways(&plan, &format!("{gap:?} after {wait} s"));
            assert!(sums.stored > 1_000, "{} stored in trains", sums.stored);
        }
    }
}

#[test]
fn what_ends_at_the_instant_of_other_ends_and_arrivals_runs_the_same_in_trains() {
    let mut plan = busy(100, 200, Distribution::constant(Span::from_millis(30)));
    // 5 ms apart, and 20 at once every second: ends, arrivals and the cuts of listeners meet.
    plan.function_mut(0).overhead = Distribution::constant(Span::ZERO);
    let every = Process::Constant(Rate::events(200, Span::from_secs(1)));
    add_traffic(&mut plan, "even", FunctionId(0), InvocationType::RequestResponse, every);
    let at_once = (0..1_000).map(|number| SimTime::from_micros(number / 20 * 1_000_000));
    let at_once = Process::At(at_once.collect());
    add_traffic(
        &mut plan,
        "together",
        FunctionId(0),
        InvocationType::RequestResponse,
        at_once,
    );
    let sums = same_both_ways(&plan, "ties");
    assert!(
        sums.in_trains > 1_000 && sums.given_back > 1_000,
        "{} {}",
        sums.in_trains,
        sums.given_back
    );
}
