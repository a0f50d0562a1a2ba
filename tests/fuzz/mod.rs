//! Whatever the bytes are, no reader panics: kept inputs and a bounded number of inputs made from them.
//!
//! `LAMBDASIM_FUZZ` is the number of inputs for each target (300), `LAMBDASIM_FUZZ_SEED` the number that they follow from.
//! Long runs: `cargo run --release --example fuzz`; guided by coverage: `fuzz/README.md`.

mod drive;
mod mutate;
mod seeds;
mod targets;

use std::env;

use drive::survives;
use mutate::Mutator;
use seeds::seeds;
use targets::{Desk, TARGETS, find};

fn number(variable: &str, otherwise: u64) -> u64 {
    env::var(variable)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(otherwise)
}

/// Kept inputs of a target, then some made from them; a finding is shown so that it can be kept.
fn holds(name: &str) {
    let target = find(name).expect("a target");
    let (desk, seeds) = (Desk::new(), seeds(name));
    let mut mutator = Mutator::new(seeds.clone(), number("LAMBDASIM_FUZZ_SEED", 1));
    let made = (0..number("LAMBDASIM_FUZZ", 300)).map(|_| mutator.input());
    for input in seeds.into_iter().chain(made) {
        if let Err(panic) = survives(target, &desk, &input) {
            panic!(
                "{name}: {panic}\ninput: {}\n{}",
                input.escape_ascii(),
                String::from_utf8_lossy(&input)
            );
        }
    }
}

macro_rules! each_target {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            holds(stringify!($name));
        })*

        #[test]
        fn every_target_is_tried_and_stands_on_the_page() {
            let tried = [$(stringify!($name)),*];
            assert_eq!(TARGETS.map(|target| target.name), tried);
            let page = include_str!("../../docs/trust.md");
            for target in &TARGETS {
                let row = format!("| `{}` | {} |", target.name, target.reads);
                assert!(page.contains(&row), "docs/trust.md lacks {row}");
            }
        }
    };
}

each_target! {
    scenario include value schedule grid prices trace_csv trace_gz trace_zst trace_parquet azure invocations samples
    logs metrics template power_tuning run_folder journal engine
}

#[test]
fn the_same_number_makes_the_same_inputs() {
    let inputs = |number| {
        let mut mutator = Mutator::new(seeds("include"), number);
        (0..50).map(|_| mutator.input()).collect::<Vec<_>>()
    };
    assert_eq!(inputs(3), inputs(3));
    assert_ne!(inputs(3), inputs(4));
}
