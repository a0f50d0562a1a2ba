//! Provisioned concurrency (lambda-model §3.3).

use std::collections::BTreeSet;

use lambdasim::facts::{
    Arrival, Attempt, FunctionId, InvocationType, Observer, QualifierId, Recorded, Refusal, StartKind, VersionId,
};
use lambdasim::kernel::Distribution;
use lambdasim::lambda::{Platform, ProvisionError};
use lambdasim::simulation::Plan;
use lambdasim::units::{SimTime, Span};

use super::harness::{Run, run, sync, together};
use crate::support;

/// One function whose alias has provisioned concurrency.
fn alias(duration: &str, amount: u32, length: &str, arrivals: &str) -> Run {
    run(&format!(
        "duration: {length}
functions:
  f:
    duration: {duration}
    versions: {{ 1: {{}} }}
    aliases: {{ live: {{ function_version: 1, provisioned_concurrent_executions: {amount} }} }}
traffic:\n{}",
        sync("callers", "f:live", arrivals)
    ))
}

#[test]
fn gvb_16_the_eleventh_at_once_spills_from_ten_provisioned_environments() {
    let run = alias("1 s", 10, "10 s", &together(11, 0));
    let split = [
        ("ProvisionedConcurrencyInvocations", 10),
        ("ProvisionedConcurrencySpilloverInvocations", 1),
    ];
    run.assert_counts("functions/f/provisioned", &split);
    run.assert_counts(
        "functions/f",
        &[("succeeded", 11), ("Throttles", 0), ("cold_starts", 1)],
    );
}

#[test]
fn gvb_16_the_hundred_and_first_in_a_second_spills_from_ten_provisioned_environments() {
    let every_millisecond: Vec<String> = (0..=100).map(|ms| format!("{ms} ms")).collect();
    let run = alias("10 ms", 10, "10 s", &format!("at: [{}]", every_millisecond.join(", ")));
    let split = [
        ("ProvisionedConcurrencyInvocations", 100),
        ("ProvisionedConcurrencySpilloverInvocations", 1),
    ];
    run.assert_counts("functions/f/provisioned", &split);
    run.assert_counts(
        "functions/f",
        &[("succeeded", 101), ("Throttles", 0), ("cold_starts", 1)],
    );
    run.assert_counts("functions/f/ConcurrentExecutions", &[("max", 10)]);
}

#[test]
fn gvb_17_utilisation_is_busy_over_allocated() {
    let seven = alias("1 s", 10, "10 s", &together(7, 0));
    seven.assert_number("functions/f/provisioned/utilization_max", 0.7);
    let sixty = alias("1 s", 100, "10 s", &together(60, 0));
    sixty.assert_number("functions/f/provisioned/utilization_max", 0.6);
}

#[test]
fn gvb_21_provisioned_gauges_and_counts_by_the_minute() {
    let run = alias("10 s", 5, "3 min", "at: [10 s, 70 s, 75 s]");
    for (metric, statistic) in [
        ("ProvisionedConcurrentExecutions", "Maximum"),
        ("ProvisionedConcurrencyInvocations", "Sum"),
    ] {
        let rows = run.csv("metrics.csv");
        let of_alias = rows
            .iter()
            .filter(|row| row["function"] == "f" && row["qualifier"] == "live");
        let points = of_alias.filter(|row| row["metric"] == metric && row["statistic"] == statistic);
        let values: Vec<&str> = points.map(|row| row["value"].as_str()).collect();
        // Nothing runs in the third minute: its row is absent or 0.
        assert_eq!(values.get(..2), Some(["1", "2"].as_slice()), "{metric} {values:?}");
    }
}

/// What served each attempt, and whether it spilled.
#[derive(Default)]
struct Served {
    attempts: Vec<(SimTime, StartKind, bool)>,
    refused: usize,
}

impl Observer for Served {
    fn ran(&mut self, attempt: &Attempt) {
        self.attempts.push((attempt.start, attempt.start_kind, attempt.spilled));
    }

    fn refused(&mut self, _refusal: &Refusal) {
        self.refused += 1;
    }
}

