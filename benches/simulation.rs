//! Invocations per second of the full model, beside two yardsticks of the same machine (`benches/README.md`).

#[path = "../tests/support/mod.rs"]
#[allow(dead_code, unused_imports)]
mod support;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use divan::Bencher;
use divan::counter::ItemsCount;
use lambdasim::facts::InvocationType;
use lambdasim::kernel::Distribution;
use lambdasim::lambda::{RetryMode, default_idle, default_max_life};
use lambdasim::simulation::Plan;
use lambdasim::units::{SimTime, Span};
use lambdasim::workload::Process;
use support::{add_function, add_traffic, function, plan, poisson, run};

fn main() {
    divan::main();
}

/// `ref/heap_hold_1k`: one pop and push on the standard heap with a thousand entries.
#[divan::bench]
fn ref_heap_hold_1k(bencher: Bencher) {
    const HOLDS: u64 = 1_000_000;
    bencher.counter(ItemsCount::new(HOLDS)).bench(|| {
        let mut word = 0x9e37_79b9_7f4a_7c15u64;
        let mut next = move || {
            word ^= word << 13;
            word ^= word >> 7;
            word ^= word << 17;
            word >> 44
        };
        let mut heap: BinaryHeap<Reverse<u64>> = (0..1_000).map(|_| Reverse(next())).collect();
        for _ in 0..HOLDS {
            if let Some(Reverse(key)) = heap.pop() {
                heap.push(Reverse(key + next()));
            }
        }
        heap
    });
}

/// `hot/N`: one function with N concurrent on average, Poisson arrivals, lognormal duration, default idle and maximum life.
#[divan::bench(args = [(100, 200), (1_000, 500), (10_000, 500), (100_000, 1_000)], sample_count = 5)]
fn hot(bencher: Bencher, (per_second, mean_ms): (u64, u64)) {
    const ARRIVALS: u64 = 1_000_000;
    let plan = hot_plan(per_second, mean_ms, ARRIVALS);
    bencher.counter(ItemsCount::new(ARRIVALS)).bench(|| run(&plan));
}

fn hot_plan(per_second: u64, mean_ms: u64, arrivals: u64) -> Plan {
    let mut plan = plan(Span::from_micros(arrivals * 1_000_000 / per_second));
    plan.account.concurrent_executions = 1_000_000;
    let sigma = 0.6;
    let mu = lambdasim::kernel::math::ln(mean_ms as f64) - sigma * sigma / 2.0;
    let mut hot = function("hot", Distribution::lognormal(mu, sigma));
    hot.versions[0].init = Distribution::constant(Span::from_millis(800));
    hot.versions[0].idle = Some(default_idle());
    hot.versions[0].max_life = Some(default_max_life());
    let hot = add_function(&mut plan, hot);
    add_traffic(
        &mut plan,
        "load",
        hot,
        InvocationType::RequestResponse,
        poisson(per_second),
    );
    plan.traffic[0].retry.mode = RetryMode::Standard2026;
    plan.traffic[0].retry.max_attempts = 3;
    plan
}

/// `burst`: a hundred thousand arrivals at one instant.
#[divan::bench(sample_count = 5)]
fn burst(bencher: Bencher) {
    const ARRIVALS: u64 = 100_000;
    let mut plan = plan(Span::from_secs(60));
    plan.account.concurrent_executions = 1_000_000;
    let function = add_function(&mut plan, function("f", Distribution::constant(Span::from_secs(1))));
    let together = Process::Together {
        count: ARRIVALS,
        time: SimTime::ZERO,
    };
    add_traffic(&mut plan, "load", function, InvocationType::RequestResponse, together);
    bencher.counter(ItemsCount::new(ARRIVALS)).bench(|| run(&plan));
}
