//! One target of `tests/fuzz/targets.rs`, named by `LAMBDASIM_FUZZ_TARGET`, under libFuzzer. Every third change is one of
//! ours, which knows lines, numbers and words.

#![no_main]

use std::env;
use std::fs;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use libfuzzer_sys::{Corpus, fuzz_mutator, fuzz_target, fuzzer_mutate};

#[path = "../../tests/fuzz/mutate.rs"]
mod mutate;
#[path = "../../tests/fuzz/seeds.rs"]
mod seeds;
#[allow(dead_code, unused_imports)]
#[path = "../../tests/support/mod.rs"]
mod support;
#[path = "../../tests/fuzz/targets.rs"]
mod targets;

use mutate::Mutator;
use targets::{Desk, TARGETS, Target};

static TARGET: LazyLock<&'static Target> = LazyLock::new(|| {
    let name = env::var("LAMBDASIM_FUZZ_TARGET").unwrap_or_default();
    targets::find(&name).unwrap_or_else(|| {
        let known = TARGETS.map(|target| target.name).join(", ");
        eprintln!("set LAMBDASIM_FUZZ_TARGET to one of {known}");
        std::process::exit(2)
    })
});

static SEEDS: LazyLock<Arc<[Vec<u8>]>> = LazyLock::new(|| seeds::seeds(TARGET.name).into());

thread_local! {
    static DESK: Desk = Desk::new();
}

fuzz_target!(init: {
    // Kept inputs go into the corpus that libFuzzer was given as its first folder.
    if let Some(corpus) = env::args().skip(1).find(|word| Path::new(word).is_dir()) {
        for (number, seed) in SEEDS.iter().enumerate() {
            fs::write(Path::new(&corpus).join(format!("seed-{number}")), seed).expect("a folder to write into");
        }
    }
}, |input: &[u8]| -> Corpus {
    DESK.with(|desk| (TARGET.run)(desk, input));
    Corpus::Keep
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    if seed % 3 != 0 {
        return fuzzer_mutate(data, size, max_size);
    }
    let mut input = data[..size].to_vec();
    Mutator::new(Arc::clone(&SEEDS), u64::from(seed)).change(&mut input);
    let length = input.len().min(max_size).min(data.len());
    data[..length].copy_from_slice(&input[..length]);
    length
});