#[test]
fn gvb_15_provisioned_environments_requested_during_the_run_are_usable_all_at_once_after_140_s() {
    let mut plan = support::plan(Span::from_secs(1_000));
    plan.account.concurrent_executions = 5_100;
    let mut function = support::function("f", Distribution::constant(Span::from_millis(500)));
    let published = support::version("1", Distribution::constant(Span::from_millis(500)));
    function.versions.push(published);
    function.qualifiers.push(support::qualifier(Some("1"), 1));
    function.qualifiers.push(support::qualifier(Some("live"), 1));
    let live = QualifierId(2);
    let f = support::add_function(&mut plan, function);
    let flow = support::add_traffic(&mut plan, "t", f, InvocationType::RequestResponse, support::poisson(1));
    plan.flows[0].qualifier = live;

    let mut served = Served::default();
    let mut platform = Platform::new((1, 0), &plan.parts(), SimTime::MAX, &mut served);
    let asked = SimTime::ZERO + Span::from_secs(10);
    platform
        .set_provisioned(asked, f, live, 5_000, &mut served)
        .expect("5,000 of 5,100 leave 100 unreserved");
    let mut ordinals = 0..;
    let mut call = |time: SimTime| Arrival {
        time,
        flow,
        ordinal: ordinals.next().expect("endless"),
        uniform: 0,
        recorded: Recorded::default(),
        sampled: None,
    };
    let ready = asked + Span::from_secs(140);
    let just_before = SimTime::from_micros(ready.as_micros() - 1);
    let probes = (0..140)
        .map(|second| asked + Span::from_secs(second))
        .chain([just_before]);
    for time in probes {
        platform.admit(&call(time), &mut served);
    }
    assert_eq!(served.attempts.len(), 141);
    for (time, kind, spilled) in served.attempts.drain(..) {
        assert!(spilled && kind != StartKind::Provisioned, "{kind:?} at {time:?}");
    }
    for _ in 0..5_001 {
        platform.admit(&call(ready), &mut served);
    }
    let on_provisioned = served
        .attempts
        .iter()
        .filter(|(_, kind, _)| *kind == StartKind::Provisioned)
        .count();
    let spilled = served.attempts.iter().filter(|(_, _, spilled)| *spilled).count();
    assert_eq!((on_provisioned, spilled, served.refused), (5_000, 1, 0));
}

/// What is told of provisioned concurrency.
#[derive(Default)]
struct Told {
    amounts: Vec<(u32, u32)>,
    inits: Vec<Span>,
}

impl Observer for Told {
    fn provisioned(&mut self, _: SimTime, _: FunctionId, _: QualifierId, amount: u32, ready: u32) {
        self.amounts.push((amount, ready));
    }

    fn provisioned_init(&mut self, _: SimTime, _: FunctionId, _: QualifierId, _: VersionId, init: Span) {
        self.inits.push(init);
    }
}

/// A function with two versions, an alias of the first and one of the second, and what it has reserved.
fn two_aliases(reserved: Option<u32>) -> (Plan, FunctionId) {
    let mut plan = support::plan(Span::from_secs(1_000));
    let second = Distribution::constant(Span::from_secs(1));
    let mut function = support::function("f", second.clone());
    for name in ["1", "2"] {
        let mut version = support::version(name, second.clone());
        version.init = Distribution::exponential(500.0);
        function.versions.push(version);
    }
    function.qualifiers.push(support::qualifier(Some("live"), 1));
    function.qualifiers.push(support::qualifier(Some("next"), 2));
    function.reserved = reserved;
    let f = support::add_function(&mut plan, function);
    (plan, f)
}

fn after(seconds: u64) -> SimTime {
    SimTime::ZERO + Span::from_secs(seconds)
}

