//! A handler's duration told as CPU work and waiting (CPU-2).

use super::behaviour::{Behaviour, FULL_CPU, Platform, slowdown};
use super::distribution::distribution;
use super::tree::Entry;
use crate::kernel::Distribution;
use crate::units::{MemoryMb, Span};

const PARTS: [&str; 3] = ["cpu", "wait", "threads"];
/// Memory up to which so many cores are visible (CPU-3); above all of them there are six.
const CORES_UP_TO_MB: [(u32, u64); 4] = [(3_008, 2), (5_307, 3), (7_076, 4), (8_845, 5)];
const MOST_CORES: u64 = 6;

impl Platform<'_> {
    /// `{ cpu: 100 ms, wait: 20 ms, threads: 2 }`: `cpu` is single-threaded work at one vCPU or more.
    pub fn work(&self, place: &Behaviour<'_>, entry: &Entry, memory: MemoryMb) -> Option<Distribution> {
        for part in entry
            .value
            .entries()
            .iter()
            .filter(|part| !PARTS.contains(&part.key.as_str()))
        {
            let found = format!("`{}` stands beside `cpu`", part.key);
            self.reader
                .problem(part.mark, found, "cpu, wait and threads are allowed together (CPU-2)");
        }
        if let Some(scaling) = place.all.get("memory_scaling") {
            let found = format!("{} has `memory_scaling` and CPU work", place.owner);
            self.reader
                .problem(scaling.mark, found, "CPU work scales by itself (CPU-2): drop one");
        }
        let part = |key: &str| match entry.value.entry(key) {
            Some(part) => distribution(self.reader, &part.value, &part.key),
            None => Some(Distribution::constant(Span::ZERO)),
        };
        let (cpu, wait) = (part("cpu")?, part("wait")?);
        let threads = entry.value.entry("threads");
        let threads = threads.map_or(Some(1), |threads| self.reader.count(threads, 1, 1_024))?;
        self.warn_of_idle_threads(place, memory, threads);
        let factor = factor(memory, threads);
        match (cpu.as_constant(), wait.as_constant()) {
            (_, Some(wait)) => Some(cpu.affine(factor, wait)),
            (Some(cpu), None) => {
                let cpu = Distribution::constant(cpu).affine(factor, Span::ZERO);
                Some(wait.affine(1.0, cpu.minimum()))
            }
            (None, None) => {
                let found = "`cpu` and `wait` are both distributions";
                self.reader
                    .problem(entry.value.mark, found, "one of them must be constant");
                None
            }
        }
    }

    /// CPU-3.
    fn warn_of_idle_threads(&self, place: &Behaviour<'_>, memory: MemoryMb, threads: u64) {
        let cores = cores(memory);
        if threads > cores {
            self.reader.warn(format!(
                "{} has {threads} threads and sees {cores} cores at {memory}: the others wait for a core (CPU-3)",
                place.owner
            ));
        }
    }
}

/// How much longer than on one vCPU work takes: a part of a vCPU slows it down, threads share several (CPU-2).
fn factor(memory: MemoryMb, threads: u64) -> f64 {
    if memory < FULL_CPU {
        slowdown(memory)
    } else {
        let share = f64::from(memory.0) / f64::from(FULL_CPU.0);
        1.0 / share.min(threads as f64)
    }
}

/// Cores that a process sees (CPU-3).
fn cores(memory: MemoryMb) -> u64 {
    let row = CORES_UP_TO_MB.iter().find(|(most, _)| memory.0 <= *most);
    row.map_or(MOST_CORES, |(_, cores)| *cores)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_2_threads_share_what_is_more_than_one_vcpu() {
        let found = [(512, 1), (512, 4), (1_769, 4), (3_538, 1), (3_538, 2), (3_538, 4)]
            .map(|(memory, threads)| factor(MemoryMb(memory), threads));
        assert_eq!(found, [1_769.0 / 512.0, 1_769.0 / 512.0, 1.0, 1.0, 0.5, 0.5]);
    }

    #[test]
    fn cpu_3_cores_step_up_with_memory() {
        let found = [128, 3_008, 3_009, 5_307, 7_076, 8_845, 8_846, 10_240].map(|memory| cores(MemoryMb(memory)));
        assert_eq!(found, [2, 2, 3, 3, 4, 5, 6, 6]);
    }
}
