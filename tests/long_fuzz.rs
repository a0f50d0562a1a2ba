//! Many inputs for everything that reads bytes, on any toolchain.
//!
//! `cargo run --release --example fuzz -- [TARGET…] [--executions N] [--seed N] [--keep FOLDER]`: so many inputs for each
//! target; what panics, takes longer than a second or raises the memory above 512 MB is written into the folder.

#[path = "fuzz/drive.rs"]
mod drive;
#[path = "fuzz/mutate.rs"]
mod mutate;
#[path = "fuzz/seeds.rs"]
mod seeds;
#[allow(dead_code, unused_imports)]
mod support;
#[path = "fuzz/targets.rs"]
mod targets;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use drive::survives;
use mutate::Mutator;
use seeds::seeds;
use targets::{Desk, TARGETS, Target, find};

/// The longest that an input may take.
const LONGEST: Duration = Duration::from_secs(1);
/// The most memory of the process, in kB.
const MOST_MEMORY: u64 = 512 * 1024;

struct Options {
    targets: Vec<&'static Target>,
    executions: u64,
    seed: u64,
    keep: PathBuf,
}

fn options() -> Result<Options, String> {
    let mut options = Options {
        targets: Vec::new(),
        executions: 100_000,
        seed: 1,
        keep: "fuzz-findings".into(),
    };
    let mut words = env::args().skip(1);
    while let Some(word) = words.next() {
        let mut next = || words.next().ok_or(format!("{word} needs a value"));
        let number = |text: String| text.parse().map_err(|_| format!("{text} is no number"));
        match word.as_str() {
            "--executions" => options.executions = number(next()?)?,
            "--seed" => options.seed = number(next()?)?,
            "--keep" => options.keep = next()?.into(),
            name => options.targets.push(find(name).ok_or_else(|| unknown(name))?),
        }
    }
    if options.targets.is_empty() {
        options.targets = TARGETS.iter().collect();
    }
    Ok(options)
}

fn unknown(name: &str) -> String {
    format!(
        "{name} is no target; there are {}",
        TARGETS.map(|target| target.name).join(", ")
    )
}

/// The most memory that this process has had, in kB; 0 where the system does not tell.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

#[expect(clippy::disallowed_methods, reason = "how long an input takes is what is looked for")]
fn now() -> Instant {
    Instant::now()
}

/// Number of findings.
fn fuzz(target: &Target, options: &Options) -> u64 {
    let desk = Desk::new();
    let mut mutator = Mutator::new(seeds(target.name), options.seed);
    let (begun, mut findings, mut slowest, mut most) = (now(), 0, Duration::ZERO, peak());
    for number in 0..options.executions {
        let input = mutator.input();
        let start = now();
        let result = survives(target, &desk, &input);
        let (took, memory) = (start.elapsed(), if number % 64 == 0 { peak() } else { most });
        slowest = slowest.max(took);
        let too_much = memory > MOST_MEMORY && memory > most;
        most = most.max(memory);
        let problem = match result {
            Err(panic) => Some(panic),
            Ok(()) if took > LONGEST => Some(format!("took {took:.1?}")),
            Ok(()) if too_much => Some(format!("{memory} kB, here or up to 64 inputs before")),
            Ok(()) => None,
        };
        if let Some(problem) = problem {
            findings += 1;
            keep(&options.keep, target, number, &input, &problem);
        }
    }
    println!(
        "{:14} {:>10} inputs {:>4} findings, slowest {slowest:>9.1?}, memory up to {:>4} MB, {:.0?}: {}",
        target.name,
        options.executions,
        findings,
        most / 1024,
        begun.elapsed(),
        target.reads
    );
    findings
}

fn keep(folder: &Path, target: &Target, number: u64, input: &[u8], problem: &str) {
    let file = folder.join(format!("{}-{number}", target.name));
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(&file, input));
    eprintln!("{}: {problem}", file.display());
    if let Err(error) = written {
        eprintln!("{} cannot be written: {error}", file.display());
    }
}

fn main() -> ExitCode {
    let options = match options() {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::from(2);
        }
    };
    // Panics are findings, told with their input.
    std::panic::set_hook(Box::new(|_| {}));
    let findings: u64 = options.targets.iter().map(|target| fuzz(target, &options)).sum();
    ExitCode::from(u8::from(findings > 0))
}