#[test]
fn conc_9_a_function_provisions_no_more_than_it_has_reserved() {
    let (plan, f) = two_aliases(Some(10));
    let mut told = Told::default();
    let mut platform = Platform::new((1, 0), &plan.parts(), SimTime::MAX, &mut told);
    let mut ask = |seconds, alias, amount| {
        let asked = platform.set_provisioned(after(seconds), f, QualifierId(alias), amount, &mut told);
        asked.err()
    };
    assert_eq!(ask(1, 1, 11), Some(ProvisionError::AboveReserved));
    assert_eq!(ask(2, 1, 4), None);
    assert_eq!(ask(3, 2, 7), Some(ProvisionError::AboveReserved));
    assert_eq!(ask(4, 2, 6), None);
    // What an alias has does not count beside what it asks for.
    assert_eq!(ask(5, 1, 3), None);
    assert_eq!(ask(6, 2, 7), None);
}

#[test]
fn conc_8_a_hundred_stay_unreserved_whatever_an_alias_had_before() {
    let (plan, f) = two_aliases(None);
    let mut told = Told::default();
    let mut platform = Platform::new((1, 0), &plan.parts(), SimTime::MAX, &mut told);
    let mut ask = |seconds, amount| {
        let asked = platform.set_provisioned(after(seconds), f, QualifierId(1), amount, &mut told);
        asked.err()
    };
    // Of 1,000.
    assert_eq!(ask(1, 500), None);
    assert_eq!(ask(2, 901), Some(ProvisionError::AboveUnreserved));
    assert_eq!(ask(3, 900), None);
}

#[test]
fn conc_13_what_is_provisioned_already_may_be_asked_for_under_a_lower_limit() {
    let (plan, f) = two_aliases(None);
    let mut told = Told::default();
    let mut platform = Platform::new((1, 0), &plan.parts(), SimTime::MAX, &mut told);
    let mut asked = |platform: &mut Platform, seconds, amount| {
        platform.set_provisioned(after(seconds), f, QualifierId(1), amount, &mut told)
    };
    assert_eq!(asked(&mut platform, 1, 800), Ok(()));
    platform.set_account_limit(after(2), 500);
    assert_eq!(asked(&mut platform, 3, 800), Ok(()));
    let more = asked(&mut platform, 4, 801);
    assert_eq!(more, Err(ProvisionError::AboveUnreserved));
    assert_eq!(asked(&mut platform, 5, 700), Ok(()));
}

/// What is told where the first alias gets these amounts one after another, each with 300 s to come.
fn told_of(amounts: [u32; 3]) -> Told {
    let (plan, f) = two_aliases(None);
    let mut told = Told::default();
    let mut platform = Platform::new((1, 0), &plan.parts(), SimTime::MAX, &mut told);
    for (seconds, amount) in [1, 302, 603].into_iter().zip(amounts) {
        let asked = platform.set_provisioned(after(seconds), f, QualifierId(1), amount, &mut told);
        assert_eq!(asked, Ok(()));
        platform.advance_to(after(seconds + 300), &mut told);
    }
    told
}

#[test]
fn pc_6_each_environment_has_an_init_of_its_own_also_in_a_later_increment() {
    let told = told_of([3, 5, 9]);
    let ready: Vec<u32> = told.amounts.iter().map(|(_, ready)| *ready).collect();
    assert_eq!(ready, [0, 3, 3, 5, 5, 9]);
    let different: BTreeSet<Span> = told.inits.iter().copied().collect();
    assert_eq!((told.inits.len(), different.len()), (9, 9));
}

#[test]
fn pc_5_to_ask_for_what_is_there_changes_nothing() {
    assert_eq!(told_of([0, 4, 4]).amounts, [(0, 0), (4, 0), (4, 4), (4, 4)]);
}

#[test]
fn pc_7_an_alias_without_provisioned_concurrency_moves_without_any() {
    let (plan, f) = two_aliases(None);
    let mut told = Told::default();
    let mut platform = Platform::new((1, 0), &plan.parts(), SimTime::MAX, &mut told);
    platform.set_routing(after(1), f, QualifierId(1), VersionId(2), None, &mut told);
    platform.advance_to(after(500), &mut told);
    assert_eq!(platform.version(f, QualifierId(1)), VersionId(2));
    assert_eq!(told.amounts, []);
}
